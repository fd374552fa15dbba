import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import type { Rtt } from "./rtt.ts";
import { TUNING } from "./tuning.ts";

/** NewReno as in RFC 9002 section 7, and a token bucket that spreads a window over a round trip (section 7.7). */
export class Congestion {
  readonly #packetBytes: number;
  readonly #windowMaxBytes: number;
  windowBytes: number;
  inFlightBytes = 0;
  #thresholdBytes = Infinity;
  /** Losses of packets sent before this belong to the same event. */
  #recoveryStart: Instant | undefined;
  #tokens: number;
  #tokensAt: Instant;

  constructor(packetBytes: number, now: Instant) {
    this.#packetBytes = packetBytes;
    this.windowBytes = TUNING.initialWindowPackets * packetBytes;
    this.#windowMaxBytes = (TUNING.sentPacketsMax / 2) * packetBytes;
    this.#tokens = TUNING.burstPackets * packetBytes;
    this.#tokensAt = now;
  }

  get windowOpen(): boolean {
    return this.inFlightBytes + this.#packetBytes <= this.windowBytes;
  }

  /** When pacing lets the next full packet go; undefined for now. */
  pacedUntil(rtt: Rtt, now: Instant): Instant | undefined {
    if (!rtt.sampled) return undefined;
    this.#refill(rtt, now);
    if (this.#tokens >= this.#packetBytes) return undefined;
    // A quarter of the burst at once: a timer for each packet would cost more than it gives.
    const wanted = Math.max(this.#packetBytes, (TUNING.burstPackets * this.#packetBytes) / 4);
    return after(now, Math.max((wanted - this.#tokens) / this.#bytesPerMs(rtt), 0.01));
  }

  onSent(bytes: number): void {
    this.inFlightBytes += bytes;
    this.#tokens = Math.max(0, this.#tokens - bytes);
  }

  /** Packets that leave without a verdict. */
  onForgotten(bytes: number): void {
    this.inFlightBytes -= bytes;
  }

  /** `inFlightBefore`: what was in flight before this acknowledgement. A window not used does not grow. */
  onAcked(bytes: number, sentAt: Instant, inFlightBefore: number): void {
    this.inFlightBytes -= bytes;
    if (this.#recoveryStart !== undefined && sentAt <= this.#recoveryStart) return;
    if (inFlightBefore < this.windowBytes / 2) return;
    const growth =
      this.windowBytes < this.#thresholdBytes ? bytes : (this.#packetBytes * bytes) / this.windowBytes;
    this.windowBytes = Math.min(this.windowBytes + growth, this.#windowMaxBytes);
  }

  onLost(bytes: number, sentAt: Instant, now: Instant): void {
    this.inFlightBytes -= bytes;
    if (this.#recoveryStart !== undefined && sentAt <= this.#recoveryStart) return;
    this.#recoveryStart = now;
    this.windowBytes = Math.max(this.windowBytes / 2, this.#minimumBytes);
    this.#thresholdBytes = this.windowBytes;
  }

  onPersistentCongestion(): void {
    this.windowBytes = this.#minimumBytes;
    this.#recoveryStart = undefined;
  }

  get #minimumBytes(): number {
    return TUNING.minimumWindowPackets * this.#packetBytes;
  }

  #bytesPerMs(rtt: Rtt): number {
    const gain = this.windowBytes < this.#thresholdBytes ? 2 : 1.25;
    return (gain * this.windowBytes) / Math.max(rtt.smoothedMs, 0.01);
  }

  #refill(rtt: Rtt, now: Instant): void {
    const rate = this.#bytesPerMs(rtt);
    const cap = Math.max(TUNING.burstPackets * this.#packetBytes, rate * TUNING.granularityMs);
    this.#tokens = Math.min(cap, this.#tokens + (now - this.#tokensAt) * rate);
    this.#tokensAt = now;
  }
}
