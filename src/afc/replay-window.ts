const WORDS_FIRST = 4;

/**
 * Which sequence numbers have been accepted: the highest and the `bits` below it, everything older counts as seen.
 * A ring of words one larger than needed, so that sliding clears whole words (RFC 6479). Ask `check` before
 * authentication to save the work, call `accept` only after it: a forgery must not move the window. A channel that has
 * seen little holds little: the ring grows with the numbers until it is whole. Words are in an array of V8's heap: a typed one
 * takes 0.3 kB beside what is in it.
 */
export class ReplayWindow {
  readonly #bits: number;
  readonly #wordsMax: number;
  #words: number[];
  #highest = -1;

  /** @param bits a multiple of 32 */
  constructor(bits: number) {
    if (bits <= 0 || bits % 32 !== 0) throw new RangeError("replay window bits");
    this.#bits = bits;
    this.#wordsMax = bits / 32 + 1;
    this.#words = words(Math.min(WORDS_FIRST, this.#wordsMax));
  }

  /** -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  check(sequence: number): "ok" | "duplicate" | "too-old" {
    if (sequence > this.#highest) return "ok";
    if (sequence <= this.#highest - this.#bits) return "too-old";
    const word = this.#words[Math.floor(sequence / 32) % this.#words.length]!;
    return (word & (1 << (sequence % 32))) === 0 ? "ok" : "duplicate";
  }

  /** Only after `check` said "ok" and the datagram was authenticated. */
  accept(sequence: number): void {
    const wordNumber = Math.floor(sequence / 32);
    if (wordNumber >= this.#words.length) this.#grow(wordNumber);
    const count = this.#words.length;
    if (sequence > this.#highest) {
      const from = Math.floor(this.#highest / 32); // -1 before the first: word 0 is clear as it is
      const fresh = Math.min(wordNumber - from, count);
      for (let i = 0; i < fresh; i++) this.#words[(wordNumber - i) % count] = 0;
      this.#highest = sequence;
    }
    this.#words[wordNumber % count]! |= 1 << (sequence % 32);
  }

  /** Before the ring is whole every word stands at its own number. */
  #grow(wordNumber: number): void {
    const { length } = this.#words;
    if (length === this.#wordsMax) return;
    const larger = Math.min(Math.max(2 * length, wordNumber + 1), this.#wordsMax);
    this.#words = this.#words.concat(words(larger - length));
  }
}

function words(count: number): number[] {
  return new Array<number>(count).fill(0);
}
