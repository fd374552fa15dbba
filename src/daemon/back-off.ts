import type { Entropy } from "../base/time.ts";

export const BACK_OFF_MS_MAX = 5 * 60 * 1000;
const DOUBLINGS_MAX = 16;

/**
 * How long until the next pull: the peer's rate, doubled for each failure in a row up to five minutes, never less than the
 * rate. A tenth either way, so that daemons started together do not stay together.
 */
export function pollDelayMs(rateMs: number, failures: number, entropy: Entropy): number {
  const backedOff = Math.min(rateMs * 2 ** Math.min(failures, DOUBLINGS_MAX), BACK_OFF_MS_MAX);
  const random = entropy.bytes(1)[0]! / 255;
  return Math.round(Math.max(rateMs, backedOff) * (0.9 + 0.2 * random));
}
