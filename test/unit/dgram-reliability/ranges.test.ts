import fc from "fast-check";
import { expect, test } from "vitest";
import { Ranges } from "../../../src/dgram-reliability/ranges.ts";

test("ranges behave as a set of bytes", () => {
  const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), range, (added, [at, length]) => {
      const ranges = new Ranges();
      const model = new Set<number>();
      for (const [start, size] of added) {
        const before = model.size;
        const touches = Array.from({ length: size + 2 }, (_, i) => start - 1 + i).some((b) => model.has(b));
        expect(ranges.touches(start, start + size)).toBe(touches);
        for (let b = start; b < start + size; b++) model.add(b);
        expect(ranges.add(start, start + size)).toBe(model.size - before);
      }
      const wanted = Array.from({ length }, (_, i) => at + i);
      const missing = wanted.filter((b) => !model.has(b));
      const gap = ranges.firstGap(at, at + length);
      if (gap === undefined) expect(missing).toEqual([]);
      else {
        const [start, end] = gap;
        expect(missing[0]).toBe(start);
        expect(wanted.filter((b) => b >= start && b < end && model.has(b))).toEqual([]);
        expect(end === at + length || model.has(end)).toBe(true);
      }
      const there: number[] = [];
      const all = ranges.everyOverlap(at, at + length, (start, end) => {
        for (let b = start; b < end; b++) there.push(b);
        return true;
      });
      expect(all).toBe(true);
      expect(there).toEqual(wanted.filter((b) => model.has(b)));
      const runs = [...model].filter((b) => !model.has(b - 1)).length;
      expect(ranges.count).toBe(runs);
    }),
  );
});

test("a look at what is there ends when it is told to", () => {
  const ranges = new Ranges();
  for (const start of [0, 10, 20]) ranges.add(start, start + 5);
  const seen: number[] = [];
  expect(ranges.everyOverlap(0, 30, (start) => seen.push(start) < 2)).toBe(false);
  expect(seen).toEqual([0, 10]);
});
