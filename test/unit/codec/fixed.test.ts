import { describe, expect, test } from "vitest";
import { DecodeError } from "../../../src/base/errors.ts";
import { FixedReader } from "../../../src/codec/fixed.ts";
import { bitFlips, decodedOrRefused, mutations, truncations } from "../../support/hostile-bytes.ts";
import { hex } from "../../support/vectors.ts";

const sample = hex("04050607" + "aabb" + "ccdd");

function read(bytes: Uint8Array): unknown[] {
  const reader = new FixedReader(bytes);
  const values = [reader.u32(), reader.bytes(2), reader.bytes(2)];
  reader.end();
  return values;
}

test("reads big-endian and ends where the bytes end", () => {
  expect(read(sample)).toEqual([0x04050607, hex("aabb"), hex("ccdd")]);
});

test("reads a part of a larger buffer", () => {
  const larger = new Uint8Array([9, 9, 9, ...sample, 9, 9]);
  expect(read(larger.subarray(3, 3 + sample.length))).toEqual(read(sample));
});

describe("refuses", () => {
  test("every truncation, and bytes left over", () => {
    for (const bad of truncations(sample)) expect(() => read(bad)).toThrow(DecodeError);
    expect(() => read(new Uint8Array([...sample, 0]))).toThrow(/trailing-bytes at byte 8/);
  });

  test("to clamp: what is refused leaves the reader where it was", () => {
    const reader = new FixedReader(hex("0102"));
    for (const take of [() => reader.u32(), () => reader.bytes(3)]) {
      expect(take).toThrow(/truncated at byte 2/);
    }
    expect(reader.bytes(2)).toEqual(hex("0102"));
  });

  test("flips and mutations with a DecodeError, or gives what the bytes say", () => {
    for (const bad of [...bitFlips(sample), ...mutations(sample, { seed: 8, count: 10_000 })]) {
      const values = decodedOrRefused(() => read(bad));
      if (values !== undefined) expect(bad.length).toBe(sample.length);
    }
  });
});
