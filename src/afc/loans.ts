/**
 * What a channel's peer may send beyond the channel's own window, for one long message at a time, out of one pool that all
 * channels share.
 *
 *   the peer is blocked ─► waits, first come first served ─► has all that its message lacks, or nothing
 *   the message was consumed ─► back in the pool: as much is not granted again
 *   promised and not used for `idleMs` while others wait, or by a peer that waits itself ─► withdrawn
 *
 * Nobody waits while it holds what another waits for, so that they all get their turn. One peer has an eighth of the pool at
 * most, or one message.
 */
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import type { Reliability } from "../dgram-reliability/index.ts";
import type { ReceiveWindowSize } from "./receive-windows.ts";
import type { Timed } from "./timer-heap.ts";
import { messageBytesMax } from "./wire.ts";

/** A channel, as far as it borrows. */
export interface Borrower {
  readonly parts: { readonly peerKey: string; readonly receiveWindow: ReceiveWindowSize };
  readonly reliability: Pick<
    Reliability,
    | "peerBlockedBytes"
    | "receivedBytesHeld"
    | "receiveWindowBytes"
    | "growReceiveWindow"
    | "shrinkReceiveWindow"
    | "withdrawReceiveWindow"
  >;
}

interface Loan {
  bytes: number;
  /** When it was last seen to be in use, or granted. */
  usedAt: Instant;
  /** The peer has been told. */
  told: boolean;
}

/** The peer had said that its message was ready: a few round trips would do. */
const IDLE_MS = 5000;

export class Loans<B extends Borrower> implements Timed {
  heapIndex = -1;
  dueAt: Instant | undefined;
  readonly kind = "loans";

  readonly #peerMax: number;
  #free: number;
  readonly #loans = new Map<B, Loan>();
  readonly #byPeer = new Map<string, number>();
  /** In the order in which they came. */
  readonly #waiting = new Set<B>();
  /** Something happened to them since `settle`. */
  readonly #noted = new Set<B>();

  constructor(poolBytes: number) {
    if (poolBytes < messageBytesMax.reliable) throw new RangeError("the pool is less than one message");
    this.#free = poolBytes;
    this.#peerMax = Math.floor(poolBytes / 8);
  }

  /** After anything was received, or consumed by the host. */
  note(channel: B): void {
    if (channel.reliability.peerBlockedBytes !== undefined || this.#loans.has(channel))
      this.#noted.add(channel);
  }

  /** The channel is no more. */
  gone(channel: B): void {
    this.#noted.delete(channel);
    this.#waiting.delete(channel);
    this.#account(channel, 0);
  }

  get isDue(): boolean {
    return this.#noted.size > 0;
  }

  /** The channels that have something to say to their peers, of those that were noted and those that waited. */
  settle(now: Instant): B[] {
    const changed: B[] = [];
    for (const channel of this.#noted) {
      const lacks = lacking(channel);
      if (lacks > 0) this.#waiting.add(channel);
      else this.#waiting.delete(channel);
      const loan = this.#loans.get(channel);
      if (loan !== undefined) this.#giveBack(channel, loan, lacks, changed);
    }
    this.#noted.clear();
    this.#serve(now, changed);
    return changed;
  }

  /** As `settle`, at `nextTimeout`. */
  handleTimeout(now: Instant): B[] {
    const changed: B[] = [];
    for (const [channel, loan] of this.#loans) {
      if (now < after(loan.usedAt, IDLE_MS)) continue;
      if (channel.reliability.receivedBytesHeld > channel.parts.receiveWindow.bytes) loan.usedAt = now;
      else this.#withdraw(channel, changed);
    }
    this.#serve(now, changed);
    return changed;
  }

  nextTimeout(): Instant | undefined {
    if (this.#waiting.size === 0) return undefined;
    let at: Instant | undefined;
    for (const { usedAt } of this.#loans.values()) at = earliest(at, after(usedAt, IDLE_MS));
    return at;
  }

  #giveBack(channel: B, loan: Loan, lacks: number, changed: B[]): void {
    const { reliability, parts } = channel;
    const isBlocked = reliability.peerBlockedBytes !== undefined;
    if (!isBlocked) loan.told = true;
    // Its next message does not fit: what it has is of no use to it, and would keep others waiting.
    if (lacks > 0) this.#withdraw(channel, changed);
    else if (!isBlocked || (loan.told && this.#waiting.size > 0)) {
      reliability.shrinkReceiveWindow(parts.receiveWindow.bytes);
      this.#account(channel, reliability.receiveWindowBytes - parts.receiveWindow.bytes);
    }
  }

  #withdraw(channel: B, changed: B[]): void {
    const { bytes } = channel.parts.receiveWindow;
    channel.reliability.withdrawReceiveWindow(bytes);
    this.#account(channel, channel.reliability.receiveWindowBytes - bytes);
    changed.push(channel);
  }

  #serve(now: Instant, changed: B[]): void {
    for (const channel of this.#waiting) {
      const lacks = lacking(channel);
      if (lacks === 0) {
        this.#waiting.delete(channel);
        continue;
      }
      const ofPeer = this.#byPeer.get(channel.parts.peerKey) ?? 0;
      if (ofPeer > 0 && ofPeer + lacks > this.#peerMax) continue; // its own turn comes, and others do not wait for it
      if (lacks > this.#free) return; // nobody after it takes what it waits for
      const { reliability, parts } = channel;
      const bytes = reliability.receiveWindowBytes + lacks;
      reliability.growReceiveWindow(parts.receiveWindow.messages, bytes);
      this.#account(channel, bytes - parts.receiveWindow.bytes);
      const loan = this.#loans.get(channel)!;
      loan.usedAt = now;
      loan.told = false;
      this.#waiting.delete(channel);
      changed.push(channel);
    }
  }

  /** The channel has borrowed so much. */
  #account(channel: B, bytes: number): void {
    const { peerKey } = channel.parts;
    const loan = this.#loans.get(channel);
    const difference = bytes - (loan?.bytes ?? 0);
    if (difference === 0) return;
    this.#free -= difference;
    const ofPeer = (this.#byPeer.get(peerKey) ?? 0) + difference;
    if (ofPeer === 0) this.#byPeer.delete(peerKey);
    else this.#byPeer.set(peerKey, ofPeer);
    if (bytes === 0) this.#loans.delete(channel);
    else if (loan === undefined) this.#loans.set(channel, { bytes, usedAt: NEVER, told: false });
    else loan.bytes = bytes;
  }
}

const NEVER = 0 as Instant;

/** What the window would have to grow by for the message the peer is blocked with; 0 where that only waits for its turn. */
function lacking({ reliability }: Borrower): number {
  const { peerBlockedBytes, receivedBytesHeld, receiveWindowBytes } = reliability;
  if (peerBlockedBytes === undefined) return 0;
  return Math.max(
    0,
    Math.min(peerBlockedBytes, LIMITS.channelMessageBytesMax) + receivedBytesHeld - receiveWindowBytes,
  );
}
