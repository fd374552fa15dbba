/** The window in congestion avoidance after RFC 9438: a function of the time since the last loss. Bytes, milliseconds. */
import { after } from "../base/time.ts";
import type { Instant } from "../base/time.ts";
import { TUNING } from "./tuning.ts";

const C = TUNING.cubicC;
const BETA = TUNING.cubicBeta;
/** Section 4.3: with it, one that multiplies by `BETA` is on average as fast as one that halves. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

export class Cubic {
  /** Where the window was when packets were last lost. */
  #maximumBytes = 0;
  /** The window before the last loss. */
  #priorBytes = 0;
  /** What a NewReno window would be by now. */
  #renoBytes = 0;
  #epoch: Instant | undefined;
  /** Seconds until the curve is back at the maximum. */
  #k = 0;
  #idleSince: Instant | undefined;

  /** Returns the window after the loss. */
  onLoss(windowBytes: number): number {
    this.#priorBytes = windowBytes;
    // Section 4.7: one that was pushed back before it got where it had been makes room.
    this.#maximumBytes = windowBytes < this.#maximumBytes ? (windowBytes * (1 + BETA)) / 2 : windowBytes;
    this.#epoch = undefined;
    return windowBytes * BETA;
  }

  /** Returns the window after an acknowledgement of so many bytes. */
  onAcked(
    bytes: number,
    windowBytes: number,
    packetBytes: number,
    roundTripMs: number,
    now: Instant,
  ): number {
    if (this.#epoch === undefined) {
      this.#epoch = now;
      this.#maximumBytes = Math.max(this.#maximumBytes, windowBytes);
      this.#renoBytes = windowBytes;
      this.#k = Math.cbrt((this.#maximumBytes - windowBytes) / packetBytes / C);
    } else if (this.#idleSince !== undefined) {
      // Section 4.2: time in which the window was not used does not count.
      this.#epoch = after(this.#epoch, now - this.#idleSince);
    }
    this.#idleSince = undefined;
    const alpha = this.#renoBytes < this.#priorBytes ? ALPHA : 1;
    this.#renoBytes += (alpha * packetBytes * bytes) / windowBytes;
    const seconds = (now - this.#epoch) / 1000;
    if (this.#at(seconds, packetBytes) < this.#renoBytes) return Math.max(windowBytes, this.#renoBytes);
    const target = Math.min(this.#at(seconds + roundTripMs / 1000, packetBytes), 1.5 * windowBytes);
    return windowBytes + (Math.max(target - windowBytes, 0) * bytes) / windowBytes;
  }

  /** An acknowledgement came while the window was not used. */
  onIdle(now: Instant): void {
    this.#idleSince ??= now;
  }

  #at(seconds: number, packetBytes: number): number {
    return C * (seconds - this.#k) ** 3 * packetBytes + this.#maximumBytes;
  }
}
