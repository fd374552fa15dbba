import { expect, test } from "vitest";
import { ReplayWindow } from "../../../src/afc/replay-window.ts";

test("[AFC-12] the edges of the window", () => {
  const w = new ReplayWindow(8192);
  expect(w.highest).toBe(-1);
  expect(w.check(0)).toBe("ok");
  w.accept(0);
  expect(w.check(0)).toBe("duplicate");
  w.accept(8192);
  expect(w.check(0)).toBe("too-old");
  expect(w.check(1)).toBe("ok");
  w.accept(1);
  expect(w.check(1)).toBe("duplicate");
  w.accept(2 ** 53 - 1);
  expect(w.check(2 ** 53 - 1)).toBe("duplicate");
  expect(w.check(2 ** 53 - 8192)).toBe("ok");
  expect(w.check(2 ** 53 - 8193)).toBe("too-old");
});

test("what slides out leaves nothing behind in the ring", () => {
  const w = new ReplayWindow(64);
  for (let n = 0; n < 2000; n += 2) {
    expect(w.check(n)).toBe("ok");
    w.accept(n);
    if (n > 40) {
      expect(w.check(n - 31)).toBe("ok");
      expect(w.check(n - 32)).toBe("duplicate");
    }
  }
});

test("checking changes nothing", () => {
  const w = new ReplayWindow(64);
  w.accept(5);
  w.check(1_000_000);
  expect(w.highest).toBe(5);
  expect(w.check(4)).toBe("ok");
});

test("only multiples of 32", () => {
  expect(() => new ReplayWindow(33)).toThrow(RangeError);
  expect(() => new ReplayWindow(0)).toThrow(RangeError);
});
