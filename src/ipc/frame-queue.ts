import { concat } from "../base/bytes.ts";

/** As much as is handed to the socket in one piece: a system call costs as much as copying this. */
const JOINED_BYTES_MAX = 64 * 1024;

/** Frames on their way to the socket. Small ones leave together: a write for each would cost more than all else about it. */
export class FrameQueue {
  #frames: Uint8Array[] = [];
  #bytes = 0;

  /** In all frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /** The oldest, whole: as many as fit 64 KiB, or one that is longer. */
  take(): Uint8Array | undefined {
    let count = 0;
    let length = 0;
    for (const frame of this.#frames) {
      if (count > 0 && length + frame.length > JOINED_BYTES_MAX) break;
      length += frame.length;
      count++;
    }
    if (count === 0) return undefined;
    const taken = this.#frames.splice(0, count);
    this.#bytes -= length;
    return count === 1 ? taken[0]! : concat(...taken);
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}
