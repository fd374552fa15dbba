import type { Address } from "../base/address.ts";
import { idToBytes } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";
import { after, earliest } from "../base/time.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import type { AeadName } from "../crypto/cipher-suite.ts";
import type { Place } from "./channel-table.ts";
import { COOKIE_SECRET_MS, mac1Of, readCookie, withMac2 } from "./cookie.ts";
import { mac1Holds, readMessage2, writeMessage1 } from "./handshake.ts";
import type { Local } from "./handshake.ts";
import { eraseSplitKeys } from "./noise.ts";
import type { Initiator, SplitKeys } from "./noise.ts";
import type { ConnectOptions } from "./options.ts";
import { sameAddress } from "./path.ts";
import type { Timed } from "./timer-heap.ts";
import { MAC_BYTES, TYPE } from "./wire.ts";
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
  readonly #local: Local;
  readonly #ciphers: readonly AeadName[];
  #attempts = 0;
  #againAt: Instant | undefined;
  /** From where the peer was asked, and from elsewhere: who cannot send from there leaves the true answer its turn. */
  readonly #answers = TokenBucket.perSecond(LIMITS.handshakeAnswersPerSecondMax);
  readonly #answersElsewhere = TokenBucket.perSecond(LIMITS.handshakeAnswersPerSecondMax);
  /** The repetition before had mac2. */
  #isProving = false;
  #cookie: { readonly bytes: Uint8Array; readonly until: Instant; tries: number } | undefined;

  private constructor(local: Local, ciphers: readonly AeadName[], parts: ConnectingParts) {
    this.#local = local;
    this.#ciphers = ciphers;
    this.parts = parts;
  }

  /** @throws RangeError */
  static begin(
    local: Local,
    { peerEncryptionKey, peerDeviceId, payload, address, delivery, timeoutMs }: ConnectOptions,
    ciphers: readonly AeadName[],
    place: Place,
    ephemeralSecret: Uint8Array,
    now: Instant,
  ): Connecting {
    const started = writeMessage1(
      local,
      { key: peerEncryptionKey, deviceId: idToBytes(peerDeviceId) },
      place.index,
      ephemeralSecret,
      { delivery, ciphers, payload },
    );
    if (started === undefined) throw new RangeError("peer encryption key");
    const { initiator, datagram: message1, peerMac1Key } = started;
    const times = { startedAt: now, deadline: after(now, timeoutMs) };
    return new Connecting(local, ciphers, {
      ...place,
      initiator,
      message1,
      peerMac1Key,
      address,
      delivery,
      ...times,
    });
  }

  produce(now: Instant): Uint8Array {
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
    return now < cookie.until ? withMac2(this.#local.suite, message1, cookie.bytes) : message1;
  }

  /** Message 2. "limit": too many wrong ones came before, each of which costs two curve operations. */
  read(
    datagram: Uint8Array,
    from: Address,
    now: Instant,
  ): { readonly answer: Answer; readonly keys: SplitKeys } | "forged" | "limit" | "malformed" {
    if (!mac1Holds(this.#local, TYPE.message2, datagram)) return "forged";
    const answers = sameAddress(from, this.parts.address) ? this.#answers : this.#answersElsewhere;
    if (!answers.take(now)) return "limit";
    const read = readMessage2(this.parts.initiator, datagram);
    if (read === undefined) return "forged";
    const { answer } = read;
    if (!answer.accepted || this.#ciphers.includes(answer.cipher)) return read;
    eraseSplitKeys(read.keys);
    return "malformed";
  }

  /** Used for the next repetition: an answer at once would let whoever sees message 1 make us send. */
  readCookie(datagram: Uint8Array, now: Instant): "forged" | undefined {
    const { peerMac1Key, message1 } = this.parts;
    const bytes = readCookie(this.#local.suite, peerMac1Key, message1, datagram);
    if (bytes === undefined) return "forged";
    this.#cookie = { bytes, until: after(now, COOKIE_SECRET_MS), tries: COOKIE_TRIES };
    return undefined;
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
