import { DecodeError } from "../base/errors.ts";
import { LazyMap, LazySet } from "../base/lazy.ts";
import { Assembly } from "./assembly.ts";
import { NewestWins } from "./newest-wins.ts";
import { NumberQueue } from "./number-queue.ts";
import { TUNING } from "./tuning.ts";
import { INITIAL_CREDIT } from "./wire.ts";
import type { Credit, MessageFrame, Packet } from "./wire.ts";

export interface ReceiveWindow {
  /**
   * Reliable messages held for the host at most, waiting for their turn or for `consumed`; unreliable ones are taken
   * while fewer than this, of both kinds, wait for `consumed`. At least 32.
   */
  readonly messages: number;
  /** Bytes in the reliable ones, and as many in the unreliable ones. At least 64 KiB. */
  readonly bytes: number;
  /** The only kind taken, where it is not both. */
  readonly only: "reliable" | "unreliable" | undefined;
  /** The longest single message taken. */
  readonly messageBytesMax: number;
  /** Unreliable messages older than one delivered are dropped. */
  readonly newestWins: boolean;
}

export type Deliver = (bytes: Uint8Array, reliable: boolean) => void;

/** In place of a message that was handed over before its turn. */
const HANDED_OVER = "handed-over";
const UNRELIABLE = -1;

/** Which messages have arrived, to hand each over once, in order if it wants to be. */
export class Receiver {
  #window: ReceiveWindow;
  readonly #deliver: Deliver;

  /** Every reliable message below this was handed over or given up. */
  #nextId = 0;
  /** From `#nextId` on: in part, waiting for those before them, or handed over. */
  readonly #early = new LazyMap<number, Assembly | typeof HANDED_OVER>();
  /** In the messages of `#early`. */
  #ranges = 0;
  /** Handed over, not consumed: id (or UNRELIABLE) and bytes. */
  readonly #held = new NumberQueue();
  /** Reliable, arrived at least in part and not consumed. */
  #bytesHeld = 0;
  #unreliableBytesHeld = 0;
  /** Undefined where only reliable ones are taken. */
  readonly #unreliable: NewestWins | undefined;

  /** Every reliable message below this was consumed or given up. */
  #finished = 0;
  /** Those above it that were. */
  readonly #finishedAhead = new LazySet<number>();
  /** Consumed or given up since credit was last granted. */
  #bytesFreed = 0;
  #advertised: Credit = { finished: 0, ...INITIAL_CREDIT };
  creditDue: boolean;
  /** The peer waits for credit for a message of so many bytes; -1 where it does not, as far as known. */
  #blockedBytes = -1;

  constructor(window: ReceiveWindow, deliver: Deliver) {
    if (window.messages < INITIAL_CREDIT.messages || window.bytes < INITIAL_CREDIT.bytes) {
      throw new RangeError("the receive window is at least what a peer may send unasked");
    }
    this.#window = window;
    this.#deliver = deliver;
    if (window.only !== "reliable") {
      this.#unreliable = new NewestWins(window.messageBytesMax, window.newestWins);
    }
    this.creditDue = window.messages > INITIAL_CREDIT.messages || window.bytes > INITIAL_CREDIT.bytes;
  }

