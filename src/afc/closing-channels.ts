import type { Address } from "../base/address.ts";
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import type { Channel } from "./channel.ts";
import type { Send } from "./events.ts";
import type { Timed, Timers } from "./timer-heap.ts";
import { indexOf } from "./wire.ts";

/** When each copy of a close leaves; nothing of it is acknowledged, so that no key outlives the channel. */
const COPY_AT_MS = [0, 250, 750, 1750, 3750] as const;
/** To an address that has not answered: fewer bytes than came from it. */
const UNPROVEN_COPIES = 3;
/** From the close on, a peer that still sends has not heard it and is told again. */
const LISTEN_MS = 15_000;
const AGAIN_MS = 250;

export interface Closing extends Timed {
  readonly kind: "closing";
  readonly copies: readonly Uint8Array[];
  readonly to: Address;
  /** By which the peer still addresses the channel. Empty where it is only told. */
  readonly indexes: readonly number[];
  readonly startedAt: Instant;
  sent: number;
  sentAt: Instant;
}

/** Channels that are gone and still tell their peer: datagrams sealed in advance. */
export class ClosingChannels {
  readonly #timers: Timers<Closing>;
  readonly #send: Send;
  #telling = 0;
  readonly #byIndex = new Map<number, Closing>();

  constructor(timers: Timers<Closing>, send: Send) {
    this.#timers = timers;
    this.#send = send;
  }

  /** Before the channel's keys are erased. Where too many are telling already, the peer is told once. */
  tell(channel: Channel, reason: number, now: Instant): void {
    const isCrowded = this.#telling >= LIMITS.channelsClosingMax;
    const isProven = channel.path.isProven && channel.usable;
    const acknowledgement = isProven ? channel.sealAcknowledgement(now) : undefined;
    if (acknowledgement !== undefined) this.#send(acknowledgement, channel.path.address);
    const copies = isCrowded ? 1 : isProven ? COPY_AT_MS.length : UNPROVEN_COPIES;
    const closing: Closing = {
      kind: "closing",
      heapIndex: -1,
      dueAt: undefined,
      copies: channel.sealCloses(reason, copies, now),
      to: channel.path.address,
      indexes: isCrowded || !isProven ? [] : channel.indexes,
      startedAt: now,
      sent: 0,
      sentAt: now,
    };
    this.#telling++;
    for (const index of closing.indexes) this.#byIndex.set(index, closing);
    this.handleTimeout(closing, now);
  }

  handleTimeout(closing: Closing, now: Instant): void {
    const { copies, startedAt, indexes } = closing;
    if (closing.sent < copies.length) {
      this.#send(copies[closing.sent++]!, closing.to);
      closing.sentAt = now;
    }
    const elapsedMs = now - startedAt;
    if (closing.sent < copies.length) {
      this.#timers.set(closing, after(startedAt, Math.max(COPY_AT_MS[closing.sent]!, elapsedMs + 1)));
    } else if (indexes.length > 0 && elapsedMs < LISTEN_MS) {
      this.#timers.set(closing, after(startedAt, LISTEN_MS));
    } else {
      this.#telling--;
      for (const index of indexes) if (this.#byIndex.get(index) === closing) this.#byIndex.delete(index);
    }
  }

  /**
   * A datagram to a channel there is none of. Nothing can be authenticated any more; so what is sent again are bytes that
   * were sent before, only to where the peer was, seldom, and never more than came.
   */
  heard(datagram: Uint8Array, now: Instant): void {
    const closing = this.#byIndex.get(indexOf(datagram));
    if (closing === undefined || now < after(closing.sentAt, AGAIN_MS)) return;
    const last = closing.copies[closing.sent - 1]!;
    if (datagram.length < last.length) return;
    closing.sentAt = now;
    this.#send(last, closing.to);
  }
}
