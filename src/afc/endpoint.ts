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
 *   datagram ─► PendingHandshakes (message 1) · Connecting (message 2) · Channel (the rest)
 *   ChannelTable: Connecting and Channel by index and handle      ClosingChannels: gone, and still telling their peer
 *
 * Synchronous: after each call drain `poll` until it is empty, then call `handleTimeout` at `nextTimeout`. Several
 * datagrams may be handled before draining. Nothing a datagram contains makes any method throw; what is dropped is
 * counted and not answered.
 */
import type { Address } from "../base/address.ts";
import { toHex } from "../base/bytes.ts";
import { idToBytes } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";
import { X25519_BYTES } from "../crypto/cipher-suite.ts";
import { Fifo } from "../base/fifo.ts";
import { ChannelTable } from "./channel-table.ts";
import { surroundingsOf } from "./channel-surroundings.ts";
import type { ChannelSurroundings } from "./channel-surroundings.ts";
import { Channel } from "./channel.ts";
import type { ChannelParts, Dropped } from "./channel.ts";
import { ClosingChannels } from "./closing-channels.ts";
import type { Closing } from "./closing-channels.ts";
import { Connecting } from "./connecting.ts";
import type { AfcEvent, Send, Transmit } from "./events.ts";
import type { Local } from "./handshake.ts";
import { mac1Key } from "./mac.ts";
import { Loans } from "./loans.ts";
import { eraseSplitKeys } from "./noise.ts";
import type { SplitKeys } from "./noise.ts";
import { checkOptions } from "./options.ts";
import type { AfcOptions, ConnectOptions, EndpointLimits } from "./options.ts";
import { PendingHandshakes, requestOf } from "./pending-handshakes.ts";
import type { Pending } from "./pending-handshakes.ts";
import { checkReason } from "./reasons.ts";
import { ReceiveWindows } from "./receive-windows.ts";
import { SleepWatch } from "./sleep-watch.ts";
import { TimerHeap } from "./timer-heap.ts";
import { TYPE, datagramType, handshakePayloadBytesMax, indexOf } from "./wire.ts";

export class AfcEndpoint {
  readonly #options: AfcOptions;
  readonly #local: Local;
  readonly #around: ChannelSurroundings<Channel>;

  readonly #channels: ChannelTable<Connecting | Channel>;
  readonly #pendings: PendingHandshakes;
  readonly #closings: ClosingChannels;
  readonly #windows: ReceiveWindows;

  readonly #loans: Loans<Channel>;

  readonly #timers = new TimerHeap<Connecting | Pending | Closing | Channel | Loans<Channel>>();
  readonly #events = new Fifo<AfcEvent>();
  readonly #transmits = new Fifo<Transmit>();
  readonly #sleep = new SleepWatch();
  /** Channels that may have something to send. */
  readonly #ready = new Set<Channel>();

  /** Datagrams dropped, by cause; `limit` also counts those of which an unreliable message was, and our own. */
  readonly dropped: Record<Dropped, number> = { malformed: 0, unknown: 0, replayed: 0, forged: 0, limit: 0 };

  /** Not what channels send: that is produced when it is polled for. */
  readonly #send: Send = (datagram, to) => {
    if (this.#transmits.length >= LIMITS.datagramsQueuedMax) this.dropped.limit++;
    else this.#transmits.push({ kind: "transmit", datagram, to });
  };

