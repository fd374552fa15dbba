import { expect, test } from "vitest";
import { Arena } from "../../../src/graph/arena.ts";

test("what is kept stays as it was, whatever becomes of the original and of what is kept next to it", () => {
  const arena = new Arena();
  const kept: [Uint8Array, number][] = [];
  for (const length of [1, 0, 200, 32_000, 2_000, 40_000, 3]) {
    const original = new Uint8Array(length).fill(length % 251);
    kept.push([arena.keep(original), length]);
    original.fill(255);
  }
  for (const [copy, length] of kept) expect(copy).toEqual(new Uint8Array(length).fill(length % 251));
});

test("small ones share memory, and none is a Buffer", () => {
  const arena = new Arena();
  const [a, b] = [arena.keep(Buffer.from("one")), arena.keep(Buffer.from("two"))];
  expect(a.buffer).toBe(b.buffer);
  expect(Buffer.isBuffer(a)).toBe(false);
});
