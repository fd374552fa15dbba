import { TIMEOUT_MS_MAX } from "../ipc/methods.ts";

/** Least time between two looks, however many deadlines there are. */
const PAUSE_MS = 4;

/**
 * One timer for many deadlines: a timer for each costs more than all else about a small message. `expire` ends what is due
 * and returns the next deadline, as `performance.now()` counts; infinity for none.
 */
export class Deadlines {
  readonly #expire: (now: number) => number;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(expire: (now: number) => number) {
    this.#expire = expire;
  }

  /** A new deadline. */
  add(deadline: number, now: number): void {
    if (deadline < this.#dueAt) this.#set(deadline, deadline - now);
  }

  /** There are no deadlines any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #set(deadline: number, inMs: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = deadline;
    // Node fires a timer with a longer delay at once.
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.max(1, Math.ceil(inMs)), TIMEOUT_MS_MAX));
  }

  #fire(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const next = this.#expire(now);
    if (next < this.#dueAt) this.#set(next, Math.max(PAUSE_MS, next - now));
  }
}
