/** As few as V8 keeps within the object. */
const RING_FIRST = 8;
const NONE = new Float64Array(0);

/** A queue of pairs of numbers in one flat array that doubles when full: nothing is allocated for a pair. */
export class NumberQueue {
  #ring = NONE;
  #head = 0;
  #length = 0;

  /** Pairs. */
  get length(): number {
    return this.#length;
  }

  push(first: number, second: number): void {
    if (2 * this.#length === this.#ring.length) this.#grow();
    const at = (this.#head + 2 * this.#length) & (this.#ring.length - 1);
    this.#ring[at] = first;
    this.#ring[at + 1] = second;
    this.#length++;
  }

  /** Of the oldest pair, which must be there. */
  get first(): number {
    return this.#ring[this.#head]!;
  }

  get second(): number {
    return this.#ring[this.#head + 1]!;
  }

  drop(): void {
    this.#head = (this.#head + 2) & (this.#ring.length - 1);
    this.#length--;
  }

  #grow(): void {
    const larger = new Float64Array(Math.max(RING_FIRST, 2 * this.#ring.length));
    larger.set(this.#ring.subarray(this.#head));
    larger.set(this.#ring.subarray(0, this.#head), this.#ring.length - this.#head);
    this.#ring = larger;
    this.#head = 0;
  }
}
