import { performance } from "node:perf_hooks";
import { instant } from "../base/time.ts";
import type { Clock } from "../base/time.ts";

/** Monotonic, from the start of the process; never the calendar. */
export const systemClock: Clock = {
  now: () => instant(performance.now()),
};
