/** Base58 and base32: one text for each byte string, and no other text for any. */
import { describe, expect, test } from "vitest";
import { fromBase32, toBase32 } from "../../../src/base/base32.ts";
import { fromBase58, toBase58 } from "../../../src/base/base58.ts";
import { fromHex, toHex, utf8 } from "../../../src/base/bytes.ts";
import { mutations, seededRandom } from "../../support/hostile-bytes.ts";

const random = seededRandom(58);
const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random(256));

describe("base58", () => {
  // draft-msporny-base58-03, section 5, and the Bitcoin test data that it is taken from.
  test.each([
    ["48656c6c6f20576f726c6421", "2NEpo7TZRRrLZSi2U"],
    ["0000287fb4cd", "11233QC4"],
    ["", ""],
    ["61", "2g"],
    ["626262", "a3gV"],
    ["636363", "aPEr"],
    ["516b6fcd0f", "ABnLTmg"],
    ["bf4f89001e670274dd", "3SEo3LWLoPntC"],
    ["572e4794", "3EFU7m"],
    ["ecac89cad93923c02321", "EJDM8drfXA6uyA"],
    ["10c8511e", "Rt5zm"],
    ["00000000000000000000", "1111111111"],
    ["ff", "5Q"],
    ["00ff", "15Q"],
    ["0100", "5R"],
  ])("%s is %s", (hex, text) => {
    expect(toBase58(fromHex(hex)!)).toBe(text);
    expect(toHex(fromBase58(text)!)).toBe(hex);
  });

  test("every length, with zeros in front or not", () => {
    for (let length = 0; length <= 70; length++) {
      for (const zeros of [0, 1, length]) {
        const bytes = randomBytes(length).fill(0, 0, Math.min(zeros, length));
        expect(toBase58(bytes)).toBe(slowBase58(bytes));
        expect(fromBase58(toBase58(bytes), length)).toEqual(bytes);
        expect(fromBase58(toBase58(bytes), length - 1)).toBeUndefined();
      }
    }
  });

  test.each(["0", "O", "I", "l", " ", "2g ", " 2g", "2\n", "+", "é", "\u0131", "２"])(
    "%j is none",
    (text) => {
      expect(fromBase58(text)).toBeUndefined();
    },
  );

  test("too long a text is refused before any work", () => {
    expect(fromBase58("z".repeat(10_000_000), 32)).toBeUndefined();
    expect(fromBase58("1".repeat(10_000_000), 32)).toBeUndefined();
  });

  test("10,000 mutated texts: refused, or the one text of their bytes", () => {
    const text = utf8(toBase58(randomBytes(32)));
    for (const bad of mutations(text, { seed: 58, count: 10_000 })) {
      const mutated = String.fromCharCode(...bad);
      const bytes = fromBase58(mutated);
      if (bytes !== undefined) expect(toBase58(bytes)).toBe(mutated);
    }
  });
});

describe("base32", () => {
  // RFC 4648, section 10: the one of its vectors that is a whole group.
  test.each([
    ["", ""],
    ["666f6f6261", "MZXW6YTB"],
    ["0000000000", "AAAAAAAA"],
    ["ffffffffff", "77777777"],
    ["0102030405060708090a", "AEBAGBAFAYDQQCIK"],
  ])("%s is %s", (hex, text) => {
    expect(toBase32(fromHex(hex)!)).toBe(text);
    expect(toHex(fromBase32(text)!)).toBe(hex);
  });

  test("whole groups alone", () => {
    for (let length = 1; length < 10; length++) {
      if (length % 5 !== 0) expect(() => toBase32(new Uint8Array(length))).toThrow(RangeError);
    }
    for (const text of [
      "A",
      "AAAAAAA",
      "AAAAAAAAA",
      "AAAAAAA=",
      "mzxw6ytb",
      "AAAAAAA1",
      "AAAAAAA0",
      "AAAAAAA ",
      "ÄAAAAAAA",
    ]) {
      expect(fromBase32(text)).toBeUndefined();
    }
  });

  test("every length comes back, and no other text gives the same bytes", () => {
    for (let length = 0; length <= 200; length += 5) {
      const bytes = randomBytes(length);
      expect(fromBase32(toBase32(bytes))).toEqual(bytes);
    }
    for (const bad of mutations(utf8(toBase32(randomBytes(40))), { seed: 32, count: 10_000 })) {
      const mutated = String.fromCharCode(...bad);
      const bytes = fromBase32(mutated);
      if (bytes !== undefined) expect(toBase32(bytes)).toBe(mutated);
    }
  });
});

function slowBase58(bytes: Uint8Array): string {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let n = BigInt(`0x0${toHex(bytes)}`);
  let text = "";
  for (; n > 0n; n /= 58n) text = alphabet[Number(n % 58n)]! + text;
  const zeros = bytes.findIndex((b) => b !== 0);
  return "1".repeat(zeros < 0 ? bytes.length : zeros) + text;
}
