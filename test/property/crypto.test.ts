/** The two suites are one function: whatever goes in, the same comes out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AEADS } from "../../src/crypto/cipher-suite.ts";
import type { AeadName, CipherSuite } from "../../src/crypto/cipher-suite.ts";
import { nobleSuite } from "../../src/crypto/noble.ts";
import { nodeSuite } from "../../src/crypto/node.ts";
import { probePlatform } from "../../platform/platform.ts";
import { L, craft, encodeY } from "../support/edwards.ts";

const [node, noble] = [nodeSuite(), nobleSuite()];
/** With AEAD by the platform. */
const evp = nodeSuite(probePlatform({}).aeads);
const bytes = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });
const exactly = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

/** Random bytes, and those near the edges of the field that random ones never are. */
const point = fc.oneof(
  exactly(32),
  fc.tuple(fc.bigInt(0n, 40n), fc.boolean()).map(([y, sign]) => encodeY(y, sign)),
  fc.tuple(fc.bigInt(2n ** 255n - 40n, 2n ** 255n - 1n), fc.boolean()).map(([y, sign]) => encodeY(y, sign)),
);

function same(act: (suite: CipherSuite) => unknown): void {
  expect(act(node)).toEqual(act(noble));
}

function check<T extends unknown[]>(
  numRuns: number,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  act: (suite: CipherSuite, ...values: T) => unknown,
): void {
  fc.assert(
    fc.property(fc.tuple<T>(...arbitraries), (values) => same((suite) => act(suite, ...values))),
    { numRuns, seed: 1 },
  );
}

test("hashes", () => {
  check(200, [bytes(300), bytes(300)], (s, a, b) => [
    s.sha256(a, b),
    s.hmacSha256(a, b),
    s.hmacSha256(b, a, b),
  ]);
  check(
    100,
    [bytes(100), bytes(100), bytes(100), fc.integer({ min: 1, max: 300 })],
    (s, ikm, salt, info, n) => s.hkdf(ikm, salt, info, n),
  );
});

test("AEADs: sealing, opening, and opening what was never sealed", () => {
  const name = fc.constantFrom(...(Object.keys(AEADS) as AeadName[]));
  check(200, [name, exactly(32), exactly(12), bytes(80), bytes(400)], (s, name, key, nonce, aad, data) => {
    const aead = s.aead(name, key);
    const sealed = aead.seal(nonce, aad, data);
    expect(evp.aead(name, key).seal(nonce, aad, data)).toEqual(sealed);
    expect(evp.aead(name, key).open(nonce, aad, sealed)).toEqual(data);
    expect(evp.aead(name, key).open(nonce, data, sealed)).toEqual(aead.open(nonce, data, sealed));
    expect(aead.open(nonce, aad, sealed)).toEqual(data);
    return [sealed, aead.open(nonce, aad, data), aead.open(nonce, data, sealed)];
  });
});

test("AEADs in place are those that are not, at every length of a datagram", () => {
  const full = fc
    .constantFrom(0, 0xff)
    .chain((b) => fc.integer({ min: 0, max: 1300 }).map((n) => new Uint8Array(n).fill(b)));
  const data = fc.oneof(bytes(1300), full);
  const key = fc.oneof(exactly(32), fc.constant(new Uint8Array(32).fill(0xff)));
  const name = fc.constantFrom(...(Object.keys(AEADS) as AeadName[]));
  fc.assert(
    fc.property(name, key, exactly(12), bytes(256), data, (n, k, nonce, aad, plaintext) => {
      const expected = noble.aead(n, k).seal(nonce, aad, plaintext);
      const at = aad.length;
      const end = at + plaintext.length;
      for (const suite of [node, evp]) {
        const aead = suite.aead(n, k);
        const buffer = new Uint8Array(end + 16);
        buffer.set(aad);
        buffer.set(plaintext, at);
        aead.sealInPlace(nonce, buffer, 0, at, end);
        expect(Buffer.compare(buffer.subarray(at), expected)).toBe(0);
        expect(aead.openInPlace(nonce, buffer, 0, at, end + 16)).toBe(true);
        expect(Buffer.compare(buffer.subarray(at, end), plaintext)).toBe(0);
        aead.destroy();
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("Ed25519 keys and signatures", () => {
  check(25, [exactly(32), bytes(300)], (s, secret, message) => {
    const publicKey = s.ed25519PublicKey(secret);
    const signature = s.ed25519Sign(secret, message);
    expect(s.ed25519Verify(publicKey, message, signature)).toBe(true);
    expect(s.ed25519KeyIsSound(publicKey)).toBe(true);
    return [publicKey, signature];
  });
});

test("Ed25519 verdicts on keys and signatures of anybody's making", () => {
  check(150, [point, bytes(20), point, exactly(32)], (s, publicKey, message, r, scalar) =>
    s.ed25519Verify(publicKey, message, new Uint8Array([...r, ...scalar])),
  );
  const scalar = fc.bigInt(0n, L - 1n);
  const torsion = fc.nat(7);
  check(
    60,
    [scalar, torsion, scalar, torsion, bytes(20), fc.boolean()],
    (s, a, aTorsion, r, rTorsion, message, zeroR) => {
      const c = craft({ a, aTorsion, r: zeroR ? 0n : r, rTorsion, message });
      return s.ed25519Verify(c.publicKey, c.message, c.signature);
    },
  );
});

test("soundness of keys", () => {
  check(200, [point], (s, key) => [s.ed25519KeyIsSound(key), s.x25519KeyIsSound(key)]);
  check(40, [fc.bigInt(0n, L - 1n), fc.nat(7)], (s, a, aTorsion) => {
    const sound = s.ed25519KeyIsSound(
      craft({ a, aTorsion, r: 1n, rTorsion: 0, message: new Uint8Array(0) }).publicKey,
    );
    expect(sound).toBe(aTorsion === 0 && a !== 0n);
    return sound;
  });
});

test("X25519", () => {
  check(100, [exactly(32), point], (s, secret, peer) => [s.x25519PublicKey(secret), s.x25519(secret, peer)]);
  check(20, [exactly(32), exactly(32)], (s, a, b) => {
    const shared = s.x25519(a, s.x25519PublicKey(b));
    expect(shared).toEqual(s.x25519(b, s.x25519PublicKey(a)));
    return shared;
  });
});

test("constant-time comparison compares", () => {
  check(200, [bytes(40), bytes(40)], (s, a, b) => [s.equalSecret(a, b), s.equalSecret(a, a.slice())]);
});

/** A property that never fails proves nothing: a suite that takes the cofactor is caught by the same generator. */
test("a suite with another meaning of Ed25519 is noticed", () => {
  const lax: CipherSuite = Object.assign(Object.create(node) as CipherSuite, { ed25519Verify: () => true });
  const property = fc.property(fc.bigInt(1n, L - 1n), fc.nat(7), (a, aTorsion) => {
    const c = craft({ a, aTorsion, r: 1n, rTorsion: 0, message: new Uint8Array(0) });
    return (
      lax.ed25519Verify(c.publicKey, c.message, c.signature) ===
      node.ed25519Verify(c.publicKey, c.message, c.signature)
    );
  });
  expect(fc.check(property, { numRuns: 100, seed: 1 }).failed).toBe(true);
});
