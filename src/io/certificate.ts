/**
 * The certificate a device shows in TLS: self-signed, X.509 v3 (RFC 5280) over an Ed25519 key (RFC 8410), and no more
 * than that because nothing but the public key in it is ever read. A writer for these few fields is a page; a library is
 * 357 kB of bundle and 10 MB of memory.
 *
 * Domain separation: the identity key signs three kinds of bytes. This certificate's body, which starts with an ASN.1
 * SEQUENCE (0x30); TLS's CertificateVerify, which starts with 64 spaces and a context string of its own (RFC 8446,
 * 4.4.3); and ours, which start with a length and `aranya-edge/1/…` (crypto/domain.ts). None can be taken for another.
 */
import type { X509Certificate } from "node:crypto";
import { concat, utf8 } from "../base/bytes.ts";
import { ED25519_PUBLIC_BYTES } from "../crypto/cipher-suite.ts";

/**
 * DER. Valid from 1950 to the end of 9999, the widest that X.509 can say: a device's clock may stand at 1970.
 * `sign` is Ed25519 by the secret half of `identityKey` (32 bytes).
 */
export function writeCertificate(
  identityKey: Uint8Array,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const name = sequence(der(SET, sequence(OID_COMMON_NAME, der(UTF8_STRING, utf8("aranya-edge")))));
  const validity = sequence(
    der(UTC_TIME, utf8("500101000000Z")),
    der(GENERALIZED_TIME, utf8("99991231235959Z")),
  );
  const publicKey = sequence(ALGORITHM_ED25519, bitString(identityKey));
  const body = sequence(VERSION_3, SERIAL_1, ALGORITHM_ED25519, name, validity, name, publicKey);
  return sequence(body, ALGORITHM_ED25519, bitString(sign(body)));
}

/**
 * The raw 32-byte Ed25519 key of a certificate; undefined for a key of another kind. Proves nothing by itself: that the
 * peer has the secret half is what the TLS handshake proves.
 */
export function identityKeyOf(certificate: X509Certificate): Uint8Array | undefined {
  const { publicKey } = certificate;
  if (publicKey.asymmetricKeyType !== "ed25519") return undefined;
  const { x } = publicKey.export({ format: "jwk" });
  const key = new Uint8Array(Buffer.from(x ?? "", "base64url"));
  return key.length === ED25519_PUBLIC_BYTES ? key : undefined;
}

/** PKCS #8 (RFC 8410, section 7) of a raw Ed25519 secret. As secret as the secret. */
export function writePrivateKey(identitySecret: Uint8Array): Uint8Array {
  return sequence(VERSION_0, ALGORITHM_ED25519, der(OCTET_STRING, der(OCTET_STRING, identitySecret)));
}

/** RFC 7468. */
export function toPem(label: "CERTIFICATE" | "PRIVATE KEY", bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes)
    .toString("base64")
    .replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${base64}-----END ${label}-----\n`;
}

const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

const VERSION_0 = Uint8Array.of(0x02, 1, 0);
const VERSION_3 = Uint8Array.of(0xa0, 3, 0x02, 1, 2);
const SERIAL_1 = Uint8Array.of(0x02, 1, 1);
/** 2.5.4.3 */
const OID_COMMON_NAME = Uint8Array.of(0x06, 3, 0x55, 0x04, 0x03);
/** 1.3.101.112, without parameters. */
const ALGORITHM_ED25519 = sequence(Uint8Array.of(0x06, 3, 0x2b, 0x65, 0x70));

/** Contents below 64 KiB. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return concat(Uint8Array.from(head), content);
}

function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return der(SEQUENCE, ...contents);
}

/** Whole bytes: no unused bits. */
function bitString(bytes: Uint8Array): Uint8Array {
  return der(BIT_STRING, Uint8Array.of(0), bytes);
}
