import { LIMITS } from "../base/limits.ts";
import { limitReached } from "../ipc/errors.ts";

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/**
 * Keeps what is in flight within what the daemon takes; the rest waits its turn here, in the application's own memory.
 * First come, first served.
 */
export class Gate {
  readonly #slotsMax: number;
  readonly #bytesMax: number;
  #slots = 0;
  #bytes = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(slotsMax: number, bytesMax = Number.MAX_SAFE_INTEGER) {
    this.#slotsMax = slotsMax;
    this.#bytesMax = bytesMax;
  }

  /**
   * Calls `start` at once or when there is room; every start is followed by one `leave`. The answer takes back an entry
   * that has not started. Throws LimitReached.
   */
  enter(bytes: number, start: () => void): () => void {
    if (this.#waiting.size >= LIMITS.ipcRequestsWaitingMax) throw limitReached("ipcRequestsWaitingMax");
    const entry: Waiting = { bytes, start };
    this.#waiting.add(entry);
    this.#admit();
    return () => {
      if (this.#waiting.delete(entry)) this.#admit();
    };
  }

  leave(bytes: number): void {
    this.#slots--;
    this.#bytes -= bytes;
    this.#admit();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  clear(): void {
    this.#waiting.clear();
  }

  #admit(): void {
    for (const entry of this.#waiting) {
      if (this.#slots >= this.#slotsMax || this.#bytes + entry.bytes > this.#bytesMax) return;
      this.#waiting.delete(entry);
      this.#slots++;
      this.#bytes += entry.bytes;
      entry.start();
    }
  }
}
