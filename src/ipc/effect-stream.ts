/** The effects one client subscribed to: encoded, and kept within bounds while there is no credit for them. */
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

  /** Whether that is a change. What waited is forgotten then. */
  subscribe(wanted: boolean): boolean {
    if (this.#isSubscribed === wanted) return false;
    this.#isSubscribed = wanted;
    this.#waiting = [];
    return true;
  }

  /** How many are lost: with one too many the stream ends, by effectsLost. */
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

  /** What the client takes in all from now on. */
  setCredit(credit: number): void {
    const ready = this.#waiting.splice(0, credit);
    this.#credit = credit - ready.length;
    for (const frame of ready) this.#send(frame);
  }
}
