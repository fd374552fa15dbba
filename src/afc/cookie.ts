/**
 * Cookies, as WireGuard has them: under load a responder gives one to whoever sends message 1, and computes nothing else
 * until it comes back as mac2. That proves that the sender receives at its address. The responder keeps nothing for it.
 */
import type { Address } from "../base/address.ts";
import { utf8 } from "../base/bytes.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { AEAD_NONCE_BYTES } from "../crypto/cipher-suite.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";
import { mac, macHolds } from "./mac.ts";
import {
  COOKIE_BYTES,
  COOKIE_SALT_BYTES,
  HANDSHAKE_HEADER_BYTES,
  MAC_BYTES,
  TYPE,
  indexOf,
  writeHandshakeHeader,
} from "./wire.ts";

/** A cookie serves at least this long, and at most twice as long. */
export const COOKIE_SECRET_MS = 120_000;
const SECRET_BYTES = 32;
const SEALED_AT = HANDSHAKE_HEADER_BYTES + COOKIE_SALT_BYTES;
/** Every key serves once. */
const NONCE = new Uint8Array(AEAD_NONCE_BYTES);

/** The responder's side. A cookie is the MAC of an address and port under a secret that changes every two minutes. */
export class Cookies {
  readonly #suite: CipherSuite;
  readonly #entropy: Entropy;
  readonly #mac1Key: Uint8Array;
  #secret: Uint8Array | undefined;
  #madeAt: Instant | undefined;
  #previous: Uint8Array | undefined;
  #previousMadeAt: Instant | undefined;

  constructor(suite: CipherSuite, entropy: Entropy, mac1Key: Uint8Array) {
    this.#suite = suite;
    this.#entropy = entropy;
    this.#mac1Key = mac1Key;
  }

  /** The answer to a message 1 whose mac1 holds. */
  answer(message1: Uint8Array, from: Address, now: Instant): Uint8Array {
    this.#turn(now);
    this.#secret ??= this.#entropy.bytes(SECRET_BYTES);
    this.#madeAt ??= now;
    const datagram = new Uint8Array(COOKIE_BYTES);
    writeHandshakeHeader(datagram, TYPE.cookie, COOKIE_BYTES, indexOf(message1));
    const salt = this.#entropy.bytes(COOKIE_SALT_BYTES);
    datagram.set(salt, HANDSHAKE_HEADER_BYTES);
    const aead = sealing(this.#suite, this.#mac1Key, salt);
    datagram.set(aead.seal(NONCE, mac1Of(message1), this.#cookie(this.#secret, from)), SEALED_AT);
    aead.destroy();
    return datagram;
  }

  /** Whether mac2 was made with a cookie that was given to this address and still serves. */
  proves(message1: Uint8Array, from: Address, now: Instant): boolean {
    this.#turn(now);
    const at = message1.length - MAC_BYTES;
    return [this.#secret, this.#previous].some(
      (secret) => secret !== undefined && macHolds(this.#suite, this.#cookie(secret, from), message1, at),
    );
  }

  #cookie(secret: Uint8Array, { host, port }: Address): Uint8Array {
    return mac(this.#suite, secret, utf8(`${host}:${port}`));
  }

  #turn(now: Instant): void {
    if (isOlder(this.#madeAt, COOKIE_SECRET_MS, now)) {
      this.#previous?.fill(0);
      this.#previous = this.#secret;
      this.#previousMadeAt = this.#madeAt;
      this.#secret = undefined;
      this.#madeAt = undefined;
    }
    if (isOlder(this.#previousMadeAt, 2 * COOKIE_SECRET_MS, now)) {
      this.#previous?.fill(0);
      this.#previous = undefined;
      this.#previousMadeAt = undefined;
    }
  }
}

function isOlder(madeAt: Instant | undefined, ms: number, now: Instant): boolean {
  return madeAt !== undefined && now >= after(madeAt, ms);
}

/** The initiator's side: the cookie in an answer to this message 1; undefined where it is none. */
export function readCookie(
  suite: CipherSuite,
  peerMac1Key: Uint8Array,
  message1: Uint8Array,
  datagram: Uint8Array,
): Uint8Array | undefined {
  const aead = sealing(suite, peerMac1Key, datagram.subarray(HANDSHAKE_HEADER_BYTES, SEALED_AT));
  const cookie = aead.open(NONCE, mac1Of(message1), datagram.subarray(SEALED_AT));
  aead.destroy();
  return cookie;
}

/** The same message 1, proving its sender's address. */
export function withMac2(suite: CipherSuite, message1: Uint8Array, cookie: Uint8Array): Uint8Array {
  const at = message1.length - MAC_BYTES;
  const datagram = message1.slice();
  datagram.set(mac(suite, cookie, datagram.subarray(0, at)), at);
  return datagram;
}

export function mac1Of(message1: Uint8Array): Uint8Array {
  return message1.subarray(message1.length - 2 * MAC_BYTES, message1.length - MAC_BYTES);
}

export function hasMac2(message1: Uint8Array): boolean {
  for (let i = message1.length - MAC_BYTES; i < message1.length; i++) if (message1[i] !== 0) return true;
  return false;
}

function sealing(suite: CipherSuite, mac1Key: Uint8Array, salt: Uint8Array) {
  return suite.aead("chacha20-poly1305", suite.sha256(DOMAIN.afcCookie, mac1Key, salt));
}
