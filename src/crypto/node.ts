/** `CipherSuite` over node:crypto, that is OpenSSL: the one the daemon runs on. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import * as crypto from "node:crypto";
import type { KeyObject } from "node:crypto";
import { invert } from "@noble/curves/abstract/modular.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { assert } from "../base/assert.ts";
import { concat, copyBytes, equalBytes, fromHex } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import { LruMap } from "../base/lru-map.ts";
import * as size from "./cipher-suite.ts";
import type { Aead, AeadFactory, AeadName, CipherSuite } from "./cipher-suite.ts";
import { ed25519PointIsStrict, x25519PointIsSound } from "./soundness.ts";

/** @param aeads what the platform has instead of node:crypto's AEAD, which makes an object for every datagram */
export function nodeSuite(aeads: AeadFactory = plainAead): CipherSuite {
  return new NodeSuite(aeads);
}

function plainAead(name: AeadName, key: Uint8Array): Aead {
  return new NodeAead(name, key);
}

const hashAtOnce: typeof crypto.hash | undefined = crypto.hash;

/** Most of what is hashed is a command: its bytes are put behind its domain here, not in memory of their own. */
const scratch = new Uint8Array(LIMITS.commandBytesMax + 64);

/** Good until the next call. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > scratch.length) return concat(...parts);
  let at = 0;
  for (const part of parts) {
    scratch.set(part, at);
    at += part.length;
  }
  return scratch.subarray(0, length);
}

class NodeSuite implements CipherSuite {
  readonly name = "node";
  /** Importing costs a tenth of a verification. Public keys only: no secret outlives its caller. */
  readonly #verifyKeys = new LruMap<KeyObject>(LIMITS.verifyKeysCachedMax);
  readonly #minusOne = privateKey("x25519", MINUS_ONE);
  readonly aead: AeadFactory;

  constructor(aead: AeadFactory) {
    this.aead = aead;
  }

  sha256(...parts: readonly Uint8Array[]): Uint8Array {
    // Node before 21.7 does not have it. In one call, and as text, it takes a third of the time.
    if (hashAtOnce !== undefined) return latin1(hashAtOnce("sha256", joined(parts), "latin1"));
    const digest = createHash("sha256");
    for (const part of parts) digest.update(part);
    return plain(digest.digest());
  }

  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
    const mac = createHmac("sha256", key);
    for (const part of parts) mac.update(part);
    return plain(mac.digest());
  }

  // Not hkdfSync: it limits info to 1024 bytes.
  hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
    assert(length >= 1 && length <= size.HKDF_BYTES_MAX, "hkdf: length");
    const prk = this.hmacSha256(salt, ikm);
    const out = new Uint8Array(length);
    let block: Uint8Array = new Uint8Array(0);
    for (let n = 1, offset = 0; offset < length; n++, offset += size.SHA256_BYTES) {
      block = this.hmacSha256(prk, block, info, Uint8Array.of(n));
      out.set(block.subarray(0, length - offset), offset);
    }
    return out;
  }

  ed25519PublicKey(secret: Uint8Array): Uint8Array {
    return rawPublicKey(privateKey("ed25519", secret));
  }

  ed25519Sign(secret: Uint8Array, message: Uint8Array): Uint8Array {
    return plain(sign(null, message, privateKey("ed25519", secret)));
  }

  // OpenSSL checks S < L, is cofactorless and compares R by its bytes; the rest depends on the version.
  ed25519Verify(publicKeyBytes: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== size.ED25519_SIGNATURE_BYTES) return false;
    if (!ed25519PointIsStrict(publicKeyBytes) || !ed25519PointIsStrict(signature.subarray(0, 32)))
      return false;
    return verify(null, message, this.#verifyKey(publicKeyBytes), signature);
  }

  /**
   * A point is P + T, P of the prime order L or zero, T of an order that divides 8. With c = 5L - 1, a multiple of 8,
   * [c](P + T) = -P: the u-coordinate comes back just when T is zero; when P is, X25519 has no result.
   * Of a y with no point, u is on the twist, whose order has no factor in common with c + 1 or c - 1, so it never
   * comes back. Native, and ten times faster than multiplying by L in JavaScript.
   */
  ed25519KeyIsSound(publicKeyBytes: Uint8Array): boolean {
    if (!ed25519PointIsStrict(publicKeyBytes)) return false;
    const y = bytesToNumberLE(publicKeyBytes) & SIGN_MASK;
    const u = numberToBytesLE(((1n + y) * invert(P + 1n - y, P)) % P, size.X25519_BYTES);
    const product = agree(this.#minusOne, u);
    return product !== undefined && equalBytes(product, u);
  }

  x25519PublicKey(secret: Uint8Array): Uint8Array {
    return rawPublicKey(privateKey("x25519", secret));
  }

  x25519(secret: Uint8Array, peerPublic: Uint8Array): Uint8Array | undefined {
    const own = privateKey("x25519", secret);
    return peerPublic.length === size.X25519_BYTES ? agree(own, peerPublic) : undefined;
  }

  x25519KeyIsSound(publicKeyBytes: Uint8Array): boolean {
    return x25519PointIsSound(publicKeyBytes);
  }

  equalSecret(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && timingSafeEqual(a, b);
  }

  #verifyKey(bytes: Uint8Array): KeyObject {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    let key = this.#verifyKeys.get(text);
    if (key === undefined) {
      key = publicKey("ed25519", bytes);
      this.#verifyKeys.set(text, key);
    }
    return key;
  }
}

