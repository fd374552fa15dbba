import type { Rtt } from "./rtt.ts";
import { TUNING } from "./tuning.ts";

/**
 * When a packet that is missing counts as lost: so many packets, or so long, behind one that arrived. Both begin as in
 * RFC 9002 section 6.1. Where a packet taken for lost turns out to be late they are raised to what would have spared it,
 * and lowered again once that has not happened for a while, as RFC 8985 section 6.2 has it for TCP. So a path that reorders
 * costs a few needless retransmissions at first, and then none.
 */
export class Reordering {
  packetThreshold: number = TUNING.packetThreshold;
  #timeThreshold: number = TUNING.timeThreshold;
  #quietEvents = 0;

  lossDelayMs(rtt: Rtt): number {
    return Math.max(this.#timeThreshold * rtt.roundTripMs, TUNING.granularityMs);
  }

  /** A packet taken for lost has arrived: so many numbers behind the newest to arrive, so long after it was sent. */
  onLate(packets: number, ageMs: number, rtt: Rtt): void {
    this.#quietEvents = 0;
    this.packetThreshold = Math.min(Math.max(this.packetThreshold, packets + 1), TUNING.packetThresholdMax);
    const wanted = ageMs / Math.max(rtt.roundTripMs, TUNING.granularityMs) + 1 / 8;
    this.#timeThreshold = Math.min(Math.max(this.#timeThreshold, wanted), TUNING.timeThresholdMax);
  }

  /** The congestion controller has reacted to losses. */
  onCongestionEvent(): void {
    if (++this.#quietEvents < TUNING.reorderingForgottenAfterEvents) return;
    this.#quietEvents = 0;
    this.packetThreshold = TUNING.packetThreshold;
    this.#timeThreshold = TUNING.timeThreshold;
  }
}
