/**
 * Ed25519 has one meaning here, also for the inputs on which libraries differ (Chalkias, Garillot, Nikolaenko, "Taming
 * the many EdDSAs", 2020): without cofactor, S below L, A and R canonical and not of small order. Suites or runtimes that
 * disagree on one of these split a team.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/base/bytes.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import {
  BASE,
  P,
  TORSION,
  craft,
  craftUntil,
  encodeY,
  nonCanonicalPoints,
  withSPlus,
} from "../../support/edwards.ts";
import type { Crafted } from "../../support/edwards.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";

const suites = [nodeSuite(), nobleSuite()] as const;

function verdicts(c: Pick<Crafted, "publicKey" | "message" | "signature">): boolean[] {
  return suites.map((suite) => suite.ed25519Verify(c.publicKey, c.message, c.signature));
}

const both = (verdict: boolean): boolean[] => [verdict, verdict];
const random = seededRandom(8032);
const scalar = (): bigint => BigInt(1 + random(2 ** 32)) * 0x1_0001_0001_0001n + 5n;

/** With the cofactor and lenient decoding. Everything refused below is shown to pass this: the refusal is ours. */
function lenient(c: Crafted): boolean {
  return ed25519.verify(c.signature, c.message, c.publicKey, { zip215: true });
}

describe("the twelve cases", () => {
  const [a, r] = [scalar(), scalar()];

  test.each<[string, Crafted, boolean]>([
    ["0: S = 0, A and R of small order", craftUntil(true, { a: 0n, aTorsion: 1, r: 0n, rTorsion: 3 }), false],
    ["1: A of small order, R mixed", craftUntil(true, { a: 0n, aTorsion: 1, r, rTorsion: 5 }), false],
    ["2: A mixed, R of small order", craftUntil(true, { a, aTorsion: 1, r: 0n, rTorsion: 2 }), false],
    ["3: both mixed, holds without cofactor", craftUntil(true, { a, aTorsion: 3, r, rTorsion: 1 }), true],
    ["4: both mixed, only with cofactor", craftUntil(false, { a, aTorsion: 3, r, rTorsion: 1 }), false],
    ["5: A mixed, only with cofactor", craftUntil(false, { a, aTorsion: 1, r, rTorsion: 0 }), false],
  ])("%s", (_, crafted, expected) => {
    expect(verdicts(crafted)).toEqual(both(expected));
    expect(lenient(crafted)).toBe(true);
  });

  test("6: S + L, 7: S far above L", () => {
    const good = craft({ a, aTorsion: 0, r, rTorsion: 0, message: utf8("m") });
    expect(verdicts(good)).toEqual(both(true));
    for (let n = 1n; n <= 14n; n++) {
      expect(verdicts({ ...good, signature: withSPlus(n, good) })).toEqual(both(false));
    }
    for (const bit of [0x20, 0x40, 0x80]) {
      const signature = good.signature.slice();
      signature[63]! |= bit;
      expect(verdicts({ ...good, signature })).toEqual(both(false));
    }
  });

  test("8, 9: R not canonical, hashed as spelt", () => {
    // Of such an R that is not of small order nobody knows the r that makes an S.
    let tried = 0;
    for (const { bytes, point } of nonCanonicalPoints()) {
      const rTorsion = TORSION.findIndex((t) => t.equals(point));
      if (rTorsion < 0) continue;
      for (const aTorsion of [0, 1, 3]) {
        const crafted = craft({ a, aTorsion, r: 0n, rTorsion, spellR: bytes, message: utf8("m") });
        expect(verdicts(crafted)).toEqual(both(false));
        expect(lenient(crafted)).toBe(true);
        tried++;
      }
    }
    expect(tried).toBeGreaterThanOrEqual(12);
  });

  test("10, 11: A not canonical, hashed as spelt", () => {
    let tried = 0;
    for (const { bytes, point } of nonCanonicalPoints()) {
      const aTorsion = TORSION.findIndex((t) => t.equals(point));
      if (aTorsion < 0) continue;
      const rTorsion = (8 - aTorsion) % 8;
      const crafted = craftUntil(true, { a: 0n, aTorsion, r, rTorsion, spellA: bytes });
      expect(verdicts(crafted)).toEqual(both(false));
      expect(lenient(crafted)).toBe(true);
      tried++;
    }
    expect(tried).toBeGreaterThanOrEqual(4);
  });
});

