import { concat, equalBytes } from "../base/bytes.ts";
import { idFromBytes } from "../base/ids.ts";
import type { DeviceId } from "../base/ids.ts";
import type { KeyBundle } from "../codec/key-bundle.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import { DOMAIN } from "./domain.ts";

/** The secret half. Never leaves the daemon: not over the Unix socket, not in a log. */
export interface DeviceKeys {
  readonly identitySecret: Uint8Array;
  readonly signingSecret: Uint8Array;
  readonly encryptionSecret: Uint8Array;
  readonly bundle: KeyBundle;
  readonly deviceId: DeviceId;
}

export function deviceIdOf(suite: CipherSuite, identityKey: Uint8Array): DeviceId {
  return idFromBytes(suite.sha256(DOMAIN.deviceId, identityKey));
}

function signedPart(b: Pick<KeyBundle, "identityKey" | "signingKey" | "encryptionKey">): Uint8Array {
  return concat(DOMAIN.keyBundle, b.identityKey, b.signingKey, b.encryptionKey);
}

/** From three 32-byte secrets: fresh entropy for a new device, or the keystore's. */
export function deviceKeysFrom(
  suite: CipherSuite,
  secrets: Pick<DeviceKeys, "identitySecret" | "signingSecret" | "encryptionSecret">,
): DeviceKeys {
  const keys = {
    identityKey: suite.ed25519PublicKey(secrets.identitySecret),
    signingKey: suite.ed25519PublicKey(secrets.signingSecret),
    encryptionKey: suite.x25519PublicKey(secrets.encryptionSecret),
  };
  const signature = suite.ed25519Sign(secrets.identitySecret, signedPart(keys));
  return { ...secrets, bundle: { ...keys, signature }, deviceId: deviceIdOf(suite, keys.identityKey) };
}

/** Sound keys, all three different, and signed by the identity among them. */
export function verifyKeyBundle(suite: CipherSuite, b: KeyBundle): boolean {
  return (
    suite.ed25519KeyIsSound(b.identityKey) &&
    suite.ed25519KeyIsSound(b.signingKey) &&
    suite.x25519KeyIsSound(b.encryptionKey) &&
    !equalBytes(b.identityKey, b.signingKey) &&
    !equalBytes(b.identityKey, b.encryptionKey) &&
    !equalBytes(b.signingKey, b.encryptionKey) &&
    suite.ed25519Verify(b.identityKey, signedPart(b), b.signature)
  );
}
