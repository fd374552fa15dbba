import type { AranyaError } from "../base/errors.ts";
import type { Effect } from "../ipc/effect.ts";

/** One effect on its way to several readers. */
interface Shared {
  readonly effect: Effect;
  readers: number;
}

interface Hooks {
  /** The first stream opened. */
  subscribe(): Promise<unknown>;
  /** The last one was closed by its reader. */
  unsubscribe(): void;
  /** All readers have taken an effect, or gone. */
  consumed(): void;
}

/**
 * Gives every effect to every stream. An effect is consumed, and its credit given back, when the slowest reader has taken it.
 * So a reader that stops holds back the daemon instead of filling this process's memory.
 */
export class EffectStreams {
  readonly #hooks: Hooks;
  readonly #streams = new Set<EffectStream>();
  #subscribed = false;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  open(): AsyncIterableIterator<Effect> {
    const stream = new EffectStream({
      taken: (shared) => this.#taken(shared),
      closed: () => {
        this.#streams.delete(stream);
        if (this.#streams.size === 0 && this.#subscribed) {
          this.#subscribed = false;
          this.#hooks.unsubscribe();
        }
      },
    });
    this.#streams.add(stream);
    if (!this.#subscribed) {
      this.#subscribed = true;
      this.#hooks.subscribe().catch((error: unknown) => this.end(() => error as AranyaError));
    }
    return stream;
  }

  push(effect: Effect): void {
    // It was on its way when the last stream closed.
    if (this.#streams.size === 0) {
      this.#consumed(effect);
      return;
    }
    const shared: Shared = { effect, readers: this.#streams.size };
    for (const stream of this.#streams) stream.push(shared);
    if (effect.type === "effectsLost") this.end();
  }

  /** Readers get what has arrived, then the end, or the error. */
  end(error?: () => AranyaError): void {
    this.#subscribed = false;
    const streams = [...this.#streams];
    this.#streams.clear();
    for (const stream of streams) stream.end(error);
  }

  #taken(shared: Shared): void {
    shared.readers--;
    if (shared.readers === 0) this.#consumed(shared.effect);
  }

  /** The notice of a loss came without credit. */
  #consumed(effect: Effect): void {
    if (effect.type !== "effectsLost") this.#hooks.consumed();
  }
}

interface Waiter {
  resolve(result: IteratorResult<Effect, undefined>): void;
  reject(error: AranyaError): void;
}

class EffectStream implements AsyncIterableIterator<Effect, undefined> {
  readonly #owner: { taken(shared: Shared): void; closed(): void };
  #queue: Shared[] = [];
  #waiters: Waiter[] = [];
  #ended = false;
  #error: (() => AranyaError) | undefined;

  constructor(owner: { taken(shared: Shared): void; closed(): void }) {
    this.#owner = owner;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Effect, undefined>> {
    const shared = this.#queue.shift();
    if (shared !== undefined) {
      this.#owner.taken(shared);
      return Promise.resolve({ done: false, value: shared.effect });
    }
    if (this.#error !== undefined) {
      const error = this.#error();
      this.#error = undefined; // said once; afterwards the stream has ended
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<Effect, undefined>> {
    this.#error = undefined;
    for (const shared of this.#queue.splice(0)) this.#owner.taken(shared);
    if (!this.#ended) {
      this.end();
      this.#owner.closed();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  push(shared: Shared): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#queue.push(shared);
      return;
    }
    waiter.resolve({ done: false, value: shared.effect });
    this.#owner.taken(shared);
  }

  end(error?: () => AranyaError): void {
    this.#ended = true;
    const [first, ...others] = this.#waiters.splice(0);
    if (error === undefined) first?.resolve({ done: true, value: undefined });
    else if (first !== undefined) first.reject(error());
    else this.#error = error;
    for (const waiter of others) waiter.resolve({ done: true, value: undefined });
  }
}
