/**
 * One end of one channel: seals, opens, and what goes on inside the ciphertext. Made by the endpoint after a handshake;
 * the responder's end is pending, and sends nothing, until the first authentic datagram.
 *
 *   receive: replay window says "ok" ─► authenticate ─► window, keys, "heard" ─► the frame
 *   produce: pong, ping, close, packet of dgram-reliability ─► rotate if due ─► seal
 */
import type { Address } from "../base/address.ts";
import { equalBytes } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { Slab, ownMemory } from "../base/slab.ts";
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES } from "../crypto/cipher-suite.ts";
import { Reliability } from "../dgram-reliability/index.ts";
import type { ReliabilityEvent } from "../dgram-reliability/index.ts";
import type { ReceiveKeys, SendKeys } from "./keys.ts";
import { ReplayWindow } from "./replay-window.ts";
import type { Timed } from "./timer-heap.ts";
import {
  CLOSE_BYTES,
  DATAGRAM_HEADER_BYTES,
  FRAME,
  PACKET_BYTES_MAX,
  PING_BYTES,
  PLAINTEXT_BYTES_MAX,
  sequenceOf,
  writeDatagramHeader,
} from "./wire.ts";
import type { Delivery } from "./wire.ts";

/** Why a datagram was dropped. */
export type Dropped = "malformed" | "unknown" | "replayed" | "forged" | "limit";

export interface Liveness {
  /** After this long without hearing from the peer it is pinged. */
  readonly idleProbeMs: number;
  /** After this long without an answer to what asks for one, the channel is closed. */
  readonly silenceMs: number;
}

/** Buffers that live for one call each, shared by the channels of an endpoint, and memory for what lives longer. */
export class Scratch {
  readonly plaintext = new Uint8Array(PLAINTEXT_BYTES_MAX);
  readonly received = new Slab(RECEIVED_SLAB_BYTES);
  readonly #nonce = new Uint8Array(AEAD_NONCE_BYTES);

  /** Four zeros and the sequence number. Good until the next call. */
  nonceOf(datagram: Uint8Array): Uint8Array {
    const nonce = this.#nonce;
    for (let i = 8; i < DATAGRAM_HEADER_BYTES; i++) nonce[i - 4] = datagram[i]!;
    return nonce;
  }
}

/** Whoever keeps a message keeps the slab it is in: small, so that a host that reads slowly does not pay much for it. */
const RECEIVED_SLAB_BYTES = 4096;

export interface ChannelParts {
  readonly handle: number;
  readonly index: number;
  readonly peerIndex: number;
  readonly peerKey: string;
  readonly address: Address;
  readonly delivery: Delivery;
  readonly initiator: boolean;
  readonly initialRttMs: number | undefined;
  /** Held for the host. */
  readonly receiveMessagesMax: number;
  readonly sendKeys: SendKeys;
  readonly receiveKeys: ReceiveKeys;
  readonly liveness: Liveness;
  readonly entropy: Entropy;
  readonly scratch: Scratch;
  /** Memory for a datagram that is sent before the next is asked for. */
  readonly datagramMemory: (bytes: number) => Uint8Array;
}

export type ReceiveOutcome = "ok" | "closed" | Dropped;

const OUTCOMES = { ok: "ok", duplicate: "replayed", full: "limit" } as const;
const PING_FIRST_MS = 250;
const PING_EVERY_MAX_MS = 4000;
const PROOF_EVERY_MS = 1000;

export class Channel implements Timed {
  heapIndex = -1;
  dueAt: Instant | undefined;

