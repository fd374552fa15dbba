/**
 * Datagram keys of one channel and their rotation. Phases are counted alike in both directions: whoever reaches a limit
 * starts the next phase, the other follows on the first datagram it authenticates in it. A sender starts phase n+1
 * only after the peer has acknowledged a datagram of phase n (RFC 9001 section 6.1). Having heard the peer in phase n is
 * not enough: both may have started it at once and neither have heard the other's, and then n+1 is two ahead. So a
 * receiver never derives more than one key ahead, and no loss can part the two. Reordered datagrams of the phase before still open, with the
 * key before, but only below the first number seen of the phase that replaced it.
 */
import { concat } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { AEADS, AEAD_TAG_BYTES } from "../crypto/cipher-suite.ts";
import type { Aead, AeadName, CipherSuite } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";
import { DATAGRAM_HEADER_BYTES } from "./wire.ts";

export interface RotationLimits {
  /** Of plaintext sealed in one direction. At least 65536. */
  readonly rotateAfterBytes: number;
  readonly rotateAfterDatagrams: number;
  /** Since the phase began; looked at when something is sent. */
  readonly rotateAfterMs: number;
}

export const ROTATE_BYTES_MIN = 65_536;

/** RFC 9001 section 6.6 for AES-GCM; ChaCha20-Poly1305 would stand more. A phase that long has lost its peer. */
export const PHASE_DATAGRAMS_MAX = 2 ** 23;

/** How long the key of the phase before opens stragglers. */
export const PREVIOUS_KEY_MS = 10_000;

interface Step {
  readonly chain: Uint8Array;
  readonly aead: Aead;
}

/** The chain key given stays as it is; who commits the step erases it. */
function step(suite: CipherSuite, cipher: AeadName, chain: Uint8Array): Step {
  const info = concat(DOMAIN.afcRotate, Uint8Array.of(AEADS[cipher]));
  const okm = suite.hkdf(chain, NO_SALT, info, 64);
  const key = okm.subarray(32);
  const result = { chain: okm.subarray(0, 32), aead: suite.aead(cipher, key) };
  key.fill(0);
  return result;
}

function openWith(s: Step, nonce: Uint8Array, datagram: Uint8Array): boolean {
  return s.aead.openInPlace(nonce, datagram, 0, DATAGRAM_HEADER_BYTES, datagram.length);
}

function plaintextBytes(datagram: Uint8Array): number {
  return datagram.length - DATAGRAM_HEADER_BYTES - AEAD_TAG_BYTES;
}

const NO_SALT = new Uint8Array(0);

function erase(s: Step | undefined): void {
  s?.chain.fill(0);
  s?.aead.destroy();
}

export class SendKeys {
  readonly #suite: CipherSuite;
  readonly #cipher: AeadName;
  readonly #limits: RotationLimits;
  #current: Step;
  phase = 0;
  /** Of plaintext, in all phases. */
  totalBytes = 0;
  #bytes = 0;
  #datagrams = 0;
  #startedAt: Instant;
  /** The first number sealed in this phase. Phase 0 needs no proof: every receiver starts in it. */
  #firstSequence = -1;

  /** Erases `chain`. */
  constructor(suite: CipherSuite, cipher: AeadName, chain: Uint8Array, limits: RotationLimits, now: Instant) {
    this.#suite = suite;
    this.#cipher = cipher;
    this.#limits = limits;
    this.#current = step(suite, cipher, chain);
    this.#startedAt = now;
    chain.fill(0);
  }

  get exhausted(): boolean {
    return this.#datagrams >= PHASE_DATAGRAMS_MAX;
  }

