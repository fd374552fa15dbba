import { expect, test } from "vitest";
import { readU16, readU32, readU64, writeU32, writeU64 } from "../../../src/base/big-endian.ts";
import { hex } from "../../support/vectors.ts";

test("reads what DataView reads", () => {
  for (const text of ["0000000000000000", "0102030405060708", "001fffffffffffff", "ff00ff80ff0000ff"]) {
    const bytes = hex(`ee${text}ee`);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect([readU16(bytes, 1), readU32(bytes, 1)]).toEqual([view.getUint16(1), view.getUint32(1)]);
    const whole = view.getBigUint64(1);
    expect(readU64(bytes, 1)).toBe(whole < 2n ** 53n ? Number(whole) : undefined);
  }
});

test("a u64 of 2^53 and above is none: it would not be exact", () => {
  for (const text of ["0020000000000000", "ffffffffffffffff", "8000000000000000"]) {
    expect(readU64(hex(text), 0)).toBeUndefined();
  }
});

test("writes where it belongs and nowhere else", () => {
  for (const value of [0, 1, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52, 2 ** 53 - 1]) {
    const bytes = new Uint8Array(10).fill(0xee);
    writeU64(bytes, 1, value);
    expect(readU64(bytes, 1)).toBe(value);
    expect([bytes[0], bytes[9]]).toEqual([0xee, 0xee]);
  }
  const bytes = new Uint8Array(6).fill(0xee);
  writeU32(bytes, 1, 0x80000001);
  expect(bytes).toEqual(hex("ee80000001ee"));
});
