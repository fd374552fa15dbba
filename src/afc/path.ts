/**
 * Where the peer is. It may move, or the translation in front of it change; and anybody on the way can send a datagram
 * of its on from elsewhere. So an address is believed when the peer answers a ping there, and the old one does not.
 *
 *   newest authentic datagram from another address ─► ping both, a few times
 *     the old address answers, or is heard from later ──► nothing changes
 *     only the new one answers ───────────────────────► at the end of the wait the channel moves
 *
 * One challenge at a time. To an address that has not answered go at most three times the bytes that came from it.
 */
import type { Address } from "../base/address.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { AEAD_TAG_BYTES } from "../crypto/cipher-suite.ts";
import { DATAGRAM_HEADER_BYTES, MESSAGE_1_BYTES_MIN, MESSAGE_2_BYTES, PING_BYTES } from "./wire.ts";

/** RFC 9000 section 8. */
export const UNPROVEN_FACTOR = 3;
/** Of a challenge: so that one lost datagram does not decide. */
const ROUNDS = 4;
/** How long a challenge takes: this many round trips, within these bounds. */
const ROUND_TRIPS = 4;
const CHALLENGE_MIN_MS = 500;
const CHALLENGE_MAX_MS = 4000;
/** From the end of a challenge to the next. */
const CHALLENGE_EVERY_MS = 1000;
/** From so many addresses message 1 may have come; the peer may turn out to be at one more. */
export const ANSWERED_AT_MAX = 4;
const CANDIDATES_MAX = ANSWERED_AT_MAX + 1;
const PROBE_FIRST_MS = 250;
const PROBE_EVERY_MAX_MS = 4000;

export const PING_DATAGRAM_BYTES = DATAGRAM_HEADER_BYTES + PING_BYTES + AEAD_TAG_BYTES;
const TOKEN_BYTES = PING_BYTES - 1;

/** An address that has not answered. */
interface Probe {
  readonly address: Address;
  readonly token: Uint8Array;
  receivedBytes: number;
  sentBytes: number;
  rounds: number;
  againAt: Instant | undefined;
}

interface Challenge extends Probe {
  readonly oldToken: Uint8Array;
  /** What is heard from the old address after this number shows that the peer is still there. */
  readonly sequence: number;
  readonly everyMs: number;
  readonly endsAt: Instant;
  answered: boolean;
}

export interface Ping {
  readonly token: Uint8Array;
  readonly to: Address;
}

export class Path {
  readonly #entropy: Entropy;
  #address: Address;
  /** Where the peer may be, `#address` among it, until one of them is proven; then empty. */
  #candidates: Probe[] = [];
  #challenge: Challenge | undefined;
  #notBefore: Instant | undefined;
  #ping: Ping | undefined;

  constructor(address: Address, entropy: Entropy) {
    this.#address = address;
    this.#entropy = entropy;
  }

  get address(): Address {
    return this.#address;
  }

  /** Until then nothing but pings, pongs and closes may go there. */
  get isProven(): boolean {
    return this.#candidates.length === 0;
  }

