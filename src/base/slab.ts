/** Pieces of memory cut from slabs: an ArrayBuffer costs as much time as sealing a small datagram, a view of one a tenth. */
export class Slab {
  readonly #slabBytes: number;
  #slab = new Uint8Array(0);
  #at = 0;

  /** @param slabBytes size of a slab. One piece that is kept keeps the whole slab in memory. */
  constructor(slabBytes: number) {
    this.#slabBytes = slabBytes;
  }

  /** A piece for the caller alone, not zeroed. One longer than a slab is a buffer of its own. */
  take(bytes: number): Uint8Array {
    if (bytes > this.#slabBytes) return new Uint8Array(bytes);
    if (this.#at + bytes > this.#slab.length) {
      this.#slab = new Uint8Array(this.#slabBytes);
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += bytes;
    return this.#slab.subarray(start, this.#at);
  }

  /** Takes back the piece that was taken last, if nobody kept it. Any other piece is left alone. */
  giveBack(taken: Uint8Array): void {
    if (taken.buffer === this.#slab.buffer && taken.byteOffset + taken.length === this.#at) {
      this.#at = taken.byteOffset;
    }
  }
}

/** A buffer of its own each time. */
export function ownMemory(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}
