/** What is good and what is bad: the product's own promises, and what an operator can live with. */
import type { Figure, MachineFacts, Unit, Verdict } from "./report.ts";
import { formatValue } from "./format.ts";

interface Rule {
  readonly good: number;
  readonly poor: number;
  /** Where these come from. */
  readonly why: string;
}

/** Decimal megabytes, as data sheets have them. */
const MB = 1_000_000;

/** For values where less is better. `floor` is what the figure was measured beside. */
const RULES: readonly (readonly [RegExp, (floor: number | undefined, arch: string) => Rule | undefined])[] = [
  [
    /^disk\/executable$/,
    (_, arch) => {
      const most = arch === "arm" ? 90 * MB : 125 * MB;
      return { good: most, poor: most * 1.2, why: "promised" };
    },
  ],
  [
    /^start\/answer$/,
    (floor) =>
      floor === undefined
        ? { good: 1000, poor: 5000, why: "the system's own start waits for it" }
        : {
            good: 1.5 * floor + 40,
            poor: 3 * floor + 80,
            why: "promised: 1.5 times the runtime's own start and 40 ms",
          },
  ],
  [
    /^memory\/team\/anonymous$/,
    (floor) =>
      floor === undefined
        ? { good: 24 * MB, poor: 48 * MB, why: "boards have 256 MB" }
        : { good: 2 * floor, poor: 3 * floor, why: "promised: twice the runtime alone" },
  ],
  [/^memory\/load\/peak$/, () => ({ good: 128 * MB, poor: 192 * MB, why: "boards have 256 MB" })],
  [/^memory\/per-channel$/, () => ({ good: 8000, poor: 16_000, why: "promised: 8 kB" })],
  [/^disk\/idle\/written$/, () => ({ good: 0, poor: 0, why: "promised: nothing idle ever writes" })],
  [/^cpu\/idle$/, () => ({ good: 0.1, poor: 1, why: "promised: 0.1 %" })],
  [/^storage\/(sync-write|append)\/p50$/, () => ({ good: 10, poor: 50, why: "every action waits for one" })],
  [/^storage\/(sync-write|append)\/p99$/, () => ({ good: 50, poor: 500, why: "every action waits for one" })],
  [/^storage\/random-read\/p50$/, () => ({ good: 2, poor: 20, why: "starting reads every team" })],
];

/**
 * The figure with its verdict, where there is a rule for it. Under an emulator only what is on disk is the product's, and no
 * time and no memory.
 */
export function judged(figure: Figure, machine: Pick<MachineFacts, "arch" | "emulator">): Figure {
  const { arch, emulator } = machine;
  if (emulator !== "" && !/^disk\//.test(figure.id)) return figure;
  const rule = RULES.find(([id]) => id.test(figure.id))?.[1](figure.floor, arch);
  if (rule === undefined) return figure;
  const show = (value: number): string => formatValue(value, figure.unit);
  const text =
    rule.good === rule.poor
      ? `good at ${show(rule.good)}, poor above`
      : `good up to ${show(rule.good)}, poor above ${show(rule.poor)}`;
  return { ...figure, verdict: verdictOf(figure.value, rule), rule: `${text} (${rule.why})` };
}

function verdictOf(value: number, { good, poor }: Rule): Verdict {
  if (value <= good) return "good";
  return value <= poor ? "fair" : "poor";
}

/** Whether more of it is better: speeds. */
export function isMoreBetter(unit: Unit): boolean {
  return unit === "B/s" || unit === "1/s";
}
