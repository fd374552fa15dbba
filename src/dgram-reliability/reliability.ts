/**
 * Reliable, flow- and congestion-controlled messages, in order or not, and unreliable ones, over datagrams that may be
 * lost, doubled and reordered. Sans-I/O: after each call drain `pollEvent` and `pollPacket` until both are empty, then call
 * again at `nextTimeout`. Several packets may be received before draining: one acknowledgement then covers them.
 *
 *   send ──► Sender (queues, in flight, losses) ──► pollPacket ──► carrier
 *   pollEvent ◄── Receiver (order, once, credit) ◄── receive ◄──── carrier
 *
 * The carrier must authenticate: an attacker who can forge packets can forge acknowledgements.
 */
import type { Instant } from "../base/time.ts";
import { Fifo } from "../base/fifo.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { ReceivedPackets } from "./received-packets.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import type { OnPacketFate, ReliabilityCounts } from "./sender.ts";
import type { SentPacket } from "./sent-packets.ts";
import { TUNING } from "./tuning.ts";
import {
  ACK_FURTHER_RUNS_MAX,
  FRAME,
  MESSAGE_HEADER_BYTES,
  ackBytes,
  decodePacket,
  encodeAck,
  encodeBlocked,
  encodeCredit,
  encodeForward,
  encodePing,
} from "./wire.ts";

export interface ReliabilityOptions {
  /** The longest packet the carrier takes: 256 to 65,535 bytes. */
  readonly packetBytesMax: number;
  /** Accepted by `send` and without an outcome. */
  readonly sendMessagesMax: number;
  readonly sendBytesMax: number;
  /** Of either kind, delivered and not consumed or waiting for their turn. At least 32. */
  readonly receiveMessagesMax: number;
  /**
   * In reliable messages, from their first fragment until they are consumed; and again as much in unreliable ones that were
   * delivered. At least 64 KiB. A longer message waits until `growReceiveWindow`: see `peerBlockedBytes`.
   */
  readonly receiveBytesMax: number;
  /** The longest message sent or taken, the same at both ends; 1 MiB unless given. */
  readonly messageBytesMax?: number | undefined;
  /** Messages of the other kind are refused. */
  readonly receiveOnly?: "reliable" | "unreliable" | undefined;
  /** Unreliable messages older than one that was delivered are dropped. True unless given. */
  readonly newestWins?: boolean | undefined;
  /** From the carrier's own handshake, if it measured one. */
  readonly initialRttMs?: number | undefined;
  /** Called within `receive` and `handleTimeout`, for `PathMtu`. Must not call back. */
  readonly onPacketFate?: OnPacketFate | undefined;
  /** Counted up in, by all that share it. */
  readonly counts?: ReliabilityCounts | undefined;
}

export interface SendOptions {
  readonly reliable: boolean;
  /** Of a reliable message: false hands it over as soon as it is whole. True unless given. */
  readonly ordered?: boolean | undefined;
  readonly deadline: Instant;
}

export type ReliabilityEvent =
  /**
   * `bytes` is the host's to keep: a view of the packet it came in, or, where it came in fragments or waited for its turn,
   * memory of its own. Counts against the window until `consumed`.
   */
  | { readonly kind: "message"; readonly bytes: Uint8Array; readonly reliable: boolean }
  /** An unreliable message has left, all of it; before its outcome. */
  | { readonly kind: "sent"; readonly messageId: number }
  /** All of the message has reached the peer; an unreliable one it drops where a newer one is in the way. */
  | { readonly kind: "acknowledged"; readonly messageId: number }
  /** No acknowledgement by the deadline (an unreliable one: or lost). The peer may have it all the same. */
  | { readonly kind: "expired"; readonly messageId: number };

/** The longest message that fits one packet. */
export function messageBytesMaxFor(packetBytesMax: number): number {
  return packetBytesMax - MESSAGE_HEADER_BYTES;
}

