/**
 * Reliable, ordered, flow- and congestion-controlled messages (and unreliable ones) over datagrams that may be lost,
 * doubled and reordered. Sans-I/O: after each call drain `pollEvent` and `pollPacket` until both are empty, then call
 * again at `nextTimeout`. Several packets may be received before draining: one acknowledgement then covers them.
 *
 *   send ──► Sender (queues, in flight, losses) ──► pollPacket ──► carrier
 *   pollEvent ◄── Receiver (order, once, credit) ◄── receive ◄──── carrier
 *
 * The carrier must authenticate: an attacker who can forge packets can forge acknowledgements.
 */
import type { Instant } from "../base/time.ts";
import { earliest } from "../base/time.ts";
import { Fifo } from "./fifo.ts";
import { Receiver } from "./receiver.ts";
import type { ReceiveWindow } from "./receiver.ts";
import { Sender } from "./sender.ts";
import type { OutgoingMessage, SendLimits } from "./sender.ts";
import {
  ACK_FURTHER_RUNS_MAX,
  CREDIT_BYTES,
  FORWARD_BYTES,
  INITIAL_CREDIT,
  MESSAGE_HEADER_BYTES,
  PING_BYTES,
  ackBytes,
  decodePacket,
  encodeAck,
  encodeCredit,
  encodeForward,
  encodeMessage,
  encodePing,
} from "./wire.ts";
import type { MessageFrame } from "./wire.ts";

export interface ReliabilityOptions {
  /** The longest packet the carrier takes. */
  readonly packetBytesMax: number;
  readonly sendMessagesMax: number;
  readonly sendBytesMax: number;
  /** Of either kind, delivered and not consumed or waiting for their turn. At least 32. */
  readonly receiveMessagesMax: number;
  /** In reliable ones. At least 64 KiB. */
  readonly receiveBytesMax: number;
  /** Messages of the other kind are refused. */
  readonly receiveOnly?: "reliable" | "unreliable" | undefined;
  /** From the carrier's own handshake, if it measured one. */
  readonly initialRttMs?: number | undefined;
}

export type ReliabilityEvent =
  /** `bytes` is a view of the packet it came in. */
  | { readonly kind: "message"; readonly bytes: Uint8Array; readonly reliable: boolean }
  /** The peer has the whole message; an unreliable one it drops where its host does not keep up. */
  | { readonly kind: "acknowledged"; readonly messageId: number }
  /** No acknowledgement by the deadline (an unreliable one: or lost). The peer may have it all the same. */
  | { readonly kind: "expired"; readonly messageId: number };

/** The longest message that fits one packet. */
export function messageBytesMaxFor(packetBytesMax: number): number {
  return packetBytesMax - MESSAGE_HEADER_BYTES;
}

