import { abortController, unlessAborted } from "../io/abort.ts";

interface Turn<T> {
  readonly result: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  /** Aborted once nobody waits for the pull any more. */
  readonly stop: AbortController;
  waiting: number;
}

/**
 * One pull after the other. All who ask while one runs share the next, so there are never more than two: one that runs and
 * one to come. A pull that nobody waits for any more is given up.
 */
export class PullTurns<T> {
  readonly #pull: (signal: AbortSignal) => Promise<T>;
  #running: Turn<T> | undefined;
  #next: Turn<T> | undefined;

  constructor(pull: (signal: AbortSignal) => Promise<T>) {
    this.#pull = pull;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves when no pull runs any more. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await Promise.allSettled([this.#running.result]);
  }

  /** A pull that begins after this call. Rejects as the pull does, or with the signal's reason as soon as it is aborted. */
  async take(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#next?.stop.signal.aborted !== false) this.#next = newTurn();
    const turn = this.#next;
    if (this.#running === undefined) this.#begin();
    turn.waiting++;
    try {
      return await unlessAborted(turn.result, signal);
    } finally {
      turn.waiting--;
      if (turn.waiting === 0 && signal.aborted) turn.stop.abort(signal.reason);
    }
  }

  #begin(): void {
    const turn = this.#next;
    this.#running = turn;
    this.#next = undefined;
    if (turn === undefined) return;
    // In a later microtask: by then whoever asked for it waits for it.
    const { stop } = turn;
    Promise.resolve()
      .then(() =>
        stop.signal.aborted ? Promise.reject(stop.signal.reason as Error) : this.#pull(stop.signal),
      )
      .then(turn.resolve, turn.reject)
      .finally(() => this.#begin());
  }
}

function newTurn<T>(): Turn<T> {
  let resolve!: Turn<T>["resolve"];
  let reject!: Turn<T>["reject"];
  const result = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Perhaps nobody waits for it any more.
  result.catch(() => undefined);
  return { result, resolve, reject, stop: abortController(), waiting: 0 };
}