  /** A limit is reached. */
  due(now: Instant): boolean {
    return (
      this.#bytes >= this.#limits.rotateAfterBytes ||
      this.#datagrams >= this.#limits.rotateAfterDatagrams ||
      (this.#datagrams > 0 && now - this.#startedAt >= this.#limits.rotateAfterMs)
    );
  }

  /** The peer is known to have opened a datagram of this phase. */
  proven(acknowledged: number): boolean {
    return acknowledged >= this.#firstSequence;
  }

  /**
   * Before each seal. True where the key is another from here on.
   * @param sequence the number about to be sealed
   * @param peerPhase the highest phase the peer was authenticated in, -1 for none
   * @param acknowledged the highest of our numbers the peer is known to have received, -1 for none
   */
  rotate(sequence: number, peerPhase: number, acknowledged: number, now: Instant): boolean {
    const isTime = peerPhase === this.phase && this.proven(acknowledged) && this.due(now);
    if (!(isTime || peerPhase > this.phase)) return false;
    this.#next(now);
    this.#firstSequence = sequence;
    return true;
  }

  /** In place: the header, the plaintext up to `end`, and room for the tag. */
  seal(nonce: Uint8Array, datagram: Uint8Array, end: number): void {
    const bytes = end - DATAGRAM_HEADER_BYTES;
    this.#bytes += bytes;
    this.totalBytes += bytes;
    this.#datagrams++;
    this.#current.aead.sealInPlace(nonce, datagram, 0, DATAGRAM_HEADER_BYTES, end);
  }

  erase(): void {
    erase(this.#current);
  }

  #next(now: Instant): void {
    const next = step(this.#suite, this.#cipher, this.#current.chain);
    erase(this.#current);
    this.#current = next;
    this.phase++;
    this.#bytes = 0;
    this.#datagrams = 0;
    this.#startedAt = now;
  }
}

export class ReceiveKeys {
  readonly #suite: CipherSuite;
  readonly #cipher: AeadName;
  #previous: Step | undefined;
  #previousUntil: Instant | undefined;
  #current: Step;
  #next: Step | undefined;
  /** Lowest and highest number authenticated in the current phase. */
  #first = Infinity;
  #highest = -1;
  #phase = 0;
  /** Of plaintext, in all phases. */
  totalBytes = 0;

  /** Erases `chain`. */
  constructor(suite: CipherSuite, cipher: AeadName, chain: Uint8Array) {
    this.#suite = suite;
    this.#cipher = cipher;
    this.#current = step(suite, cipher, chain);
    chain.fill(0);
  }

  /** -1 until a datagram was authenticated. */
  get authenticatedPhase(): number {
    return this.#highest < 0 ? this.#phase - 1 : this.#phase;
  }

  /** The highest number authenticated in the current phase; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** In place. False where the datagram does not authenticate: nothing is committed then. */
  open(phaseByte: number, sequence: number, nonce: Uint8Array, datagram: Uint8Array, now: Instant): boolean {
    switch ((phaseByte - this.#phase) & 0xff) {
      case 0: {
        if (!openWith(this.#current, nonce, datagram)) return false;
        this.#first = Math.min(this.#first, sequence);
        this.#highest = Math.max(this.#highest, sequence);
        this.totalBytes += plaintextBytes(datagram);
        return true;
      }
      case 1: {
        // Phases never go back as numbers go up.
        if (sequence <= this.#highest) return false;
        this.#next ??= step(this.#suite, this.#cipher, this.#current.chain);
        if (!openWith(this.#next, nonce, datagram)) return false;
        this.#commit(sequence, now);
        this.totalBytes += plaintextBytes(datagram);
        return true;
      }
      case 0xff:
        if (this.#previous === undefined || sequence >= this.#first) return false;
        return openWith(this.#previous, nonce, datagram);
      default:
        return false;
    }
  }

  get dueAt(): Instant | undefined {
    return this.#previousUntil;
  }

  handleTimeout(now: Instant): void {
    if (this.#previousUntil === undefined || now < this.#previousUntil) return;
    erase(this.#previous);
    this.#previous = undefined;
    this.#previousUntil = undefined;
  }

  erase(): void {
    erase(this.#previous);
    erase(this.#current);
    erase(this.#next);
  }

  #commit(sequence: number, now: Instant): void {
    erase(this.#previous);
    this.#previous = this.#current;
    this.#previous.chain.fill(0); // no key can be derived from the old phase any more
    this.#previousUntil = after(now, PREVIOUS_KEY_MS);
    this.#current = this.#next!;
    this.#next = undefined;
    this.#phase++;
    this.#first = sequence;
    this.#highest = sequence;
  }
}
