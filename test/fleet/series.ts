/** What a run of the fleet found, and what is said of it: pure. */
import { markdownTable, number } from "../bench/lib/markdown.ts";
import { median, quantile } from "../bench/lib/statistics.ts";

/** One configuration, label by label: milliseconds from the call that made it until each other member told of it. */
export interface Series {
  readonly id: string;
  /** In words. */
  readonly what: string;
  readonly labels: readonly (readonly number[])[];
}

export interface Summary {
  readonly labels: number;
  /** Over all members and labels, milliseconds. */
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Until all have it: the middle one of the labels. */
  readonly all: number;
}

export function summary({ labels }: Series): Summary {
  const pooled = labels.flat();
  const at = (q: number): number => quantile(pooled, q);
  return {
    labels: labels.length,
    min: at(0),
    median: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    all: median(perLabel(labels, 1)),
  };
}

/** One quantile for each label. */
export function perLabel(labels: Series["labels"], q: number): number[] {
  return labels.map((times) => quantile(times, q));
}

export const SUMMARY_COLUMNS = [
  { name: "id", left: true },
  { name: "labels", left: false },
  { name: "min", left: false },
  { name: "median", left: false },
  { name: "p95", left: false },
  { name: "p99", left: false },
  { name: "max", left: false },
  { name: "all have it", left: false },
  { name: "what", left: true },
] as const;

/** A row for each series, milliseconds in three digits. */
export function summaryRows(series: readonly Series[]): string[][] {
  return series.map((one) => {
    const { labels, min, median: middle, p95, p99, max, all } = summary(one);
    return [one.id, String(labels), ...[min, middle, p95, p99, max, all].map(number), one.what];
  });
}

export function summaryTable(series: readonly Series[]): string {
  return markdownTable(SUMMARY_COLUMNS, summaryRows(series));
}

/** What dead peers did to the others' p95: 1 is nothing. Undefined where that was not measured. */
export function deadPeerRatio(series: readonly Series[]): number | undefined {
  const alive = series.find(({ id }) => id === ALL_ALIVE);
  const dead = series.find(({ id }) => id === ONE_IN_EIGHT_DEAD);
  if (alive === undefined || dead === undefined) return undefined;
  return summary(dead).p95 / summary(alive).p95;
}

export const ALL_ALIVE = "dead-peer/none";
export const ONE_IN_EIGHT_DEAD = "dead-peer/one-in-eight";
