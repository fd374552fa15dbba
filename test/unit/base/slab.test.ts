import { expect, test } from "vitest";
import { Slab } from "../../../src/base/slab.ts";

test("nobody's memory is another's, and no piece is longer than it has to be", () => {
  const slab = new Slab(100);
  const taken = [40, 60, 1, 99, 101, 0, 100].map((bytes) => slab.take(bytes));
  taken.forEach((bytes, n) => bytes.fill(n + 1));
  taken.forEach((bytes, n) => expect(bytes.every((b) => b === n + 1)).toBe(true));
  expect(taken.map((bytes) => bytes.length)).toEqual([40, 60, 1, 99, 101, 0, 100]);
  expect(taken.map((bytes) => bytes.buffer.byteLength)).toEqual([100, 100, 100, 100, 101, 100, 100]);
});

test("what is given back is given again, but only what was taken last", () => {
  const slab = new Slab(100);
  const first = slab.take(30);
  const second = slab.take(30);
  slab.giveBack(first);
  expect(slab.take(10).byteOffset).toBe(60);
  slab.giveBack(second);
  expect(slab.take(10).byteOffset).toBe(70);
  const third = slab.take(20);
  slab.giveBack(third);
  expect(slab.take(20).byteOffset).toBe(third.byteOffset);
  slab.giveBack(new Uint8Array(20));
  expect(slab.take(0).byteOffset).toBe(100);
});
