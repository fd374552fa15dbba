/** One contract, both suites: published vectors, and what the interface promises at its edges. */
import { describe, expect, test } from "vitest";
import { BugError } from "../../../src/base/errors.ts";
import { equalBytes, toHex, utf8 } from "../../../src/base/bytes.ts";
import { HKDF_BYTES_MAX } from "../../../src/crypto/cipher-suite.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { bitFlips, truncations } from "../../support/hostile-bytes.ts";
import { hex, vectors } from "../../support/vectors.ts";

const empty = new Uint8Array(0);

describe.each([nodeSuite(), nobleSuite()])("$name", (suite) => {
  describe("SHA-256", () => {
    const file = vectors<{ vectors: { message: string; digest: string }[] }>("sha256.json");

    test.each(file.vectors)("$digest", ({ message, digest }) => {
      expect(toHex(suite.sha256(hex(message)))).toBe(digest);
    });

    test("of parts is of their concatenation, of no parts is of nothing", () => {
      expect(suite.sha256(utf8("a"), empty, utf8("bc"))).toEqual(suite.sha256(utf8("abc")));
      expect(suite.sha256()).toEqual(suite.sha256(empty));
    });
  });

  describe("HMAC-SHA-256", () => {
    const file = vectors<{ vectors: { key: string; message: string; mac: string }[] }>("rfc4231.json");

    test.each(file.vectors)("$mac", ({ key, message, mac }) => {
      expect(toHex(suite.hmacSha256(hex(key), hex(message)))).toBe(mac);
      expect(toHex(suite.hmacSha256(hex(key), hex(message).subarray(0, 3), hex(message).subarray(3)))).toBe(
        mac,
      );
    });

    test("takes an empty key, which is 64 zeros", () => {
      expect(suite.hmacSha256(empty, utf8("x"))).toEqual(suite.hmacSha256(new Uint8Array(64), utf8("x")));
    });
  });

  describe("HKDF", () => {
    interface Vector {
      name: string;
      ikm: string;
      salt: string;
      info: string;
      length: number;
      okm: string;
    }

    test.each(vectors<{ vectors: Vector[] }>("rfc5869.json").vectors)("RFC 5869 $name", (v) => {
      expect(toHex(suite.hkdf(hex(v.ikm), hex(v.salt), hex(v.info), v.length))).toBe(v.okm);
    });

    test("takes empty key material and long info, and gives prefixes of one stream", () => {
      const long = suite.hkdf(empty, empty, new Uint8Array(3000), HKDF_BYTES_MAX);
      expect(long.length).toBe(HKDF_BYTES_MAX);
      for (const length of [1, 31, 32, 33]) {
        expect(suite.hkdf(empty, empty, new Uint8Array(3000), length)).toEqual(long.slice(0, length));
      }
    });

    test.each([0, -1, HKDF_BYTES_MAX + 1])("a length of %i is a bug", (length) => {
      expect(() => suite.hkdf(utf8("ikm"), empty, empty, length)).toThrow(BugError);
    });
  });

  describe("Ed25519", () => {
    interface Vector {
      name: string;
      secret: string;
      public: string;
      message: string;
      signature: string;
    }
    const published = vectors<{ vectors: Vector[] }>("rfc8032.json").vectors;

    test.each(published)("RFC 8032 $name", (v) => {
      expect(toHex(suite.ed25519PublicKey(hex(v.secret)))).toBe(v.public);
      expect(toHex(suite.ed25519Sign(hex(v.secret), hex(v.message)))).toBe(v.signature);
      expect(suite.ed25519Verify(hex(v.public), hex(v.message), hex(v.signature))).toBe(true);
      expect(suite.ed25519KeyIsSound(hex(v.public))).toBe(true);
    });

    const [, , v] = published;
    const [publicKey, message, signature] = [hex(v!.public), hex(v!.message), hex(v!.signature)];

    test("every flipped bit of signature, message and key is refused", () => {
      // A stride of 5 reaches every byte and every position in a byte; noble takes milliseconds for each.
      const some = (bytes: Uint8Array): Uint8Array[] => [...bitFlips(bytes)].filter((_, i) => i % 5 === 0);
      const all = suite.name === "node" ? (bytes: Uint8Array) => [...bitFlips(bytes)] : some;
      for (const bad of all(signature)) expect(suite.ed25519Verify(publicKey, message, bad)).toBe(false);
      for (const bad of all(message)) expect(suite.ed25519Verify(publicKey, bad, signature)).toBe(false);
      for (const bad of all(publicKey)) expect(suite.ed25519Verify(bad, message, signature)).toBe(false);
    });

    test("another length of signature or key is refused", () => {
      for (const bad of [...truncations(signature), new Uint8Array([...signature, 0])]) {
        expect(suite.ed25519Verify(publicKey, message, bad)).toBe(false);
      }
      for (const bad of [...truncations(publicKey), new Uint8Array([...publicKey, 0])]) {
        expect(suite.ed25519Verify(bad, message, signature)).toBe(false);
        expect(suite.ed25519KeyIsSound(bad)).toBe(false);
      }
    });

    test("a secret of another length is a bug", () => {
      for (const length of [0, 31, 33, 64]) {
        expect(() => suite.ed25519PublicKey(new Uint8Array(length))).toThrow(BugError);
        expect(() => suite.ed25519Sign(new Uint8Array(length), message)).toThrow(BugError);
      }
    });
  });

  describe("X25519", () => {
    const file = vectors<{
      scalarMult: { scalar: string; u: string; output: string }[];
      iterated: Record<string, string>;
      diffieHellman: Record<"aliceSecret" | "alicePublic" | "bobSecret" | "bobPublic" | "shared", string>;
    }>("rfc7748.json");

    test.each(file.scalarMult)("RFC 7748 5.2 $output", ({ scalar, u, output }) => {
      expect(toHex(suite.x25519(hex(scalar), hex(u))!)).toBe(output);
    });

    test("RFC 7748 5.2 iterated 1 and 1000 times", () => {
      let k: Uint8Array = new Uint8Array([9, ...new Uint8Array(31)]);
      let u = k;
      for (let i = 1; i <= 1000; i++) {
        [k, u] = [suite.x25519(k, u)!, k];
        if (i === 1) expect(toHex(k)).toBe(file.iterated["1"]);
      }
      expect(toHex(k)).toBe(file.iterated["1000"]);
    });

    test("RFC 7748 6.1", () => {
      const dh = file.diffieHellman;
      expect(toHex(suite.x25519PublicKey(hex(dh.aliceSecret)))).toBe(dh.alicePublic);
      expect(toHex(suite.x25519PublicKey(hex(dh.bobSecret)))).toBe(dh.bobPublic);
      expect(toHex(suite.x25519(hex(dh.aliceSecret), hex(dh.bobPublic))!)).toBe(dh.shared);
      expect(toHex(suite.x25519(hex(dh.bobSecret), hex(dh.alicePublic))!)).toBe(dh.shared);
      expect(suite.x25519KeyIsSound(hex(dh.alicePublic))).toBe(true);
    });

    test("another length of peer key has no result, of secret is a bug", () => {
      const secret = hex(file.diffieHellman.aliceSecret);
      for (const length of [0, 31, 33]) {
        expect(suite.x25519(secret, new Uint8Array(length).fill(9))).toBeUndefined();
        expect(suite.x25519KeyIsSound(new Uint8Array(length).fill(9))).toBe(false);
        expect(() => suite.x25519PublicKey(new Uint8Array(length))).toThrow(BugError);
        expect(() => suite.x25519(new Uint8Array(length), secret)).toThrow(BugError);
      }
    });
  });

  test("equalSecret", () => {
    const a = suite.sha256(utf8("a"));
    expect(suite.equalSecret(a, a.slice())).toBe(true);
    expect(suite.equalSecret(empty, empty)).toBe(true);
    expect(suite.equalSecret(a, a.subarray(1))).toBe(false);
    for (const other of bitFlips(a)) expect(suite.equalSecret(a, other)).toBe(false);
  });

  test("a Buffer is read as the bytes it is, and left as it was", () => {
    const secret = suite.sha256(utf8("secret"));
    const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
    const publicKey = suite.ed25519PublicKey(asBuffer(secret));
    const signature = suite.ed25519Sign(asBuffer(secret), asBuffer(secret));
    // Whatever the sign bits are, one of these has them set.
    const inputs = [publicKey, signature, bitwiseNot(publicKey), bitwiseNot(signature)].map(asBuffer);
    const before = inputs.map(toHex);
    expect(suite.ed25519Verify(inputs[0]!, asBuffer(secret), inputs[1]!)).toBe(true);
    expect(suite.ed25519Verify(inputs[2]!, asBuffer(secret), inputs[3]!)).toBe(false);
    expect(suite.ed25519KeyIsSound(inputs[0]!)).toBe(true);
    suite.ed25519KeyIsSound(inputs[2]!);
    suite.x25519KeyIsSound(inputs[2]!);
    suite.x25519(asBuffer(secret), inputs[2]!);
    expect(inputs.map(toHex)).toEqual(before);

    const key = asBuffer(secret);
    const aead = suite.aead("chacha20-poly1305", key);
    key.fill(0);
    const sealed = aead.seal(Buffer.alloc(12), Buffer.alloc(0), asBuffer(secret));
    expect(sealed).toEqual(suite.aead("chacha20-poly1305", secret).seal(new Uint8Array(12), empty, secret));
    expect(aead.open(Buffer.alloc(12), Buffer.alloc(0), asBuffer(sealed))).toEqual(secret);
  });

  test("answers are plain bytes, whose slice copies", () => {
    const secret = suite.sha256(utf8("secret"));
    const publicKey = suite.x25519PublicKey(secret);
    const aead = suite.aead("aes-256-gcm", secret);
    const sealed = aead.seal(new Uint8Array(12), empty, secret);
    const answers = [
      suite.sha256(),
      suite.hmacSha256(secret),
      suite.hkdf(secret, empty, empty, 32),
      suite.ed25519PublicKey(secret),
      suite.ed25519Sign(secret, secret),
      publicKey,
      suite.x25519(secret, publicKey)!,
      sealed,
      aead.open(new Uint8Array(12), empty, sealed)!,
    ];
    for (const answer of answers) {
      expect(Object.getPrototypeOf(answer)).toBe(Uint8Array.prototype);
      const copy = answer.slice();
      copy[0]! ^= 1;
      expect(equalBytes(copy, answer)).toBe(false);
    }
  });
});

function bitwiseNot(bytes: Uint8Array): Uint8Array {
  return bytes.map((b) => ~b);
}
