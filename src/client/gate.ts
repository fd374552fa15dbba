import { LIMITS } from "../base/limits.ts";
import { limitReached } from "../base/limit-reached.ts";

/**
 * Keeps no more requests in flight than the daemon takes. The rest wait here, in the application's own memory: first come,
 * first served.
 */
export class Gate {
  readonly #slotsMax: number;
  #slots = 0;
  readonly #waiting = new Set<() => void>();

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /**
   * Calls `start` as soon as there is room; call `leave` once for every start. The function returned takes back an entry
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
