import type { FrameSink } from "./wire.ts";

/** Frames are joined into pieces of up to this: a system call costs as much as copying so many bytes. */
const JOINED_BYTES_MAX = 64 * 1024;
const SLAB_BYTES_MIN = 4 * 1024;
/** A longer frame is a piece of its own. */
const COPIED_BYTES_MAX = 16 * 1024;

const EMPTY = new Uint8Array(0);

/**
 * Frames on their way to the socket, joined into pieces: a system call for each frame, or memory of its own, would cost more
 * than all else about it. The memory of a piece that was taken is not used again before `written`.
 */
export class FrameQueue implements FrameSink {
  buffer: Uint8Array = EMPTY;
  /** Frames that wait: whole pieces, then the part of the slab from `#start` to `#end`. */
  #pieces: Uint8Array[] = [];
  #slab: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  #bytes = 0;

  /** Bytes of all frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  reserve(bytes: number): number {
    this.#bytes += bytes;
    if (bytes > COPIED_BYTES_MAX) {
      this.#endPiece();
      this.buffer = new Uint8Array(bytes);
      this.#pieces.push(this.buffer);
      return 0;
    }
    if (this.#end + bytes > this.#slab.length) this.#makeRoom(bytes);
    this.buffer = this.#slab;
    const at = this.#end;
    this.#end += bytes;
    return at;
  }

  /** A long frame is kept as it is, not copied. */
  push(frame: Uint8Array): void {
    if (frame.length > COPIED_BYTES_MAX) {
      this.#endPiece();
      this.#pieces.push(frame);
      this.#bytes += frame.length;
      return;
    }
    const at = this.reserve(frame.length);
    this.buffer.set(frame, at);
  }

  /** The oldest piece: as many whole frames as fit 64 KiB, or one long frame. */
  take(): Uint8Array | undefined {
    if (this.#pieces.length === 0) this.#endPiece();
    const taken = this.#pieces.shift();
    if (taken !== undefined) this.#bytes -= taken.length;
    return taken;
  }

  /** Nobody needs the pieces taken any longer: their memory may be used again. */
  written(): void {
    if (this.#pieces.length > 0 || this.#end > this.#start) return;
    this.#start = 0;
    this.#end = 0;
  }

  clear(): void {
    this.buffer = EMPTY;
    this.#pieces = [];
    this.#slab = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#bytes = 0;
  }

  #endPiece(): void {
    if (this.#end === this.#start) return;
    this.#pieces.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** A new slab. Frames that wait move to it, unless they fill a piece. */
  #makeRoom(bytes: number): void {
    const waiting = this.#end - this.#start;
    if (waiting + bytes > JOINED_BYTES_MAX) this.#endPiece();
    const kept = this.#end - this.#start;
    let length = Math.max(SLAB_BYTES_MIN, this.#slab.length);
    while (length < kept + bytes) length *= 2;
    const slab = new Uint8Array(length);
    slab.set(this.#slab.subarray(this.#start, this.#end));
    this.#slab = slab;
    this.#start = 0;
    this.#end = kept;
  }
}