  /**
   * The peer is at this address, from which so many bytes came, for all we know; and that is not much. `others`: from where
   * message 1 came. Whoever sent it on from there may send on everything, and first, so that nothing else is heard of the
   * address that is the peer's.
   */
  doubt(address: Address, receivedBytes: number, others: readonly Address[], now: Instant): void {
    this.#challenge = undefined;
    this.#ping = undefined;
    this.#candidates = others.map((other) => this.#probe(other, MESSAGE_1_BYTES_MIN, now));
    for (const candidate of this.#candidates) candidate.sentBytes = MESSAGE_2_BYTES;
    this.#maybeAt(address, receivedBytes, now);
  }

  /**
   * An authentic datagram.
   * @param newest its number is higher than any before
   */
  heard(from: Address, sequence: number, newest: boolean, bytes: number, rttMs: number, now: Instant): void {
    if (!this.isProven) {
      if (newest || sameAddress(from, this.#address)) this.#maybeAt(from, bytes, now);
      return;
    }
    const challenge = this.#challenge;
    if (challenge !== undefined) {
      if (sameAddress(from, challenge.address)) challenge.receivedBytes += bytes;
      else if (sameAddress(from, this.#address) && sequence > challenge.sequence) this.#end(now);
      return;
    }
    if (!newest || sameAddress(from, this.#address)) return;
    if (this.#notBefore !== undefined && now < this.#notBefore) return;
    const lengthMs = Math.min(Math.max(ROUND_TRIPS * rttMs, CHALLENGE_MIN_MS), CHALLENGE_MAX_MS);
    this.#challenge = {
      ...this.#probe(from, bytes, now),
      oldToken: this.#entropy.bytes(TOKEN_BYTES),
      sequence,
      everyMs: lengthMs / ROUNDS,
      endsAt: after(now, lengthMs),
      answered: false,
    };
  }

  /** A pong, wherever it came from: who knows the token has had the ping. False where it is none of ours. */
  ponged(token: Uint8Array, now: Instant): boolean {
    const proven = this.#candidates.find((candidate) => equalBytes(token, candidate.token));
    if (proven !== undefined) {
      this.#address = proven.address;
      this.#candidates = [];
      return true;
    }
    const challenge = this.#challenge;
    if (challenge === undefined) return false;
    if (equalBytes(token, challenge.oldToken)) this.#end(now);
    else if (equalBytes(token, challenge.token)) challenge.answered = true;
    else return false;
    return true;
  }

  /** What to ask, and where. */
  nextPing(now: Instant): Ping | undefined {
    const second = this.#ping;
    this.#ping = undefined;
    if (second !== undefined) return second;
    const challenge = this.#challenge;
    const probe = [...this.#candidates, challenge].find((p) => p?.againAt !== undefined && now >= p.againAt);
    if (probe === undefined) return undefined;
    const old = challenge && { token: challenge.oldToken, to: this.#address };
    probe.rounds++;
    if (challenge === undefined) {
      const waitMs = Math.min(PROBE_FIRST_MS * 2 ** (probe.rounds - 1), PROBE_EVERY_MAX_MS);
      probe.againAt = after(now, waitMs);
    } else {
      probe.againAt = challenge.rounds < ROUNDS ? after(now, challenge.everyMs) : undefined;
    }
    if (!this.takeAllowance(probe.address, PING_DATAGRAM_BYTES)) {
      // Nothing more may go there; the old address is asked all the same.
      if (challenge !== undefined) return old;
      probe.againAt = undefined;
      return this.nextPing(now);
    }
    this.#ping = old;
    return { token: probe.token, to: probe.address };
  }

  /** Whether so many bytes may go to an address, which are then counted as sent. */
  takeAllowance(to: Address, bytes: number): boolean {
    const probe = [...this.#candidates, this.#challenge].find((p) => p && sameAddress(to, p.address));
    if (probe === undefined) return true;
    if (probe.sentBytes + bytes > UNPROVEN_FACTOR * probe.receivedBytes) return false;
    probe.sentBytes += bytes;
    return true;
  }

  /** True where the peer's address is another now. */
  handleTimeout(now: Instant): boolean {
    const challenge = this.#challenge;
    if (challenge === undefined || now < challenge.endsAt) return false;
    this.#end(now);
    if (challenge.answered) this.#address = challenge.address;
    return challenge.answered;
  }

  nextTimeout(): Instant | undefined {
    const candidates = this.#candidates.map((candidate) => candidate.againAt);
    return earliest(...candidates, this.#challenge?.againAt, this.#challenge?.endsAt);
  }

  /** One more candidate, or more of one there is. */
  #maybeAt(address: Address, bytes: number, now: Instant): void {
    this.#address = address;
    const known = this.#candidates.find((candidate) => sameAddress(address, candidate.address));
    if (known !== undefined) {
      known.receivedBytes += bytes;
      known.againAt ??= after(now, PROBE_FIRST_MS);
      return;
    }
    if (this.#candidates.length === CANDIDATES_MAX) {
      this.#candidates.splice(
        displacedBy(
          address,
          this.#candidates.map((known) => known.address),
        ),
        1,
      );
    }
    this.#candidates.push(this.#probe(address, bytes, now));
  }

  #probe(address: Address, receivedBytes: number, now: Instant): Probe {
    const token = this.#entropy.bytes(TOKEN_BYTES);
    return { address, token, receivedBytes, sentBytes: 0, rounds: 0, againAt: now };
  }

  #end(now: Instant): void {
    this.#challenge = undefined;
    this.#ping = undefined;
    this.#notBefore = after(now, CHALLENGE_EVERY_MS);
  }
}

/** Which of them makes way: the last of the same host, so that who has many ports displaces itself; else the last. */
export function displacedBy({ host }: Address, addresses: readonly Address[]): number {
  const own = addresses.findLastIndex((address) => address.host === host);
  return own < 0 ? addresses.length - 1 : own;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.host === b.host;
}