export class Reliability {
  readonly messageBytesMax: number;
  #packetBytesMax: number;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #received = new ReceivedPackets();
  readonly #events = new Fifo<ReliabilityEvent>();
  #pacedUntil: Instant | undefined;

  /** @throws RangeError for options out of range. */
  constructor(options: ReliabilityOptions, now: Instant) {
    checkPacketBytes(options.packetBytesMax);
    const messageBytesMax = options.messageBytesMax ?? TUNING.messageBytesMax;
    if (messageBytesMax < 1 || messageBytesMax > TUNING.messageBytesMax) {
      throw new RangeError("messageBytesMax");
    }
    this.#packetBytesMax = options.packetBytesMax;
    this.messageBytesMax = messageBytesMax;
    this.#receiver = new Receiver(
      {
        messages: options.receiveMessagesMax,
        bytes: options.receiveBytesMax,
        messageBytesMax,
        only: options.receiveOnly,
        newestWins: options.newestWins ?? true,
      },
      (bytes, reliable) => {
        this.#events.push({ kind: "message", bytes, reliable });
      },
    );
    this.#sender = new Sender(
      { messages: options.sendMessagesMax, bytes: options.sendBytesMax },
      options.packetBytesMax,
      options.initialRttMs,
      (m: OutgoingMessage) => {
        this.#events.push({ kind: m.done === "" ? "sent" : m.done, messageId: m.key });
      },
      options.onPacketFate,
      options.counts,
      now,
    );
  }

  /**
   * Exactly one of `acknowledged` and `expired` follows. The bytes are kept by reference until then: do not change
   * them. Ids count from 1. "blocked": the queue is full, try again after an outcome.
   */
  send(message: Uint8Array, options: SendOptions): number | "too-large" | "blocked" {
    if (message.length > this.messageBytesMax) return "too-large";
    const type = !options.reliable
      ? FRAME.unreliable
      : options.ordered === false
        ? FRAME.unordered
        : FRAME.reliable;
    return this.#sender.outgoing.enqueue(message, type, options.deadline) ?? "blocked";
  }

  /**
   * "duplicate": this number came before; nothing has changed. "full": taken, but an unreliable message was dropped because
   * the host does not keep up.
   * @throws DecodeError where the packet is malformed or breaks a promise; nothing has changed then either.
   */
  receive(packetNumber: number, bytes: Uint8Array, now: Instant): "ok" | "duplicate" | "full" {
    if (this.#received.isDuplicate(packetNumber)) {
      decodePacket(bytes);
      return "duplicate";
    }
    const packet = decodePacket(bytes);
    this.#sender.check(packet.ack, packet.credit);
    this.#receiver.check(packet);
    if (packet.credit !== undefined) this.#sender.outgoing.onCredit(packet.credit, packetNumber);
    if (packet.ack !== undefined) this.#sender.onAck(packet.ack, now);
    this.#received.accept(packetNumber, packet.eliciting, this.#sender.rtt.ackDelayMs, now);
    return this.#receiver.accept(packet) ? "ok" : "full";
  }

  /**
   * The host is done with the oldest `count` messages delivered: the peer may send as many more. May deliver an unreliable
   * message that had waited for room.
   */
  consumed(count: number): void {
    this.#receiver.consumed(count);
  }

  /**
   * The peer has ended and sends nothing more, also not what is missing: reliable messages behind that, which it knows to have
   * arrived, are delivered as if what is missing had expired.
   */
  receivesNoMore(): void {
    this.#receiver.end();
  }

  pollEvent(): ReliabilityEvent | undefined {
    return this.#events.shift();
  }

  /**
   * Writes the next packet to `out` from `at` on, of at most `packetBytesMax`, and returns its length, 0 where there is none.
   * `packetNumber` is greater than any given before, at most 2^53 - 1, and used up only where the result is not 0.
   */
  pollPacket(out: Uint8Array, at: number, packetNumber: number, now: Instant): number {
    const sender = this.#sender;
    const { outgoing } = sender;
    const receiver = this.#receiver;
    const received = this.#received;
    const start = at;
    const end = at + this.#packetBytesMax;
    this.#pacedUntil = undefined;
    if (sender.creditLost) {
      sender.creditLost = false;
      receiver.creditDue = true;
    }

    const ackDue = received.ackAt !== undefined && now >= received.ackAt;
    const first = outgoing.wanted;
    // While packets are in flight their acknowledgements may bring the credit.
    const blocked = outgoing.blockedDue && !sender.inFlight;
    const wanted = first > 0 || receiver.creditDue || outgoing.forwardDue || blocked || sender.probes > 0;
    const maySend = wanted && this.#maySend(now);
    if (!maySend && !ackDue) return 0;

    if (received.ackWanted) {
      const runs = this.#ackRuns();
      // An acknowledgement that is not due yet rides along only where it costs no further packet.
      if (ackDue || at + ackBytes(runs) + (maySend ? first : 0) <= end) {
        at = encodeAck(out, at, runs, received.ackDelayUs(now));
        received.ackSent();
      }
    }
    if (!maySend) {
      sender.onNumber(packetNumber);
      return at - start;
    }

    const ackEnd = at;
    const p = sender.newPacket();
    at = this.#writeControl(out, at, p, blocked);
    if (first === 0 && at === ackEnd) at = encodePing(out, at);
    if (first > 0) at = outgoing.write(out, at, end, p);
    const bytes = at - start;
    if (at === ackEnd) {
      sender.unused(p);
      sender.onNumber(packetNumber);
    } else {
      sender.onSent(p, packetNumber, bytes, now);
    }
    return bytes;
  }

  /** As `pollPacket`, of an acknowledgement alone, due or not: for who is about to leave. */
  pollAcknowledgement(out: Uint8Array, at: number, packetNumber: number, now: Instant): number {
    const received = this.#received;
    if (!received.ackWanted) return 0;
    const end = encodeAck(out, at, this.#ackRuns(), received.ackDelayUs(now));
    received.ackSent();
    this.#sender.onNumber(packetNumber);
    return end - at;
  }

  handleTimeout(now: Instant): void {
    this.#sender.handleTimeout(now);
  }

  nextTimeout(): Instant | undefined {
    let at = this.#sender.nextTimeout();
    const { ackAt } = this.#received;
    if (ackAt !== undefined && (at === undefined || ackAt < at)) at = ackAt;
    if (this.#pacedUntil !== undefined && (at === undefined || this.#pacedUntil < at)) at = this.#pacedUntil;
    return at;
  }

  get packetBytesMax(): number {
    return this.#packetBytesMax;
  }

  /**
   * From the next packet on, also for what is sent again. At any time, up or down.
   * @throws RangeError unless 256 to 65,535.
   */
  setPacketBytesMax(bytes: number): void {
    checkPacketBytes(bytes);
    this.#packetBytesMax = bytes;
    this.#sender.packetBytes = bytes;
  }

  /**
   * The peer is now reached over another path, and that is proven: round-trip time and window begin anew, and what is in
   * flight is asked after at once.
   */
  onPathChange(now: Instant): void {
    this.#sender.onPathChange(now);
  }

  /**
   * Grants the peer a larger window.
   * @throws RangeError where one of them would shrink.
   */
  growReceiveWindow(messages: number, bytes: number): void {
    this.#receiver.grow(messages, bytes);
  }

  /**
   * Lowers the window to `bytes`, or to what the peer may still use of what it was granted, and never below 64 KiB: call it
   * again after `consumed`. See `receiveWindowBytes` for what it is then.
   */
  shrinkReceiveWindow(bytes: number): void {
    this.#receiver.shrink(bytes);
  }

  /**
   * Lowers the window to `bytes`, or to what is held, and tells the peer. What it begins before it hears of that is refused
   * as `DecodeError`, counts in `peerBlockedBytes`, and is taken when it is sent again and the window has grown.
   */
  withdrawReceiveWindow(bytes: number): void {
    this.#receiver.withdraw(bytes);
  }

  get receiveWindowBytes(): number {
    return this.#receiver.windowBytes;
  }

  /** In reliable messages, from their first fragment until they are consumed. */
  get receivedBytesHeld(): number {
    return this.#receiver.bytesHeld;
  }

  /** The length of a message the peer cannot send before it gets more credit, as far as it has said or tried. */
  get peerBlockedBytes(): number | undefined {
    return this.#receiver.blockedBytes;
  }

  /** Packets wait for an acknowledgement. */
  get inFlight(): boolean {
    return this.#sender.inFlight;
  }

  /** In packets that wait for an acknowledgement. */
  get inFlightBytes(): number {
    return this.#sender.congestion.inFlightBytes;
  }

  /** The highest packet number the peer has acknowledged, -1 before the first. */
  get largestAcknowledged(): number {
    return this.#sender.largestAcknowledged;
  }

  /** When the next message without an outcome expires. */
  get nextDeadline(): Instant | undefined {
    return this.#sender.outgoing.earliestDeadline;
  }

  /** In messages without an outcome. */
  get unsettledBytes(): number {
    return this.#sender.outgoing.waitingBytes;
  }

  /** Messages without an outcome. */
  get unsettled(): number {
    return this.#sender.outgoing.waiting;
  }

  get rttMs(): number {
    return this.#sender.rtt.smoothedMs;
  }

  /** How long to wait for an answer before taking it for lost, without back-off: RFC 9002 section 6.2.1. */
  get ptoMs(): number {
    return this.#sender.rtt.ptoMs;
  }

  /** What may be in flight. */
  get windowBytes(): number {
    return this.#sender.congestion.windowBytes;
  }

  /** Taken by messages that have arrived and not been handed over. */
  get assemblyBytes(): number {
    return this.#receiver.assemblyBytes;
  }

  /** What is due besides messages, all of which fits any packet beside an acknowledgement. */
  #writeControl(out: Uint8Array, at: number, p: SentPacket, blocked: boolean): number {
    const { outgoing } = this.#sender;
    if (this.#receiver.creditDue) {
      at = encodeCredit(out, at, this.#receiver.takeCredit());
      p.credit = true;
    }
    if (outgoing.forwardDue) {
      at = encodeForward(out, at, outgoing.forwardId);
      outgoing.forwardDue = false;
      p.forward = true;
    }
    if (blocked) {
      at = encodeBlocked(out, at, outgoing.blockedBytes);
      outgoing.blockedDue = false;
      p.blocked = true;
    }
    return at;
  }

  #ackRuns(): number[] {
    const furtherMax = Math.min(ACK_FURTHER_RUNS_MAX, (this.#packetBytesMax - CONTROL_BYTES) >> 3);
    return this.#received.ackRuns(furtherMax + 1);
  }

  #maySend(now: Instant): boolean {
    if (this.#sender.probes > 0) return true;
    if (!this.#sender.windowOpen) return false;
    this.#pacedUntil = this.#sender.congestion.pacedUntil(this.#sender.rtt, now);
    return this.#pacedUntil === undefined;
  }
}

function checkPacketBytes(bytes: number): void {
  if (!Number.isInteger(bytes) || bytes < TUNING.packetBytesMin || bytes > PACKET_BYTES_LIMIT) {
    throw new RangeError("packetBytesMax");
  }
}

/** A fragment's length is a u16. */
const PACKET_BYTES_LIMIT = 0xffff;

/** Room for what goes with an ACK: its first run, CREDIT, FORWARD, BLOCKED, PING, and the least of a message. */
const CONTROL_BYTES = 128;
