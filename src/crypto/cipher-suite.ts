/**
 * The one door to cryptography. Two implementations stand behind it: `node.ts` (node:crypto, fast) and `noble.ts`
 * (@noble, portable), each tested against the other and against published vectors. Both synchronous, neither reads a
 * clock; randomness is passed in.
 *
 * Ed25519 means one thing in both, on every runtime: RFC 8032 section 5.1.7 without the cofactor, S < L, A and R
 * canonical and not of small order, the bytes of R compared. Anything looser lets an insider with a mixed-order key or
 * an R of its own making split a team.
 */

/** Both take 32-byte keys, 12-byte nonces and append a 16-byte tag. The numbers are on the wire (docs/wire.md). */
export const AEADS = { "chacha20-poly1305": 1, "aes-256-gcm": 2 } as const;
export type AeadName = keyof typeof AEADS;

export const AEAD_KEY_BYTES = 32;
export const AEAD_NONCE_BYTES = 12;
export const AEAD_TAG_BYTES = 16;
export const ED25519_SECRET_BYTES = 32;
export const ED25519_PUBLIC_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;
export const X25519_BYTES = 32;
export const SHA256_BYTES = 32;
/** RFC 5869: 255 blocks of SHA-256. */
export const HKDF_BYTES_MAX = 255 * SHA256_BYTES;

/** An AEAD with its key. Keep it as long as the key lives: making one costs more than using it. */
export interface Aead {
  readonly name: AeadName;
  /** Ciphertext followed by the tag. */
  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Undefined where the tag does not verify; says nothing about why. */
  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /**
   * `buffer` from `at` to `end` becomes ciphertext, with the tag behind it, so there are 16 bytes more. Associated data is
   * `buffer` from `aadAt` to `at`. For datagrams: nothing is allocated where the implementation can do without.
   */
  sealInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): void;
  /**
   * The same backwards: the tag is the last 16 bytes before `end`, the plaintext `buffer` from `at` to 16 before `end`.
   * False where the tag does not verify; no plaintext is in the buffer then.
   */
  openInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): boolean;
  /** Overwrites what it holds of the key. The object is unusable afterwards. */
  destroy(): void;
}

export type AeadFactory = (name: AeadName, key: Uint8Array) => Aead;

export interface CipherSuite {
  readonly name: "node" | "noble";

  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** RFC 5869 with SHA-256. `length` from 1 to `HKDF_BYTES_MAX`. */
  hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;

  ed25519PublicKey(secret: Uint8Array): Uint8Array;
  ed25519Sign(secret: Uint8Array, message: Uint8Array): Uint8Array;
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Canonical encoding of a point of prime order: neither small order, nor with a torsion component. */
  ed25519KeyIsSound(publicKey: Uint8Array): boolean;

  x25519PublicKey(secret: Uint8Array): Uint8Array;
  /** Undefined where the result is all zero (RFC 7748 section 6.1): the peer's key has low order. */
  x25519(secret: Uint8Array, peerPublic: Uint8Array): Uint8Array | undefined;
  /** Canonical (below 2^255 - 19, high bit clear) and not of low order. */
  x25519KeyIsSound(publicKey: Uint8Array): boolean;

  aead(name: AeadName, key: Uint8Array): Aead;
  /** Constant time in the contents; false at once for different lengths. */
  equalSecret(a: Uint8Array, b: Uint8Array): boolean;
}
