/**
 * A seal is a line signed with the device's identity key. It holds the hash of the line before it, so whoever cannot use the key
 * cannot change, take out or put in anything before a seal without breaking it. Signed is the line as it is without
 * its signature:
 *
 *     signature = Ed25519(identity key, domain ‖ prev ‖ bytes of the line without "signature")
 *
 * The key is in the line: a device id, which is a hash of the key, is enough to check it.
 */
import { concat, fromHex, toHex } from "../base/bytes.ts";
import type { DeviceId } from "../base/ids.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { ED25519_PUBLIC_BYTES, ED25519_SIGNATURE_BYTES } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";
import { deviceIdOf } from "../crypto/key-bundle.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { encodeLine, lineAfter } from "./line.ts";
import type { AuditEntry, AuditHead, AuditLine, AuditTimes } from "./line.ts";

export const SEAL = "audit.seal";

export type SealCause = "start" | "stop" | "file" | "lines" | "time" | "keys" | "off";
export type SealingKeys = Pick<DeviceKeys, "identitySecret" | "bundle">;

/** The line that seals everything up to a head. */
export function sealAfter(
  suite: CipherSuite,
  keys: SealingKeys,
  head: AuditHead,
  cause: SealCause,
  times: AuditTimes,
): AuditLine {
  const detail = { cause, key: toHex(keys.bundle.identityKey) };
  const entry: AuditEntry = { who: "daemon", act: SEAL, outcome: "done", detail };
  const unsigned = lineAfter(head, entry, times);
  const signature = suite.ed25519Sign(keys.identitySecret, signedPart(head.hash, unsigned));
  return { ...unsigned, detail: { ...detail, signature: toHex(signature) } };
}

/** Whose seal a line is; undefined where its signature does not hold. */
export function signerOf(suite: CipherSuite, seal: AuditLine): DeviceId | undefined {
  const { signature, ...detail } = seal.detail ?? {};
  const key = bytesOf(detail["key"], ED25519_PUBLIC_BYTES);
  const signed = bytesOf(signature, ED25519_SIGNATURE_BYTES);
  const prev = fromHex(seal.prev);
  if (key === undefined || signed === undefined || prev === undefined) return undefined;
  const holds = suite.ed25519Verify(key, signedPart(prev, { ...seal, detail }), signed);
  return holds ? deviceIdOf(suite, key) : undefined;
}

function signedPart(prev: Uint8Array, unsigned: AuditLine): Uint8Array {
  return concat(DOMAIN.auditSeal, prev, encodeLine(unsigned));
}

function bytesOf(value: string | number | undefined, length: number): Uint8Array | undefined {
  const bytes = typeof value === "string" ? fromHex(value) : undefined;
  return bytes?.length === length ? bytes : undefined;
}
