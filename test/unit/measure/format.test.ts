import { expect, test } from "vitest";
import { digits, formatValue, instant, plain } from "../../../src/measure/format.ts";
import { judged } from "../../../src/measure/judge.ts";
import type { Figure } from "../../../src/measure/report.ts";
import { median, quantile, quantiles, QUANTILES } from "../../../src/measure/statistics.ts";

test.each([
  [0, "B", "0 B"],
  [999, "B", "999 B"],
  [999.6, "B", "1 kB"],
  [197_000, "B", "197 kB"],
  [1.22e9, "B/s", "1.22 GB/s"],
  [5e15, "B", "5\u202f000 TB"],
  [0.0735, "ms", "73.5 µs"],
  [0, "ms", "0 ms"],
  [999, "ms", "999 ms"],
  [2700, "ms", "2.7 s"],
  [12_345, "ms", "12.3 s"],
  [936, "us", "936 µs"],
  [6_000, "us", "6 ms"],
  [0.0512, "%", "0.0512 %"],
  [28_123, "1/s", "28\u202f100 /s"],
  [1.5, "x", "1.5 ×"],
] as const)("%d %s reads %s", (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test("three digits that mean something, and no more", () => {
  expect(digits(0.000_012_34)).toBe("0.000012");
  expect(digits(999_999)).toBe("1\u202f000\u202f000");
});

test("a clock that is wrong by any amount still has a date", () => {
  expect(instant(0)).toBe("1970-01-01 00:00 UTC");
  expect(instant(Number.MAX_VALUE)).toContain("UTC");
});

test("what moves cursors or turns text round is shown as a mark", () => {
  expect(plain("a\u001b[2Jb\u202ec\u009bd\ne")).toBe("a\ufffd[2Jb\ufffdc\ufffdd\ufffde");
  expect(plain("a\u2028b\u00adc\ud83dd\u{e0041}é😀")).toBe("a\ufffdb\ufffdc\ufffdd\ufffdé😀");
});

test("quantiles lie between the samples", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([1, 2])).toBe(1.5);
  expect(quantile([0, 100], 0.99)).toBe(99);
  expect(() => median([])).toThrow(RangeError);
  const all = quantiles(Array.from({ length: 101 }, (_, i) => i));
  expect(all).toHaveLength(QUANTILES.length);
  expect([all[0], all[10], all.at(-2), all.at(-1)]).toEqual([0, 50, 99, 100]);
});

const of = (id: string, value: number, more: Partial<Figure> = {}): Figure => ({
  id,
  value,
  unit: "B",
  what: id,
  ...more,
});

test("verdicts follow the product's promises", () => {
  const verdict = (figure: Figure, arch = "x64", emulator = ""): string | undefined =>
    judged(figure, { arch, emulator }).verdict;
  expect(verdict(of("disk/executable", 117e6))).toBe("good");
  expect(verdict(of("disk/executable", 117e6), "arm")).toBe("poor");
  expect(verdict(of("disk/idle/written", 0))).toBe("good");
  expect(verdict(of("disk/idle/written", 1))).toBe("poor");
  expect(verdict(of("start/answer", 100, { unit: "ms", floor: 45 }))).toBe("good");
  expect(verdict(of("start/answer", 200, { unit: "ms", floor: 45 }))).toBe("fair");
  expect(verdict(of("start/answer", 300, { unit: "ms", floor: 45 }))).toBe("poor");
  expect(verdict(of("memory/per-channel", 9000))).toBe("fair");
  expect(verdict(of("memory/team/anonymous", 17e6, { floor: 9e6 }))).toBe("good");
  expect(verdict(of("cpu/datagram/sent", 20))).toBeUndefined();
});

test("under an emulator only what is on disk is judged", () => {
  const machine = { arch: "arm", emulator: "qemu-arm-static" };
  expect(judged(of("memory/per-channel", 9000), machine).verdict).toBeUndefined();
  expect(judged(of("start/answer", 17_000, { unit: "ms" }), machine).verdict).toBeUndefined();
  expect(judged(of("disk/executable", 75e6), machine).verdict).toBe("good");
});

test("a verdict says by which rule", () => {
  expect(judged(of("memory/per-channel", 9000), { arch: "arm", emulator: "" }).rule).toBe(
    "good up to 8 kB, poor above 16 kB (promised: 8 kB)",
  );
});
