import { expect, test } from "vitest";
import { SLEPT_MS, SleepWatch } from "../../../src/afc/sleep-watch.ts";
import { instant } from "../../../src/base/time.ts";

test("late timers are sleep, once, and a little late is not", () => {
  const watch = new SleepWatch();
  expect(watch.woke(undefined, instant(1e6))).toBe(false);
  expect(watch.woke(instant(1000), instant(1000 + SLEPT_MS - 1))).toBe(false);
  expect(watch.woke(instant(1000), instant(1000 + SLEPT_MS))).toBe(true);
  expect(watch.woke(instant(1000), instant(1001 + SLEPT_MS))).toBe(false); // the same timer, not yet run
  expect(watch.woke(instant(9000), instant(9000 + 2 * SLEPT_MS))).toBe(true);
});
