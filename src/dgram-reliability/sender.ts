import { assert } from "../base/assert.ts";
import { DecodeError } from "../base/errors.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { Congestion } from "./congestion.ts";
import { Fifo } from "./fifo.ts";
import { Rtt } from "./rtt.ts";
import { TUNING } from "./tuning.ts";
import { INITIAL_CREDIT } from "./wire.ts";
import type { Ack, Credit } from "./wire.ts";

export interface SendLimits {
  /** Messages accepted and without an outcome. */
  readonly messages: number;
  readonly bytes: number;
}

/** A message from `send` to its outcome. */
export interface OutgoingMessage {
  /** What the host knows it by. */
  readonly key: number;
  readonly reliable: boolean;
  readonly deadline: Instant;
  /** Emptied with the outcome: a record of a packet in flight may outlive it. */
  bytes: Uint8Array;
  /** On the wire; -1 until first sent, so that what expires unsent leaves no hole. */
  id: number;
  done: "" | "acknowledged" | "expired";
  /** Waits in the queue for retransmission. */
  queued: boolean;
}

interface SentPacket {
  readonly number: number;
  readonly bytes: number;
  readonly sentAt: Instant;
  readonly messages: readonly OutgoingMessage[];
  readonly credit: boolean;
  readonly forward: boolean;
}

export type Outcome = (message: OutgoingMessage) => void;

/** What is to be sent, what is in flight, and what becomes of it: RFC 9002 over messages instead of streams. */
export class Sender {
  readonly #limits: SendLimits;
  readonly #outcome: Outcome;
  readonly rtt: Rtt;
  readonly congestion: Congestion;

  #nextKey = 1;
  #nextReliableId = 0;
  #nextUnreliableId = 0;
  readonly #live = new Map<number, OutgoingMessage>();
  #liveBytes = 0;
  #earliestDeadline: Instant | undefined;
  readonly #newReliable = new Fifo<OutgoingMessage>();
  readonly #newUnreliable = new Fifo<OutgoingMessage>();
  readonly #again = new Fifo<OutgoingMessage>();
  /** Reliable messages sent, ascending id, from the oldest that has no outcome. */
  readonly #outstanding = new Fifo<OutgoingMessage>();
  #forward = 0;
  forwardDue = false;

  #credit: Credit = { finished: 0, ...INITIAL_CREDIT };
  /** Sizes of reliable messages sent from `#credit.finished` on. */
  readonly #creditSizes = new Fifo<number>();
  #creditUsedBytes = 0;

