import { assert } from "../base/assert.ts";
import { DecodeError } from "../base/errors.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { Congestion } from "./congestion.ts";
import { Outgoing } from "./outgoing.ts";
import type { Outcome, SendLimits } from "./outgoing.ts";
import { Reordering } from "./reordering.ts";
import { Rtt } from "./rtt.ts";
import { PacketPool, SentPackets } from "./sent-packets.ts";
import type { SentPacket } from "./sent-packets.ts";
import { Skipped } from "./skipped.ts";
import { TUNING } from "./tuning.ts";
import { NUMBER_MAX } from "./wire.ts";
import type { Ack, Credit } from "./wire.ts";

/**
 * What became of a packet, for who probes the path's MTU: "timeout" is the largest of those in flight when nothing at all
 * was acknowledged for a probe time-out.
 */
export type PacketFate = "acknowledged" | "lost" | "timeout";

/** Packets whose messages were sent again. */
export interface ReliabilityCounts {
  /** They were taken for lost. */
  lost: number;
  /** Nothing was heard for too long. */
  probed: number;
}
export type OnPacketFate = (packetBytes: number, fate: PacketFate, now: Instant) => void;

/**
 * What is in flight, and what becomes of it: RFC 9002, with packets as its packets and fragments of messages instead of
 * stream data.
 *
 *   onSent ──► in flight ── acknowledged ──► (fragments are the peer's)
 *                  │   └─── probe time-out: its fragments go out once more, in a packet of their own
 *                  └─ lost ──► remembered for a while ── acknowledged after all ──► `Reordering`, `Congestion`
 */
export class Sender {
  rtt: Rtt;
  readonly congestion: Congestion;
  readonly outgoing: Outgoing;
  #reordering = new Reordering();
  readonly #initialRttMs: number | undefined;
  readonly #onPacketFate: OnPacketFate | undefined;
  readonly #counts: ReliabilityCounts | undefined;

  readonly #pool = new PacketPool(TUNING.packetRecordsKeptMax);
  readonly #sent = new SentPackets();
  /** Taken for lost, the newest. */
  readonly #lost = new SentPackets();
  readonly #skipped = new Skipped();
  #ordinal = 0;
  #path = 0;
  #largestSent = -1;
  #largestAcked = -1;
  #lastElicitingAt: Instant | undefined;
  #lossAt: Instant | undefined;
  #ptoCount = 0;
  /** Packets that may leave although the window is full. */
  probes = 0;
  /** Set where a lost packet carried CREDIT. */
  creditLost = false;

  constructor(
    limits: SendLimits,
    packetBytes: number,
    initialRttMs: number | undefined,
    outcome: Outcome,
    onPacketFate: OnPacketFate | undefined,
    counts: ReliabilityCounts | undefined,
    now: Instant,
  ) {
    this.#counts = counts;
    this.#initialRttMs = initialRttMs;
    this.#onPacketFate = onPacketFate;
    this.rtt = new Rtt(initialRttMs);
    this.congestion = new Congestion(packetBytes, now);
    this.outgoing = new Outgoing(limits, packetBytes, outcome);
  }

  set packetBytes(bytes: number) {
    this.congestion.packetBytes = bytes;
    this.outgoing.packetBytes = bytes;
  }

  get inFlight(): boolean {
    return this.#sent.length > 0;
  }

  get windowOpen(): boolean {
    return this.congestion.windowOpen && this.#sent.length < TUNING.sentPacketsMax;
  }

  get largestAcknowledged(): number {
    return this.#largestAcked;
  }

  /** A record to be filled for `onSent`, or given back by `unused`. */
  newPacket(): SentPacket {
    return this.#pool.take();
  }

  unused(p: SentPacket): void {
    this.#pool.release(p);
  }

