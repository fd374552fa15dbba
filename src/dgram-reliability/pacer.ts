import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { TUNING } from "./tuning.ts";

/** A token bucket that spreads a window over a round trip: RFC 9002 section 7.7. */
export class Pacer {
  #packetBytes: number;
  #tokens: number;
  #tokensAt: Instant;

  constructor(packetBytes: number, now: Instant) {
    this.#packetBytes = packetBytes;
    this.#tokens = TUNING.burstPackets * packetBytes;
    this.#tokensAt = now;
  }

  set packetBytes(bytes: number) {
    this.#packetBytes = bytes;
  }

  /** When the next full packet may go; undefined for now. */
  until(bytesPerMs: number, now: Instant): Instant | undefined {
    const burst = TUNING.burstPackets * this.#packetBytes;
    const cap = Math.max(burst, bytesPerMs * TUNING.granularityMs);
    this.#tokens = Math.min(cap, this.#tokens + (now - this.#tokensAt) * bytesPerMs);
    this.#tokensAt = now;
    if (this.#tokens >= this.#packetBytes) return undefined;
    // A quarter of the burst at once: a timer for each packet would cost more than it gives.
    const wanted = Math.max(this.#packetBytes, burst / 4);
    return after(now, Math.max((wanted - this.#tokens) / bytesPerMs, 0.01));
  }

  onSent(bytes: number): void {
    this.#tokens = Math.max(0, this.#tokens - bytes);
  }
}