export class Reliability {
  readonly messageBytesMax: number;
  readonly #packetBytesMax: number;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #events = new Fifo<ReliabilityEvent>();
  readonly #deliver = (m: MessageFrame): void => {
    this.#events.push({ kind: "message", bytes: m.fragment, reliable: m.reliable });
  };
  #pacedUntil: Instant | undefined;

  constructor(options: ReliabilityOptions, now: Instant) {
    this.#packetBytesMax = options.packetBytesMax;
    this.messageBytesMax = messageBytesMaxFor(options.packetBytesMax);
    const limits: SendLimits = { messages: options.sendMessagesMax, bytes: options.sendBytesMax };
    const window: ReceiveWindow = {
      messages: options.receiveMessagesMax,
      bytes: options.receiveBytesMax,
      messageBytesMax: this.messageBytesMax,
      only: options.receiveOnly,
    };
    if (this.messageBytesMax < 1 || this.messageBytesMax > Math.min(INITIAL_CREDIT.bytes, 0xffff)) {
      throw new RangeError("packetBytesMax");
    }
    this.#receiver = new Receiver(window);
    const outcome = (m: OutgoingMessage): void => {
      this.#events.push({ kind: m.done === "acknowledged" ? "acknowledged" : "expired", messageId: m.key });
    };
    this.#sender = new Sender(limits, options.packetBytesMax, options.initialRttMs, outcome, now);
  }

  /**
   * Exactly one of `acknowledged` and `expired` follows. The bytes are kept by reference until then: do not change
   * them. Ids count from 1. "blocked": the queue is full, try again after an outcome.
   */
  send(
    message: Uint8Array,
    options: { readonly reliable: boolean; readonly deadline: Instant },
  ): number | "too-large" | "blocked" {
    if (message.length > this.messageBytesMax) return "too-large";
    return this.#sender.enqueue(message, options.reliable, options.deadline) ?? "blocked";
  }

  /**
   * "duplicate": this number came before; nothing has changed. "full": taken, but for an unreliable message that found
   * the window full.
   * @throws DecodeError where the packet is malformed or breaks a promise; nothing has changed then either.
   */
  receive(packetNumber: number, bytes: Uint8Array, now: Instant): "ok" | "duplicate" | "full" {
    const packet = decodePacket(bytes);
    if (this.#receiver.isDuplicate(packetNumber)) return "duplicate";
    this.#sender.check(packet.ack, packet.credit);
    this.#receiver.check(packet);
    if (packet.credit !== undefined) this.#sender.onCredit(packet.credit);
    if (packet.ack !== undefined) this.#sender.onAck(packet.ack, now);
    return this.#receiver.accept(packetNumber, packet, this.#deliver, now) ? "ok" : "full";
  }

  /** The host is done with the oldest `count` messages delivered: the peer may send as many more. */
  consumed(count: number): void {
    this.#receiver.consumed(count);
  }

  pollEvent(): ReliabilityEvent | undefined {
    return this.#events.shift();
  }

  /**
   * Writes the next packet to `out` from `at` on and returns its length, 0 where there is none. `packetNumber` is
   * greater than any given before and used up only where the result is not 0.
   */
  pollPacket(out: Uint8Array, at: number, packetNumber: number, now: Instant): number {
    const sender = this.#sender;
    const receiver = this.#receiver;
    const start = at;
    const end = at + this.#packetBytesMax;
    this.#pacedUntil = undefined;
    if (sender.creditLost) {
      sender.creditLost = false;
      receiver.creditDue = true;
    }

    const ackDue = receiver.ackAt !== undefined && now >= receiver.ackAt;
    let message = sender.peek();
    const wanted = message !== undefined || receiver.creditDue || sender.forwardDue || sender.probes > 0;
    const maySend = wanted && this.#maySend(now);
    if (!maySend && !ackDue) return 0;

    // An acknowledgement that is not due yet rides along only where it costs no further packet.
    const first = maySend && message !== undefined ? MESSAGE_HEADER_BYTES + message.bytes.length : 0;
    if (receiver.ackWanted) {
      const runs = receiver.ackRuns(ACK_FURTHER_RUNS_MAX + 1);
      if (ackDue || at + ackBytes(runs) + first <= end) {
        at = encodeAck(out, at, runs, receiver.ackDelayUs(now));
        receiver.ackSent();
      }
    }
    if (!maySend) {
      sender.onNumber(packetNumber);
      return at - start;
    }

    const ackEnd = at;
    let credit = false;
    let forward = false;
    if (receiver.creditDue && at + CREDIT_BYTES <= end) {
      at = encodeCredit(out, at, receiver.takeCredit());
      credit = true;
    }
    if (sender.forwardDue && at + FORWARD_BYTES <= end) {
      at = encodeForward(out, at, sender.forwardId);
      sender.forwardDue = false;
      forward = true;
    }
    if (message === undefined && at === ackEnd && at + PING_BYTES <= end) at = encodePing(out, at);
    const messages: OutgoingMessage[] = [];
    while (message !== undefined && at + MESSAGE_HEADER_BYTES + message.bytes.length <= end) {
      sender.take(message);
      at = encodeMessage(out, at, message.reliable, message.id, message.bytes);
      messages.push(message);
      message = sender.peek();
    }
    const bytes = at - start;
    if (at === ackEnd) sender.onNumber(packetNumber);
    else sender.onSent({ number: packetNumber, bytes, sentAt: now, messages, credit, forward });
    return bytes;
  }

  handleTimeout(now: Instant): void {
    this.#sender.handleTimeout(now);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#sender.nextTimeout(), this.#receiver.ackAt, this.#pacedUntil);
  }

  /** Packets wait for an acknowledgement. */
  get inFlight(): boolean {
    return this.#sender.inFlight;
  }

  /** The highest packet number the peer has acknowledged, -1 before the first. */
  get largestAcknowledged(): number {
    return this.#sender.largestAcknowledged;
  }

  /** Messages without an outcome. */
  get unsettled(): number {
    return this.#sender.waiting;
  }

  get rttMs(): number {
    return this.#sender.rtt.smoothedMs;
  }

  #maySend(now: Instant): boolean {
    if (this.#sender.probes > 0) return true;
    if (!this.#sender.congestion.windowOpen) return false;
    this.#pacedUntil = this.#sender.congestion.pacedUntil(this.#sender.rtt, now);
    return this.#pacedUntil === undefined;
  }
}
