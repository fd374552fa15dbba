/**
 * Fixed layouts: big-endian integers and byte runs. The reader throws `DecodeError` (`truncated`) rather than read past the
 * end, and `end()` refuses what is left over (`trailing-bytes`).
 */
import { DecodeError } from "../base/errors.ts";

export class FixedReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  end(): void {
    if (this.#offset < this.#bytes.length) throw new DecodeError("trailing-bytes", this.#offset);
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length > this.#bytes.length - at) throw new DecodeError("truncated", this.#bytes.length);
    this.#offset += length;
    return at;
  }
}
