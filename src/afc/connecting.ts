import type { Address } from "../base/address.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import type { Place } from "./channel-table.ts";
import type { Initiator } from "./noise.ts";
import type { Timed } from "./timer-heap.ts";
import type { Delivery } from "./wire.ts";

const AGAIN_MS = 500;
const AGAIN_MAX_MS = 4000;

export interface ConnectingParts extends Place {
  readonly initiator: Initiator;
  readonly message1: Uint8Array;
  readonly address: Address;
  readonly delivery: Delivery;
  readonly startedAt: Instant;
  readonly deadline: Instant;
}

/** An initiator's handshake: message 1, always the same bytes, until it is answered or its time is up. */
export class Connecting implements Timed {
  heapIndex = -1;
  dueAt: Instant | undefined;

  readonly parts: ConnectingParts;
  #attempts = 0;
  #againAt: Instant | undefined;

  constructor(parts: ConnectingParts) {
    this.parts = parts;
  }

  produce(now: Instant): Uint8Array {
    this.#againAt = after(now, Math.min(AGAIN_MS * 2 ** this.#attempts++, AGAIN_MAX_MS));
    return this.parts.message1;
  }

  /** False where it is to be given up. */
  handleTimeout(now: Instant): boolean {
    return now < this.parts.deadline;
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.parts.deadline, this.#againAt);
  }

  /** Answered now, that is. Undefined where it is not known which one was answered. */
  roundTripMs(now: Instant): number | undefined {
    return this.#attempts === 1 ? Math.max(now - this.parts.startedAt, 1) : undefined;
  }

  erase(): void {
    this.parts.initiator.erase();
  }
}
