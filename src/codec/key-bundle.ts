import { concat, copyBytes } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";

/**
 * The public half of a device, self-signed by the identity key, so that none of the three can be exchanged on the way
 * from a device to whoever adds it.
 */
export interface KeyBundle {
  /** Ed25519: who the device is; proves itself in TLS. 32 bytes. */
  readonly identityKey: Uint8Array;
  /** Ed25519: signs commands. 32 bytes. */
  readonly signingKey: Uint8Array;
  /** X25519: AFC handshakes. 32 bytes. */
  readonly encryptionKey: Uint8Array;
  /** Ed25519 by the identity key over domain, identity, signing and encryption key. 64 bytes. */
  readonly signature: Uint8Array;
}

/** identity key 32, signing key 32, encryption key 32, signature 64. */
export const KEY_BUNDLE_BYTES = 160;

export function encodeKeyBundle(b: KeyBundle): Uint8Array {
  return concat(b.identityKey, b.signingKey, b.encryptionKey, b.signature);
}

/** Splits the 160 bytes; says nothing about whether the keys are sound or the signature holds. */
export function decodeKeyBundle(bytes: Uint8Array): KeyBundle {
  if (bytes.length < KEY_BUNDLE_BYTES) throw new DecodeError("truncated", bytes.length);
  if (bytes.length > KEY_BUNDLE_BYTES) throw new DecodeError("trailing-bytes", KEY_BUNDLE_BYTES);
  return {
    identityKey: copyBytes(bytes, 0, 32),
    signingKey: copyBytes(bytes, 32, 64),
    encryptionKey: copyBytes(bytes, 64, 96),
    signature: copyBytes(bytes, 96, 160),
  };
}
