import { InvalidArgumentError } from "commander";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `5m`, `24h` as milliseconds; the unit has to be said. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * UNIT_MS[match[2]!]!;
  if (!Number.isInteger(ms)) {
    throw new InvalidArgumentError("It is a number and a unit: 500ms, 10s, 5m, 24h.");
  }
  return ms;
}

/** The other way round, in the largest unit that fits. */
export function formatDuration(ms: number): string {
  for (const unit of ["h", "m", "s"]) if (ms % UNIT_MS[unit]! === 0) return `${ms / UNIT_MS[unit]!}${unit}`;
  return `${ms}ms`;
}

/** A count of at least one. */
export function parseCount(text: string): number {
  const n = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (n === 0) throw new InvalidArgumentError("It is a whole number from 1 on.");
  return n;
}
