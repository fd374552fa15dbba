import { abortController, unlessAborted } from "../io/abort.ts";

interface Turn<T> {
  readonly result: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  /** Ends with the last who waits for it. */
  readonly stop: AbortController;
  waiting: number;
}

/**
 * One pull after the other. Whoever asks while one runs gets the next, together with all others who do, so two at most are
 * begun or to come; one that nobody waits for any more is given up.
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

  /** When nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await Promise.allSettled([this.#running.result]);
  }

  /** A pull that begins after this call. Rejects as it does, or at once by the signal's reason. */
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
    // In a later step: whoever asked for it waits by then.
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
  // Nobody may be left to hear it.
  result.catch(() => undefined);
  return { result, resolve, reject, stop: abortController(), waiting: 0 };
}