  /** @throws DecodeError where the packet breaks a promise; nothing has changed then but `blockedBytes`. */
  check(packet: Packet): void {
    const limit = this.#finished + this.#window.messages;
    if (packet.forward !== undefined && packet.forward > limit)
      throw new DecodeError("forward-beyond-credit");
    const { messages } = packet;
    if (messages.length === 0) return;
    if (!ascending(messages)) checkRepeats(messages);
    let bytes = this.#bytesHeld;
    let ranges = this.#ranges;
    const { only } = this.#window;
    for (let i = 0; i < messages.length; i++) {
      const m = messages[i]!;
      if (only !== undefined && m.reliable !== (only === "reliable")) throw new DecodeError("wrong-delivery");
      if (m.total > this.#window.messageBytesMax) throw new DecodeError("message-too-large");
      if (!m.reliable) {
        this.#unreliable!.check(m);
        continue;
      }
      if (m.id < this.#nextId) continue;
      if (m.id >= limit) throw new DecodeError("message-beyond-credit");
      const there = this.#early.size === 0 ? undefined : this.#early.get(m.id);
      if (there === undefined) {
        if (!isRepeated(messages, i)) bytes += m.total;
        // One piece for each message is paid for by its credit, so that the lowest gap can always be filled.
        if (m.offset > 0) ranges++;
      } else if (there !== HANDED_OVER) {
        there.check(m);
        if (m.offset > 0 && there.isApart(m)) ranges++;
      }
    }
    if (bytes > this.#window.bytes) {
      // Its sender may have been promised as much before it was withdrawn.
      for (const m of messages) this.#blockedBytes = Math.max(this.#blockedBytes, m.total);
      throw new DecodeError("message-beyond-credit");
    }
    if (ranges > this.#ranges && ranges > TUNING.fragmentRangesMax + this.#early.size) {
      throw new DecodeError("too-many-fragments");
    }
  }

  /** After `check`. False where an unreliable message was dropped. */
  accept(packet: Packet): boolean {
    let fits = true;
    for (const m of packet.messages) {
      if (m.reliable) this.#take(m);
      else if (!this.#takeUnreliable(m)) fits = false;
    }
    if (packet.forward !== undefined) this.#giveUpTo(packet.forward);
    if (packet.blocked !== undefined) this.#blockedBytes = packet.blocked;
    if (packet.forward !== undefined || packet.blocked !== undefined) this.#noteCredit();
    return fits;
  }

  /** The host is done with the oldest `count` messages it was given. */
  consumed(count: number): void {
    if (count > this.#held.length) throw new RangeError("more messages consumed than delivered");
    for (let i = 0; i < count; i++) {
      const id = this.#held.first;
      const bytes = this.#held.second;
      this.#held.drop();
      if (id === UNRELIABLE) {
        this.#unreliableBytesHeld -= bytes;
      } else {
        this.#free(bytes);
        this.#finish(id);
      }
    }
    const kept = this.#unreliable?.kept;
    if (kept !== undefined && this.#hasRoomFor(kept.length)) {
      this.#unreliable!.take();
      this.#handOverUnreliable(kept);
    }
    this.#noteCredit();
  }

  /** Nothing more will come: what has arrived whole is handed over, in order, past what is missing. */
  end(): void {
    this.#giveUpTo(this.#finished + this.#window.messages);
  }

  get windowBytes(): number {
    return this.#window.bytes;
  }

  /** In reliable messages, from their first fragment until they are consumed. */
  get bytesHeld(): number {
    return this.#bytesHeld;
  }

  /** Down to `bytes`, as far as what was granted is used up. Of what is freed as much is simply not granted again. */
  shrink(bytes: number): void {
    const promised = this.#advertised.bytes - this.#bytesFreed;
    this.#lower(Math.max(bytes, promised, this.#bytesHeld));
  }

  /** Down to `bytes`, whatever was granted, and the peer is told so. */
  withdraw(bytes: number): void {
    if (this.#lower(Math.max(bytes, this.#bytesHeld))) this.creditDue = true;
  }

  /** False where it is no more than that. */
  #lower(bytes: number): boolean {
    const kept = Math.max(bytes, INITIAL_CREDIT.bytes);
    if (kept >= this.#window.bytes) return false;
    this.#window = { ...this.#window, bytes: kept };
    return true;
  }

  grow(messages: number, bytes: number): void {
    const window = this.#window;
    if (messages < window.messages || bytes < window.bytes) throw new RangeError("less than the window is");
    this.#window = { ...window, messages, bytes };
    this.creditDue = true;
  }

  /** Length of the message for which the peer waits, undefined while it has credit. */
  get blockedBytes(): number | undefined {
    return this.#blockedBytes < 0 ? undefined : this.#blockedBytes;
  }

  /** Allocated for, or kept in, messages that were not handed over. */
  get assemblyBytes(): number {
    let bytes = this.#unreliable?.bytes ?? 0;
    for (const m of this.#early.values()) if (m !== HANDED_OVER) bytes += m.total;
    return bytes;
  }

  takeCredit(): Credit {
    this.creditDue = false;
    this.#bytesFreed = 0;
    this.#blockedBytes = -1;
    this.#advertised = {
      finished: this.#finished,
      messages: this.#window.messages,
      bytes: this.#window.bytes,
    };
    return this.#advertised;
  }

  #take(m: MessageFrame): void {
    const { id } = m;
    if (id < this.#nextId) return;
    const there = this.#early.size === 0 ? undefined : this.#early.get(id);
    if (there === HANDED_OVER) return;
    if (there === undefined) {
      this.#bytesHeld += m.total;
      if (m.fragment.length === m.total && (id === this.#nextId || !m.ordered)) {
        this.#handOver(id, m.fragment);
        if (id === this.#nextId) this.#advance();
        else this.#early.set(id, HANDED_OVER);
        return;
      }
      const assembly = new Assembly(m);
      this.#early.set(id, assembly);
      this.#ranges += assembly.rangeCount;
      return;
    }
    if (there.complete) return;
    this.#ranges -= there.rangeCount;
    const complete = there.add(m);
    this.#ranges += there.rangeCount;
    if (!complete) return;
    if (id === this.#nextId) {
      this.#handOverEarly();
    } else if (!there.ordered) {
      this.#early.set(id, HANDED_OVER);
      this.#handOver(id, there.bytes);
    }
  }

  #takeUnreliable(m: MessageFrame): boolean {
    const newest = this.#unreliable!;
    const bytes = newest.accept(m);
    if (bytes === undefined) return true;
    if (newest.kept !== undefined || !this.#hasRoomFor(bytes.length)) return newest.keep(bytes);
    this.#handOverUnreliable(bytes);
    return true;
  }

  #hasRoomFor(unreliableBytes: number): boolean {
    return (
      this.#held.length < this.#window.messages &&
      this.#unreliableBytesHeld + unreliableBytes <= this.#window.bytes
    );
  }

  #handOverUnreliable(bytes: Uint8Array): void {
    this.#unreliableBytesHeld += bytes.length;
    this.#held.push(UNRELIABLE, bytes.length);
    this.#deliver(bytes, false);
  }

  #handOver(id: number, bytes: Uint8Array): void {
    this.#held.push(id, bytes.length);
    this.#deliver(bytes, true);
  }

  /** The message at `#nextId` is no longer waited for. */
  #advance(): void {
    this.#nextId++;
    if (this.#early.size > 0) this.#handOverEarly();
  }

  #handOverEarly(): void {
    for (;;) {
      const m = this.#early.get(this.#nextId);
      if (m === undefined || (m !== HANDED_OVER && !m.complete)) return;
      this.#early.delete(this.#nextId);
      if (m !== HANDED_OVER) this.#handOver(this.#nextId, m.bytes);
      this.#nextId++;
    }
  }

  /** What has arrived whole is handed over, what has not is forgotten. */
  #giveUpTo(id: number): void {
    while (this.#nextId < id) {
      this.#handOverEarly();
      if (this.#nextId >= id) return;
      const partly = this.#early.get(this.#nextId);
      if (partly !== undefined && partly !== HANDED_OVER) {
        this.#early.delete(this.#nextId);
        this.#ranges -= partly.rangeCount;
        this.#free(partly.total);
      }
      this.#finish(this.#nextId);
      this.#advance();
    }
  }

  #free(bytes: number): void {
    this.#bytesHeld -= bytes;
    this.#bytesFreed += bytes;
  }

  #finish(id: number): void {
    if (id !== this.#finished) {
      this.#finishedAhead.add(id);
      return;
    }
    this.#finished++;
    if (this.#finishedAhead.size === 0) return;
    while (this.#finishedAhead.delete(this.#finished)) this.#finished++;
  }

  /**
   * A quarter at a time: CREDIT is acknowledged, so one for each message would double the packets. But a peer that waits
   * with a message longer than that, or for a host that has consumed everything, would wait for ever.
   */
  #noteCredit(): void {
    const { messages, bytes } = this.#window;
    const ids = this.#finished - this.#advertised.finished;
    if (ids === 0) return;
    if (ids >= messages / 4 || this.#bytesFreed >= bytes / 4) this.creditDue = true;
    else if (this.#blockedBytes >= 0) {
      const all = this.#held.length === 0;
      if (all || (this.#blockedBytes > bytes / 4 && this.#bytesHeld + this.#blockedBytes <= bytes)) {
        this.creditDue = true;
      }
    }
  }
}

/** Honest senders begin messages in order, so that nothing else needs a second look. */
function ascending(messages: readonly MessageFrame[]): boolean {
  let reliable = -1;
  let unreliable = -1;
  for (const m of messages) {
    if (m.id <= (m.reliable ? reliable : unreliable)) return false;
    if (m.reliable) reliable = m.id;
    else unreliable = m.id;
  }
  return true;
}

function checkRepeats(messages: readonly MessageFrame[]): void {
  for (let i = 0; i < messages.length; i++) {
    const m = messages[i]!;
    for (let k = 0; k < i; k++) {
      const other = messages[k]!;
      if (other.id !== m.id || other.reliable !== m.reliable) continue;
      if (other.total !== m.total || other.ordered !== m.ordered)
        throw new DecodeError("fragment-contradicts");
      const apart =
        m.offset >= other.offset + other.fragment.length || other.offset >= m.offset + m.fragment.length;
      if (!apart || m.total === 0) throw new DecodeError("fragment-overlap");
    }
  }
}

/** Whether an earlier frame of the packet is of the same message. */
function isRepeated(messages: readonly MessageFrame[], index: number): boolean {
  const m = messages[index]!;
  if (m.fragment.length === m.total) return false;
  for (let k = 0; k < index; k++) if (messages[k]!.id === m.id && messages[k]!.reliable) return true;
  return false;
}
