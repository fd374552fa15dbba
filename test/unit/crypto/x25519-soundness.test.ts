import { numberToBytesLE } from "@noble/curves/utils.js";
import { describe, expect, test } from "vitest";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { P, TORSION, montgomeryU } from "../../support/edwards.ts";

const HIGH_BIT = 2n ** 255n;
/** From the torsion points of the Edwards curve; -1 is on the twist. */
const lowOrder = [...new Set([...TORSION.map(montgomeryU), P - 1n])];

/** Every 32-byte spelling that RFC 7748 reads as `u`. */
function spellings(u: bigint): Uint8Array[] {
  return [u, u + P]
    .filter((v) => v < HIGH_BIT)
    .flatMap((v) => [v, v + HIGH_BIT])
    .map((v) => numberToBytesLE(v, 32));
}

describe.each([nodeSuite(), nobleSuite()])("$name", (suite) => {
  const secret = suite.sha256(Uint8Array.of(1));

  test("points of low order, in every spelling, have no result and are not sound", () => {
    expect(lowOrder.length).toBe(5);
    const all = lowOrder.flatMap(spellings);
    expect(all.length).toBe(14);
    for (const u of all) {
      expect(suite.x25519(secret, u)).toBeUndefined();
      expect(suite.x25519KeyIsSound(u)).toBe(false);
    }
  });

  test("other spellings give the same secret as RFC 7748 asks, but only the canonical one is sound", () => {
    for (const u of [2n, 9n, 18n, P - 2n, 2n ** 254n]) {
      const [canonical, ...others] = spellings(u);
      const shared = suite.x25519(secret, canonical!);
      expect(shared).toBeDefined();
      expect(suite.x25519KeyIsSound(canonical!)).toBe(true);
      for (const other of others) {
        expect(suite.x25519(secret, other)).toEqual(shared);
        expect(suite.x25519KeyIsSound(other)).toBe(false);
      }
    }
  });

  test("bits of the secret that clamping sets or clears do not matter", () => {
    const twin = secret.slice();
    twin[0]! ^= 0x07;
    twin[31]! ^= 0x80;
    expect(suite.x25519PublicKey(twin)).toEqual(suite.x25519PublicKey(secret));
  });
});

test("both suites agree on every secret", () => {
  const [node, noble] = [nodeSuite(), nobleSuite()];
  for (const u of [2n, 9n, P - 2n, ...lowOrder]) {
    for (const fill of [0, 1, 0x7f, 0x80, 0xff]) {
      const secret = new Uint8Array(32).fill(fill);
      expect(node.x25519(secret, numberToBytesLE(u, 32))).toEqual(
        noble.x25519(secret, numberToBytesLE(u, 32)),
      );
    }
  }
});
