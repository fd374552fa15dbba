import type { Address } from "../base/address.ts";
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { Place } from "./channel-table.ts";
import { COOKIE_SECRET_MS, mac1Of, withMac2 } from "./cookie.ts";
import { readMessage2 } from "./handshake.ts";
import type { Initiator, SplitKeys } from "./noise.ts";
import type { Timed } from "./timer-heap.ts";
import { MAC_BYTES } from "./wire.ts";
import type { Answer, Delivery } from "./wire.ts";

const AGAIN_MS = 500;
const AGAIN_MAX_MS = 4000;
/** Of each wait at most so much is added, so that many who lost the same peer do not come back in step. */
const JITTER = 0.25;
/** A cookie is used for so many datagrams; what is not answered by then has a responder that was started again. */
const COOKIE_TRIES = 3;

export interface ConnectingParts extends Place {
  readonly initiator: Initiator;
  /** Without mac2. */
  readonly message1: Uint8Array;
  readonly peerMac1Key: Uint8Array;
  readonly address: Address;
  readonly delivery: Delivery;
  readonly startedAt: Instant;
  readonly deadline: Instant;
}

/**
 * An initiator's handshake: message 1, always the same bytes but for mac2, until it is answered or its time is up.
 */
export class Connecting implements Timed {
  heapIndex = -1;
  dueAt: Instant | undefined;

  readonly parts: ConnectingParts;
  #attempts = 0;
  #againAt: Instant | undefined;
  readonly #answers = TokenBucket.perSecond(LIMITS.handshakeAnswersPerSecondMax);
  /** The repetition before had mac2. */
  #isProving = false;
  #cookie: { readonly bytes: Uint8Array; readonly until: Instant; tries: number } | undefined;

  constructor(parts: ConnectingParts) {
    this.parts = parts;
  }

  produce(suite: CipherSuite, now: Instant): Uint8Array {
    const { message1 } = this.parts;
    const waitMs = Math.min(AGAIN_MS * 2 ** this.#attempts, AGAIN_MAX_MS);
    // Nobody can tell mac1 from chance who has not seen it, and no entropy is spent.
    const chance = mac1Of(message1)[this.#attempts++ % MAC_BYTES]! / 255;
    this.#againAt = after(now, waitMs * (1 + JITTER * chance));
    const cookie = this.#cookie;
    // Whoever sees message 1 and knows the responder's key can make cookies that serve nowhere: every second goes without.
    this.#isProving = cookie !== undefined && !this.#isProving;
    if (cookie === undefined || !this.#isProving) return message1;
    if (--cookie.tries <= 0 || now >= cookie.until) this.#cookie = undefined;
    return now < cookie.until ? withMac2(suite, message1, cookie.bytes) : message1;
  }

  /** Message 2, whose mac1 holds. "limit": too many wrong ones came before, each of which costs two curve operations. */
  read(
    datagram: Uint8Array,
    now: Instant,
  ): { readonly answer: Answer; readonly keys: SplitKeys } | "forged" | "limit" {
    if (!this.#answers.take(now)) return "limit";
    return readMessage2(this.parts.initiator, datagram) ?? "forged";
  }

  /** For the next repetition: an answer at once would let whoever sees message 1 make us send. */
  useCookie(bytes: Uint8Array, now: Instant): void {
    this.#cookie = { bytes, until: after(now, COOKIE_SECRET_MS), tries: COOKIE_TRIES };
  }

  /** False where it is to be given up. */
  handleTimeout(now: Instant): boolean {
    return now < this.parts.deadline;
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.parts.deadline, this.#againAt);
  }

  /** Answered now, that is. Undefined where it is not known which one was answered. */
  roundTripMs(now: Instant): number | undefined {
    return this.#attempts === 1 ? Math.max(now - this.parts.startedAt, 1) : undefined;
  }

  erase(): void {
    this.parts.initiator.erase();
  }
}
