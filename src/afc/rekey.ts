/**
 * A fresh handshake inside a channel, for what the old keys may have told somebody: Noise IK once more, bound to the
 * handshake before by its hash. The initiator of the channel begins it; the responder's host is asked as it was for the
 * first. Both messages travel as frames under the keys there are, so that nobody outside sees or disturbs it.
 */
import { concat, equalBytes } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { X25519_BYTES } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";
import type { Local } from "./handshake.ts";
import { Initiator, Responder } from "./noise.ts";
import type { SplitKeys } from "./noise.ts";
import { FRAME, REKEY_1_BYTES, REKEY_2_BYTES, decodeIndex, encodeIndex } from "./wire.ts";

export interface RekeyLimits {
  /** Since the last handshake. At least 10 seconds, which a session's stragglers take. */
  readonly rekeyAfterMs: number;
  /** Of plaintext in both directions since the last handshake. */
  readonly rekeyAfterBytes: number;
}

export const REKEY_DEFAULTS: RekeyLimits = { rekeyAfterMs: 3_600_000, rekeyAfterBytes: 2 ** 32 };

/** A peer that answers everything else and not this has its channel closed. */
export const REKEY_WITHIN_MS = 60_000;
/** Answers that are none, from a peer that proved to be who it is; each costs two curve operations. */
const WRONG_ANSWERS_MAX = 8;
const AGAIN_MS = 250;
const AGAIN_MAX_MS = 4000;
/**
 * How long a responder waits for the initiator to begin, and then for it to use what was agreed on: the ends do not count
 * from the same moment, and each has a minute.
 */
export const REKEY_OVERDUE_MS = 3 * REKEY_WITHIN_MS;
/**
 * How many bytes more: the initiator may have set as many for itself, where the responder is content with few, and what is lost
 * only its sender counts. So a responder that sent most of them may come to its limit, and its peer, with nothing more to come, never.
 */
export const REKEY_OVERDUE_BYTES = 2 ** 32;
/** At the responder: two handshakes, each of which costs four curve operations. */
const RESPOND_EVERY_MS = 1000;

/** What both ends of a rekey come to. */
export interface Rekeyed {
  readonly index: number;
  readonly peerIndex: number;
  readonly keys: SplitKeys;
}

interface Running {
  readonly initiator: Initiator;
  readonly index: number;
  readonly frame: Uint8Array;
  deadline: Instant;
  attempts: number;
  againAt: Instant;
  wrongAnswers: number;
}

export class RekeyInitiator {
  #running: Running | undefined;

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** `index`: what we want to be addressed by. */
  begin(
    local: Local,
    peerKey: Uint8Array,
    hash: Uint8Array,
    index: number,
    ephemeralSecret: Uint8Array,
    now: Instant,
  ): void {
    // Its key was good for the first handshake, so it is for this one.
    const { initiator, message } = Initiator.start(
      local.suite,
      prologueOf(hash),
      local.staticKey,
      peerKey,
      ephemeralSecret,
      encodeIndex(index),
    )!;
    const frame = concat(Uint8Array.of(FRAME.rekey1), message);
    const deadline = after(now, REKEY_WITHIN_MS);
    this.#running = { initiator, index, frame, deadline, attempts: 0, againAt: now, wrongAnswers: 0 };
  }

  /** Message 1, when it is time to send it (again). */
  produce(now: Instant): Uint8Array | undefined {
    const running = this.#running;
    if (running === undefined || now < running.againAt) return undefined;
    running.againAt = after(now, Math.min(AGAIN_MS * 2 ** running.attempts++, AGAIN_MAX_MS));
    return running.frame;
  }

  /** Of a rekey 2 frame. Undefined where it is not the answer; "late" where none is waited for. */
  receive(frame: Uint8Array): Rekeyed | "late" | undefined {
    const running = this.#running;
    if (frame.length !== REKEY_2_BYTES) return undefined;
    if (running === undefined) return "late";
    if (running.wrongAnswers >= WRONG_ANSWERS_MAX) return undefined;
    const finished = running.initiator.finish(frame.subarray(1));
    const peerIndex = finished && decodeIndex(finished.payload);
    if (finished === undefined || peerIndex === undefined) {
      running.wrongAnswers++;
      return undefined;
    }
    this.erase();
    return { index: running.index, peerIndex, keys: finished.keys };
  }

