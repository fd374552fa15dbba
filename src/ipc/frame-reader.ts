import { readU32 } from "../base/big-endian.ts";
import { DecodeError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { HEADER_BYTES, LENGTH_BYTES } from "./wire.ts";

const EMPTY = new Uint8Array(0);
/** Memory up to this is kept for the next frame that comes in parts. */
const PARTIAL_BYTES_KEPT = 4096;

/** Valid until the next call of the reader. */
export class Frame {
  type = 0;
  /** Holds the body, from `start` to `end`. */
  buffer: Uint8Array = EMPTY;
  start = 0;
  end = 0;

  get body(): Uint8Array {
    return this.buffer.subarray(this.start, this.end);
  }
}

/**
 * Cuts a byte stream into frames. Memory grows with what has arrived, not with what a length announces. After an error the
 * stream has no frame boundaries any more, and the connection is over.
 */
export class FrameReader {
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** The beginning of a frame whose rest has not arrived. */
  #partial: Uint8Array = EMPTY;
  #partialBytes = 0;
  readonly #frame = new Frame();

  /** Bytes of memory held for a frame whose rest has not arrived. */
  get bytesHeld(): number {
    return this.#partial.length;
  }

  /** Takes a chunk. Call `next` until it returns undefined before pushing more: then the chunk is not used any longer. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Undefined when no whole frame has arrived. Throws `DecodeError` on a length no frame may have. */
  next(): Frame | undefined {
    const frame = this.#partialBytes > 0 ? this.#completed() : this.#inChunk();
    if (frame === undefined) {
      this.#chunk = EMPTY;
      this.#at = 0;
      this.#frame.buffer = EMPTY;
    }
    return frame;
  }

  clear(): void {
    this.#chunk = EMPTY;
    this.#at = 0;
    this.#partial = EMPTY;
    this.#partialBytes = 0;
    this.#frame.buffer = EMPTY;
  }

  #inChunk(): Frame | undefined {
    const chunk = this.#chunk;
    const at = this.#at;
    const left = chunk.length - at;
    if (left >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + lengthAt(chunk, at);
      if (end <= chunk.length) {
        this.#at = end;
        return this.#whole(chunk, at, end);
      }
      this.#keep(left, end - at);
    } else if (left > 0) {
      this.#keep(left, LENGTH_BYTES);
    }
    return undefined;
  }

  #completed(): Frame | undefined {
    if (!this.#keepUpTo(LENGTH_BYTES)) return undefined;
    const bytes = LENGTH_BYTES + lengthAt(this.#partial, 0);
    if (!this.#keepUpTo(bytes)) return undefined;
    const frame = this.#whole(this.#partial, 0, bytes);
    this.#partialBytes = 0;
    if (this.#partial.length > PARTIAL_BYTES_KEPT) this.#partial = EMPTY;
    return frame;
  }

  /** Whether that many bytes of the frame have arrived. */
  #keepUpTo(bytes: number): boolean {
    const missing = bytes - this.#partialBytes;
    if (missing > 0) this.#keep(Math.min(missing, this.#chunk.length - this.#at), bytes);
    return this.#partialBytes >= bytes;
  }

  #whole(buffer: Uint8Array, at: number, end: number): Frame {
    const frame = this.#frame;
    frame.type = buffer[at + LENGTH_BYTES]!;
    frame.buffer = buffer;
    frame.start = at + HEADER_BYTES;
    frame.end = end;
    return frame;
  }

  /** The next bytes of the chunk, behind what is kept of their frame, which has `whole` as far as is known. */
  #keep(bytes: number, whole: number): void {
    const kept = this.#partialBytes + bytes;
    if (kept > this.#partial.length) {
      const larger = new Uint8Array(Math.max(PARTIAL_BYTES_KEPT, Math.min(2 * kept, whole)));
      larger.set(this.#partial.subarray(0, this.#partialBytes));
      this.#partial = larger;
    }
    this.#partial.set(this.#chunk.subarray(this.#at, this.#at + bytes), this.#partialBytes);
    this.#partialBytes = kept;
    this.#at += bytes;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const length = readU32(bytes, at);
  if (length === 0) throw new DecodeError("empty-frame");
  if (length > LIMITS.ipcFrameBytesMax) throw new DecodeError("frame-too-long");
  return length;
}
