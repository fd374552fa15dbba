/**
 * Memory for what is kept for good. An array of its own costs each command 150 bytes beside its 200; in one of these, many
 * share a block.
 */
const BLOCK_BYTES = 32 * 1024;

export class Arena {
  #block = new Uint8Array(0);
  #used = 0;

  /** A copy that shares no memory with what it copies. */
  keep(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#block.length - this.#used) {
      this.#block = new Uint8Array(Math.max(BLOCK_BYTES, bytes.length));
      this.#used = 0;
    }
    const copy = this.#block.subarray(this.#used, this.#used + bytes.length);
    copy.set(bytes);
    this.#used += bytes.length;
    return copy;
  }
}