const P = 2n ** 255n - 19n;
const SIGN_MASK = 2n ** 255n - 1n;
/** 5L - 1, which is -1 modulo L, divisible by 8 and has bit 254 for its highest: clamping leaves it as it is. */
const MINUS_ONE = fromHex("a023cdd083ef5bb82f10d62e59e15a6800000000000000000000000000000050")!;

/** RFC 8410: everything in the DER before the 32 bytes of the key. */
const DER = {
  ed25519: {
    spki: fromHex("302a300506032b6570032100")!,
    pkcs8: fromHex("302e020100300506032b657004220420")!,
  },
  x25519: { spki: fromHex("302a300506032b656e032100")!, pkcs8: fromHex("302e020100300506032b656e04220420")! },
} as const;

type Curve = keyof typeof DER;

function privateKey(curve: Curve, secret: Uint8Array): KeyObject {
  assert(secret.length === 32, `${curve}: secret length`);
  const der = Buffer.from(concat(DER[curve].pkcs8, secret).buffer);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  return key;
}

function publicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  const der = Buffer.from(concat(DER[curve].spki, bytes).buffer);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** Undefined where the result is zero: OpenSSL then fails the derivation. */
function agree(own: KeyObject, peer: Uint8Array): Uint8Array | undefined {
  const publicPart = publicKey("x25519", peer);
  try {
    return plain(diffieHellman({ privateKey: own, publicKey: publicPart }));
  } catch {
    return undefined;
  }
}

function rawPublicKey(secret: KeyObject): Uint8Array {
  return plain(createPublicKey(secret).export({ format: "der", type: "spki" })).slice(-32);
}

/** The same bytes as a Uint8Array: a Buffer's `slice` and `toString` mean other things. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

class NodeAead implements Aead {
  readonly name: AeadName;
  readonly #key: Uint8Array;
  #destroyed = false;

  constructor(name: AeadName, key: Uint8Array) {
    assert(key.length === size.AEAD_KEY_BYTES, "aead: key length");
    this.name = name;
    this.#key = copyBytes(key); // not a KeyObject: its memory cannot be overwritten
  }

  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const out = new Uint8Array(plaintext.length + size.AEAD_TAG_BYTES);
    this.#seal(nonce, aad, plaintext, out);
    return out;
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#open(nonce, aad, sealed);
    return plaintext === undefined ? undefined : plain(plaintext);
  }

  sealInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): void {
    assert(end + size.AEAD_TAG_BYTES <= buffer.length, "aead: no room for the tag");
    this.#seal(nonce, buffer.subarray(aadAt, at), buffer.subarray(at, end), buffer.subarray(at));
  }

  openInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): boolean {
    assert(end <= buffer.length, "aead: range");
    const plaintext = this.#open(nonce, buffer.subarray(aadAt, at), buffer.subarray(at, end));
    if (plaintext !== undefined) buffer.set(plaintext, at);
    return plaintext !== undefined;
  }

  /** `out` may begin where `plaintext` does. */
  #seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, out: Uint8Array): void {
    this.#check(nonce);
    const cipher = createCipheriv(cipherName(this.name), this.#key, nonce, TAG);
    cipher.setAAD(aad);
    const { length } = plaintext;
    out.set(cipher.update(plaintext));
    cipher.final(); // empty: both are stream ciphers
    out.set(cipher.getAuthTag(), length);
  }

  #open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | undefined {
    this.#check(nonce);
    const length = sealed.length - size.AEAD_TAG_BYTES;
    if (length < 0) return undefined;
    const decipher = createDecipheriv(cipherName(this.name), this.#key, nonce, TAG);
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(length));
    const plaintext = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      return undefined;
    }
    return plaintext;
  }

  #check(nonce: Uint8Array): void {
    assert(!this.#destroyed, "aead: used after destroy");
    assert(nonce.length === size.AEAD_NONCE_BYTES, "aead: nonce length");
  }

  destroy(): void {
    this.#key.fill(0);
    this.#destroyed = true;
  }
}

const TAG = { authTagLength: size.AEAD_TAG_BYTES };

/** For the types alone: node's overloads want each name by itself, and both take the same options. */
function cipherName(name: AeadName): "chacha20-poly1305" {
  return name as "chacha20-poly1305";
}
