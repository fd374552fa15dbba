import type { Address } from "../base/address.ts";
import { toHex } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { X25519_BYTES } from "../crypto/cipher-suite.ts";
import type { AeadName } from "../crypto/cipher-suite.ts";
import type { AfcCounts } from "./afc-counts.ts";
import type { Channel, Dropped } from "./channel.ts";
import { chooseCipher } from "./choose-cipher.ts";
import { mac1Of } from "./cookie.ts";
import { Counts } from "./counts.ts";
import type { AfcEvent, Send } from "./events.ts";
import { HandshakeGate } from "./handshake-gate.ts";
import type { GateLimits } from "./handshake-gate.ts";
import { mac1Holds, readMessage1, writeMessage2 } from "./handshake.ts";
import type { Local } from "./handshake.ts";
import type { Responder, SplitKeys } from "./noise.ts";
import { ANSWERED_AT_MAX, displacedBy, sameAddress } from "./path.ts";
import type { Timed, Timers } from "./timer-heap.ts";
import { TYPE, indexOf } from "./wire.ts";
import type { Answer, Offer } from "./wire.ts";

const PENDING_MS = 10_000;
/** An initiator is heard from a round trip after it was answered; one that was not for so long makes way for its own next. */
const OVERDUE_MS = 2000;
/** As long as the initiator's first repetitions may still come. */
const REFUSED_MS = 4000;

export type PendingLimits = GateLimits &
  Record<"handshakesPendingMax" | "handshakesPendingPerDeviceMax", number>;

export interface PendingOptions {
  readonly local: Local;
  readonly entropy: Entropy;
  readonly ciphers: readonly AeadName[];
  readonly limits: PendingLimits;
  readonly timers: Timers<Pending>;
  readonly send: Send;
  readonly counts: Pick<AfcCounts, "cookies">;
  /** Its channel goes too, and the host is told. */
  giveUp(pending: Pending): void;
}

export interface Pending extends Timed {
  readonly kind: "pending";
  readonly request: number;
  /** mac1, which covers all of message 1. */
  readonly key: string;
  readonly peerKey: string;
  readonly initiatorKey: Uint8Array;
  readonly initiatorIndex: number;
  readonly offer: Offer;
  readonly cipher: AeadName;
  readonly from: Address;
  /** Until it is answered. */
  responder: Responder | undefined;
  answer: Uint8Array | undefined;
  /** From where message 1 came, and to where the answer went: `from`, and others where it was repeated from there. */
  readonly answeredAt: Address[];
  /** Accepted, and its initiator not heard from. */
  channel: Channel | undefined;
}

/**
 * The responder's handshakes, from an authentic message 1 until its initiator is heard from on the channel or the time
 * is up. After that only mac1 is remembered, so that a replay opens nothing and costs no curve operation.
 */
export class PendingHandshakes {
  readonly #options: PendingOptions;
  readonly #gate: HandshakeGate;
  #nextRequest = 1;
  readonly #byKey = new Map<string, Pending>();
  readonly #byRequest = new Map<number, Pending>();
  readonly #byChannel = new Map<Channel, Pending>();
  readonly #perPeer = new Counts();
  /** Keys of those that are over, oldest first. */
  readonly #remembered = new Set<string>();

  constructor(options: PendingOptions) {
    this.#options = options;
    this.#gate = new HandshakeGate(options.local, options.entropy, options.limits);
  }

