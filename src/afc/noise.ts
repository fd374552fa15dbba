/**
 * Noise_IK_25519_ChaChaPoly_SHA256 (noiseprotocol.org, revision 34) and nothing else of Noise:
 *
 *     <- s
 *     ...
 *     -> e, es, s, ss
 *     <- e, ee, se
 *
 * Reading never changes the state it was given: what does not authenticate leaves the handshake as it was.
 */
import { writeU64 } from "../base/big-endian.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES, SHA256_BYTES, X25519_BYTES } from "../crypto/cipher-suite.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";

const PROTOCOL_NAME = utf8("Noise_IK_25519_ChaChaPoly_SHA256"); // 32 bytes: is its own hash (section 5.2)
const EMPTY = new Uint8Array(0);

/** e, encrypted s. */
const MESSAGE_1_HEAD_BYTES = X25519_BYTES + X25519_BYTES + AEAD_TAG_BYTES;
export const NOISE_1_OVERHEAD_BYTES = MESSAGE_1_HEAD_BYTES + AEAD_TAG_BYTES;
export const NOISE_2_OVERHEAD_BYTES = X25519_BYTES + AEAD_TAG_BYTES;

export interface KeyPair {
  readonly secret: Uint8Array;
  readonly public: Uint8Array;
}

/** 32 bytes each: a chain key for each direction, and what the handshake is known by. */
export interface SplitKeys {
  readonly initiatorToResponder: Uint8Array;
  readonly responderToInitiator: Uint8Array;
  /** Noise's handshake hash: not secret, and never the same for two handshakes. */
  readonly hash: Uint8Array;
}

export function eraseSplitKeys(keys: SplitKeys): void {
  keys.initiatorToResponder.fill(0);
  keys.responderToInitiator.fill(0);
}

/** Section 5.2, with the key's nonce: in IK every key is used for at most two messages. */
class SymmetricState {
  readonly #suite: CipherSuite;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #key: Uint8Array = EMPTY;
  #nonce = 0;

  constructor(suite: CipherSuite, prologue: Uint8Array) {
    this.#suite = suite;
    this.#chainingKey = PROTOCOL_NAME.slice();
    this.#hash = suite.sha256(PROTOCOL_NAME, prologue);
  }

