import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { BugError, DecodeError } from "../../../src/base/errors.ts";
import { decodeCbor, encodeCbor } from "../../../src/codec/cbor.ts";
import type { Cbor } from "../../../src/codec/cbor.ts";
import { bitFlips, decodedOrRefused, mutations, truncations } from "../../support/hostile-bytes.ts";
import { hex } from "../../support/vectors.ts";

/** RFC 8949, appendix A: what of it is in the subset. */
const published: [string, Cbor][] = [
  ["00", 0],
  ["01", 1],
  ["0a", 10],
  ["17", 23],
  ["1818", 24],
  ["1819", 25],
  ["1864", 100],
  ["1903e8", 1000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["1b001fffffffffffff", Number.MAX_SAFE_INTEGER],
  ["40", new Uint8Array(0)],
  ["4401020304", Uint8Array.of(1, 2, 3, 4)],
  ["60", ""],
  ["6161", "a"],
  ["6449455446", "IETF"],
  ["62225c", '"\\'],
  ["62c3bc", "ü"],
  ["63e6b0b4", "水"],
  ["64f0908591", "\u{10151}"],
  ["80", []],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["98190102030405060708090a0b0c0d0e0f101112131415161718181819", Array.from({ length: 25 }, (_, i) => i + 1)],
];

test.each(published)("%s", (bytes, value) => {
  expect(toHex(encodeCbor(value))).toBe(bytes);
  expect(decodeCbor(hex(bytes))).toEqual(value);
});

describe("refuses", () => {
  test.each([
    ["1800", "a number that fits the head"],
    ["1817", "a number that fits the head"],
    ["1900ff", "a number that fits one byte"],
    ["1a0000ffff", "a number that fits two bytes"],
    ["1b00000000ffffffff", "a number that fits four bytes"],
    ["5800", "a length in more bytes than needed"],
    ["590001ff", "a length in more bytes than needed"],
    ["7801ff", "a length in more bytes than needed"],
    ["9800", "a length in more bytes than needed"],
    ["9b0000000000000000", "a length in more bytes than needed"],
    ["1b0020000000000000", "2^53"],
    ["1bffffffffffffffff", "2^64 - 1"],
    ["20", "a negative integer"],
    ["3bffffffffffffffff", "a negative integer"],
    ["5f4101ff", "indefinite bytes"],
    ["7f6161ff", "indefinite text"],
    ["9f01ff", "an indefinite array"],
    ["ff", "a break"],
    ["a0", "a map"],
    ["a10102", "a map"],
    ["c001", "a tag"],
    ["c249010000000000000000", "a big number"],
    ["d9d9f700", "a tag"],
    ["f4", "false"],
    ["f5", "true"],
    ["f6", "null"],
    ["f7", "undefined"],
    ["f0", "a simple value"],
    ["f820", "a simple value"],
    ["f90000", "a float"],
    ["f97e00", "not a number"],
    ["fa47c35000", "a float"],
    ["fb3ff199999999999a", "a float"],
    ["1c", "a reserved head"],
    ["5d", "a reserved head"],
    ["9e", "a reserved head"],
    ["8100f4", "bytes left over"],
    ["0000", "bytes left over"],
    ["", "nothing"],
    ["61ff", "text that is not UTF-8"],
    ["62c080", "an overlong zero"],
    ["63eda080", "half of a surrogate pair"],
    ["8161ff", "text that is not UTF-8, inside"],
    ["81f6", "null, inside"],
  ])("%s: %s", (bytes) => {
    expect(() => decodeCbor(hex(bytes))).toThrow(DecodeError);
  });

  test("depth above the maximum, and takes the maximum", () => {
    expect(decodeCbor(hex("8181818101"))).toEqual([[[[1]]]]);
    expect(() => decodeCbor(hex("818181818101"))).toThrow(/too-deep/);
    expect(decodeCbor(hex("8101"), 1)).toEqual([1]);
    expect(() => decodeCbor(hex("818101"), 1)).toThrow(/too-deep/);
    expect(() => decodeCbor(hex("80"), 0)).toThrow(/too-deep/);
    expect(decodeCbor(hex("828180818080".slice(0, -2)))).toEqual([[[]], [[]]]);
  });

  test.each([
    ["an array of 2^64 - 1 items", hex("9bffffffffffffffff")],
    ["an array of 2^53 items", hex("9b0020000000000000")],
    ["an array of 2^32 - 1 items", hex("9affffffff")],
    ["bytes, 2^64 - 1 of them", hex("5bffffffffffffffff")],
    ["text of 2^32 - 1 bytes", hex("7affffffff61")],
    ["10,000 arrays, each in the other", new Uint8Array(10_000).fill(0x81)],
    ["a million arrays, each in the other", new Uint8Array(1_000_000).fill(0x81)],
    ["a million arrays that promise the most", new Uint8Array(1_000_000).fill(0x9a)],
    ["a million maps", new Uint8Array(1_000_000).fill(0xa1)],
    ["a million tags", new Uint8Array(1_000_000).fill(0xc1)],
  ])("%s, before it builds anything", (_, bomb) => {
    expect(() => decodeCbor(bomb)).toThrow(DecodeError);
    expect(() => decodeCbor(new Uint8Array([0x82, 0x01, ...bomb.subarray(0, 20_000)]))).toThrow(DecodeError);
  });

  test("says where", () => {
    expect(() => decodeCbor(hex("8201f6"))).toThrow(
      expect.objectContaining({ code: "bad-type", offset: 2 }) as Error,
    );
    expect(() => decodeCbor(hex("820102ff"))).toThrow(
      expect.objectContaining({ code: "trailing-bytes", offset: 3 }) as Error,
    );
  });
});

describe("hostile bytes", () => {
  const sample = encodeCbor([1, "text", Uint8Array.of(1, 2, 3), [24, 256, [65536, [2 ** 32]]], []]);

  test("every truncation is refused", () => {
    for (const bad of truncations(sample)) expect(() => decodeCbor(bad)).toThrow(DecodeError);
  });

  test("a flipped bit is refused, or gives another value whose one encoding it is", () => {
    for (const bad of bitFlips(sample)) {
      const value = decodedOrRefused(() => decodeCbor(bad));
      if (value !== undefined) expect(encodeCbor(value)).toEqual(bad);
    }
  });

  test("10,000 mutations likewise", () => {
    let decoded = 0;
    for (const bad of mutations(sample, { seed: 2, count: 10_000 })) {
      const value = decodedOrRefused(() => decodeCbor(bad));
      if (value === undefined) continue;
      decoded++;
      expect(encodeCbor(value)).toEqual(bad);
    }
    expect(decoded).toBeGreaterThan(100);
  });
});

test("encoding a value outside the subset is a bug, at any depth", () => {
  for (const value of [
    -1,
    -0.5,
    Number.NaN,
    Infinity,
    2 ** 53,
    null,
    undefined,
    true,
    1n,
    {},
    new Map(),
    new Date(0),
  ]) {
    expect(() => encodeCbor(value as Cbor)).toThrow(BugError);
    expect(() => encodeCbor([1, [value as Cbor]])).toThrow(BugError);
  }
});

test("text comes back as it was; what would not has no encoding", () => {
  for (const text of ["", "a\u0000b", "e\u0301", "é", "\u{1f511}", "x\ufeff", "a".repeat(40) + "é"]) {
    expect(decodeCbor(encodeCbor(text))).toBe(text);
  }
  for (const text of ["\ud800", "a\udc00b", "\ufeff", "\ufeffbom"]) {
    expect(() => encodeCbor(text)).toThrow(BugError);
  }
  for (const bytes of ["63efbbbf", "64efbbbf61", "66efbbbfefbbbf"]) {
    expect(() => decodeCbor(hex(bytes))).toThrow(DecodeError);
  }
});
