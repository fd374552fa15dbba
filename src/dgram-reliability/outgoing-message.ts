import type { Instant } from "../base/time.ts";
import { Ranges } from "./ranges.ts";
import { FRAME } from "./wire.ts";

export type MessageType = 5 | 6 | 7;

/** A message from `send` to its outcome. */
export class OutgoingMessage {
  /** What the host knows it by. */
  readonly key: number;
  readonly type: MessageType;
  readonly deadline: Instant;
  /** Emptied with the outcome: a record of a packet in flight may outlive it. */
  bytes: Uint8Array;
  /** On the wire; -1 until its first fragment is sent, so that what expires unsent leaves no hole. */
  id = -1;
  done: "" | "acknowledged" | "expired" = "";
  /** Everything before has been sent at least once. */
  sentTo = 0;
  /** Where it was sent in more than one piece. */
  acknowledged: Ranges | undefined;
  #acknowledgedBytes = 0;

  constructor(key: number, type: MessageType, deadline: Instant, bytes: Uint8Array) {
    this.key = key;
    this.type = type;
    this.deadline = deadline;
    this.bytes = bytes;
  }

  get reliable(): boolean {
    return this.type !== FRAME.unreliable;
  }

  /** Whether the peer now has all of it. */
  onAcknowledged(offset: number, length: number): boolean {
    if (length === this.bytes.length) return true;
    this.acknowledged ??= new Ranges();
    this.#acknowledgedBytes += this.acknowledged.add(offset, offset + length);
    return this.#acknowledgedBytes === this.bytes.length;
  }
}
