import { setTimeout as sleep } from "node:timers/promises";

/** Looks every 2 ms until `condition` holds. The test's own time-out ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}
