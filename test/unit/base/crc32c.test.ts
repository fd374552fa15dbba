import { describe, expect, test } from "vitest";
import { fromHex, utf8 } from "../../../src/base/bytes.ts";
import { crc32c } from "../../../src/base/crc32c.ts";

/** RFC 3720, appendix B.4, which prints the checksums least significant byte first; the last is the usual check value. */
const vectors: [string, Uint8Array, number][] = [
  ["32 bytes of zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["32 bytes counting up", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["32 bytes counting down", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  [
    "an iSCSI read command",
    fromHex(
      "01c0000000000000000000000000000014000000000004000000001400000018280000000000000002000000" + "00000000",
    )!,
    0xd9963a56,
  ],
  ["123456789", utf8("123456789"), 0xe3069283],
];

describe("crc32c", () => {
  test.each(vectors)("of %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test("of nothing is zero", () => {
    expect(crc32c(new Uint8Array())).toBe(0);
  });

  test("goes on from a seed wherever the bytes are cut", () => {
    for (const [, bytes, expected] of vectors) {
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(expected);
        expect(crc32c(bytes, crc32c(bytes, 0, 0, cut), cut)).toBe(expected);
      }
    }
  });

  test("notices every flipped bit", () => {
    const [, bytes, expected] = vectors[4]!;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(crc32c(flipped)).not.toBe(expected);
    }
  });
});