  clone(): SymmetricState {
    const copy = new SymmetricState(this.#suite, EMPTY);
    copy.#chainingKey = this.#chainingKey.slice();
    copy.#hash = this.#hash.slice();
    copy.#key = this.#key.slice();
    copy.#nonce = this.#nonce;
    return copy;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#suite.sha256(this.#hash, data);
  }

  /** False where the peer's key has low order. */
  mixDh(secret: Uint8Array, peerPublic: Uint8Array): boolean {
    const shared = this.#suite.x25519(secret, peerPublic);
    if (shared === undefined) return false;
    const okm = this.#suite.hkdf(shared, this.#chainingKey, EMPTY, 2 * SHA256_BYTES);
    shared.fill(0);
    this.erase();
    this.#chainingKey = okm.subarray(0, SHA256_BYTES);
    this.#key = okm.subarray(SHA256_BYTES);
    this.#nonce = 0;
    return true;
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const aead = this.#suite.aead("chacha20-poly1305", this.#key);
    const sealed = aead.seal(nonceOf(this.#nonce++), this.#hash, plaintext);
    aead.destroy();
    this.mixHash(sealed);
    return sealed;
  }

  decryptAndHash(sealed: Uint8Array): Uint8Array | undefined {
    const aead = this.#suite.aead("chacha20-poly1305", this.#key);
    const plaintext = aead.open(nonceOf(this.#nonce), this.#hash, sealed);
    aead.destroy();
    if (plaintext === undefined) return undefined;
    this.#nonce++;
    this.mixHash(sealed);
    return plaintext;
  }

  split(): SplitKeys {
    const okm = this.#suite.hkdf(EMPTY, this.#chainingKey, EMPTY, 2 * SHA256_BYTES);
    return {
      initiatorToResponder: okm.subarray(0, SHA256_BYTES),
      responderToInitiator: okm.subarray(SHA256_BYTES),
      hash: this.#hash,
    };
  }

  erase(): void {
    this.#chainingKey.fill(0);
    this.#key.fill(0);
  }
}

/** Nonce of ChaChaPoly: 4 zero bytes, then the counter in little endian (section 12.3). */
function nonceOf(n: number): Uint8Array {
  const nonce = new Uint8Array(AEAD_NONCE_BYTES);
  writeU64(nonce, 4, n);
  nonce.subarray(4).reverse();
  return nonce;
}

/** Waits for message 2. */
export class Initiator {
  readonly #symmetric: SymmetricState;
  readonly #static: KeyPair;
  readonly #ephemeral: KeyPair;

  private constructor(symmetric: SymmetricState, staticKey: KeyPair, ephemeral: KeyPair) {
    this.#symmetric = symmetric;
    this.#static = staticKey;
    this.#ephemeral = ephemeral;
  }

  /** Writes message 1. Undefined where the responder's key has low order. */
  static start(
    suite: CipherSuite,
    prologue: Uint8Array,
    staticKey: KeyPair,
    responderPublic: Uint8Array,
    ephemeralSecret: Uint8Array,
    payload: Uint8Array,
  ): { readonly initiator: Initiator; readonly message: Uint8Array } | undefined {
    const ephemeral = { secret: ephemeralSecret, public: suite.x25519PublicKey(ephemeralSecret) };
    const symmetric = new SymmetricState(suite, prologue);
    symmetric.mixHash(responderPublic);
    symmetric.mixHash(ephemeral.public);
    if (!symmetric.mixDh(ephemeral.secret, responderPublic)) return undefined;
    const sealedStatic = symmetric.encryptAndHash(staticKey.public);
    if (!symmetric.mixDh(staticKey.secret, responderPublic)) return undefined;
    const sealedPayload = symmetric.encryptAndHash(payload);
    return {
      initiator: new Initiator(symmetric, staticKey, ephemeral),
      message: concat(ephemeral.public, sealedStatic, sealedPayload),
    };
  }

  /** Undefined where it is not the answer to our message 1; the state stays as it was. */
  finish(message: Uint8Array): { readonly payload: Uint8Array; readonly keys: SplitKeys } | undefined {
    if (message.length < NOISE_2_OVERHEAD_BYTES) return undefined;
    const symmetric = this.#symmetric.clone();
    const peerEphemeral = message.subarray(0, X25519_BYTES);
    symmetric.mixHash(peerEphemeral);
    let result: { payload: Uint8Array; keys: SplitKeys } | undefined;
    if (
      symmetric.mixDh(this.#ephemeral.secret, peerEphemeral) &&
      symmetric.mixDh(this.#static.secret, peerEphemeral)
    ) {
      const payload = symmetric.decryptAndHash(message.subarray(X25519_BYTES));
      if (payload !== undefined) result = { payload, keys: symmetric.split() };
    }
    symmetric.erase();
    return result;
  }

  erase(): void {
    this.#symmetric.erase();
    this.#ephemeral.secret.fill(0);
  }
}

function openMessage1(
  symmetric: SymmetricState,
  staticKey: KeyPair,
  ephemeral: Uint8Array,
  message: Uint8Array,
): { readonly initiatorStatic: Uint8Array; readonly payload: Uint8Array } | undefined {
  symmetric.mixHash(staticKey.public);
  symmetric.mixHash(ephemeral);
  if (!symmetric.mixDh(staticKey.secret, ephemeral)) return undefined;
  const initiatorStatic = symmetric.decryptAndHash(message.subarray(X25519_BYTES, MESSAGE_1_HEAD_BYTES));
  if (initiatorStatic === undefined) return undefined;
  if (!symmetric.mixDh(staticKey.secret, initiatorStatic)) return undefined;
  const payload = symmetric.decryptAndHash(message.subarray(MESSAGE_1_HEAD_BYTES));
  return payload === undefined ? undefined : { initiatorStatic, payload };
}

/** Has read message 1 and may answer it. */
export class Responder {
  readonly #suite: CipherSuite;
  readonly #symmetric: SymmetricState;
  readonly #initiatorEphemeral: Uint8Array;
  readonly initiatorStatic: Uint8Array;

  private constructor(
    suite: CipherSuite,
    symmetric: SymmetricState,
    initiatorEphemeral: Uint8Array,
    initiatorStatic: Uint8Array,
  ) {
    this.#suite = suite;
    this.#symmetric = symmetric;
    this.#initiatorEphemeral = initiatorEphemeral;
    this.initiatorStatic = initiatorStatic;
  }

  /** Undefined where message 1 was not made for this static key and prologue. Two curve operations. */
  static start(
    suite: CipherSuite,
    prologue: Uint8Array,
    staticKey: KeyPair,
    message: Uint8Array,
  ): { readonly responder: Responder; readonly payload: Uint8Array } | undefined {
    if (message.length < NOISE_1_OVERHEAD_BYTES) return undefined;
    const symmetric = new SymmetricState(suite, prologue);
    const ephemeral = message.slice(0, X25519_BYTES);
    const opened = openMessage1(symmetric, staticKey, ephemeral, message);
    if (opened === undefined) {
      symmetric.erase();
      return undefined;
    }
    const { initiatorStatic, payload } = opened;
    return { responder: new Responder(suite, symmetric, ephemeral, initiatorStatic), payload };
  }

  /** Writes message 2; the state is used up. Undefined where the initiator's ephemeral key has low order. */
  finish(
    ephemeralSecret: Uint8Array,
    payload: Uint8Array,
  ): { readonly message: Uint8Array; readonly keys: SplitKeys } | undefined {
    const symmetric = this.#symmetric;
    const ephemeralPublic = this.#suite.x25519PublicKey(ephemeralSecret);
    symmetric.mixHash(ephemeralPublic);
    let result: { message: Uint8Array; keys: SplitKeys } | undefined;
    if (
      symmetric.mixDh(ephemeralSecret, this.#initiatorEphemeral) &&
      symmetric.mixDh(ephemeralSecret, this.initiatorStatic)
    ) {
      const sealed = symmetric.encryptAndHash(payload);
      result = { message: concat(ephemeralPublic, sealed), keys: symmetric.split() };
    }
    ephemeralSecret.fill(0);
    symmetric.erase();
    return result;
  }

  erase(): void {
    this.#symmetric.erase();
  }
}
