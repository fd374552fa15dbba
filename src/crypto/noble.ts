/** `CipherSuite` over @noble: portable, no native code. The second opinion every answer of `node.ts` is held against. */
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { assert } from "../base/assert.ts";
import { concat, copyBytes, equalBytes } from "../base/bytes.ts";
import * as size from "./cipher-suite.ts";
import type { Aead, AeadName, CipherSuite } from "./cipher-suite.ts";
import { ed25519PointIsStrict, x25519PointIsSound } from "./soundness.ts";

export function nobleSuite(): CipherSuite {
  return SUITE;
}

const SUITE: CipherSuite = {
  name: "noble",

  sha256(...parts) {
    const hash = sha256.create();
    for (const part of parts) hash.update(part);
    return hash.digest();
  },

  hmacSha256(key, ...parts) {
    const mac = hmac.create(sha256, key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },

  hkdf(ikm, salt, info, length) {
    assert(length >= 1 && length <= size.HKDF_BYTES_MAX, "hkdf: length");
    return hkdf(sha256, ikm, salt, info, length);
  },

  ed25519PublicKey(secret) {
    assert(secret.length === size.ED25519_SECRET_BYTES, "ed25519: secret length");
    return ed25519.getPublicKey(secret);
  },

  ed25519Sign(secret, message) {
    assert(secret.length === size.ED25519_SECRET_BYTES, "ed25519: secret length");
    return ed25519.sign(message, secret);
  },

  // noble's own verifier multiplies by the cofactor and so takes signatures OpenSSL refuses.
  ed25519Verify(publicKey, message, signature) {
    if (signature.length !== size.ED25519_SIGNATURE_BYTES) return false;
    const point = decodePoint(publicKey);
    if (point === undefined) return false;
    const r = signature.subarray(0, 32);
    if (!ed25519PointIsStrict(r)) return false;
    const s = bytesToNumberLE(signature.subarray(32));
    if (s >= ORDER) return false;
    const k = bytesToNumberLE(sha512(concat(r, publicKey, message))) % ORDER;
    const expected = ed25519.Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), r);
  },

  ed25519KeyIsSound(publicKey) {
    const point = decodePoint(publicKey);
    return point !== undefined && point.isTorsionFree();
  },

  x25519PublicKey(secret) {
    assert(secret.length === size.X25519_BYTES, "x25519: secret length");
    return x25519.getPublicKey(secret);
  },

  x25519(secret, peerPublic) {
    assert(secret.length === size.X25519_BYTES, "x25519: secret length");
    if (peerPublic.length !== size.X25519_BYTES) return undefined;
    try {
      return x25519.getSharedSecret(secret, peerPublic);
    } catch {
      return undefined; // low order is all that is left to throw for
    }
  },

  x25519KeyIsSound: x25519PointIsSound,

  aead: (name, key) => new NobleAead(name, key),

  equalSecret(a, b) {
    if (a.length !== b.length) return false;
    let difference = 0;
    for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
    return difference === 0;
  },
};

const ORDER = ed25519.Point.Fn.ORDER;

/** Undefined unless strict and on the curve. */
function decodePoint(bytes: Uint8Array): InstanceType<typeof ed25519.Point> | undefined {
  if (!ed25519PointIsStrict(bytes)) return undefined;
  try {
    return ed25519.Point.fromBytes(bytes, false);
  } catch {
    return undefined;
  }
}

class NobleAead implements Aead {
  readonly name: AeadName;
  readonly #key: Uint8Array;
  #destroyed = false;

  constructor(name: AeadName, key: Uint8Array) {
    assert(key.length === size.AEAD_KEY_BYTES, "aead: key length");
    this.name = name;
    this.#key = copyBytes(key);
  }

  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return this.#cipher(nonce, aad).encrypt(plaintext);
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const cipher = this.#cipher(nonce, aad);
    if (sealed.length < size.AEAD_TAG_BYTES) return undefined;
    try {
      return cipher.decrypt(sealed);
    } catch {
      return undefined; // lengths are right, so it is the tag
    }
  }

  sealInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): void {
    assert(end + size.AEAD_TAG_BYTES <= buffer.length, "aead: no room for the tag");
    buffer.set(this.seal(nonce, buffer.subarray(aadAt, at), buffer.subarray(at, end)), at);
  }

  openInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): boolean {
    assert(end <= buffer.length, "aead: range");
    const plaintext = this.open(nonce, buffer.subarray(aadAt, at), buffer.subarray(at, end));
    if (plaintext !== undefined) buffer.set(plaintext, at);
    return plaintext !== undefined;
  }

  #cipher(nonce: Uint8Array, aad: Uint8Array): ReturnType<typeof gcm> {
    assert(!this.#destroyed, "aead: used after destroy");
    assert(nonce.length === size.AEAD_NONCE_BYTES, "aead: nonce length");
    return (this.name === "aes-256-gcm" ? gcm : chacha20poly1305)(this.#key, nonce, aad);
  }

  destroy(): void {
    this.#key.fill(0);
    this.#destroyed = true;
  }
}
