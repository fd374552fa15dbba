import { after } from "./time.ts";
import type { Instant } from "./time.ts";

/** Allows `burst` at once, and then one more every `everyMs`. Needs no timer. */
export class TokenBucket {
  readonly #burst: number;
  readonly #everyMs: number;
  #left: number;
  /** What was earned until then is in `#left`; the interval that has begun since counts once it is over. */
  #countedTo: Instant | undefined;

  constructor(burst: number, everyMs: number) {
    this.#burst = burst;
    this.#everyMs = everyMs;
    this.#left = burst;
  }

  /** `count` a second, all of which may come at once. */
  static perSecond(count: number): TokenBucket {
    return new TokenBucket(count, 1000 / count);
  }

  /** False when none is left. */
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
