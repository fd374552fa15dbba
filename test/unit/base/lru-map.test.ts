import { expect, test } from "vitest";
import { LruMap } from "../../../src/base/lru-map.ts";

test("one more than fits, and what was used longest ago is forgotten", () => {
  const map = new LruMap<number>(3);
  map.set("a", 1);
  map.set("b", 2);
  map.set("c", 3);
  expect(map.get("a")).toBe(1);
  map.set("d", 4);
  expect(map.size).toBe(3);
  expect(["a", "b", "c", "d"].map((key) => map.get(key))).toEqual([1, undefined, 3, 4]);
  map.set("e", 5);
  expect(["a", "c", "d", "e"].map((key) => map.get(key))).toEqual([undefined, 3, 4, 5]);
});

test("setting again replaces and counts as use", () => {
  const map = new LruMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([3, undefined, 4]);
});

test("stays at its maximum however many come", () => {
  const map = new LruMap<number>(8);
  for (let i = 0; i < 1000; i++) map.set(`${i}`, i);
  expect(map.size).toBe(8);
  expect(map.get("999")).toBe(999);
  expect(map.get("991")).toBeUndefined();
});