  readonly parts: ChannelParts;
  readonly reliability: Reliability;
  readonly #window = new ReplayWindow(LIMITS.replayWindowBits);
  #sequence = 0;
  /** A datagram of the peer was authenticated. */
  heard = false;
  /** From the peer's close frame. */
  closeReason = 0;
  #pong: Uint8Array | undefined;
  #pingAt: Instant | undefined;
  #pings = 0;
  /** The last ping, until its pong. */
  #asked: { readonly token: Uint8Array; readonly sequence: number } | undefined;
  #ponged = -1;
  /** When to ask again for the proof that a rotation waits for. */
  #proofAt: Instant | undefined;
  /** Since when something that asks for an answer has had none. */
  #waitingSince: Instant | undefined;

  constructor(parts: ChannelParts, now: Instant) {
    this.parts = parts;
    this.reliability = new Reliability(
      {
        packetBytesMax: PACKET_BYTES_MAX,
        sendMessagesMax: LIMITS.channelSendMessagesMax,
        sendBytesMax: LIMITS.channelSendBytesMax,
        receiveMessagesMax: parts.receiveMessagesMax,
        receiveBytesMax: LIMITS.channelReceiveBytesMax,
        receiveOnly: parts.delivery,
        initialRttMs: parts.initialRttMs,
      },
      now,
    );
    // The responder waits for this ping, or anything else authentic, before the channel exists for it.
    if (parts.initiator) this.#pingAt = now;
  }

  /** Both ends may send; the responder's only once it was heard from. */
  get usable(): boolean {
    return this.parts.initiator || this.heard;
  }

