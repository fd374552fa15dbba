import { generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { concat, fromHex, utf8 } from "../../src/base/bytes.ts";

/** What somebody who is no device may show: PEM of a key and of a self-signed certificate for it. */
export interface ForeignIdentity {
  readonly key: string;
  readonly cert: string;
}

export function rsaIdentity(): ForeignIdentity {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return selfSigned(privateKey, publicKey, "300d06092a864886f70d01010b0500", "sha256");
}

export function ecIdentity(): ForeignIdentity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return selfSigned(privateKey, publicKey, "300a06082a8648ce3d040302", "sha256");
}

/** An Ed25519 certificate that was valid for the given dates only: UTCTime, `YYMMDDhhmmssZ`. */
export function datedIdentity(
  privateKey: KeyObject,
  publicKey: KeyObject,
  from: string,
  to: string,
): ForeignIdentity {
  return selfSigned(privateKey, publicKey, "300506032b6570", null, from, to);
}

function selfSigned(
  privateKey: KeyObject,
  publicKey: KeyObject,
  algorithmHex: string,
  hash: string | null,
  from = "500101000000Z",
  to = "490101000000Z",
): ForeignIdentity {
  const algorithm = fromHex(algorithmHex)!;
  const name = fromHex("3000")!;
  const validity = der(0x30, der(0x17, utf8(from)), der(0x17, utf8(to)));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const head = fromHex("a003020102020101")!;
  const body = der(0x30, head, algorithm, name, validity, name, spki);
  const signature = der(0x03, Uint8Array.of(0), sign(hash, body, privateKey));
  const base64 = Buffer.from(der(0x30, body, algorithm, signature)).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  const n = content.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return concat(Uint8Array.of(tag, ...length), content);
}
