/** Numbers for people: three digits that mean something, in the unit in which they are short. */
import type { Unit } from "./report.ts";

/** Decimal, as data sheets have them. */
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** With its unit. */
export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case "B":
      return bytes(value);
    case "B/s":
      return `${bytes(value)}/s`;
    case "us":
      return duration(value / 1000);
    case "ms":
      return duration(value);
    case "%":
      return `${digits(value)} %`;
    case "1/s":
      return `${digits(value)} /s`;
    case "x":
      return `${digits(value)} ×`;
  }
}

function bytes(value: number): string {
  let [scaled, i] = [value, 0];
  while (scaled >= 999.5 && i < BYTE_UNITS.length - 1) {
    scaled /= 1000;
    i++;
  }
  return `${digits(scaled)} ${BYTE_UNITS[i]!}`;
}

function duration(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 0.9995) return `${digits(ms * 1000)} µs`;
  return ms < 999.5 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

/** Three of them, thousands set apart. */
export function digits(value: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  const decimals = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded)))));
  const text = rounded.toFixed(decimals);
  const [whole, fraction] = text.split(".");
  const kept = fraction?.replace(/0+$/, "") ?? "";
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return kept === "" ? grouped : `${grouped}.${kept}`;
}

/** A day and a time in UTC. */
export function instant(ms: number): string {
  const date = new Date(Math.min(ms, 8.64e15));
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/**
 * Text from a report for a terminal: what moves the cursor, hides or turns text round is shown as a mark. Others
 * name their hosts as they like.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
