import { TIMEOUT_MS_MAX } from "../ipc/methods.ts";

/** Looked at again no sooner, however many have times of their own. */
const PAUSE_MS = 4;

/**
 * One timer for many who wait: setting one for each costs more than all else about a small message. `expire` ends whose
 * time is up and says when the next one's is (`performance.now()`, infinity for nobody).
 */
export class Deadlines {
  readonly #expire: (now: number) => number;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(expire: (now: number) => number) {
    this.#expire = expire;
  }

  /** Somebody waits until then. */
  add(deadline: number, now: number): void {
    if (deadline < this.#dueAt) this.#set(deadline, deadline - now);
  }

  /** Nobody waits any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #set(deadline: number, inMs: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = deadline;
    // A timer that is to run longer than the longest would be due at once.
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.max(1, Math.ceil(inMs)), TIMEOUT_MS_MAX));
  }

  #fire(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const next = this.#expire(now);
    if (next < this.#dueAt) this.#set(next, Math.max(PAUSE_MS, next - now));
  }
}