  /** A packet that elicits an acknowledgement has left. */
  onSent(p: SentPacket, number: number, bytes: number, now: Instant): void {
    this.onNumber(number);
    p.number = number;
    p.bytes = bytes;
    p.sentAt = now;
    p.ordinal = this.#ordinal++;
    p.path = this.#path;
    p.sampled = this.rtt.sampled;
    this.#sent.append(p);
    this.#lastElicitingAt = now;
    this.congestion.onSent(bytes);
    if (this.probes > 0) this.probes--;
    if (this.#sent.length > TUNING.sentPacketsMax) {
      const oldest = this.#sent.first!;
      if (oldest.path === this.#path) this.congestion.onForgotten(oldest.bytes);
      this.#sendAgain(oldest);
      this.#sent.remove(oldest);
      this.#pool.release(oldest);
    }
  }

  onNumber(packetNumber: number): void {
    assert(packetNumber > this.#largestSent, "packet numbers grow");
    assert(packetNumber <= NUMBER_MAX, "the carrier begins anew before its numbers end");
    if (packetNumber > this.#largestSent + 1) this.#skipped.add(this.#largestSent + 1, packetNumber - 1);
    this.#largestSent = packetNumber;
  }

  /** @throws DecodeError where the peer acknowledges or grants what cannot be; nothing has changed then. */
  check(ack: Ack | undefined, credit: Credit | undefined): void {
    if (ack !== undefined && (ack.runs[1]! > this.#largestSent || this.#skipped.meets(ack.runs))) {
      throw new DecodeError("ack-of-unsent");
    }
    if (credit !== undefined && credit.finished > this.outgoing.nextReliableId) {
      throw new DecodeError("credit-of-unsent");
    }
  }

  onAck(ack: Ack, now: Instant): void {
    const { runs } = ack;
    const largest = runs[1]!;
    const inFlightBefore = this.congestion.inFlightBytes;
    this.#lookForLate(runs, now);
    let run = runs.length - 2; // the lowest
    let anyAcked = false;
    for (let p = this.#sent.first; p !== undefined && p.number <= largest;) {
      const { next } = p;
      while (run > 0 && p.number > runs[run + 1]!) run -= 2;
      if (p.number >= runs[run]! && p.number <= runs[run + 1]!) {
        anyAcked = true;
        this.#sent.remove(p);
        if (p.path === this.#path) {
          if (p.number === largest && largest > this.#largestAcked) {
            this.rtt.sample(Math.max(now - p.sentAt, 0), ack.delayUs / 1000);
          }
          this.congestion.onAcked(p.bytes, p.sentAt, inFlightBefore, this.rtt, now);
          this.#onPacketFate?.(p.bytes, "acknowledged", now);
        }
        this.outgoing.onAcknowledged(p);
        this.#pool.release(p);
      }
      p = next;
    }
    this.#largestAcked = Math.max(this.#largestAcked, largest);
    if (!anyAcked) return;
    this.#ptoCount = 0;
    this.outgoing.advance();
    this.#detectLosses(now);
  }

  handleTimeout(now: Instant): void {
    const { earliestDeadline } = this.outgoing;
    if (earliestDeadline !== undefined && now >= earliestDeadline) this.outgoing.expire(now);
    if (this.#lossAt !== undefined) {
      if (now >= this.#lossAt) this.#detectLosses(now);
      return;
    }
    const ptoAt = this.#ptoAt;
    if (ptoAt === undefined || now < ptoAt) return;
    this.#ptoCount++;
    // The back-off counts from here even where the carrier does not get to send the probe.
    this.#lastElicitingAt = now;
    this.#probe(now);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.outgoing.earliestDeadline, this.#lossAt ?? this.#ptoAt);
  }

  /** RFC 9000 section 9.4. What is in flight may still arrive, but says nothing about the new path. */
  onPathChange(now: Instant): void {
    this.#path++;
    this.rtt = new Rtt(this.#initialRttMs);
    this.#reordering = new Reordering();
    this.congestion.onPathChange();
    this.#ptoCount = 0;
    this.#lossAt = undefined;
    if (this.#sent.length === 0) return;
    // Not to wait for the first time-out: what is in flight went to where the peer may no longer be.
    this.#lastElicitingAt = now;
    this.#probe(undefined);
  }

  get #ptoAt(): Instant | undefined {
    if (this.#sent.length === 0 || this.#lastElicitingAt === undefined) return undefined;
    return after(
      this.#lastElicitingAt,
      Math.min(this.rtt.ptoMs * 2 ** Math.min(this.#ptoCount, 16), TUNING.ptoMaxMs),
    );
  }

  /** Two packets past the window, with the oldest of what has no copy under way: RFC 9002 section 6.2.4. */
  #probe(timeoutAt: Instant | undefined): void {
    this.probes = Math.min(this.#sent.length, 2);
    let copied = 0;
    let largest = 0;
    for (let p = this.#sent.first; p !== undefined; p = p.next) {
      if (copied < this.probes && this.#sendAgain(p)) copied++;
      if (p.path === this.#path) largest = Math.max(largest, p.bytes);
    }
    if (this.#counts !== undefined) this.#counts.probed += copied;
    if (timeoutAt !== undefined && largest > 0) this.#onPacketFate?.(largest, "timeout", timeoutAt);
  }

  #sendAgain(p: SentPacket): boolean {
    if (p.credit && !p.copied) this.creditLost = true;
    return this.outgoing.sendAgain(p);
  }

  /** RFC 9002 section 6.1. Both conditions are met by older packets before newer ones. */
  #detectLosses(now: Instant): void {
    this.#lossAt = undefined;
    const lossDelayMs = this.#reordering.lossDelayMs(this.rtt);
    const lostBelow = this.#largestAcked - this.#reordering.packetThreshold;
    let runStart: SentPacket | undefined;
    let runEnd: SentPacket | undefined;
    let persistent = false;
    const persistentMs = this.rtt.ptoMs * TUNING.persistentCongestionThreshold;
    for (let p = this.#sent.first; p !== undefined && p.number < this.#largestAcked;) {
      const { next } = p;
      const lostAt = after(p.sentAt, lossDelayMs);
      if (p.number > lostBelow && now < lostAt) {
        this.#lossAt = lostAt;
        break;
      }
      this.#sent.remove(p);
      if (p.path === this.#path) {
        if (this.congestion.onLost(p.bytes, p.sentAt, now)) this.#reordering.onCongestionEvent();
        p.event = this.congestion.event;
        this.#onPacketFate?.(p.bytes, "lost", now);
        // Section 7.6: a time in which everything was lost, measured from when there was an RTT to measure it by.
        if (!p.sampled) runStart = undefined;
        else if (runStart === undefined || p.ordinal !== runEnd!.ordinal + 1) runStart = p;
        runEnd = p;
        persistent ||= runStart !== undefined && p.sentAt - runStart.sentAt > persistentMs;
      }
      if (p.credit && !p.copied) this.creditLost = true;
      if (this.outgoing.onLost(p) && this.#counts !== undefined) this.#counts.lost++;
      this.#lost.append(p);
      p = next;
    }
    while (this.#lost.length > TUNING.lostPacketsMax) this.#forgetLost(this.#lost.first!);
    if (persistent) {
      this.congestion.onPersistentCongestion();
      this.rtt.forgetMinimum();
    }
  }

  /** Packets that were taken for lost, and were only late. */
  #lookForLate(runs: readonly number[], now: Instant): void {
    let run = runs.length - 2;
    for (let p = this.#lost.first; p !== undefined && p.number <= runs[1]!;) {
      const { next } = p;
      while (run > 0 && p.number > runs[run + 1]!) run -= 2;
      if (p.number >= runs[run]! && p.number <= runs[run + 1]!) {
        if (p.path === this.#path) {
          this.#reordering.onLate(this.#largestAcked - p.number, now - p.sentAt, this.rtt);
          this.congestion.onLate(p.event);
        }
        this.outgoing.onAcknowledged(p);
        this.#forgetLost(p);
      }
      p = next;
    }
  }

  #forgetLost(p: SentPacket): void {
    this.#lost.remove(p);
    this.#pool.release(p);
  }
}
