import { expect, test } from "vitest";
import { evpAeads } from "../../../platform/evp-aead.ts";
import { loadFfi } from "../../../platform/ffi.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";

const make = evpAeads(loadFfi()!)!;
/** More than there are contexts. */
const KEYS = 300;
const NAMES = ["aes-256-gcm", "chacha20-poly1305"] as const;
const AAD = Uint8Array.of(1, 2, 3);
const TEXT = new Uint8Array(50).fill(7);

function keyOf(i: number): Uint8Array {
  return new Uint8Array(32).fill(i & 0xff).fill(i >> 8, 16);
}

function nonceOf(i: number): Uint8Array {
  return new Uint8Array(12).fill(i % 251);
}

test("more keys than contexts, in any order: each seals and opens as itself", () => {
  const aeads = Array.from({ length: KEYS }, (_, i) => make(NAMES[i % 2]!, keyOf(i)));
  const sealed = aeads.map((aead, i) => aead.seal(nonceOf(i), AAD, TEXT));
  for (let i = 0; i < KEYS; i += 37) {
    const noble = nobleSuite().aead(NAMES[i % 2]!, keyOf(i));
    expect(sealed[i]).toEqual(noble.seal(nonceOf(i), AAD, TEXT));
  }
  // Far apart, then the same again at once, then somebody else's.
  for (let step = 0; step < KEYS; step++) {
    const i = (step * 131) % KEYS;
    expect(aeads[i]!.open(nonceOf(i), AAD, sealed[i]!)).toEqual(TEXT);
    expect(aeads[i]!.seal(nonceOf(i), AAD, TEXT)).toEqual(sealed[i]);
    expect(aeads[i]!.open(nonceOf(i), AAD, sealed[(i + 2) % KEYS]!)).toBeUndefined();
  }
  for (const aead of aeads) aead.destroy();
});

test("a key that was destroyed is of no use, and its place is the next one's", () => {
  const [first, other] = [make("aes-256-gcm", keyOf(1)), make("aes-256-gcm", keyOf(2))];
  const sealed = other.seal(nonceOf(1), AAD, TEXT);
  first.seal(nonceOf(1), AAD, TEXT);
  first.destroy();
  first.destroy();
  const [next, after] = [make("aes-256-gcm", keyOf(3)), make("aes-256-gcm", keyOf(4))];
  expect(() => first.seal(nonceOf(1), AAD, TEXT)).toThrow("used after destroy");
  const ofNext = next.seal(nonceOf(1), AAD, TEXT);
  expect(after.open(nonceOf(1), AAD, ofNext)).toBeUndefined();
  expect(next.open(nonceOf(1), AAD, ofNext)).toEqual(TEXT);
  expect(other.open(nonceOf(1), AAD, sealed)).toEqual(TEXT);
  for (const aead of [other, next, after]) aead.destroy();
});
