import type { Address } from "../base/address.ts";
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import type { Channel } from "./channel.ts";
import type { Send } from "./events.ts";
import type { Timed, Timers } from "./timer-heap.ts";

/** When each copy of a close leaves; nothing of it is acknowledged, so that no key outlives the channel. */
const COPY_AT_MS = [0, 250, 750, 1750, 3750] as const;

export interface Closing extends Timed {
  readonly kind: "closing";
  readonly copies: readonly Uint8Array[];
  readonly to: Address;
  readonly startedAt: Instant;
  sent: number;
}

/** Channels that are gone and still tell their peer: datagrams sealed in advance. */
export class ClosingChannels {
  readonly #timers: Timers<Closing>;
  readonly #send: Send;
  #telling = 0;

  constructor(timers: Timers<Closing>, send: Send) {
    this.#timers = timers;
    this.#send = send;
  }

  /** Before the channel's keys are erased. Where too many are telling already, the peer is told once. */
  tell(channel: Channel, reason: number, now: Instant): void {
    const copies = this.#telling < LIMITS.channelsClosingMax ? COPY_AT_MS.length : 1;
    const closing: Closing = {
      kind: "closing",
      heapIndex: -1,
      dueAt: undefined,
      copies: channel.sealCloses(reason, copies, now),
      to: channel.parts.address,
      startedAt: now,
      sent: 0,
    };
    this.#telling++;
    this.handleTimeout(closing, now);
  }

  handleTimeout(closing: Closing, now: Instant): void {
    this.#send(closing.copies[closing.sent++]!, closing.to);
    if (closing.sent === closing.copies.length) {
      this.#telling--;
      return;
    }
    const elapsedMs = now - closing.startedAt;
    this.#timers.set(closing, after(closing.startedAt, Math.max(COPY_AT_MS[closing.sent]!, elapsedMs + 1)));
  }
}
