/**
 * The key sets of one channel. Each handshake makes a session: a key and its rotation for each direction, and the two
 * indexes datagrams under them are addressed by. Sequence numbers belong to the channel and go on from one session to
 * the next, so that no number comes twice, under any key.
 *
 *   initiator                                       responder
 *   current A                                       current A
 *     ── rekey 1 under A ───────────────────────────►  next B: opens with it, still seals with A
 *   current B, previous A  ◄─────── rekey 2 under A ──
 *     ── anything under B ──────────────────────────►  current B, previous A
 *     ◄──────────────────────────── anything under B ──
 *
 * Whoever makes a session current erases the key the one before sealed with. What it opened with stays for stragglers
 * numbered lower than anything opened under its successor, until some time after the peer was heard under the successor. An
 * initiator that is not heard under it is at the mercy of who has the old keys, and keeps the new ones from being heard: not for
 * long.
 */
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import type { AfcCounts } from "./afc-counts.ts";
import { PREVIOUS_KEY_MS } from "./keys.ts";
import type { ReceiveKeys, SendKeys } from "./keys.ts";
import { REKEY_WITHIN_MS } from "./rekey.ts";
import { indexOf } from "./wire.ts";

export interface Session {
  /** Ours. */
  readonly index: number;
  readonly peerIndex: number;
  readonly send: SendKeys;
  readonly receive: ReceiveKeys;
  readonly startedAt: Instant;
}

interface Indexes {
  /** No session has it any more. */
  release(index: number): void;
}

export class Sessions {
  readonly #indexes: Indexes;
  readonly #counts: Pick<AfcCounts, "rekeys">;
  #current: Session;
  #next: Session | undefined;
  #previous: Session | undefined;
  /** Undefined until the peer was heard under the current session. */
  #previousUntil: Instant | undefined;
  /** Until when the peer must be heard under the current session, where it has not been. */
  #confirmBy: Instant | undefined;
  /** Lowest number opened under the current session. */
  #first = Infinity;

  constructor(first: Session, indexes: Indexes, counts: Pick<AfcCounts, "rekeys">) {
    this.#counts = counts;
    this.#current = first;
    this.#indexes = indexes;
  }

  get current(): Session {
    return this.#current;
  }

  /** Neither is another session under way, nor do stragglers of the one before matter any more. */
  get settled(): boolean {
    return this.#next === undefined && this.#previous === undefined;
  }

  /** The responder waits for the initiator to use what it agreed to. */
  get prepared(): boolean {
    return this.#next !== undefined;
  }

  /** The peer has not been heard under the current session, which is not the first. */
  get unconfirmed(): boolean {
    return this.#previous !== undefined && this.#previousUntil === undefined;
  }

  get indexes(): number[] {
    return [this.#current, this.#next, this.#previous].flatMap((s) => (s === undefined ? [] : [s.index]));
  }

  /** Sealed and opened under the current session, of plaintext. */
  get bytes(): number {
    return this.#current.send.totalBytes + this.#current.receive.totalBytes;
  }

  /** The responder's: current as soon as the initiator is heard under it. */
  prepare(next: Session): void {
    this.#next = next;
  }

  /** The initiator's: current at once. */
  change(next: Session, now: Instant): void {
    this.#retire();
    this.#current = next;
    this.#first = Infinity;
    this.#previousUntil = undefined;
    this.#confirmBy = after(now, REKEY_WITHIN_MS);
  }

  /** The peer agreed to the current session, and has not taken part in it. */
  isOver(now: Instant): boolean {
    return this.#confirmBy !== undefined && now >= this.#confirmBy;
  }

  /** This device slept: the peer has its time all the same. */
  woke(now: Instant): void {
    if (this.#confirmBy !== undefined) this.#confirmBy = after(now, REKEY_WITHIN_MS);
  }

  /**
   * In place. False where the datagram does not authenticate: nothing is committed then. Its index and phase name the
   * one key that is tried.
   */
  open(datagram: Uint8Array, sequence: number, nonce: Uint8Array, now: Instant): boolean {
    const index = indexOf(datagram);
    const phase = datagram[1]!;
    if (index === this.#current.index) {
      if (!this.#current.receive.open(phase, sequence, nonce, datagram, now)) return false;
      if (sequence < this.#first) this.#first = sequence;
      if (this.unconfirmed) this.#previousUntil = after(now, PREVIOUS_KEY_MS);
      this.#confirmBy = undefined;
      return true;
    }
    if (index === this.#next?.index) {
      // Sessions never go back as numbers go up.
      if (sequence <= this.#current.receive.highest) return false;
      if (!this.#next.receive.open(phase, sequence, nonce, datagram, now)) return false;
      this.#retire();
      // It counts from its first use, as the initiator's does: the answer may have been on its way for long.
      this.#current = { ...this.#next, startedAt: now };
      this.#next = undefined;
      this.#first = sequence;
      this.#previousUntil = after(now, PREVIOUS_KEY_MS);
      return true;
    }
    if (index !== this.#previous?.index || sequence >= this.#first) return false;
    return this.#previous.receive.open(phase, sequence, nonce, datagram, now);
  }

  get dueAt(): Instant | undefined {
    const { receive } = this.#current;
    return earliest(this.#previousUntil, this.#confirmBy, receive.dueAt, this.#previous?.receive.dueAt);
  }

  handleTimeout(now: Instant): void {
    this.#current.receive.handleTimeout(now);
    this.#previous?.receive.handleTimeout(now);
    if (this.#previousUntil === undefined || now < this.#previousUntil) return;
    this.#forgetPrevious();
  }

  erase(): void {
    for (const session of [this.#current, this.#next, this.#previous]) {
      if (session === undefined) continue;
      session.send.erase();
      session.receive.erase();
      this.#indexes.release(session.index);
    }
  }

  #retire(): void {
    this.#counts.rekeys++;
    this.#forgetPrevious();
    this.#previous = this.#current;
    this.#previous.send.erase();
  }

  #forgetPrevious(): void {
    this.#previousUntil = undefined;
    if (this.#previous === undefined) return;
    this.#previous.receive.erase();
    this.#indexes.release(this.#previous.index);
    this.#previous = undefined;
  }
}
