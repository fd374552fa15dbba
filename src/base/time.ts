/**
 * Time in the protocol cores is an argument. `Instant` is milliseconds on a monotonic clock with no meaning outside the
 * process; wall-clock time appears only in logs and reports, because a device's calendar may say 1970.
 */
export type Instant = number & { readonly __brand: "Instant" };

export function instant(ms: number): Instant {
  return ms as Instant;
}

export function after(start: Instant, durationMs: number): Instant {
  return (start + durationMs) as Instant;
}

/** The earliest of several deadlines, any of which may be missing. */
export function earliest(...deadlines: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const d of deadlines) if (d !== undefined && (first === undefined || d < first)) first = d;
  return first;
}

export interface Clock {
  /** Monotonic. */
  now(): Instant;
}

/** Random bytes, passed in so that the simulator can seed them. */
export interface Entropy {
  bytes(length: number): Uint8Array;
}
