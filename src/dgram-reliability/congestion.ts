import type { Instant } from "../base/time.ts";
import { Cubic } from "./cubic.ts";
import { Pacer } from "./pacer.ts";
import type { Rtt } from "./rtt.ts";
import { TUNING } from "./tuning.ts";

/**
 * How much may be in flight: RFC 9002 section 7 with the window of RFC 9438 (CUBIC), and pacing.
 *
 *   slow start ── loss ──► recovery ── something sent after the loss is acknowledged ──► avoidance ── loss ──► recovery
 *
 * All losses among packets sent before a recovery began are one event. If all of them prove to have been late packets,
 * the event is taken back (RFC 9438 section 4.9.2).
 */
export class Congestion {
  #packetBytes: number;
  windowBytes: number;
  inFlightBytes = 0;
  #thresholdBytes = Infinity;
  #cubic = new Cubic();
  readonly #pacer: Pacer;
  /** Losses of packets sent before this belong to the same event. */
  #recoveryStart: Instant | undefined;
  /** Counts events, so that a packet lost in one is not counted for another. */
  event = 0;
  /** Packets lost in the last event that have not proved to be late. */
  #lostInEvent = 0;
  #before: { windowBytes: number; thresholdBytes: number } | undefined;

  constructor(packetBytes: number, now: Instant) {
    this.#packetBytes = packetBytes;
    this.windowBytes = initialWindow(packetBytes);
    this.#pacer = new Pacer(packetBytes, now);
  }

  /** The window stays what it is in bytes, or becomes the least there can be. */
  set packetBytes(bytes: number) {
    this.#packetBytes = bytes;
    this.#pacer.packetBytes = bytes;
    this.windowBytes = Math.max(this.windowBytes, this.#minimumBytes);
  }

  get windowOpen(): boolean {
    return this.inFlightBytes + this.#packetBytes <= this.windowBytes;
  }

  /** When pacing lets the next full packet go; undefined for now. */
  pacedUntil(rtt: Rtt, now: Instant): Instant | undefined {
    if (!rtt.sampled) return undefined;
    const gain = this.windowBytes < this.#thresholdBytes ? 2 : 1.25;
    return this.#pacer.until((gain * this.windowBytes) / Math.max(rtt.smoothedMs, 0.01), now);
  }

  onSent(bytes: number): void {
    this.inFlightBytes += bytes;
    this.#pacer.onSent(bytes);
  }

  /** Packets that leave without a verdict. */
  onForgotten(bytes: number): void {
    this.inFlightBytes -= bytes;
  }

  /** `inFlightBefore`: what was in flight before this acknowledgement. */
  onAcked(bytes: number, sentAt: Instant, inFlightBefore: number, rtt: Rtt, now: Instant): void {
    this.inFlightBytes -= bytes;
    if (this.#recoveryStart !== undefined && sentAt <= this.#recoveryStart) return;
    // A window of which not half is used says nothing about the path: RFC 7661, which RFC 9438 section 5.8 asks for.
    if (inFlightBefore < this.windowBytes / 2) {
      this.#cubic.onIdle(now);
      return;
    }
    const window =
      this.windowBytes < this.#thresholdBytes
        ? this.windowBytes + bytes
        : this.#cubic.onAcked(bytes, this.windowBytes, this.#packetBytes, rtt.smoothedMs, now);
    this.windowBytes = Math.min(window, (TUNING.sentPacketsMax / 2) * this.#packetBytes);
  }

  /** Returns true where this begins a new event. */
  onLost(bytes: number, sentAt: Instant, now: Instant): boolean {
    this.inFlightBytes -= bytes;
    if (this.#recoveryStart !== undefined && sentAt <= this.#recoveryStart) {
      this.#lostInEvent++;
      return false;
    }
    this.#recoveryStart = now;
    this.event++;
    this.#lostInEvent = 1;
    this.#before = { windowBytes: this.windowBytes, thresholdBytes: this.#thresholdBytes };
    this.windowBytes = Math.max(this.#cubic.onLoss(this.windowBytes), this.#minimumBytes);
    this.#thresholdBytes = this.windowBytes;
    return true;
  }

  /** A packet that `onLost` was told of in that event was only late. */
  onLate(event: number): void {
    if (event !== this.event || --this.#lostInEvent > 0 || this.#before === undefined) return;
    this.windowBytes = Math.max(this.windowBytes, this.#before.windowBytes);
    this.#thresholdBytes = this.#before.thresholdBytes;
    this.#before = undefined;
    this.#recoveryStart = undefined;
  }

  /** RFC 9002 section 7.6.2. */
  onPersistentCongestion(): void {
    this.windowBytes = this.#minimumBytes;
    this.#recoveryStart = undefined;
    this.#before = undefined;
  }

  /** Another path, of which nothing is known. What was in flight on the old one no longer counts: RFC 9000 section 9.4. */
  onPathChange(): void {
    this.windowBytes = initialWindow(this.#packetBytes);
    this.inFlightBytes = 0;
    this.#thresholdBytes = Infinity;
    this.#cubic = new Cubic();
    this.#recoveryStart = undefined;
    this.#before = undefined;
  }

  get #minimumBytes(): number {
    return TUNING.minimumWindowPackets * this.#packetBytes;
  }
}

function initialWindow(packetBytes: number): number {
  return Math.min(
    TUNING.initialWindowPackets * packetBytes,
    Math.max(TUNING.initialWindowBytes, TUNING.minimumWindowPackets * packetBytes),
  );
}
