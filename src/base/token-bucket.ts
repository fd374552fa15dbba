import { after } from "./time.ts";
import type { Instant } from "./time.ts";

/** So many at once, and then one more each time so long has passed. Needs no timer. */
export class TokenBucket {
  readonly #burst: number;
  readonly #everyMs: number;
  #left: number;
  /** Until then what has been earned is counted; the rest of a time that has begun counts later. */
  #countedTo: Instant | undefined;

  constructor(burst: number, everyMs: number) {
    this.#burst = burst;
    this.#everyMs = everyMs;
    this.#left = burst;
  }

  /** What a second brings may also come at once. */
  static perSecond(count: number): TokenBucket {
    return new TokenBucket(count, 1000 / count);
  }

  /** False where there is none left. */
  take(now: Instant): boolean {
    this.#countedTo ??= now;
    const earned = Math.floor((now - this.#countedTo) / this.#everyMs);
    if (earned > 0) {
      this.#left = Math.min(this.#burst, this.#left + earned);
      this.#countedTo = after(this.#countedTo, earned * this.#everyMs);
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
