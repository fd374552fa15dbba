/**
 * Every channel and handshake behind one UDP socket: AFC without the socket. It has never heard of a team; what the
 * first payload of a handshake means is for the host to decide.
 *
 *   initiator                              responder
 *   connect ── message 1 (again, the same bytes, with back-off) ──► mac1, then Noise ──► event `request`
 *                                                                   accept: channel pending, invisible
 *   event `opened` ◄────────────────────── message 2 ────────────── refuse: the same datagram, another verdict
 *   ping ───────────────────────────────────────────────────────►   first authentic datagram: event `opened`
 *
 * Synchronous: after each call drain `poll` until it is empty, then call `handleTimeout` at `nextTimeout`. Several
 * datagrams may be handled before draining. Nothing a datagram contains makes any method throw; what is dropped is
 * counted and not answered.
 */
import type { Address } from "../base/address.ts";
import { assert } from "../base/assert.ts";
import { toHex } from "../base/bytes.ts";
import { LimitError } from "../base/errors.ts";
import { idToBytes } from "../base/ids.ts";
import type { DeviceId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { LimitName } from "../base/limits.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { X25519_BYTES } from "../crypto/cipher-suite.ts";
import type { AeadName, CipherSuite } from "../crypto/cipher-suite.ts";
import { Fifo } from "../dgram-reliability/fifo.ts";
import { Channel, Scratch } from "./channel.ts";
import type { Dropped, Liveness } from "./channel.ts";
import { mac1Holds, readMessage1, readMessage2, writeMessage1, writeMessage2 } from "./handshake.ts";
import type { Local, Started } from "./handshake.ts";
import { ROTATE_BYTES_MIN, ReceiveKeys, SendKeys } from "./keys.ts";
import type { RotationLimits } from "./keys.ts";
import { mac1Key } from "./mac.ts";
import type { Responder, SplitKeys } from "./noise.ts";
import { TimerHeap } from "./timer-heap.ts";
import type { Timed } from "./timer-heap.ts";
import { MAC_BYTES, TYPE, datagramType, handshakePayloadBytesMax, indexOf, messageBytesMax } from "./wire.ts";
import type { Delivery, Offer } from "./wire.ts";

/** Reasons are the host's, below this; from here on they are AFC's own. */
export const HOST_REASON_MAX = 0xfeff;
/** The peer was silent for too long. */
export const REASON_SILENT = 0xffff;

type EndpointLimits = Pick<
  typeof LIMITS,
  "channelsMax" | "channelsPerPeerMax" | "handshakesPendingMax" | "handshakesPendingPerDeviceMax"
>;

export interface AfcOptions extends RotationLimits, Partial<Liveness> {
  readonly suite: CipherSuite;
  readonly entropy: Entropy;
  /** X25519, 32 bytes. */
  readonly encryptionSecret: Uint8Array;
  readonly deviceId: DeviceId;
  /** Preferred first, at most four; must contain chacha20-poly1305, which every device has. */
  readonly ciphers: readonly AeadName[];
  readonly limits?: Partial<Record<keyof EndpointLimits, number>>;
}

export interface ConnectOptions {
  readonly peerEncryptionKey: Uint8Array;
  readonly peerDeviceId: DeviceId;
  /** Dotted quad. */
  readonly address: Address;
  /** Sealed to the peer; at most `handshakePayloadBytesMax`. */
  readonly payload: Uint8Array;
  readonly delivery: Delivery;
  readonly timeoutMs: number;
}

export type AfcEvent =
  /** Answer with `accept`, `refuse` or `ignore`; the first within 10 seconds. */
  | {
      readonly kind: "request";
      readonly request: number;
      /** Proven. Whose it is, the host must know. */
      readonly initiatorEncryptionKey: Uint8Array;
      readonly payload: Uint8Array;
      readonly delivery: Delivery;
      /** Not proven. */
      readonly from: Address;
    }
  | { readonly kind: "opened"; readonly handle: number }
  | { readonly kind: "refused"; readonly handle: number; readonly reason: number }
  /** No answer in time; on the responder's side: the initiator never came back. */
  | { readonly kind: "failed"; readonly handle: number; readonly reason: "timeout" }
  /** A reliable one counts against the window until `consumed`. */
  | { readonly kind: "message"; readonly handle: number; readonly bytes: Uint8Array }
  | { readonly kind: "acknowledged"; readonly handle: number; readonly messageId: number }
  | { readonly kind: "expired"; readonly handle: number; readonly messageId: number }
  /** By the peer, or by us because it was silent: messages without an outcome get none. Not after our own `close`. */
  | { readonly kind: "closed"; readonly handle: number; readonly reason: number; readonly byPeer: boolean };

export interface Transmit {
  readonly kind: "transmit";
  readonly datagram: Uint8Array;
  readonly to: Address;
}

interface Connecting extends Timed {
  readonly kind: "connecting";
  readonly handle: number;
  readonly index: number;
  readonly started: Started;
  readonly peerKey: string;
  readonly address: Address;
  readonly delivery: Delivery;
  readonly startedAt: Instant;
  readonly deadline: Instant;
  attempts: number;
}

interface Pending extends Timed {
  readonly kind: "pending";
  readonly request: number;
  /** mac1, which covers all of message 1. */
  readonly key: string;
  readonly peerKey: string;
  readonly initiatorIndex: number;
  readonly offer: Offer;
  readonly from: Address;
  responder: Responder | undefined;
  answer: Uint8Array | undefined;
  channel: Channel | undefined;
}

interface Closing extends Timed {
  readonly kind: "closing";
  readonly copies: readonly Uint8Array[];
  readonly to: Address;
  readonly startedAt: Instant;
  sent: number;
}

const CONNECT_AGAIN_MS = 500;
const CONNECT_AGAIN_MAX_MS = 4000;
const PENDING_MS = 10_000;
/** As long as the initiator's first repetitions may still come. */
const REFUSED_MS = 4000;
/** When each copy of a close leaves; nothing of it is acknowledged, so that no key outlives the channel. */
const CLOSE_AT_MS = [0, 250, 750, 1750, 3750] as const;

export class AfcEndpoint {
  readonly #options: AfcOptions;
  readonly #limits: Record<keyof EndpointLimits, number>;
  readonly #liveness: Liveness;
  readonly #local: Local;
  readonly #scratch = new Scratch();

  #nextHandle = 1;
  #nextRequest = 1;
  /** By the index the peer addresses us with. */
  readonly #byIndex = new Map<number, Connecting | Channel>();
  readonly #byHandle = new Map<number, Connecting | Channel>();
  readonly #perPeer = new Map<string, number>();
  readonly #pendingByKey = new Map<string, Pending>();
  readonly #pendingByRequest = new Map<number, Pending>();
  /** Of channels that nobody has heard from yet. */
  readonly #pendingByChannel = new Map<Channel, Pending>();
  readonly #pendingPerPeer = new Map<string, number>();
  /** First messages that were dealt with, oldest first: a replay of one of these costs no curve operation. */
  readonly #remembered = new Set<string>();
  readonly #closing = new Set<Closing>();

  readonly #timers = new TimerHeap<Connecting | Pending | Closing | Channel>();
  readonly #events = new Fifo<AfcEvent>();
  readonly #transmits = new Fifo<Transmit>();
  /** Channels that may have something to send. */
  readonly #ready = new Set<Channel>();

  /** Datagrams dropped, by cause. */
  readonly dropped: Record<Dropped, number> = { malformed: 0, unknown: 0, replayed: 0, forged: 0, limit: 0 };

  constructor(options: AfcOptions) {
    if (options.rotateAfterBytes < ROTATE_BYTES_MIN) throw new RangeError("rotateAfterBytes");
    if (options.rotateAfterDatagrams < 1 || options.rotateAfterMs < 1) throw new RangeError("rotateAfter");
    if (!options.ciphers.includes("chacha20-poly1305") || options.ciphers.length > 4)
      throw new RangeError("ciphers");
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#liveness = { idleProbeMs: options.idleProbeMs ?? 60_000, silenceMs: options.silenceMs ?? 30_000 };
    const { suite } = options;
    const staticKey = {
      secret: options.encryptionSecret,
      public: suite.x25519PublicKey(options.encryptionSecret),
    };
    this.#local = {
      suite,
      staticKey,
      deviceId: idToBytes(options.deviceId),
      mac1Key: mac1Key(suite, staticKey.public),
    };
  }

  /** Channels open, opening and pending. */
  get channelCount(): number {
    return this.#byIndex.size;
  }

  /**
   * Followed by exactly one of `opened`, `refused` and `failed`, unless closed before.
   * @throws LimitError
   */
  connect(options: ConnectOptions, now: Instant): number {
    const { peerEncryptionKey, payload } = options;
    if (payload.length > handshakePayloadBytesMax) throw new RangeError("handshake payload too long");
    if (peerEncryptionKey.length !== X25519_BYTES) throw new RangeError("peer encryption key");
    const peerKey = toHex(peerEncryptionKey);
    const full = this.#fullFor(peerKey);
    if (full !== undefined) throw new LimitError(full, this.#limits[full]);
    const index = this.#freeIndex();
    const started = writeMessage1(
      this.#local,
      { key: peerEncryptionKey, deviceId: idToBytes(options.peerDeviceId) },
      index,
      this.#options.entropy.bytes(X25519_BYTES),
      { delivery: options.delivery, ciphers: this.#options.ciphers, payload },
    );
    if (started === undefined) throw new RangeError("peer encryption key");
    const connecting: Connecting = {
      kind: "connecting",
      heapIndex: -1,
      dueAt: undefined,
      handle: this.#nextHandle++,
      index,
      started,
      peerKey,
      address: options.address,
      delivery: options.delivery,
      startedAt: now,
      deadline: after(now, options.timeoutMs),
      attempts: 0,
    };
    this.#add(connecting, index, connecting.handle, peerKey);
    this.#sendMessage1(connecting, now);
    return connecting.handle;
  }

  /**
   * `opened` follows when the initiator is heard from, `failed` if it is not. Undefined where the request is gone: its
   * time is up, or a limit was reached meanwhile.
   */
  accept(request: number, now: Instant): number | undefined {
    const pending = this.#unanswered(request);
    if (pending === undefined) return undefined;
    const cipher = chooseCipher(pending.offer.ciphers, this.#options.ciphers);
    assert(cipher !== undefined, "only requests with a common cipher are shown");
    if (this.#fullFor(pending.peerKey) !== undefined) {
      this.#forget(pending);
      return undefined;
    }
    const index = this.#freeIndex();
    const keys = this.#answer(pending, { accepted: true, cipher, index });
    if (keys === undefined) return undefined;
    const channel = this.#channel(
      {
        handle: this.#nextHandle++,
        index,
        peerIndex: pending.initiatorIndex,
        peerKey: pending.peerKey,
        address: pending.from,
        delivery: pending.offer.delivery,
        initiator: false,
        initialRttMs: undefined,
      },
      cipher,
      keys,
      now,
    );
    pending.channel = channel;
    this.#pendingByChannel.set(channel, pending);
    this.#add(channel, index, channel.parts.handle, pending.peerKey);
    this.#timers.set(pending, after(now, PENDING_MS));
    return channel.parts.handle;
  }

  /** A sealed answer that says why. For those who may know that we exist; `ignore` for all others. */
  refuse(request: number, reason: number, now: Instant): void {
    if (reason < 0 || reason > HOST_REASON_MAX || !Number.isInteger(reason)) throw new RangeError("reason");
    const pending = this.#unanswered(request);
    if (pending === undefined) return;
    const keys = this.#answer(pending, { accepted: false, reason });
    if (keys === undefined) return;
    keys.initiatorToResponder.fill(0);
    keys.responderToInitiator.fill(0);
    this.#timers.set(pending, after(now, REFUSED_MS));
  }

  /** No answer at all. */
  ignore(request: number): void {
    const pending = this.#unanswered(request);
    if (pending !== undefined) this.#forget(pending);
  }

  /**
   * The id of the message; `acknowledged` or `expired` follows, or `closed`. The bytes are kept by reference until then.
   * "blocked": the channel's queue is full, try again after an outcome. "unknown": no open channel.
   */
  send(handle: number, message: Uint8Array, deadline: Instant): number | "too-large" | "blocked" | "unknown" {
    const channel = this.#byHandle.get(handle);
    if (!(channel instanceof Channel) || !channel.usable) return "unknown";
    if (message.length > messageBytesMax) return "too-large";
    const id = channel.reliability.send(message, {
      reliable: channel.parts.delivery === "reliable",
      deadline,
    });
    this.#ready.add(channel);
    return id;
  }

  /** The host is done with the oldest `count` messages delivered: the peer may send as many more. */
  consumed(handle: number, count: number): void {
    const channel = this.#byHandle.get(handle);
    if (!(channel instanceof Channel) || channel.parts.delivery === "unreliable") return;
    channel.reliability.consumed(count);
    this.#ready.add(channel);
  }

  /** At once and for good: the keys are erased, the peer is told a few times. False where there is no such channel. */
  close(handle: number, reason: number, now: Instant): boolean {
    if (reason < 0 || reason > HOST_REASON_MAX || !Number.isInteger(reason)) throw new RangeError("reason");
    const entry = this.#byHandle.get(handle);
    if (entry === undefined) return false;
    if (entry instanceof Channel) this.#tellClosed(entry, reason, now);
    this.#remove(entry);
    return true;
  }

  /** Every channel, as `close`; requests are ignored. */
  closeAll(reason: number, now: Instant): void {
    for (const handle of [...this.#byHandle.keys()]) this.close(handle, reason, now);
    for (const pending of [...this.#pendingByKey.values()]) this.#forget(pending);
  }

  /** One UDP payload. The bytes are not kept. */
  handle(datagram: Uint8Array, from: Address, now: Instant): void {
    const cause = this.#handle(datagram, from, now);
    if (cause !== undefined) this.dropped[cause]++;
  }

  handleTimeout(now: Instant): void {
    for (let item = this.#timers.peek(); item !== undefined; item = this.#timers.peek()) {
      if (item.dueAt! > now) return;
      this.#timers.set(item, undefined);
      if (item instanceof Channel) this.#channelDue(item, now);
      else if (item.kind === "connecting") this.#connectingDue(item, now);
      else if (item.kind === "closing") this.#sendClose(item, now);
      else this.#pendingDue(item);
    }
  }

  /** What the host is to do next; undefined when there is nothing more. */
  poll(now: Instant): AfcEvent | Transmit | undefined {
    const queued = this.#events.shift() ?? this.#transmits.shift();
    if (queued !== undefined) return queued;
    for (const channel of this.#ready) {
      this.#ready.delete(channel);
      const datagram = channel.produce(now);
      if (datagram !== undefined) {
        this.#ready.add(channel); // behind the others
        return { kind: "transmit", datagram, to: channel.parts.address };
      }
      this.#timers.set(channel, channel.nextTimeout());
    }
    return undefined;
  }

  /** Valid once `poll` is empty. */
  nextTimeout(): Instant | undefined {
    return this.#timers.peek()?.dueAt;
  }

  #handle(datagram: Uint8Array, from: Address, now: Instant): Dropped | undefined {
    const type = datagramType(datagram);
    if (type === undefined) return "malformed";
    if (type === TYPE.message1) return this.#message1(datagram, from, now);
    const entry = this.#byIndex.get(indexOf(datagram));
    if (entry === undefined) return "unknown";
    if (entry instanceof Channel) {
      return type === TYPE.datagram ? this.#datagram(entry, datagram, now) : "unknown";
    }
    return type === TYPE.message2 ? this.#message2(entry, datagram, now) : "unknown";
  }

  #message1(datagram: Uint8Array, from: Address, now: Instant): Dropped | undefined {
    if (!mac1Holds(this.#local, TYPE.message1, datagram)) return "forged";
    const macAt = datagram.length - 2 * MAC_BYTES;
    const key = toHex(datagram.subarray(macAt, macAt + MAC_BYTES));
    const known = this.#pendingByKey.get(key);
    if (known !== undefined) {
      // The same bytes again: our answer was lost, or is on its way, or the host still thinks.
      if (known.answer !== undefined) this.#transmit(known.answer, from);
      return undefined;
    }
    if (this.#remembered.has(key)) return "replayed";
    if (this.#pendingByKey.size >= this.#limits.handshakesPendingMax) return "limit";
    if (this.#byIndex.size >= this.#limits.channelsMax) return "limit";
    const read = readMessage1(this.#local, datagram);
    if (read === undefined) return "forged";
    const { responder, offer } = read;
    const peerKey = toHex(responder.initiatorStatic);
    const perPeer = this.#pendingPerPeer.get(peerKey) ?? 0;
    const cause =
      perPeer >= this.#limits.handshakesPendingPerDeviceMax || this.#fullFor(peerKey) !== undefined
        ? "limit"
        : chooseCipher(offer.ciphers, this.#options.ciphers) === undefined
          ? "malformed"
          : undefined;
    if (cause !== undefined) {
      responder.erase();
      return cause;
    }
    const pending: Pending = {
      kind: "pending",
      heapIndex: -1,
      dueAt: undefined,
      request: this.#nextRequest++,
      key,
      peerKey,
      initiatorIndex: indexOf(datagram),
      offer,
      from,
      responder,
      answer: undefined,
      channel: undefined,
    };
    this.#pendingByKey.set(key, pending);
    this.#pendingByRequest.set(pending.request, pending);
    this.#pendingPerPeer.set(peerKey, perPeer + 1);
    this.#timers.set(pending, after(now, PENDING_MS));
    this.#events.push({
      kind: "request",
      request: pending.request,
      initiatorEncryptionKey: responder.initiatorStatic,
      payload: offer.payload,
      delivery: offer.delivery,
      from,
    });
    return undefined;
  }

  #message2(connecting: Connecting, datagram: Uint8Array, now: Instant): Dropped | undefined {
    if (!mac1Holds(this.#local, TYPE.message2, datagram)) return "forged";
    const read = readMessage2(connecting.started.initiator, datagram);
    if (read === undefined) return "forged";
    const { answer, keys } = read;
    if (answer.accepted && !this.#options.ciphers.includes(answer.cipher)) return "malformed";
    const { handle, index, peerKey, address, delivery } = connecting;
    this.#remove(connecting);
    if (!answer.accepted) {
      keys.initiatorToResponder.fill(0);
      keys.responderToInitiator.fill(0);
      this.#events.push({ kind: "refused", handle, reason: answer.reason });
      return undefined;
    }
    // Sent more than once, it is not known which one was answered.
    const initialRttMs = connecting.attempts === 1 ? Math.max(now - connecting.startedAt, 1) : undefined;
    const channel = this.#channel(
      { handle, index, peerIndex: answer.index, peerKey, address, delivery, initiator: true, initialRttMs },
      answer.cipher,
      keys,
      now,
    );
    this.#add(channel, index, handle, peerKey);
    this.#ready.add(channel);
    this.#events.push({ kind: "opened", handle });
    return undefined;
  }

  #datagram(channel: Channel, datagram: Uint8Array, now: Instant): Dropped | undefined {
    const pending = channel.heard ? undefined : this.#pendingByChannel.get(channel);
    const outcome = channel.receive(datagram, now);
    if (pending !== undefined && channel.heard) {
      pending.channel = undefined; // it stands by itself now
      this.#pendingByChannel.delete(channel);
      this.#forget(pending);
      this.#events.push({ kind: "opened", handle: channel.parts.handle });
    }
    if (outcome === "ok" || outcome === "closed") this.#collect(channel);
    if (outcome === "closed") {
      this.#remove(channel);
      this.#events.push({
        kind: "closed",
        handle: channel.parts.handle,
        reason: channel.closeReason,
        byPeer: true,
      });
      return undefined;
    }
    if (outcome === "ok") {
      this.#ready.add(channel);
      return undefined;
    }
    // Authentic nonsense counted as being heard, which moves a timer.
    if (outcome === "malformed") this.#ready.add(channel);
    return outcome;
  }

  #connectingDue(connecting: Connecting, now: Instant): void {
    if (now < connecting.deadline) {
      this.#sendMessage1(connecting, now);
      return;
    }
    this.#remove(connecting);
    this.#events.push({ kind: "failed", handle: connecting.handle, reason: "timeout" });
  }

  #pendingDue(pending: Pending): void {
    const { channel } = pending;
    this.#forget(pending);
    if (channel === undefined) return;
    this.#events.push({ kind: "failed", handle: channel.parts.handle, reason: "timeout" });
  }

  #channelDue(channel: Channel, now: Instant): void {
    const alive = channel.handleTimeout(now);
    this.#collect(channel);
    if (alive) {
      this.#ready.add(channel);
      return;
    }
    this.#tellClosed(channel, REASON_SILENT, now);
    this.#remove(channel);
    this.#events.push({ kind: "closed", handle: channel.parts.handle, reason: REASON_SILENT, byPeer: false });
  }

  #sendMessage1(connecting: Connecting, now: Instant): void {
    this.#transmit(connecting.started.datagram, connecting.address);
    const againMs = Math.min(CONNECT_AGAIN_MS * 2 ** connecting.attempts++, CONNECT_AGAIN_MAX_MS);
    this.#timers.set(connecting, earliest(connecting.deadline, after(now, againMs)));
  }

  #sendClose(closing: Closing, now: Instant): void {
    this.#transmit(closing.copies[closing.sent]!, closing.to);
    closing.sent++;
    const nextMs = CLOSE_AT_MS[closing.sent];
    if (nextMs === undefined) this.#closing.delete(closing);
    else this.#timers.set(closing, after(closing.startedAt, Math.max(nextMs, now - closing.startedAt + 1)));
  }

  /** Before its keys are erased. */
  #tellClosed(channel: Channel, reason: number, now: Instant): void {
    const lingers = this.#closing.size < LIMITS.channelsClosingMax;
    const copies = channel.sealCloses(reason, lingers ? CLOSE_AT_MS.length : 1, now);
    const to = channel.parts.address;
    if (!lingers) {
      this.#transmit(copies[0]!, to);
      return;
    }
    const closing: Closing = {
      kind: "closing",
      heapIndex: -1,
      dueAt: undefined,
      copies,
      to,
      startedAt: now,
      sent: 0,
    };
    this.#closing.add(closing);
    this.#sendClose(closing, now);
  }

  /** Seals the answer, sends it, keeps it for repetitions of message 1. */
  #answer(pending: Pending, answer: Parameters<typeof writeMessage2>[4]): SplitKeys | undefined {
    const written = writeMessage2(
      this.#local,
      pending.responder!,
      pending.initiatorIndex,
      this.#options.entropy.bytes(X25519_BYTES),
      answer,
    );
    pending.responder = undefined;
    if (written === undefined) {
      this.#forget(pending);
      return undefined;
    }
    pending.answer = written.datagram;
    this.#transmit(written.datagram, pending.from);
    return written.keys;
  }

  #channel(
    parts: Omit<Channel["parts"], "sendKeys" | "receiveKeys" | "liveness" | "entropy" | "scratch">,
    cipher: AeadName,
    keys: SplitKeys,
    now: Instant,
  ): Channel {
    const { suite, entropy } = this.#options;
    const { initiatorToResponder, responderToInitiator } = keys;
    const [ours, theirs] = parts.initiator
      ? [initiatorToResponder, responderToInitiator]
      : [responderToInitiator, initiatorToResponder];
    return new Channel(
      {
        ...parts,
        sendKeys: new SendKeys(suite, cipher, ours, this.#options, now),
        receiveKeys: new ReceiveKeys(suite, cipher, theirs),
        liveness: this.#liveness,
        entropy,
        scratch: this.#scratch,
      },
      now,
    );
  }

  #collect(channel: Channel): void {
    const { handle } = channel.parts;
    for (let e = channel.reliability.pollEvent(); e !== undefined; e = channel.reliability.pollEvent()) {
      this.#events.push(
        e.kind === "message"
          ? { kind: "message", handle, bytes: e.bytes }
          : { kind: e.kind, handle, messageId: e.messageId },
      );
    }
  }

  #unanswered(request: number): Pending | undefined {
    const pending = this.#pendingByRequest.get(request);
    return pending?.responder === undefined ? undefined : pending;
  }

  /** Ends a pending handshake, and its channel unless that was taken out of it. Its first message stays known. */
  #forget(pending: Pending): void {
    this.#timers.set(pending, undefined);
    this.#pendingByKey.delete(pending.key);
    this.#pendingByRequest.delete(pending.request);
    decrement(this.#pendingPerPeer, pending.peerKey);
    pending.responder?.erase();
    pending.responder = undefined;
    if (pending.channel !== undefined) {
      const { channel } = pending;
      pending.channel = undefined;
      this.#pendingByChannel.delete(channel);
      this.#remove(channel);
    }
    if (this.#remembered.size >= LIMITS.handshakesRememberedMax) {
      for (const oldest of this.#remembered) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    this.#remembered.add(pending.key);
  }

  #add(entry: Connecting | Channel, index: number, handle: number, peerKey: string): void {
    this.#byIndex.set(index, entry);
    this.#byHandle.set(handle, entry);
    this.#perPeer.set(peerKey, (this.#perPeer.get(peerKey) ?? 0) + 1);
  }

  /** Out of every table, keys erased. */
  #remove(entry: Connecting | Channel): void {
    this.#timers.set(entry, undefined);
    const { index, handle, peerKey } = entry instanceof Channel ? entry.parts : entry;
    this.#byIndex.delete(index);
    this.#byHandle.delete(handle);
    decrement(this.#perPeer, peerKey);
    if (!(entry instanceof Channel)) {
      entry.started.initiator.erase();
      return;
    }
    this.#ready.delete(entry);
    entry.erase();
    const pending = this.#pendingByChannel.get(entry);
    if (pending === undefined) return;
    pending.channel = undefined;
    this.#pendingByChannel.delete(entry);
    this.#forget(pending);
  }

  #fullFor(peerKey: string): (keyof EndpointLimits & LimitName) | undefined {
    if (this.#byIndex.size >= this.#limits.channelsMax) return "channelsMax";
    if ((this.#perPeer.get(peerKey) ?? 0) >= this.#limits.channelsPerPeerMax) return "channelsPerPeerMax";
    return undefined;
  }

  /** Random, so that who does not see our datagrams cannot aim at a channel. Never 0. */
  #freeIndex(): number {
    for (;;) {
      const b = this.#options.entropy.bytes(4);
      const index = new DataView(b.buffer, b.byteOffset, 4).getUint32(0);
      if (index !== 0 && !this.#byIndex.has(index)) return index;
    }
  }

  #transmit(datagram: Uint8Array, to: Address): void {
    this.#transmits.push({ kind: "transmit", datagram, to });
  }
}

/**
 * The cipher with the lowest sum of ranks in both lists, of equal ones ChaCha20-Poly1305: a device puts AES first only
 * where its hardware has it, so AES wins only where both have.
 */
export function chooseCipher(a: readonly AeadName[], b: readonly AeadName[]): AeadName | undefined {
  let best: AeadName | undefined;
  let bestRank = Infinity;
  for (const name of a) {
    const at = b.indexOf(name);
    if (at < 0) continue;
    const rank = a.indexOf(name) + at;
    if (rank < bestRank || (rank === bestRank && name === "chacha20-poly1305")) {
      best = name;
      bestRank = rank;
    }
  }
  return best;
}

function decrement(counts: Map<string, number>, key: string): void {
  const n = counts.get(key) ?? 0;
  if (n <= 1) counts.delete(key);
  else counts.set(key, n - 1);
}
