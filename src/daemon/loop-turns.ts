/**
 * Steps that take long, one in each turn of the event loop, of all who have some: else a turn would take as long as all of them
 * together. First come, first served.
 */
export class LoopTurns {
  readonly #waiting: (() => void)[] = [];

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** In a later turn. */
  take(step: () => void): void {
    this.#waiting.push(step);
    if (this.#waiting.length === 1) this.#schedule();
  }

  #schedule(): void {
    setImmediate(() => {
      const step = this.#waiting.shift()!;
      if (!this.isIdle) this.#schedule();
      step();
    });
  }
}
