import { expect, test, vi } from "vitest";
import { Deadlines } from "../../../src/client/deadlines.ts";

test("one timer at a time, for whoever is first, and none for nobody", () => {
  vi.useFakeTimers();
  try {
    const waiting = new Set<number>();
    const expired: [number, number][] = [];
    const deadlines = new Deadlines((now) => {
      for (const deadline of waiting) {
        if (deadline > now) continue;
        waiting.delete(deadline);
        expired.push([deadline, now]);
      }
      return Math.min(...waiting);
    });
    const start = performance.now();
    const add = (inMs: number): void => {
      waiting.add(start + inMs);
      deadlines.add(start + inMs, performance.now());
      expect(vi.getTimerCount()).toBe(1);
    };
    add(1000);
    add(500);
    for (let i = 0; i < 50; i++) add(20 + i / 10);
    vi.advanceTimersByTime(600);
    expect(expired).toHaveLength(51);
    for (const [deadline, now] of expired) {
      expect(now).toBeGreaterThanOrEqual(deadline);
      expect(now - deadline).toBeLessThan(6);
    }
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(600);
    expect([expired.length, vi.getTimerCount()]).toEqual([52, 0]);
    add(5000);
    deadlines.clear();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("the longest time-out there is, be it rounded up, is not over at once", () => {
  const timeouts: unknown[] = [];
  const warn = vi.spyOn(process, "emitWarning").mockImplementation((warning) => void timeouts.push(warning));
  try {
    for (let i = 0; i < 1000; i++) {
      const deadlines = new Deadlines(() => Number.POSITIVE_INFINITY);
      const now = 1000 + i / 997;
      deadlines.add(now + 2 ** 31 - 1, now);
      deadlines.clear();
    }
    expect(timeouts).toEqual([]);
  } finally {
    warn.mockRestore();
  }
});
