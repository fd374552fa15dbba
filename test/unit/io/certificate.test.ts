import { createPrivateKey, sign, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { identityKeyOf, toPem, writeCertificate, writePrivateKey } from "../../../src/io/certificate.ts";
import { ecIdentity, rsaIdentity } from "../../support/foreign-certificate.ts";

const SECRET = new Uint8Array(32).fill(42);
const suite = nodeSuite();
const KEY = suite.ed25519PublicKey(SECRET);
const CERTIFICATE = writeCertificate(KEY, (body) => suite.ed25519Sign(SECRET, body));

describe("the certificate", () => {
  test("is small, and Node reads back the key it was written for", () => {
    expect(CERTIFICATE.length).toBeLessThan(256);
    const parsed = new X509Certificate(CERTIFICATE);
    expect(toHex(identityKeyOf(parsed)!)).toBe(toHex(KEY));
    expect(parsed.subject).toBe(parsed.issuer);
  });

  test("verifies under its own key and under no other", () => {
    const parsed = new X509Certificate(CERTIFICATE);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    const other = suite.ed25519PublicKey(new Uint8Array(32).fill(43));
    const stranger = new X509Certificate(writeCertificate(other, (b) => suite.ed25519Sign(SECRET, b)));
    expect(stranger.verify(stranger.publicKey)).toBe(false);
  });

  test("is valid from 1950 to the end of 9999", () => {
    const parsed = new X509Certificate(CERTIFICATE);
    expect(parsed.validFrom).toBe("Jan  1 00:00:00 1950 GMT");
    expect(parsed.validTo).toBe("Dec 31 23:59:59 9999 GMT");
  });

  test("has one encoding: the lengths of its parts add up, and a second one is the same", () => {
    expect(toHex(writeCertificate(KEY, (b) => suite.ed25519Sign(SECRET, b)))).toBe(toHex(CERTIFICATE));
    // SEQUENCE, long form of one byte: header of three bytes and the rest.
    expect([...CERTIFICATE.subarray(0, 3)]).toEqual([0x30, 0x81, CERTIFICATE.length - 3]);
  });

  test("what is signed cannot be taken for anything else the identity key signs", () => {
    let signed: Uint8Array | undefined;
    writeCertificate(KEY, (body) => {
      signed = body;
      return new Uint8Array(64);
    });
    // Our labels start with their length, TLS's CertificateVerify with spaces: neither is 0x30.
    expect(signed![0]).toBe(0x30);
  });
});

test("keys of other kinds are no identity", () => {
  for (const foreign of [rsaIdentity(), ecIdentity()]) {
    expect(identityKeyOf(new X509Certificate(foreign.cert))).toBeUndefined();
  }
});

test("the private key loads and signs as the raw secret does", () => {
  const key = createPrivateKey(toPem("PRIVATE KEY", writePrivateKey(SECRET)));
  const message = Uint8Array.of(1, 2, 3);
  expect(toHex(sign(null, message, key))).toBe(toHex(suite.ed25519Sign(SECRET, message)));
});