  /** This device slept: the peer has its time all the same. */
  woke(now: Instant): void {
    if (this.#running !== undefined) this.#running.deadline = after(now, REKEY_WITHIN_MS);
  }

  isOver(now: Instant): boolean {
    return this.#running !== undefined && now >= this.#running.deadline;
  }

  nextTimeout(): Instant | undefined {
    return this.#running && earliest(this.#running.againAt, this.#running.deadline);
  }

  /** The index it would have had, for its owner to give back. */
  get index(): number | undefined {
    return this.#running?.index;
  }

  erase(): void {
    this.#running?.initiator.erase();
    this.#running = undefined;
  }
}

export class RekeyResponder {
  /** The ephemeral key of the message 1 read last. */
  #ephemeral: Uint8Array | undefined;
  /** Until the host has said yes. */
  #asked: { readonly responder: Responder; readonly peerIndex: number } | undefined;
  #answer: Uint8Array | undefined;
  #answerDue = false;
  #readAt: Instant | undefined;
  #dueSince: Instant | undefined;

  /**
   * Of a rekey 1 frame. "asked": the host is to be asked. "ok": it is known, and answered again where it was answered.
   * @param settled no other session is under way
   */
  receive(
    local: Local,
    peerKey: Uint8Array,
    hash: Uint8Array,
    frame: Uint8Array,
    settled: boolean,
    now: Instant,
  ): "asked" | "ok" | "malformed" | "limit" {
    if (frame.length !== REKEY_1_BYTES) return "malformed";
    const message = frame.subarray(1);
    const ephemeral = message.subarray(0, X25519_BYTES);
    if (this.#ephemeral !== undefined && equalBytes(this.#ephemeral, ephemeral)) {
      this.#answerDue = this.#answer !== undefined;
      return "ok";
    }
    if (!settled || this.#asked !== undefined) return "limit";
    if (this.#readAt !== undefined && now < after(this.#readAt, RESPOND_EVERY_MS)) return "limit";
    this.#readAt = now;
    const read = Responder.start(local.suite, prologueOf(hash), local.staticKey, message);
    const peerIndex = read && decodeIndex(read.payload);
    if (read === undefined || peerIndex === undefined) return "malformed";
    if (!equalBytes(read.responder.initiatorStatic, peerKey)) {
      read.responder.erase();
      return "malformed";
    }
    this.#ephemeral = ephemeral.slice();
    this.#answer = undefined;
    this.#asked = { responder: read.responder, peerIndex };
    return "asked";
  }

  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /**
   * Whether the current keys are older than promised. It is for the initiator to change that; one that does not has lost
   * the key that it would need, or never had it.
   */
  expect(isDue: boolean, now: Instant): void {
    this.#dueSince = isDue ? (this.#dueSince ?? now) : undefined;
  }

  /** This device slept: the peer has its time all the same. */
  woke(now: Instant): void {
    if (this.#dueSince !== undefined) this.#dueSince = now;
  }

  isOver(now: Instant): boolean {
    const at = this.nextTimeout();
    return at !== undefined && now >= at;
  }

  nextTimeout(): Instant | undefined {
    return this.#dueSince && after(this.#dueSince, REKEY_OVERDUE_MS);
  }

  /** The host said yes. Undefined where the initiator's ephemeral key is of low order. */
  accept(index: number, ephemeralSecret: Uint8Array): Rekeyed | undefined {
    const { responder, peerIndex } = this.#asked!;
    this.#asked = undefined;
    const finished = responder.finish(ephemeralSecret, encodeIndex(index));
    if (finished === undefined) return undefined;
    this.#answer = concat(Uint8Array.of(FRAME.rekey2), finished.message);
    this.#answerDue = true;
    return { index, peerIndex, keys: finished.keys };
  }

  /** Message 2, once for each message 1. */
  produce(): Uint8Array | undefined {
    if (!this.#answerDue) return undefined;
    this.#answerDue = false;
    return this.#answer;
  }

  /** The initiator has the answer. */
  done(): void {
    this.#answer = undefined;
    this.#answerDue = false;
  }

  erase(): void {
    this.#asked?.responder.erase();
    this.#asked = undefined;
    this.done();
  }
}

function prologueOf(hash: Uint8Array): Uint8Array {
  return concat(DOMAIN.afcRekey, hash);
}
