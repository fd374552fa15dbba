/** The effects for one client: encoded, and queued within bounds while the client gives no credit. */
import { LIMITS } from "../base/limits.ts";
import type { Effect } from "./effect.ts";

export class EffectStream {
  readonly #encode: (effect: Effect) => Uint8Array;
  readonly #send: (frame: Uint8Array) => void;
  #isSubscribed = false;
  #waiting: Uint8Array[] = [];
  #credit = 0;

  constructor(encode: (effect: Effect) => Uint8Array, send: (frame: Uint8Array) => void) {
    this.#encode = encode;
    this.#send = send;
  }

  get credit(): number {
    return this.#credit;
  }

  /** True where that is a change. Effects that wait are then dropped. */
  subscribe(wanted: boolean): boolean {
    if (this.#isSubscribed === wanted) return false;
    this.#isSubscribed = wanted;
    this.#waiting = [];
    return true;
  }

  /** Returns how many effects were lost: the effect that finds the queue full ends the stream, with `effectsLost`. */
  push(effect: Effect): number {
    if (!this.#isSubscribed) return 0;
    const frame = this.#encode(effect);
    if (this.#credit > 0) {
      this.#credit--;
      this.#send(frame);
      return 0;
    }
    if (this.#waiting.length < LIMITS.effectsQueuedMax) {
      this.#waiting.push(frame);
      return 0;
    }
    const count = this.#waiting.length + 1;
    this.subscribe(false);
    this.#send(this.#encode({ type: "effectsLost", count }));
    return count;
  }

  /** How many effects the client takes from now on, those that wait included. */
  setCredit(credit: number): void {
    const ready = this.#waiting.splice(0, credit);
    this.#credit = credit - ready.length;
    for (const frame of ready) this.#send(frame);
  }
}
