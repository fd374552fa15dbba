/**
 * One end of one channel: seals, opens, and what goes on inside the ciphertext. Made by the endpoint after a handshake;
 * the responder's end is pending, and sends nothing, until the first authentic datagram.
 *
 *   receive: replay window says "ok" ─► Sessions authenticate ─► window, Path, "heard" ─► the frame
 *   produce: pong, Path's pings, rekey, ping, packet of dgram-reliability ─► rotate if due ─► seal
 */
import type { Address } from "../base/address.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { ownMemory } from "../base/slab.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { AEAD_TAG_BYTES, X25519_BYTES } from "../crypto/cipher-suite.ts";
import type { AeadName } from "../crypto/cipher-suite.ts";
import { Reliability } from "../dgram-reliability/index.ts";
import type { ChannelSurroundings } from "./channel-surroundings.ts";
import type { Transmit } from "./events.ts";
import { ReceiveKeys, SendKeys } from "./keys.ts";
import { Liveness } from "./liveness.ts";
import type { SplitKeys } from "./noise.ts";
import { MtuProbes } from "./mtu-probes.ts";
import { PING_DATAGRAM_BYTES, Path, sameAddress } from "./path.ts";
import type { Ping } from "./path.ts";
import { REASON_EXHAUSTED, REASON_NOT_REKEYED, REASON_SILENT } from "./reasons.ts";
import type { ReceiveWindowSize } from "./receive-windows.ts";
import { REKEY_OVERDUE_BYTES, RekeyInitiator, RekeyResponder } from "./rekey.ts";
import type { Rekeyed } from "./rekey.ts";
import { ReplayWindow } from "./replay-window.ts";
import { Sessions } from "./sessions.ts";
import type { Session } from "./sessions.ts";
import type { Timed } from "./timer-heap.ts";
import {
  CLOSE_BYTES,
  DATAGRAM_HEADER_BYTES,
  FRAME,
  PACKET_BYTES_MAX,
  PING_BYTES,
  messageBytesMax,
  SEQUENCE_MAX,
  sequenceOf,
  writeDatagramHeader,
} from "./wire.ts";
import type { Delivery } from "./wire.ts";

/** Why a datagram was dropped. */
export type Dropped = "malformed" | "unknown" | "replayed" | "forged" | "limit";

export interface ChannelParts {
  readonly handle: number;
  readonly index: number;
  readonly peerIndex: number;
  readonly peerKey: string;
  readonly address: Address;
  readonly delivery: Delivery;
  readonly cipher: AeadName;
  readonly initiator: boolean;
  readonly initialRttMs: number | undefined;
  /** Held for the host; loans come on top. */
  readonly receiveWindow: ReceiveWindowSize;
  /** For tests; the product counts from 0. */
  readonly firstSequence?: number | undefined;
}

/** "rekey": the host is to be asked. */
export type ReceiveOutcome = "ok" | "closed" | "rekey" | Dropped;

const OUTCOMES = { ok: "ok", duplicate: "replayed", full: "limit" } as const;
/** Of one call: a ping is answered where it came from, and where the peer is. */
const PONGS_MAX = 8;

export class Channel implements Timed {
  heapIndex = -1;
  dueAt: Instant | undefined;

  readonly parts: ChannelParts;
  readonly reliability: Reliability;
  readonly path: Path;
  /** Undefined where longer datagrams than any path bears are not to be sent. */
  readonly #probes: MtuProbes | undefined;
  readonly #around: ChannelSurroundings<Channel>;
  readonly #sessions: Sessions;
  readonly #rekey: RekeyInitiator | RekeyResponder;
  /** Of the last handshake, in hexadecimal: as bytes it takes four times as much, and it is seldom asked for. */
  #hash: string;
  readonly #window = new ReplayWindow(LIMITS.replayWindowBits);
  #sequence: number;
  /** When no number was left, or no key. */
  #endedAt: Instant | undefined;
  /** A datagram of the peer was authenticated. */
  heard = false;
  /** From the peer's close frame. */
  closeReason = 0;
  #pongs: Ping[] = NO_PONGS;
  readonly #liveness: Liveness;