// The equation holds in all of these. node:crypto of 26.10 refuses them, that of 20 does not: we do, on both.
test("A or R of small order is refused though the equation holds, also under a sound key", () => {
  const [a, r] = [scalar(), scalar()];
  const ofSoundKey = craft({ a, aTorsion: 0, r: 0n, rTorsion: 0, message: utf8("m") });
  expect(suites.map((suite) => suite.ed25519KeyIsSound(ofSoundKey.publicKey))).toEqual(both(true));
  expect(verdicts(ofSoundKey)).toEqual(both(false));
  for (let j = 0; j < 8; j++) {
    const negated = (8 - j) % 8;
    for (const crafted of [
      craftUntil(true, { a: 0n, aTorsion: j, r, rTorsion: negated }),
      craftUntil(true, { a: 0n, aTorsion: j, r: 0n, rTorsion: negated }),
      ...(j % 2 === 0 ? [craftUntil(true, { a, aTorsion: 1, r: 0n, rTorsion: j })] : []),
    ]) {
      expect(verdicts(crafted)).toEqual(both(false));
      expect(lenient(crafted)).toBe(true);
    }
  }
});

test("192 mixed-order signatures: both suites answer as the torsion parts say", () => {
  const seen = { true: 0, false: 0 };
  let cofactored = 0;
  for (let i = 0; i < 192; i++) {
    const message = utf8(`message ${i}`);
    const crafted = craft({ a: scalar(), aTorsion: i % 8, r: scalar(), rTorsion: (i >> 3) % 8, message });
    expect(verdicts(crafted), `case ${i}`).toEqual(both(crafted.cofactorless));
    seen[`${crafted.cofactorless}`]++;
    if (i < 24 && ed25519.verify(crafted.signature, message, crafted.publicKey)) cofactored++;
  }
  expect(seen.true).toBeGreaterThan(16);
  expect(seen.false).toBeGreaterThan(100);
  // noble's own verifier, which multiplies by the cofactor, takes every one.
  expect(cofactored).toBe(24);
});

describe("ed25519KeyIsSound", () => {
  function sound(publicKey: Uint8Array): boolean[] {
    return suites.map((suite) => suite.ed25519KeyIsSound(publicKey));
  }

  test("takes points of prime order", () => {
    for (let i = 0; i < 20; i++) expect(sound(BASE.multiplyUnsafe(scalar()).toBytes())).toEqual(both(true));
    expect(sound(BASE.toBytes())).toEqual(both(true));
    expect(sound(BASE.negate().toBytes())).toEqual(both(true));
  });

  test("refuses them with any torsion component, and the torsion points themselves", () => {
    for (const torsion of TORSION) {
      expect(sound(torsion.toBytes())).toEqual(both(false));
      if (torsion.is0()) continue;
      for (let i = 0; i < 5; i++) {
        expect(sound(BASE.multiplyUnsafe(scalar()).add(torsion).toBytes())).toEqual(both(false));
      }
    }
  });

  test("refuses every encoding that is not canonical, though OpenSSL would import it", () => {
    const points = nonCanonicalPoints();
    expect(points.length).toBeGreaterThan(20);
    for (const { bytes } of points) expect(sound(bytes)).toEqual(both(false));
    for (let y = P; y < 2n ** 255n; y++) {
      for (const negative of [false, true]) expect(sound(encodeY(y, negative))).toEqual(both(false));
    }
  });

  test("refuses what is not on the curve, and both suites agree on any y", () => {
    let offCurve = 0;
    for (let y = 2n; y < 130n; y++) {
      const [node, noble] = sound(encodeY(y));
      expect(node, `y = ${y}`).toBe(noble);
      if (!ed25519.utils.isValidPublicKey(encodeY(y), true)) {
        offCurve++;
        expect(node).toBe(false);
      }
    }
    expect(offCurve).toBeGreaterThan(40);
  });
});

test("one key has one device id: no two accepted encodings are of one point", () => {
  const accepted = new Map<string, string>();
  for (const { bytes, point } of nonCanonicalPoints()) {
    for (const spelling of [bytes, point.toBytes()]) {
      if (!suites[0].ed25519KeyIsSound(spelling)) continue;
      const name = `${point.toAffine().x},${point.toAffine().y}`;
      expect(accepted.get(name) ?? toHex(spelling)).toBe(toHex(spelling));
      accepted.set(name, toHex(spelling));
    }
  }
});
