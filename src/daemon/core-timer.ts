import type { Clock, Instant } from "../base/time.ts";

/** The timer of one protocol core: set after each input to what its `nextTimeout` says. */
export class CoreTimer {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Takes the place of the deadline set before; undefined for none. */
  set(deadline: Instant | undefined): void {
    clearTimeout(this.#timer);
    if (deadline === undefined) return;
    // Node drops fractions of a millisecond: without one more, the core would be asked before anything is due.
    this.#timer = setTimeout(this.#expired, Math.max(0, deadline - this.#clock.now()) + 1);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
