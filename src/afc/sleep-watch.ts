import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";

/** Timers late by so much were not late by chance. */
export const SLEPT_MS = 5000;

/**
 * Whether the process did not run for a while: the device slept, or was stopped. Then the peer's silence was ours, and what
 * arrives late says nothing about the way it came.
 */
export class SleepWatch {
  #wokeAt: Instant | undefined;

  /** Once for each time. `dueAt`: when something should have been done. */
  woke(dueAt: Instant | undefined, now: Instant): boolean {
    if (dueAt === undefined || now < after(dueAt, SLEPT_MS)) return false;
    if (this.#wokeAt !== undefined && now < after(this.#wokeAt, SLEPT_MS)) return false;
    this.#wokeAt = now;
    return true;
  }
}