  /** Ascending packet numbers. */
  #sent: SentPacket[] = [];
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
    now: Instant,
  ) {
    this.#limits = limits;
    this.#outcome = outcome;
    this.rtt = new Rtt(initialRttMs);
    this.congestion = new Congestion(packetBytes, now);
  }

  get inFlight(): boolean {
    return this.#sent.length > 0;
  }

  get largestAcknowledged(): number {
    return this.#largestAcked;
  }

  get waiting(): number {
    return this.#live.size;
  }

  get forwardId(): number {
    return this.#forward;
  }

  /** Undefined where the limits are reached. */
  enqueue(bytes: Uint8Array, reliable: boolean, deadline: Instant): number | undefined {
    if (this.#live.size >= this.#limits.messages) return undefined;
    if (this.#liveBytes + bytes.length > this.#limits.bytes) return undefined;
    const key = this.#nextKey++;
    const m: OutgoingMessage = { key, reliable, deadline, bytes, id: -1, done: "", queued: false };
    this.#live.set(key, m);
    this.#liveBytes += bytes.length;
    this.#earliestDeadline = earliest(this.#earliestDeadline, deadline);
    (reliable ? this.#newReliable : this.#newUnreliable).push(m);
    return key;
  }

  /** What goes out next if it may; retransmissions first, then new ones that fit the peer's credit. */
  peek(): OutgoingMessage | undefined {
    return (
      firstOpen(this.#again) ??
      (this.#creditAllows(firstOpen(this.#newReliable)) ? this.#newReliable.peek() : undefined) ??
      firstOpen(this.#newUnreliable)
    );
  }

  /** Takes what `peek` returned and gives it its id. */
  take(m: OutgoingMessage): void {
    if (m.queued) {
      m.queued = false;
      this.#again.shift();
    } else if (m.reliable) {
      this.#newReliable.shift();
      m.id = this.#nextReliableId++;
      this.#outstanding.push(m);
      this.#creditSizes.push(m.bytes.length);
      this.#creditUsedBytes += m.bytes.length;
    } else {
      this.#newUnreliable.shift();
      m.id = this.#nextUnreliableId++;
    }
  }

  /** A packet that elicits an acknowledgement has left. */
  onSent(packet: SentPacket): void {
    this.onNumber(packet.number);
    this.#sent.push(packet);
    this.#lastElicitingAt = packet.sentAt;
    this.congestion.onSent(packet.bytes);
    if (this.probes > 0) this.probes--;
    if (this.#sent.length > TUNING.sentPacketsMax) {
      const oldest = this.#sent.shift()!;
      this.congestion.onForgotten(oldest.bytes);
      this.#requeue(oldest);
    }
  }

  onNumber(packetNumber: number): void {
    assert(packetNumber > this.#largestSent, "packet numbers grow");
    this.#largestSent = packetNumber;
  }

  /** @throws DecodeError where the peer acknowledges or grants what cannot be; nothing has changed then. */
  check(ack: Ack | undefined, credit: Credit | undefined): void {
    if (ack !== undefined && ack.runs[1]! > this.#largestSent) throw new DecodeError("ack-of-unsent");
    if (credit !== undefined && credit.finished > this.#nextReliableId)
      throw new DecodeError("credit-of-unsent");
  }

  onCredit(credit: Credit): void {
    const messages = Math.min(credit.messages, TUNING.peerWindowMessagesMax);
    const limit = this.#credit.finished + this.#credit.messages;
    // Reordered packets bring old credit; what was granted stays granted.
    if (credit.finished < this.#credit.finished || credit.finished + messages < limit) return;
    for (let id = this.#credit.finished; id < credit.finished; id++) {
      this.#creditUsedBytes -= this.#creditSizes.shift()!;
    }
    this.#credit = { finished: credit.finished, messages, bytes: credit.bytes };
  }

  onAck(ack: Ack, now: Instant): void {
    const { runs } = ack;
    const largest = runs[1]!;
    const inFlightBefore = this.congestion.inFlightBytes;
    const kept: SentPacket[] = [];
    let run = runs.length - 2; // the lowest
    let anyAcked = false;
    let i = 0;
    for (; i < this.#sent.length; i++) {
      const p = this.#sent[i]!;
      if (p.number > largest) break;
      while (run > 0 && p.number > runs[run + 1]!) run -= 2;
      if (p.number < runs[run]! || p.number > runs[run + 1]!) {
        kept.push(p);
        continue;
      }
      anyAcked = true;
      if (p.number === largest && largest > this.#largestAcked) {
        this.rtt.sample(Math.max(now - p.sentAt, 0), ack.delayUs / 1000);
      }
      this.congestion.onAcked(p.bytes, p.sentAt, inFlightBefore);
      for (const m of p.messages) this.#finish(m, "acknowledged");
    }
    this.#largestAcked = Math.max(this.#largestAcked, largest);
    if (!anyAcked) return;
    for (; i < this.#sent.length; i++) kept.push(this.#sent[i]!);
    this.#sent = kept;
    this.#ptoCount = 0;
    this.#advanceOutstanding();
    this.#detectLosses(now);
  }

  handleTimeout(now: Instant): void {
    if (this.#earliestDeadline !== undefined && now >= this.#earliestDeadline) this.#expire(now);
    if (this.#lossAt !== undefined) {
      if (now >= this.#lossAt) this.#detectLosses(now);
      return;
    }
    const ptoAt = this.#ptoAt;
    if (ptoAt === undefined || now < ptoAt) return;
    this.#ptoCount++;
    // The back-off counts from here even where the carrier does not get to send the probe.
    this.#lastElicitingAt = now;
    this.probes = Math.min(this.#sent.length, 2);
    for (const p of this.#sent.slice(0, this.probes)) this.#requeue(p);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#earliestDeadline, this.#lossAt ?? this.#ptoAt);
  }

  get #ptoAt(): Instant | undefined {
    if (this.#sent.length === 0 || this.#lastElicitingAt === undefined) return undefined;
    return after(
      this.#lastElicitingAt,
      Math.min(this.rtt.ptoMs * 2 ** Math.min(this.#ptoCount, 16), TUNING.ptoMaxMs),
    );
  }

  #creditAllows(m: OutgoingMessage | undefined): boolean {
    if (m === undefined) return false;
    return (
      this.#nextReliableId < this.#credit.finished + this.#credit.messages &&
      this.#creditUsedBytes + m.bytes.length <= this.#credit.bytes
    );
  }

  #finish(m: OutgoingMessage, outcome: "acknowledged" | "expired"): void {
    if (m.done !== "") return;
    m.done = outcome;
    this.#live.delete(m.key);
    this.#liveBytes -= m.bytes.length;
    m.bytes = NOTHING;
    this.#outcome(m);
  }

  #expire(now: Instant): void {
    this.#earliestDeadline = undefined;
    for (const m of this.#live.values()) {
      if (m.deadline <= now) this.#finish(m, "expired");
      else this.#earliestDeadline = earliest(this.#earliestDeadline, m.deadline);
    }
    this.#advanceOutstanding();
  }

  /** Past every message with an outcome; the receiver must be told where one of them was given up. */
  #advanceOutstanding(): void {
    for (let m = this.#outstanding.peek(); m !== undefined && m.done !== ""; m = this.#outstanding.peek()) {
      this.#outstanding.shift();
      if (m.done === "expired") {
        this.#forward = m.id + 1;
        this.forwardDue = true;
      }
    }
  }

  /** RFC 9002 section 6.1. */
  #detectLosses(now: Instant): void {
    this.#lossAt = undefined;
    const lossDelayMs = this.rtt.lossDelayMs;
    const kept: SentPacket[] = [];
    let first: SentPacket | undefined;
    let last: SentPacket | undefined;
    for (const p of this.#sent) {
      const lostAt = after(p.sentAt, lossDelayMs);
      if (p.number >= this.#largestAcked) {
        kept.push(p);
      } else if (p.number <= this.#largestAcked - TUNING.packetThreshold || now >= lostAt) {
        first ??= p;
        last = p;
        this.congestion.onLost(p.bytes, p.sentAt, now);
        this.#requeue(p);
        for (const m of p.messages) if (!m.reliable) this.#finish(m, "expired");
      } else {
        this.#lossAt = earliest(this.#lossAt, lostAt);
        kept.push(p);
      }
    }
    if (first === undefined) return;
    this.#sent = kept;
    const persistentMs = this.rtt.ptoMs * TUNING.persistentCongestionThreshold;
    if (last!.sentAt - first.sentAt > persistentMs) this.congestion.onPersistentCongestion();
  }

  #requeue(p: SentPacket): void {
    for (const m of p.messages) {
      if (m.done !== "" || !m.reliable || m.queued) continue;
      m.queued = true;
      this.#again.push(m);
    }
    if (p.credit) this.creditLost = true;
    if (p.forward) this.forwardDue = true;
  }
}

const NOTHING = new Uint8Array(0);

/** The first message without an outcome; those before it leave the queue. */
function firstOpen(queue: Fifo<OutgoingMessage>): OutgoingMessage | undefined {
  let m = queue.peek();
  while (m !== undefined && m.done !== "") {
    m.queued = false;
    queue.shift();
    m = queue.peek();
  }
  return m;
}
