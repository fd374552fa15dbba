import { LIMITS } from "../base/limits.ts";
import { limitReached } from "../base/limit-reached.ts";

/**
 * Keeps what is in flight within what the daemon takes; the rest waits its turn here, in the application's own memory.
 * First come, first served.
 */
export class Gate {
  readonly #slotsMax: number;
  #slots = 0;
  readonly #waiting = new Set<() => void>();

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /**
   * Calls `start` at once or when there is room; every start is followed by one `leave`. The answer takes back an entry
   * that has not started. Throws LimitReached.
   */
  enter(start: () => void): () => void {
    if (this.#waiting.size >= LIMITS.ipcRequestsWaitingMax) throw limitReached("ipcRequestsWaitingMax");
    const entry = (): void => start();
    this.#waiting.add(entry);
    this.#admit();
    return () => {
      this.#waiting.delete(entry);
    };
  }

  leave(): void {
    this.#slots--;
    this.#admit();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  clear(): void {
    this.#waiting.clear();
  }

  #admit(): void {
    for (const start of this.#waiting) {
      if (this.#slots >= this.#slotsMax) return;
      this.#waiting.delete(start);
      this.#slots++;
      start();
    }
  }
}
