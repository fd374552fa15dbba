import { TUNING } from "./tuning.ts";

/** RFC 9002 section 5. Milliseconds, with fractions where the clock has them. */
export class Rtt {
  smoothedMs: number;
  varianceMs: number;
  latestMs: number;
  #minimumMs = Infinity;
  sampled = false;

  constructor(initialMs: number = TUNING.initialRttMs) {
    this.smoothedMs = initialMs;
    this.varianceMs = initialMs / 2;
    this.latestMs = initialMs;
  }

  sample(latestMs: number, ackDelayMs: number): void {
    this.latestMs = latestMs;
    this.#minimumMs = Math.min(this.#minimumMs, latestMs);
    if (!this.sampled) {
      this.sampled = true;
      this.smoothedMs = latestMs;
      this.varianceMs = latestMs / 2;
      return;
    }
    const delay = Math.min(ackDelayMs, TUNING.ackDelayMaxMs);
    const adjusted = latestMs >= this.#minimumMs + delay ? latestMs - delay : latestMs;
    this.varianceMs = 0.75 * this.varianceMs + 0.25 * Math.abs(this.smoothedMs - adjusted);
    this.smoothedMs = 0.875 * this.smoothedMs + 0.125 * adjusted;
  }

  /** Section 5.2: after persistent congestion the path may be another one. */
  forgetMinimum(): void {
    this.#minimumMs = this.latestMs;
  }

  /** What a time threshold is counted in: section 6.1.2. */
  get roundTripMs(): number {
    return Math.max(this.latestMs, this.smoothedMs);
  }

  /** How long an acknowledgement waits for company. Short while nothing was measured: then they are few. */
  get ackDelayMs(): number {
    if (!this.sampled) return TUNING.ackDelayMinMs;
    const delay = this.smoothedMs * TUNING.ackDelayRoundTrips;
    return Math.min(Math.max(delay, TUNING.ackDelayMinMs), TUNING.ackDelayMaxMs);
  }

  /** Section 6.2.1, before back-off. */
  get ptoMs(): number {
    return this.smoothedMs + Math.max(4 * this.varianceMs, TUNING.granularityMs) + TUNING.ackDelayMaxMs;
  }
}
