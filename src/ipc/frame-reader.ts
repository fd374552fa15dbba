import { DecodeError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { HEADER_BYTES, LENGTH_BYTES } from "./wire.ts";

export interface Frame {
  readonly type: number;
  /** A view of the input: good until the next `push`. */
  readonly body: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const CAPACITY_MIN = 4096;

/**
 * Cuts a byte stream into frames. Memory grows with what has arrived, never with what a length announces; after an
 * error the stream has no frame boundaries any more and the connection is over.
 */
export class FrameReader {
  #buffer: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** A chunk taken as it is belongs to the socket: it is read from, never written to. */
  #owned = false;

  /** Call `next` until it returns undefined before pushing more. */
  push(chunk: Uint8Array): void {
    const kept = this.#end - this.#start;
    if (kept === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(CAPACITY_MIN, 2 * (kept + chunk.length)));
      larger.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = larger;
      this.#start = 0;
      this.#end = kept;
      this.#owned = true;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Undefined when no whole frame has arrived. Throws `DecodeError` on a length no frame may have. */
  next(): Frame | undefined {
    const available = this.#end - this.#start;
    if (available < LENGTH_BYTES) return undefined;
    const b = this.#buffer;
    const at = this.#start;
    const length = ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
    if (length === 0) throw new DecodeError("empty-frame");
    if (length > LIMITS.ipcFrameBytesMax) throw new DecodeError("frame-too-long");
    const end = at + LENGTH_BYTES + length;
    if (end > this.#end) return undefined;
    this.#start = end;
    const frame = { type: b[at + LENGTH_BYTES]!, body: b.subarray(at + HEADER_BYTES, end) };
    if (this.#start === this.#end) this.clear(); // a large buffer is not kept for small frames
    return frame;
  }

  clear(): void {
    this.#buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#owned = false;
  }
}