  constructor(options: AfcOptions) {
    checkOptions(options);
    const { suite, entropy, ciphers, encryptionSecret, deviceId } = options;
    const limits: EndpointLimits = { ...LIMITS, ...options.limits };
    const staticKey = { secret: encryptionSecret, public: suite.x25519PublicKey(encryptionSecret) };
    this.#options = options;
    this.#local = {
      suite,
      staticKey,
      deviceId: idToBytes(deviceId),
      mac1Key: mac1Key(suite, staticKey.public),
    };
    this.#channels = new ChannelTable(limits, entropy);
    this.#around = surroundingsOf(options, this.#local, this.#channels);
    this.#pendings = new PendingHandshakes({
      local: this.#local,
      entropy,
      ciphers,
      limits,
      timers: this.#timers,
      send: this.#send,
      counts: this.#around.counts,
      giveUp: (pending) => this.#pendingDue(pending),
    });
    this.#closings = new ClosingChannels(this.#timers, this.#send);
    this.#windows = new ReceiveWindows(limits);
    this.#loans = new Loans(limits.channelsLentBytesMax);
  }

  /** Channels open, opening and pending. */
  get channelCount(): number {
    return this.#channels.size;
  }

  /** By which datagrams find them: one for each channel, two or three during a fresh handshake. */
  get indexCount(): number {
    return this.#channels.indexCount;
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
    this.#channels.requireRoomFor(peerKey);
    const handle = this.#channels.newHandle();
    const place = { handle, index: this.#channels.freeIndex(), peerKey };
    const { ciphers, entropy } = this.#options;
    const secret = entropy.bytes(X25519_BYTES);
    const connecting = Connecting.begin(this.#local, options, ciphers, place, secret, now);
    this.#channels.add(connecting);
    this.#sendMessage1(connecting, now);
    return handle;
  }

  /**
   * `opened` follows when the initiator is heard from, `failed` if it is not. Undefined where the request is gone: its
   * time is up, or a limit was reached meanwhile.
   */
  accept(request: number, now: Instant): number | undefined {
    const pending = this.#pendings.unanswered(request);
    if (pending === undefined) return undefined;
    const { peerKey, cipher, initiatorIndex, from, offer } = pending;
    if (!this.#channels.hasRoomFor(peerKey)) {
      this.#pendings.forget(pending);
      return undefined;
    }
    const index = this.#channels.freeIndex();
    const keys = this.#pendings.answer(pending, { accepted: true, cipher, index }, now);
    if (keys === undefined) return undefined;
    const channel = this.#openChannel(
      {
        handle: this.#channels.newHandle(),
        index,
        peerIndex: initiatorIndex,
        peerKey,
        address: from,
        delivery: offer.delivery,
        cipher,
        initiator: false,
        initialRttMs: undefined,
      },
      keys,
      now,
    );
    this.#pendings.bind(pending, channel);
    return channel.parts.handle;
  }

  /** A sealed answer that says why. For those who may know that we exist; `ignore` for all others. */
  refuse(request: number, reason: number, now: Instant): void {
    checkReason(reason);
    const pending = this.#pendings.unanswered(request);
    if (pending === undefined) return;
    const keys = this.#pendings.answer(pending, { accepted: false, reason }, now);
    if (keys !== undefined) eraseSplitKeys(keys);
  }

  /** No answer at all. */
  ignore(request: number): void {
    const pending = this.#pendings.unanswered(request);
    if (pending !== undefined) this.#pendings.forget(pending);
  }

  /** After the event `rekey`. False where the channel is gone. */
  acceptRekey(handle: number, now: Instant): boolean {
    const channel = this.#channels.get(handle);
    if (!(channel instanceof Channel)) return false;
    if (channel.rekeyIsAsked) channel.acceptRekey(now);
    this.#ready.add(channel);
    return true;
  }

  /**
   * The id of the message; `acknowledged` or `expired` follows, or `closed`. The bytes are kept by reference until then.
   * "blocked": the channel's queue is full, try again after an outcome. "unknown": no open channel.
   */
  send(handle: number, message: Uint8Array, deadline: Instant): number | "too-large" | "blocked" | "unknown" {
    const channel = this.#channels.get(handle);
    if (!(channel instanceof Channel) || !channel.usable) return "unknown";
    const reliable = channel.parts.delivery === "reliable";
    const id = channel.reliability.send(message, { reliable, deadline });
    this.#ready.add(channel);
    return id;
  }

  /** The host is done with the oldest `count` messages delivered: the peer may send as many more. */
  consumed(handle: number, count: number): void {
    const channel = this.#channels.get(handle);
    if (!(channel instanceof Channel)) return;
    channel.reliability.consumed(count);
    this.#loans.note(channel);
    this.#collect(channel); // an unreliable message may have waited for room
    this.#ready.add(channel);
  }

  /** At once and for good: the keys are erased, the peer is told a few times. False where there is no such channel. */
  close(handle: number, reason: number, now: Instant): boolean {
    checkReason(reason);
    const entry = this.#channels.get(handle);
    if (entry === undefined) return false;
    if (entry instanceof Channel) this.#closings.tell(entry, reason, now);
    this.#remove(entry);
    return true;
  }

  /** Every channel, as `close`; requests are ignored. */
  closeAll(reason: number, now: Instant): void {
    for (const entry of [...this.#channels.entries()]) this.close(entry.parts.handle, reason, now);
    this.#pendings.forgetAll();
  }

  /** One UDP payload. The bytes are not kept. */
  handle(datagram: Uint8Array, from: Address, now: Instant): void {
    this.#noticeSleep(now);
    const cause = this.#handle(datagram, from, now);
    if (cause !== undefined) this.dropped[cause]++;
  }

  handleTimeout(now: Instant): void {
    this.#noticeSleep(now);
    for (let item = this.#timers.peek(); item !== undefined; item = this.#timers.peek()) {
      if (item.dueAt! > now) return;
      this.#timers.set(item, undefined);
      if (item instanceof Channel) this.#channelDue(item, now);
      else if (item instanceof Connecting) this.#connectingDue(item, now);
      else if (item.kind === "closing") this.#closings.handleTimeout(item, now);
      else if (item.kind === "loans") this.#lent(item.handleTimeout(now));
      else this.#pendingDue(item);
    }
  }

  /** What the host is to do next; undefined when there is nothing more. */
  poll(now: Instant): AfcEvent | Transmit | undefined {
    const queued = this.#events.shift() ?? this.#transmits.shift();
    if (queued !== undefined) return queued;
    // Before what is said moves the timers that tell of it.
    this.#noticeSleep(now);
    if (this.#loans.isDue) this.#lent(this.#loans.settle(now));
    for (const channel of this.#ready) {
      this.#ready.delete(channel);
      const transmit = channel.produce(now);
      if (transmit !== undefined) {
        if (channel.parts.delivery === "unreliable") this.#collect(channel);
        this.#ready.add(channel); // behind the others
        return transmit;
      }
      this.#timers.set(channel, channel.nextTimeout());
    }
    return undefined;
  }

  /** Valid once `poll` is empty. */
  nextTimeout(): Instant | undefined {
    return this.#timers.peek()?.dueAt;
  }

  #noticeSleep(now: Instant): void {
    if (!this.#sleep.woke(this.#timers.peek()?.dueAt, now)) return;
    for (const entry of this.#channels.entries()) if (entry instanceof Channel) entry.woke(now);
  }

  #handle(datagram: Uint8Array, from: Address, now: Instant): Dropped | undefined {
    const type = datagramType(datagram);
    if (type === undefined) return "malformed";
    if (type === TYPE.message1) return this.#message1(datagram, from, now);
    const entry = this.#channels.atIndex(indexOf(datagram));
    if (entry === undefined) {
      if (type === TYPE.datagram) this.#closings.heard(datagram, now);
      return "unknown";
    }
    if (entry instanceof Channel) {
      return type === TYPE.datagram ? this.#datagram(entry, datagram, from, now) : "unknown";
    }
    if (type === TYPE.message2) return this.#message2(entry, datagram, from, now);
    return type === TYPE.cookie ? entry.readCookie(datagram, now) : "unknown";
  }

  #message1(datagram: Uint8Array, from: Address, now: Instant): Dropped | undefined {
    const pending = this.#pendings.receive(datagram, from, this.#channels, now);
    if (typeof pending !== "object") return pending;
    this.#events.push(requestOf(pending));
    return undefined;
  }

  #message2(connecting: Connecting, datagram: Uint8Array, from: Address, now: Instant): Dropped | undefined {
    const read = connecting.read(datagram, from, now);
    if (typeof read !== "object") return read;
    const { answer, keys } = read;
    const { handle, index, peerKey, address, delivery } = connecting.parts;
    this.#remove(connecting);
    if (!answer.accepted) {
      eraseSplitKeys(keys);
      this.#events.push({ kind: "refused", handle, reason: answer.reason });
      return undefined;
    }
    const { cipher, index: peerIndex } = answer;
    const initialRttMs = connecting.roundTripMs(now);
    const channel = this.#openChannel(
      { handle, index, peerIndex, peerKey, address, delivery, cipher, initiator: true, initialRttMs },
      keys,
      now,
    );
    this.#ready.add(channel);
    this.#events.push({ kind: "opened", handle });
    return undefined;
  }

  #datagram(channel: Channel, datagram: Uint8Array, from: Address, now: Instant): Dropped | undefined {
    const { handle } = channel.parts;
    const wasHeard = channel.heard;
    const outcome = channel.receive(datagram, from, now);
    const pending = wasHeard || !channel.heard ? undefined : this.#pendings.release(channel);
    if (pending !== undefined) {
      // Whoever had the answer may have had it at another address than the datagram says.
      if (pending.answeredAt.length > 1) channel.path.doubt(from, datagram.length, pending.answeredAt, now);
      this.#events.push({ kind: "opened", handle });
    }
    if (outcome === "replayed" || outcome === "forged") return outcome;
    this.#loans.note(channel);
    if (outcome === "closed") channel.reliability.receivesNoMore();
    this.#collect(channel);
    if (outcome === "closed") {
      this.#remove(channel);
      this.#events.push({ kind: "closed", handle, reason: channel.closeReason, byPeer: true });
      return undefined;
    }
    // Also after authentic nonsense: it counts as being heard, which moves a timer.
    this.#ready.add(channel);
    if (outcome === "rekey") this.#events.push({ kind: "rekey", handle });
    return outcome === "ok" || outcome === "rekey" ? undefined : outcome;
  }

  #connectingDue(connecting: Connecting, now: Instant): void {
    if (connecting.handleTimeout(now)) {
      this.#sendMessage1(connecting, now);
      return;
    }
    this.#remove(connecting);
    this.#events.push({ kind: "failed", handle: connecting.parts.handle, reason: "timeout" });
  }

  #pendingDue(pending: Pending): void {
    this.#pendings.forget(pending);
    const { channel } = pending;
    if (channel === undefined) return;
    this.#remove(channel);
    this.#events.push({ kind: "failed", handle: channel.parts.handle, reason: "timeout" });
  }

  #channelDue(channel: Channel, now: Instant): void {
    const reason = channel.handleTimeout(now);
    if (reason !== undefined) channel.reliability.receivesNoMore();
    this.#collect(channel);
    if (reason === undefined) {
      this.#ready.add(channel);
      return;
    }
    this.#closings.tell(channel, reason, now);
    this.#remove(channel);
    this.#events.push({ kind: "closed", handle: channel.parts.handle, reason, byPeer: false });
  }

  #sendMessage1(connecting: Connecting, now: Instant): void {
    this.#send(connecting.produce(now), connecting.parts.address);
    this.#timers.set(connecting, connecting.nextTimeout());
  }

  /** Erases the keys. */
  #openChannel(parts: Omit<ChannelParts, "receiveWindow">, keys: SplitKeys, now: Instant): Channel {
    const { firstSequence } = this.#options;
    const receiveWindow = this.#windows.take(parts.peerKey);
    const channel = new Channel({ ...parts, firstSequence, receiveWindow }, this.#around, keys, now);
    this.#channels.add(channel);
    return channel;
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

  /** Their windows are others now. */
  #lent(channels: readonly Channel[]): void {
    for (const channel of channels) this.#ready.add(channel);
    this.#timers.set(this.#loans, this.#loans.nextTimeout());
  }

  /** Out of every table, keys erased. */
  #remove(entry: Connecting | Channel): void {
    this.#timers.set(entry, undefined);
    this.#channels.delete(entry);
    entry.erase();
    if (entry instanceof Connecting) return;
    this.#ready.delete(entry);
    this.#windows.giveBack(entry.parts.peerKey, entry.parts.receiveWindow);
    this.#loans.gone(entry);
    this.#pendings.release(entry);
  }
}