  /**
   * Message 1. The result is a new request, or why it was dropped; undefined for a repetition, which is answered as
   * before, and for one that was answered with a cookie.
   */
  receive(
    datagram: Uint8Array,
    from: Address,
    channels: { readonly isFull: boolean; hasRoomFor(peerKey: string): boolean },
    now: Instant,
  ): Pending | Dropped | undefined {
    const { local, limits, send } = this.#options;
    if (!mac1Holds(local, TYPE.message1, datagram)) return "forged";
    const key = toHex(mac1Of(datagram));
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      // The same bytes again: our answer was lost, or is on its way, or the host still thinks.
      if (known.answer === undefined) return undefined;
      const { answeredAt } = known;
      if (!answeredAt.some((address) => sameAddress(from, address))) {
        if (answeredAt.length === ANSWERED_AT_MAX) answeredAt.splice(displacedBy(from, answeredAt), 1);
        answeredAt.push(from);
      }
      send(known.answer, from);
      return undefined;
    }
    if (this.#remembered.has(key)) return "replayed";
    if (this.#byKey.size >= limits.handshakesPendingMax || channels.isFull) return "limit";
    const judged = this.#gate.judge(datagram, from, this.#byKey.size, now);
    if (judged === "limit" || judged === "forged") return judged;
    if (judged !== "pass") {
      this.#options.counts.cookies++;
      send(judged, from);
      return undefined;
    }
    const read = readMessage1(local, datagram);
    if (read === undefined) return "forged";
    const { responder, offer } = read;
    const peerKey = toHex(responder.initiatorStatic);
    const cipher = chooseCipher(offer.ciphers, this.#options.ciphers);
    if (this.#perPeer.of(peerKey) >= limits.handshakesPendingPerDeviceMax) this.#endOverdue(peerKey, now);
    const hasRoom =
      this.#perPeer.of(peerKey) < limits.handshakesPendingPerDeviceMax && channels.hasRoomFor(peerKey);
    if (!hasRoom || cipher === undefined) {
      responder.erase();
      return hasRoom ? "malformed" : "limit";
    }
    const pending: Pending = {
      kind: "pending",
      heapIndex: -1,
      dueAt: undefined,
      request: this.#nextRequest++,
      key,
      peerKey,
      initiatorKey: responder.initiatorStatic,
      initiatorIndex: indexOf(datagram),
      offer,
      cipher,
      from,
      responder,
      answer: undefined,
      answeredAt: [from],
      channel: undefined,
    };
    this.#byKey.set(key, pending);
    this.#byRequest.set(pending.request, pending);
    this.#perPeer.up(peerKey);
    this.#options.timers.set(pending, after(now, PENDING_MS));
    return pending;
  }

  /**
   * Whoever recorded first messages of a device can play them to a responder that was restarted, each once, and so take all of
   * the device's places.
   */
  #endOverdue(peerKey: string, now: Instant): void {
    for (const pending of [...this.#byKey.values()]) {
      const { channel, dueAt } = pending;
      if (pending.peerKey !== peerKey || channel === undefined || dueAt === undefined) continue;
      if (dueAt <= after(now, PENDING_MS - OVERDUE_MS)) this.#options.giveUp(pending);
    }
  }

  unanswered(request: number): Pending | undefined {
    const pending = this.#byRequest.get(request);
    return pending?.responder === undefined ? undefined : pending;
  }

  /** Seals the answer, sends it, keeps it for repetitions of message 1. Undefined where there is nobody to answer. */
  answer(pending: Pending, answer: Answer, now: Instant): SplitKeys | undefined {
    const { local, entropy, timers, send } = this.#options;
    const ephemeral = entropy.bytes(X25519_BYTES);
    const written = writeMessage2(local, pending.responder!, pending.initiatorIndex, ephemeral, answer);
    pending.responder = undefined;
    if (written === undefined) {
      this.forget(pending);
      return undefined;
    }
    pending.answer = written.datagram;
    send(written.datagram, pending.from);
    timers.set(pending, after(now, answer.accepted ? PENDING_MS : REFUSED_MS));
    return written.keys;
  }

  /** The channel waits for its initiator. */
  bind(pending: Pending, channel: Channel): void {
    pending.channel = channel;
    this.#byChannel.set(channel, pending);
  }

  /** The channel waits no longer: its initiator was heard from, or it is gone. Undefined where it did not wait. */
  release(channel: Channel): Pending | undefined {
    const pending = this.#byChannel.get(channel);
    if (pending !== undefined) this.forget(pending);
    return pending;
  }

  /** Not its first message, though. */
  forget(pending: Pending): void {
    this.#options.timers.set(pending, undefined);
    this.#byKey.delete(pending.key);
    this.#byRequest.delete(pending.request);
    if (pending.channel !== undefined) this.#byChannel.delete(pending.channel);
    this.#perPeer.down(pending.peerKey);
    pending.responder?.erase();
    pending.responder = undefined;
    if (this.#remembered.size >= LIMITS.handshakesRememberedMax) {
      this.#remembered.delete(this.#remembered.values().next().value!);
    }
    this.#remembered.add(pending.key);
  }

  forgetAll(): void {
    for (const pending of [...this.#byKey.values()]) this.forget(pending);
  }
}

/** What the host is asked. */
export function requestOf(pending: Pending): AfcEvent {
  const { request, initiatorKey, offer, from } = pending;
  const { payload, delivery } = offer;
  return { kind: "request", request, initiatorEncryptionKey: initiatorKey, payload, delivery, from };
}