  /** Erases `keys`. */
  constructor(parts: ChannelParts, around: ChannelSurroundings<Channel>, keys: SplitKeys, now: Instant) {
    this.parts = parts;
    this.#around = around;
    this.#hash = toHex(keys.hash);
    this.#sequence = parts.firstSequence ?? 0;
    this.#liveness = new Liveness(around.liveness);
    this.path = new Path(parts.address, around.entropy);
    const { index, peerIndex } = parts;
    this.#sessions = new Sessions(
      this.#session({ index, peerIndex, keys }, now),
      around.indexes,
      around.counts,
    );
    this.#rekey = parts.initiator ? new RekeyInitiator() : new RekeyResponder();
    if (around.probeBytesMax > LIMITS.datagramBytesMax) {
      this.#probes = new MtuProbes(around.probeBytesMax, around.entropy, now);
    }
    this.reliability = new Reliability(
      {
        packetBytesMax: PACKET_BYTES_MAX,
        messageBytesMax: messageBytesMax[parts.delivery],
        sendMessagesMax: LIMITS.channelSendMessagesMax,
        sendBytesMax: LIMITS.channelSendBytesMax,
        receiveMessagesMax: parts.receiveWindow.messages,
        receiveBytesMax: parts.receiveWindow.bytes,
        receiveOnly: parts.delivery,
        initialRttMs: parts.initialRttMs,
        onPacketFate: this.#probes?.onPacketFate,
        counts: around.counts,
      },
      now,
    );
    // The responder waits for this ping, or anything else authentic, before the channel exists for it.
    if (parts.initiator) this.#liveness.pingNow(now);
  }

  /** Both ends may send; the responder's only once it was heard from. */
  get usable(): boolean {
    return this.parts.initiator || this.heard;
  }

  /** Those that datagrams to this channel may carry. */
  get indexes(): number[] {
    return this.#sessions.indexes;
  }

  receive(datagram: Uint8Array, from: Address, now: Instant): ReceiveOutcome {
    const sequence = sequenceOf(datagram);
    if (sequence === undefined) return "malformed";
    if (this.#window.check(sequence) !== "ok") return "replayed";
    const { scratch } = this.#around;
    // What was received belongs to the caller; messages are views of what was opened.
    const opened = scratch.received.take(datagram.length);
    opened.set(datagram);
    if (!this.#sessions.open(opened, sequence, scratch.nonceOf(datagram), now)) {
      scratch.received.giveBack(opened);
      return "forged";
    }
    const plaintext = opened.subarray(DATAGRAM_HEADER_BYTES, opened.length - AEAD_TAG_BYTES);
    const newest = sequence > this.#window.highest;
    this.#window.accept(sequence);
    this.heard = true;
    this.path.heard(from, sequence, newest, datagram.length, this.reliability.rttMs, now);
    const outcome = this.#frame(sequence, plaintext, from, now);
    // Until the peer is known to have the new keys it is asked, whatever it says under the old ones.
    this.#liveness.heard(this.reliability.inFlight, !this.#sessions.unconfirmed, now);
    return outcome;
  }

  /** The next datagram to send, a buffer of its own. */
  produce(now: Instant): Transmit | undefined {
    if (this.#exhausted) this.#endedAt ??= now;
    if (!this.usable || this.#endedAt !== undefined) return undefined;
    const { plaintext } = this.#around.scratch;
    for (let pong = this.#pongs.shift(); pong !== undefined; pong = this.#pongs.shift()) {
      if (!this.path.takeAllowance(pong.to, PING_DATAGRAM_BYTES)) continue;
      return this.#token(FRAME.pong, pong, now);
    }
    const challenge = this.path.nextPing(now);
    if (challenge !== undefined) {
      this.#liveness.waits(now);
      return this.#token(FRAME.ping, challenge, now);
    }
    if (!this.path.isProven) return undefined;
    const rekey = this.#rekeyFrame(now);
    if (rekey !== undefined) {
      plaintext.set(rekey);
      return this.#seal(rekey.length, now);
    }
    if (this.#liveness.isPingDue(now) || this.#proofWanted(now)) {
      const token = this.#around.entropy.bytes(PING_BYTES - 1);
      this.#liveness.pinged(token, this.#sequence, now);
      return this.#token(FRAME.ping, { token, to: this.path.address }, now);
    }
    const probe = this.#probes?.produce(this.reliability, now);
    if (probe !== undefined) {
      const length = probe.datagramBytes - DATAGRAM_HEADER_BYTES - AEAD_TAG_BYTES;
      plaintext.fill(0, PING_BYTES, length);
      return this.#token(FRAME.ping, { token: probe.token, to: this.path.address }, now, length);
    }
    const length = this.reliability.pollPacket(plaintext, 1, this.#sequence, now);
    if (length === 0) return undefined;
    plaintext[0] = FRAME.reliability;
    if (this.reliability.inFlight) this.#liveness.waits(now);
    return this.#seal(1 + length, now);
  }

  /** That what arrived last has arrived: whoever sent it would else not know, now that the channel ends. */
  sealAcknowledgement(now: Instant): Uint8Array | undefined {
    const { plaintext } = this.#around.scratch;
    const length = this.reliability.pollAcknowledgement(plaintext, 1, this.#sequence, now);
    if (length === 0) return undefined;
    plaintext[0] = FRAME.reliability;
    return this.#seal(1 + length, now, this.path.address, ownMemory).datagram;
  }

  /** Each under a number of its own, so that they can be sent after the keys are gone. */
  sealCloses(reason: number, count: number, now: Instant): Uint8Array[] {
    const { plaintext } = this.#around.scratch;
    return Array.from({ length: count }, () => {
      plaintext[0] = FRAME.close;
      plaintext[1] = reason >>> 8;
      plaintext[2] = reason;
      // They wait their turn, longer than the host's memory is theirs.
      return this.#seal(CLOSE_BYTES, now, this.path.address, ownMemory).datagram;
    });
  }

  get rekeyIsAsked(): boolean {
    return this.#rekey instanceof RekeyResponder && this.#rekey.isAsked;
  }

  /** After `rekeyIsAsked`. */
  acceptRekey(now: Instant): void {
    const { indexes, entropy } = this.#around;
    const index = indexes.claim(this);
    const rekeyed = (this.#rekey as RekeyResponder).accept(index, entropy.bytes(X25519_BYTES));
    if (rekeyed === undefined) indexes.release(index);
    else this.#sessions.prepare(this.#session(rekeyed, now));
  }

  /** Undefined, or why the channel is to be closed. */
  handleTimeout(now: Instant): number | undefined {
    this.#sessions.handleTimeout(now);
    this.reliability.handleTimeout(now);
    this.#probes?.handleTimeout(now);
    if (this.path.handleTimeout(now)) {
      this.#around.counts.roams++;
      this.#probes?.onPathChange(now);
      this.#measureAnew(now);
    }
    const { silentAt } = this.#liveness;
    if (silentAt !== undefined && now >= silentAt) return REASON_SILENT;
    if (this.#rekey instanceof RekeyResponder) this.#rekey.expect(this.#rekeyDue(now), now);
    if (this.#rekey.isOver(now) || this.#sessions.isOver(now)) return REASON_NOT_REKEYED;
    // For good, even where a fresh handshake has come between: nothing was sent since.
    return this.#endedAt !== undefined || this.#exhausted ? REASON_EXHAUSTED : undefined;
  }

  /** This device slept: the peer had no chance, and nothing measured before holds. */
  woke(now: Instant): void {
    this.#liveness.woke(now);
    this.#rekey.woke(now);
    this.#sessions.woke(now);
    if (this.reliability.inFlight) this.#measureAnew(now);
  }

  nextTimeout(): Instant | undefined {
    if (!this.usable) return undefined;
    if (this.#endedAt !== undefined) return this.#endedAt;
    return earliest(
      this.path.isProven ? this.reliability.nextTimeout() : this.reliability.nextDeadline,
      this.path.isProven ? this.#probes?.nextTimeout(this.reliability) : undefined,
      this.path.isProven ? this.#liveness.pingAt : undefined,
      this.#liveness.silentAt,
      this.#sessions.dueAt,
      this.path.nextTimeout(),
      this.#rekeyAt,
    );
  }

  erase(): void {
    const { index } = this.#rekey instanceof RekeyInitiator ? this.#rekey : NO_INDEX;
    if (index !== undefined) this.#around.indexes.release(index);
    this.#rekey.erase();
    this.#sessions.erase();
  }

  get #exhausted(): boolean {
    return this.#sequence >= SEQUENCE_MAX || this.#sessions.current.send.exhausted;
  }

  get #acknowledged(): number {
    return Math.max(this.reliability.largestAcknowledged, this.#liveness.acknowledged);
  }

  /** When a fresh handshake is to be begun or repeated, or is no longer waited for. */
  get #rekeyAt(): Instant | undefined {
    const at = this.#rekey.nextTimeout();
    if (at !== undefined) return at;
    if (this.#rekey instanceof RekeyInitiator && !(this.heard && this.#sessions.settled)) return undefined;
    return after(this.#sessions.current.startedAt, this.#around.rekey.rekeyAfterMs);
  }

  /** One who sends nothing but acknowledgements is never acknowledged; its keys want changing all the same. */
  #proofWanted(now: Instant): boolean {
    const { send } = this.#sessions.current;
    if (this.reliability.inFlight || !send.due(now) || send.proven(this.#acknowledged)) return false;
    return this.#liveness.isProofDue(now);
  }

  #frame(sequence: number, plaintext: Uint8Array, from: Address, now: Instant): ReceiveOutcome {
    switch (plaintext[0]) {
      case FRAME.reliability:
        this.#liveness.busy();
        try {
          return OUTCOMES[this.reliability.receive(sequence, plaintext.subarray(1), now)];
        } catch (e) {
          if (e instanceof DecodeError) return "malformed";
          throw e;
        }
      case FRAME.ping:
        if (plaintext.length < PING_BYTES) return "malformed";
        for (let i = PING_BYTES; i < plaintext.length; i++) if (plaintext[i] !== 0) return "malformed";
        this.#liveness.quiet();
        return this.#answer(plaintext.slice(1, PING_BYTES), from);
      case FRAME.pong:
        if (plaintext.length !== PING_BYTES) return "malformed";
        this.#ponged(plaintext.subarray(1), now);
        return "ok";
      case FRAME.close:
        if (plaintext.length !== CLOSE_BYTES) return "malformed";
        this.closeReason = (plaintext[1]! << 8) | plaintext[2]!;
        return "closed";
      case FRAME.rekey1:
        return this.#onRekey1(plaintext, now);
      case FRAME.rekey2:
        return this.#onRekey2(plaintext, now);
      default:
        return "malformed";
    }
  }

  #ponged(token: Uint8Array, now: Instant): void {
    if (this.path.ponged(token, now) || this.#probes?.ponged(token, now) === true) return;
    this.#liveness.ponged(token);
  }

  #answer(token: Uint8Array, from: Address): "ok" | "limit" {
    if (this.#pongs.length >= PONGS_MAX) return "limit";
    if (this.#pongs === NO_PONGS) this.#pongs = [];
    this.#pongs.push({ token, to: from });
    // Where the ping came from may be somebody who sends on what it likes, and nothing back.
    if (!sameAddress(from, this.path.address)) this.#pongs.push({ token, to: this.path.address });
    return "ok";
  }

  #onRekey1(frame: Uint8Array, now: Instant): ReceiveOutcome {
    if (!(this.#rekey instanceof RekeyResponder)) return "malformed";
    const { local } = this.#around;
    const { settled } = this.#sessions;
    const outcome = this.#rekey.receive(local, this.#peerKey, fromHex(this.#hash)!, frame, settled, now);
    return outcome === "asked" ? "rekey" : outcome;
  }

  #onRekey2(frame: Uint8Array, now: Instant): ReceiveOutcome {
    if (!(this.#rekey instanceof RekeyInitiator)) return "malformed";
    const rekeyed = this.#rekey.receive(frame);
    if (rekeyed === undefined) return "malformed";
    if (rekeyed === "late") return "ok";
    this.#sessions.change(this.#session(rekeyed, now), now);
    this.#liveness.pingNow(now);
    return "ok";
  }

  #rekeyFrame(now: Instant): Uint8Array | undefined {
    const rekey = this.#rekey;
    if (rekey instanceof RekeyResponder) {
      if (!this.#sessions.prepared) rekey.done();
      rekey.expect(this.#rekeyDue(now), now);
      return rekey.produce();
    }
    if (!rekey.isRunning && this.heard && this.#sessions.settled && this.#rekeyDue(now)) {
      const { local, entropy, indexes } = this.#around;
      const index = indexes.claim(this);
      rekey.begin(local, this.#peerKey, fromHex(this.#hash)!, index, entropy.bytes(X25519_BYTES), now);
    }
    return rekey.produce(now);
  }

  #rekeyDue(now: Instant): boolean {
    const { rekeyAfterMs, rekeyAfterBytes } = this.#around.rekey;
    const bytes = rekeyAfterBytes + (this.parts.initiator ? 0 : REKEY_OVERDUE_BYTES);
    return now >= after(this.#sessions.current.startedAt, rekeyAfterMs) || this.#sessions.bytes >= bytes;
  }

  get #peerKey(): Uint8Array {
    return fromHex(this.parts.peerKey)!;
  }

  /** Erases the keys given. */
  #session({ index, peerIndex, keys }: Rekeyed, now: Instant): Session {
    const { local, rotation } = this.#around;
    const { initiator, cipher } = this.parts;
    const { initiatorToResponder, responderToInitiator } = keys;
    const [ours, theirs] = initiator
      ? [initiatorToResponder, responderToInitiator]
      : [responderToInitiator, initiatorToResponder];
    this.#hash = toHex(keys.hash);
    return {
      index,
      peerIndex,
      send: new SendKeys(local.suite, cipher, ours, rotation, now),
      receive: new ReceiveKeys(local.suite, cipher, theirs),
      startedAt: now,
    };
  }

  /** The way to the peer is another, or it was not we who waited: nothing that was measured holds. */
  #measureAnew(now: Instant): void {
    this.reliability.onPathChange(now);
  }

  #token(frame: number, { token, to }: Ping, now: Instant, length = PING_BYTES): Transmit {
    const { plaintext } = this.#around.scratch;
    plaintext[0] = frame;
    plaintext.set(token, 1);
    return this.#seal(length, now, to);
  }

  #seal(
    length: number,
    now: Instant,
    to: Address = this.path.address,
    memory = this.#around.datagramMemory,
  ): Transmit {
    const { scratch, counts } = this.#around;
    const { send, receive, peerIndex } = this.#sessions.current;
    const sequence = this.#sequence++;
    if (send.rotate(sequence, receive.authenticatedPhase, this.#acknowledged, now)) counts.keyRotations++;
    const bytes = DATAGRAM_HEADER_BYTES + length + AEAD_TAG_BYTES;
    const datagram = memory(bytes);
    writeDatagramHeader(datagram, send.phase, bytes, peerIndex, sequence);
    datagram.set(scratch.plaintext.subarray(0, length), DATAGRAM_HEADER_BYTES);
    send.seal(scratch.nonceOf(datagram), datagram, DATAGRAM_HEADER_BYTES + length);
    return { kind: "transmit", datagram, to };
  }
}

/** Never written to: most channels have none most of the time. */
const NO_PONGS: Ping[] = [];
const NO_INDEX = { index: undefined };
