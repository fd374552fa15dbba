import type { Instant } from "../base/time.ts";
import { earliest } from "../base/time.ts";
import { Fifo } from "../base/fifo.ts";
import { LazyMap } from "../base/lazy.ts";
import { OutgoingMessage } from "./outgoing-message.ts";
import type { MessageType } from "./outgoing-message.ts";
import { TUNING } from "./tuning.ts";
import { FRAME, INITIAL_CREDIT, MESSAGE_HEADER_BYTES, encodeFragment } from "./wire.ts";
import type { Credit } from "./wire.ts";
import type { SentPacket } from "./sent-packets.ts";

export interface SendLimits {
  /** Messages accepted and without an outcome. */
  readonly messages: number;
  readonly bytes: number;
}

/** A part of a reliable message that is to be sent again. */
interface Fragment {
  readonly message: OutgoingMessage;
  offset: number;
  readonly end: number;
}

/** Of a message that is done; of an unreliable one also, before that, when the last of it has left. */
export type Outcome = (message: OutgoingMessage) => void;

/**
 * What is to be sent, in which order, cut to which size, and within which credit. Lost fragments go first; then new reliable
 * and unreliable messages take turns. A message that fits a packet of its own is not cut.
 */
export class Outgoing {
  readonly #limits: SendLimits;
  readonly #outcome: Outcome;
  #packetRoom: number;

  #nextKey = 1;
  nextReliableId = 0;
  #nextUnreliableId = 0;
  readonly #live = new LazyMap<number, OutgoingMessage>();
  #liveBytes = 0;
  earliestDeadline: Instant | undefined;
  readonly #newReliable = new Fifo<OutgoingMessage>();
  readonly #newUnreliable = new Fifo<OutgoingMessage>();
  #unreliablesTurn = false;
  readonly #again = new Fifo<Fragment>();
  /** Reliable messages sent, ascending id, from the oldest that has no outcome. */
  readonly #outstanding = new Fifo<OutgoingMessage>();
  forwardId = 0;
  forwardDue = false;

  #credit: Credit = { finished: 0, ...INITIAL_CREDIT };
  /** Of the packet it came in. */
  #creditNumber = -1;
  /** Sizes of reliable messages sent from `#credit.finished` on. */
  readonly #creditSizes = new Fifo<number>();
  #creditUsedBytes = 0;
  /** The peer is to be told that a message waits for credit: once for each CREDIT that does not suffice. */
  blockedDue = false;
  #blockedTold = false;

  constructor(limits: SendLimits, packetBytes: number, outcome: Outcome) {
    this.#limits = limits;
    this.#packetRoom = packetBytes - MESSAGE_HEADER_BYTES;
    this.#outcome = outcome;
  }

  set packetBytes(bytes: number) {
    this.#packetRoom = bytes - MESSAGE_HEADER_BYTES;
  }

  get waiting(): number {
    return this.#live.size;
  }

  get waitingBytes(): number {
    return this.#liveBytes;
  }

