/** Memory cut from larger pieces: an ArrayBuffer costs as much as sealing a small datagram, a view of one a tenth. */
export class Slab {
  readonly #slabBytes: number;
  #slab = new Uint8Array(0);
  #at = 0;

  /** @param slabBytes what one piece kept keeps from being freed, at most */
  constructor(slabBytes: number) {
    this.#slabBytes = slabBytes;
  }

  /** Nobody else gets it; what is in it may be left from what was given back. Longer than a slab is a buffer of its own. */
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

  /** Of what was taken last: nobody kept it. */
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
