import { concat, utf8 } from "../base/bytes.ts";

/**
 * Everything hashed or signed starts with a label of its own, so that bytes made for one purpose never serve another.
 * The label's length comes first: no label is a prefix of another's input.
 */
function domain(name: string): Uint8Array {
  const label = utf8(`aranya-edge/1/${name}`);
  return concat(Uint8Array.of(label.length), label);
}

export const DOMAIN = {
  deviceId: domain("device-id"),
  keyBundle: domain("key-bundle"),
  commandId: domain("command-id"),
  commandSignature: domain("command-signature"),
  stateDigest: domain("state-digest"),
  afcProtocol: domain("afc"),
  afcMac1: domain("afc-mac1"),
  afcCookie: domain("afc-cookie"),
  afcRotate: domain("afc-rotate"),
  afcRekey: domain("afc-rekey"),
  auditLine: domain("audit-line"),
  auditSeal: domain("audit-seal"),
} as const;
