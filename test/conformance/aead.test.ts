/** What every AEAD does, whoever computes it: published vectors, and what the interface promises at its edges. */
import { describe, expect, test } from "vitest";
import { probePlatform } from "../../platform/platform.ts";
import { BugError } from "../../src/base/errors.ts";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { AEADS } from "../../src/crypto/cipher-suite.ts";
import type { AeadFactory, AeadName } from "../../src/crypto/cipher-suite.ts";
import { nobleSuite } from "../../src/crypto/noble.ts";
import { nodeSuite } from "../../src/crypto/node.ts";
import { bitFlips, truncations } from "../support/hostile-bytes.ts";
import { hex, vectors } from "../support/vectors.ts";

const factories: Readonly<Record<string, AeadFactory>> = {
  node: (name, key) => nodeSuite().aead(name, key),
  noble: (name, key) => nobleSuite().aead(name, key),
  "EVP, contexts kept": probePlatform({}).aeads!,
};

const empty = new Uint8Array(0);
const aeadNames = Object.keys(AEADS) as AeadName[];
const sha256 = (bytes: Uint8Array): Uint8Array => nobleSuite().sha256(bytes);

describe.each(Object.entries(factories))("%s", (_, aeadOf) => {
  interface Vector {
    key: string;
    nonce: string;
    aad: string;
    sealed: string;
    plaintext: string | null;
  }
  const files: [AeadName, string][] = [
    ["chacha20-poly1305", "rfc8439.json"],
    ["aes-256-gcm", "aes-256-gcm.json"],
  ];

  test.each(files)("%s: %s", (name, file) => {
    for (const v of vectors<{ vectors: Vector[] }>(file).vectors) {
      const aead = aeadOf(name, hex(v.key));
      const opened = aead.open(hex(v.nonce), hex(v.aad), hex(v.sealed));
      expect(opened && toHex(opened)).toBe(v.plaintext ?? undefined);
      if (v.plaintext === null) continue;
      expect(toHex(aead.seal(hex(v.nonce), hex(v.aad), hex(v.plaintext)))).toBe(v.sealed);
    }
  });

  describe.each(aeadNames)("%s", (name) => {
    const key = sha256(utf8("key"));
    const nonce = sha256(utf8("nonce")).slice(0, 12);
    const aad = utf8("header of 16 b..");
    const sealed = aeadOf(name, key).seal(nonce, aad, utf8("attack at dawn"));

    test("opens what it sealed, whole or empty, whatever the alignment of its arguments", () => {
      const aead = aeadOf(name, key);
      const shifted = (bytes: Uint8Array): Uint8Array => new Uint8Array([0, ...bytes]).subarray(1);
      expect(aead.open(nonce, aad, sealed)).toEqual(utf8("attack at dawn"));
      expect(aead.open(shifted(nonce), shifted(aad), shifted(sealed))).toEqual(utf8("attack at dawn"));
      expect(aead.seal(shifted(nonce), shifted(aad), shifted(utf8("attack at dawn")))).toEqual(sealed);
      const nothing = aead.seal(nonce, empty, empty);
      expect(nothing.length).toBe(16);
      expect(aead.open(nonce, empty, nothing)).toEqual(empty);
    });

    test("refuses every flipped bit and every truncation", () => {
      const aead = aeadOf(name, key);
      for (const bad of bitFlips(sealed)) expect(aead.open(nonce, aad, bad)).toBeUndefined();
      for (const bad of bitFlips(nonce)) expect(aead.open(bad, aad, sealed)).toBeUndefined();
      for (const bad of bitFlips(aad)) expect(aead.open(nonce, bad, sealed)).toBeUndefined();
      for (const bad of truncations(sealed)) expect(aead.open(nonce, aad, bad)).toBeUndefined();
      for (const bad of truncations(aad)) expect(aead.open(nonce, bad, sealed)).toBeUndefined();
      for (const bad of bitFlips(key)) expect(aeadOf(name, bad).open(nonce, aad, sealed)).toBeUndefined();
    });

    test("leaves its arguments alone and keeps a key of its own", () => {
      const own = key.slice();
      const aead = aeadOf(name, own);
      own.fill(0);
      const input = sealed.slice();
      expect(aead.open(nonce, aad, input)).toEqual(utf8("attack at dawn"));
      expect(input).toEqual(sealed);
      aead.destroy();
      expect(own).toEqual(new Uint8Array(32));
    });

    test("is unusable once destroyed, and may be destroyed twice", () => {
      const aead = aeadOf(name, key);
      aead.destroy();
      aead.destroy();
      expect(() => aead.seal(nonce, aad, empty)).toThrow(BugError);
      expect(() => aead.open(nonce, aad, sealed)).toThrow(BugError);
      expect(() => aead.open(nonce, aad, empty)).toThrow(BugError);
    });

    test("another length of key or nonce is a bug", () => {
      const aead = aeadOf(name, key);
      for (const length of [0, 16, 31, 33]) {
        expect(() => aeadOf(name, new Uint8Array(length))).toThrow(BugError);
      }
      for (const length of [0, 8, 11, 13, 16]) {
        expect(() => aead.seal(new Uint8Array(length), aad, empty)).toThrow(BugError);
        expect(() => aead.open(new Uint8Array(length), aad, sealed)).toThrow(BugError);
        expect(() => aead.open(new Uint8Array(length), aad, empty)).toThrow(BugError);
      }
    });

    test("in place: what seal and open say, and nothing around it is touched", () => {
      const aead = aeadOf(name, key);
      for (const aadBytes of [0, 16, 32, 700]) {
        for (const length of [
          0, 1, 15, 16, 17, 63, 64, 65, 128, 255, 256, 257, 1168, 16_383, 16_384, 16_385,
        ]) {
          const buffer = new Uint8Array(3 + aadBytes + length + 16 + 5).map((_, i) => i * 7);
          const [aadAt, at, end] = [3, 3 + aadBytes, 3 + aadBytes + length];
          const before = buffer.slice();
          const expected = aead.seal(nonce, buffer.slice(aadAt, at), buffer.slice(at, end));
          aead.sealInPlace(nonce, buffer, aadAt, at, end);
          expect(Buffer.compare(buffer.subarray(at, end + 16), expected)).toBe(0);
          expect(buffer.subarray(0, at)).toEqual(before.subarray(0, at));
          expect(buffer.subarray(end + 16)).toEqual(before.subarray(end + 16));
          const sealedNow = buffer.slice();
          expect(aead.openInPlace(nonce, buffer, aadAt, at, end + 16)).toBe(true);
          expect(Buffer.compare(buffer.subarray(0, end), before.subarray(0, end))).toBe(0);
          expect(buffer.subarray(end + 16)).toEqual(before.subarray(end + 16));
          buffer.set(sealedNow);
          buffer[end + 15]! ^= 0x80;
          expect(aead.openInPlace(nonce, buffer, aadAt, at, end + 16)).toBe(false);
          if (length >= 15)
            expect(Buffer.from(buffer.slice(at, end)).includes(before.subarray(at, end))).toBe(false);
        }
      }
    });

    test("in place: every flipped bit and every truncation is refused", () => {
      const aead = aeadOf(name, key);
      const datagram = new Uint8Array([...aad, ...sealed]);
      const opens = (bytes: Uint8Array): boolean => aead.openInPlace(nonce, bytes, 0, 16, bytes.length);
      expect(opens(datagram.slice())).toBe(true);
      for (const bad of bitFlips(datagram)) expect(opens(bad)).toBe(false);
      for (const bad of truncations(datagram)) if (bad.length >= 16) expect(opens(bad)).toBe(false);
    });

    test("in place: no room, and no key any more, is a bug", () => {
      const aead = aeadOf(name, key);
      expect(() => aead.sealInPlace(nonce, new Uint8Array(31), 0, 16, 16)).toThrow(BugError);
      expect(() => aead.openInPlace(nonce, new Uint8Array(31), 0, 16, 32)).toThrow(BugError);
      aead.destroy();
      expect(() => aead.sealInPlace(nonce, new Uint8Array(64), 0, 16, 48)).toThrow(BugError);
      expect(() => aead.openInPlace(nonce, new Uint8Array(64), 0, 16, 48)).toThrow(BugError);
    });

    test("a mebibyte, and much associated data", () => {
      const aead = aeadOf(name, key);
      const long = new Uint8Array(1024 * 1024).map((_, i) => i >> 3);
      const longAad = long.slice(0, 70_000);
      const other = nodeSuite().aead(name, key).seal(nonce, longAad, long);
      expect(Buffer.compare(aead.seal(nonce, longAad, long), other)).toBe(0);
      expect(Buffer.compare(aead.open(nonce, longAad, other)!, long)).toBe(0);
      other[500_000]! ^= 1;
      expect(aead.open(nonce, longAad, other)).toBeUndefined();
    });

    test("keys do not mix, in whatever order they are used", () => {
      const keys = [1, 2, 3].map((n) => sha256(Uint8Array.of(n)));
      const aeads = keys.map((k) => aeadOf(name, k));
      for (let i = 0; i < 60; i++) {
        const [a, b] = [aeads[i % 3]!, aeads[(i * 7 + 1) % 3]!];
        const s = a.seal(nonce, aad, Uint8Array.of(i));
        expect(toHex(s)).toBe(
          toHex(
            nodeSuite()
              .aead(name, keys[i % 3]!)
              .seal(nonce, aad, Uint8Array.of(i)),
          ),
        );
        expect(b.open(nonce, aad, s)).toEqual(a === b ? Uint8Array.of(i) : undefined);
      }
    });
  });
});