  /** Undefined where the limits are reached. */
  enqueue(bytes: Uint8Array, type: MessageType, deadline: Instant): number | undefined {
    if (this.#live.size >= this.#limits.messages) return undefined;
    if (this.#liveBytes + bytes.length > this.#limits.bytes) return undefined;
    const key = this.#nextKey++;
    const m = new OutgoingMessage(key, type, deadline, bytes);
    this.#live.set(key, m);
    this.#liveBytes += bytes.length;
    if (this.earliestDeadline === undefined || deadline < this.earliestDeadline) {
      this.earliestDeadline = deadline;
    }
    (type === FRAME.unreliable ? this.#newUnreliable : this.#newReliable).push(m);
    return key;
  }

  /** Bytes the next fragment wants in a packet, its header included; 0 where there is none that may be sent. */
  get wanted(): number {
    const again = this.#firstAgain();
    if (again !== undefined) return this.#wantedFor(again.end - again.offset);
    const m = this.#firstNew();
    return m === undefined ? 0 : this.#wantedFor(m.bytes.length - m.sentTo);
  }

  /** Writes as many fragments as fit to `out`, notes them in the packet's record, and returns where they end. */
  write(out: Uint8Array, at: number, end: number, p: SentPacket): number {
    for (;;) {
      const room = end - at - MESSAGE_HEADER_BYTES;
      if (room < 0) return at;
      const again = this.#firstAgain();
      let m: OutgoingMessage;
      let offset: number;
      let length: number;
      if (again !== undefined) {
        m = again.message;
        offset = again.offset;
        length = this.#cut(again.end - offset, room);
        if (length < 0) return at;
        again.offset += length;
        if (again.offset === again.end) this.#again.shift();
      } else {
        const next = this.#firstNew();
        if (next === undefined) return at;
        m = next;
        offset = m.sentTo;
        length = this.#cut(m.bytes.length - offset, room);
        if (length < 0) return at;
        if (m.id < 0) this.#number(m);
        m.sentTo += length;
        if (m.sentTo === m.bytes.length) {
          (m.reliable ? this.#newReliable : this.#newUnreliable).shift();
          if (!m.reliable) this.#outcome(m);
        }
        this.#unreliablesTurn = m.reliable;
      }
      at = encodeFragment(out, at, m.type, m.id, m.bytes, offset, length);
      p.addFragment(m, offset, length);
    }
  }

  /** Of a new reliable message that waits for credit, if any: its length. */
  get blockedBytes(): number {
    return this.#newReliable.peek()?.bytes.length ?? 0;
  }

  onCredit(credit: Credit, packetNumber: number): void {
    // Reordered packets bring old credit.
    if (packetNumber < this.#creditNumber) return;
    const messages = Math.min(credit.messages, TUNING.peerWindowMessagesMax);
    const limit = this.#credit.finished + this.#credit.messages;
    if (credit.finished < this.#credit.finished || credit.finished + messages < limit) return;
    for (let id = this.#credit.finished; id < credit.finished; id++) {
      this.#creditUsedBytes -= this.#creditSizes.shift()!;
    }
    this.#creditNumber = packetNumber;
    this.#credit = { finished: credit.finished, messages, bytes: credit.bytes };
    this.#blockedTold = false;
    this.blockedDue = false;
  }

  onAcknowledged(p: SentPacket): void {
    for (let i = 0; i < p.fragments; i++) {
      const m = p.messages[i]!;
      if (m.done === "" && m.onAcknowledged(p.offsets[i]!, p.lengths[i]!)) this.#finish(m, "acknowledged");
    }
  }

  /** What was in the packet is sent again, but for unreliable messages: those have expired. Whether there was anything to send. */
  onLost(p: SentPacket): boolean {
    for (let i = 0; i < p.fragments; i++) {
      const m = p.messages[i]!;
      if (!m.reliable) this.#finish(m, "expired");
    }
    return this.sendAgain(p);
  }

  /** Whether there was anything to send again. */
  sendAgain(p: SentPacket): boolean {
    if (p.copied) return false;
    p.copied = true;
    let any = p.credit || p.forward || p.blocked;
    for (let i = 0; i < p.fragments; i++) {
      const message = p.messages[i]!;
      if (message.done !== "" || !message.reliable) continue;
      const offset = p.offsets[i]!;
      this.#again.push({ message, offset, end: offset + p.lengths[i]! });
      any = true;
    }
    if (p.forward) this.forwardDue = true;
    if (p.blocked) this.#blockedTold = false;
    return any;
  }

  expire(now: Instant): void {
    this.earliestDeadline = undefined;
    for (const m of this.#live.values()) {
      if (m.deadline <= now) this.#finish(m, "expired");
      else this.earliestDeadline = earliest(this.earliestDeadline, m.deadline);
    }
    this.advance();
  }

  /** Past every message with an outcome; the receiver must be told where one of them was given up. */
  advance(): void {
    for (let m = this.#outstanding.peek(); m !== undefined && m.done !== ""; m = this.#outstanding.peek()) {
      this.#outstanding.shift();
      if (m.done === "expired") {
        this.forwardId = m.id + 1;
        this.forwardDue = true;
      }
    }
  }

  #finish(m: OutgoingMessage, outcome: "acknowledged" | "expired"): void {
    if (m.done !== "") return;
    m.done = outcome;
    this.#live.delete(m.key);
    this.#liveBytes -= m.bytes.length;
    m.bytes = NOTHING;
    m.acknowledged = undefined;
    this.#outcome(m);
  }

  #number(m: OutgoingMessage): void {
    if (!m.reliable) {
      m.id = this.#nextUnreliableId++;
      return;
    }
    m.id = this.nextReliableId++;
    this.#outstanding.push(m);
    this.#creditSizes.push(m.bytes.length);
    this.#creditUsedBytes += m.bytes.length;
  }

  /** How much of `length` bytes goes into what is left of a packet; -1 for nothing, wait for the next packet. */
  #cut(length: number, room: number): number {
    if (length <= room) return length;
    if (room < TUNING.fragmentBytesMin || (length <= this.#packetRoom && room < this.#packetRoom)) return -1;
    return room;
  }

  #wantedFor(length: number): number {
    return MESSAGE_HEADER_BYTES + (length <= this.#packetRoom ? length : TUNING.fragmentBytesMin);
  }

  /** The first part to send again that is still wanted; those before it leave the queue. */
  #firstAgain(): Fragment | undefined {
    for (let f = this.#again.peek(); f !== undefined; f = this.#again.peek()) {
      const { message } = f;
      if (message.done === "") {
        if (message.acknowledged === undefined) return f;
        // What was taken for lost may have arrived late, and been cut differently since.
        const gap = message.acknowledged.firstGap(f.offset, f.end);
        if (gap !== undefined) {
          f.offset = gap[0];
          return f;
        }
      }
      this.#again.shift();
    }
    return undefined;
  }

  #firstNew(): OutgoingMessage | undefined {
    const reliable = this.#creditAllows(firstOpen(this.#newReliable));
    if (reliable !== undefined && !this.#unreliablesTurn) return reliable;
    return firstOpen(this.#newUnreliable) ?? reliable;
  }

  #creditAllows(m: OutgoingMessage | undefined): OutgoingMessage | undefined {
    if (m === undefined) {
      // It expired before the peer was told of it: the next one is told of.
      if (this.blockedDue) this.#blockedTold = false;
      this.blockedDue = false;
      return undefined;
    }
    if (m.id >= 0) return m;
    if (
      this.nextReliableId < this.#credit.finished + this.#credit.messages &&
      this.#creditUsedBytes + m.bytes.length <= this.#credit.bytes
    ) {
      return m;
    }
    if (!this.#blockedTold) {
      this.#blockedTold = true;
      this.blockedDue = true;
    }
    return undefined;
  }
}

const NOTHING = new Uint8Array(0);

/** The first message without an outcome; those before it leave the queue. */
function firstOpen(queue: Fifo<OutgoingMessage>): OutgoingMessage | undefined {
  let m = queue.peek();
  while (m !== undefined && m.done !== "") {
    queue.shift();
    m = queue.peek();
  }
  return m;
}
