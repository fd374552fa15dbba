import { describe, expect, test } from "vitest";
import {
  compareBytes,
  concat,
  copyBytes,
  equalBytes,
  fromHex,
  fromLatin1,
  fromUtf8,
  toHex,
  utf8,
} from "../../../src/base/bytes.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test("concat", () => {
  expect(concat()).toEqual(bytes());
  expect(concat(bytes(1), bytes(), bytes(2, 3))).toEqual(bytes(1, 2, 3));
});

test("a byte is a character of Latin-1, the highest as well", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(fromLatin1(all)).toBe(Buffer.from(all).toString("latin1"));
  expect(fromLatin1(bytes())).toBe("");
});

test("a copy shares nothing, even of a Buffer", () => {
  const buffer = Buffer.from([1, 2, 3, 4]);
  const all = copyBytes(buffer);
  const part = copyBytes(buffer, 1, 3);
  buffer.fill(0);
  expect(all).toEqual(bytes(1, 2, 3, 4));
  expect(part).toEqual(bytes(2, 3));
  expect(Buffer.isBuffer(all)).toBe(false);
});

test("bytes are ordered as unsigned numbers, prefixes first", () => {
  const ascending = [
    bytes(),
    bytes(0),
    bytes(0, 0),
    bytes(0, 255),
    bytes(1),
    bytes(127),
    bytes(128),
    bytes(255),
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(i - j));
      expect(equalBytes(a, b)).toBe(i === j);
    }
  }
});

describe("hexadecimal", () => {
  test("every byte comes back", () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(toHex(all)).toBe(Buffer.from(all).toString("hex"));
    expect(fromHex(toHex(all))).toEqual(all);
    expect(fromHex("")).toEqual(bytes());
  });

  test.each(["0", "000", "0G", "0A", "AB", " 00", "00 ", "00\n", "0x00", "٠٠", "é0"])(
    "%j is none",
    (text) => {
      expect(fromHex(text)).toBeUndefined();
    },
  );
});

describe("UTF-8", () => {
  test.each(["", "plain", "e\u0301", "水", "\u{1f511}", "\ufeffmark"])("%j comes back", (text) => {
    expect(fromUtf8(utf8(text))).toBe(text);
  });

  test.each(["80", "c080", "e08080", "eda080", "f4908080", "f8", "61ff", "e6b0"])("%s is none", (hex) => {
    expect(fromUtf8(fromHex(hex)!)).toBeUndefined();
  });
});