  receive(datagram: Uint8Array, now: Instant): ReceiveOutcome {
    const sequence = sequenceOf(datagram);
    if (sequence === undefined) return "malformed";
    if (this.#window.check(sequence) !== "ok") return "replayed";
    const { scratch, receiveKeys } = this.parts;
    const nonce = scratch.nonceOf(datagram);
    // What was received belongs to the caller; messages are views of what was opened.
    const opened = scratch.received.take(datagram.length);
    opened.set(datagram);
    if (!receiveKeys.open(opened[1]!, sequence, nonce, opened, now)) {
      scratch.received.giveBack(opened);
      return "forged";
    }
    const plaintext = opened.subarray(DATAGRAM_HEADER_BYTES, opened.length - AEAD_TAG_BYTES);
    this.#window.accept(sequence);
    this.heard = true;
    const outcome = this.#frame(sequence, plaintext, now);
    this.#pings = 0;
    this.#pingAt = after(now, this.parts.liveness.idleProbeMs);
    this.#waitingSince = this.reliability.inFlight ? now : undefined;
    return outcome;
  }

  /** The next datagram to send, a buffer of its own. */
  produce(now: Instant): Uint8Array | undefined {
    if (!this.usable || this.parts.sendKeys.exhausted) return undefined;
    const { plaintext } = this.parts.scratch;
    if (this.#pong !== undefined) {
      plaintext[0] = FRAME.pong;
      plaintext.set(this.#pong, 1);
      this.#pong = undefined;
      return this.#seal(PING_BYTES, now);
    }
    if ((this.#pingAt !== undefined && now >= this.#pingAt) || this.#proofWanted(now)) {
      const token = this.parts.entropy.bytes(PING_BYTES - 1);
      this.#asked = { token, sequence: this.#sequence };
      plaintext[0] = FRAME.ping;
      plaintext.set(token, 1);
      this.#pingAt = after(now, Math.min(PING_FIRST_MS * 2 ** this.#pings++, PING_EVERY_MAX_MS));
      this.#waitingSince ??= now;
      return this.#seal(PING_BYTES, now);
    }
    const length = this.reliability.pollPacket(plaintext, 1, this.#sequence, now);
    if (length === 0) return undefined;
    plaintext[0] = FRAME.reliability;
    if (this.reliability.inFlight) this.#waitingSince ??= now;
    return this.#seal(1 + length, now);
  }

  /** Each under a number of its own, so that they can be sent after the keys are gone. */
  sealCloses(reason: number, count: number, now: Instant): Uint8Array[] {
    const { plaintext } = this.parts.scratch;
    return Array.from({ length: count }, () => {
      plaintext[0] = FRAME.close;
      plaintext[1] = reason >>> 8;
      plaintext[2] = reason;
      // They wait their turn, longer than the host's memory is theirs.
      return this.#seal(CLOSE_BYTES, now, ownMemory);
    });
  }

  pollEvent(): ReliabilityEvent | undefined {
    return this.reliability.pollEvent();
  }

  /** False where the channel is to be closed: the peer is silent, or never let the keys be changed. */
  handleTimeout(now: Instant): boolean {
    this.parts.receiveKeys.handleTimeout(now);
    this.reliability.handleTimeout(now);
    const silentAt = this.#silentAt;
    return (silentAt === undefined || now < silentAt) && !this.parts.sendKeys.exhausted;
  }

  nextTimeout(): Instant | undefined {
    if (!this.usable) return undefined;
    return earliest(
      this.reliability.nextTimeout(),
      this.#pingAt,
      this.#silentAt,
      this.parts.receiveKeys.dueAt,
    );
  }

  erase(): void {
    this.parts.sendKeys.erase();
    this.parts.receiveKeys.erase();
  }

  get #silentAt(): Instant | undefined {
    return this.#waitingSince === undefined
      ? undefined
      : after(this.#waitingSince, this.parts.liveness.silenceMs);
  }

  get #acknowledged(): number {
    return Math.max(this.reliability.largestAcknowledged, this.#ponged);
  }

  /** One who sends nothing but acknowledgements is never acknowledged; its keys want changing all the same. */
  #proofWanted(now: Instant): boolean {
    const { sendKeys } = this.parts;
    if (this.reliability.inFlight || !sendKeys.due(now) || sendKeys.proven(this.#acknowledged)) return false;
    if (this.#proofAt !== undefined && now < this.#proofAt) return false;
    this.#proofAt = after(now, PROOF_EVERY_MS);
    return true;
  }

  #frame(sequence: number, plaintext: Uint8Array, now: Instant): ReceiveOutcome {
    switch (plaintext[0]) {
      case FRAME.reliability:
        try {
          return OUTCOMES[this.reliability.receive(sequence, plaintext.subarray(1), now)];
        } catch (e) {
          if (e instanceof DecodeError) return "malformed";
          throw e;
        }
      case FRAME.ping:
        if (plaintext.length < PING_BYTES) return "malformed";
        for (let i = PING_BYTES; i < plaintext.length; i++) if (plaintext[i] !== 0) return "malformed";
        this.#pong = plaintext.slice(1, PING_BYTES);
        return "ok";
      case FRAME.pong:
        if (plaintext.length !== PING_BYTES) return "malformed";
        if (this.#asked !== undefined && equalBytes(this.#asked.token, plaintext.subarray(1))) {
          this.#ponged = this.#asked.sequence;
          this.#asked = undefined;
        }
        return "ok";
      case FRAME.close:
        if (plaintext.length !== CLOSE_BYTES) return "malformed";
        this.closeReason = (plaintext[1]! << 8) | plaintext[2]!;
        return "closed";
      default:
        return "malformed";
    }
  }

  #seal(length: number, now: Instant, memory = this.parts.datagramMemory): Uint8Array {
    const { sendKeys, receiveKeys, peerIndex, scratch } = this.parts;
    const sequence = this.#sequence++;
    sendKeys.rotate(sequence, receiveKeys.authenticatedPhase, this.#acknowledged, now);
    const bytes = DATAGRAM_HEADER_BYTES + length + AEAD_TAG_BYTES;
    const datagram = memory(bytes);
    writeDatagramHeader(datagram, sendKeys.phase, bytes, peerIndex, sequence);
    datagram.set(scratch.plaintext.subarray(0, length), DATAGRAM_HEADER_BYTES);
    sendKeys.seal(scratch.nonceOf(datagram), datagram, DATAGRAM_HEADER_BYTES + length);
    return datagram;
  }
}
