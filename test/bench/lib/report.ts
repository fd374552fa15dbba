/** What a run found: as the JSON that tools read, and as the table that people do. */
import { betweenMarks, markdownTable, number } from "./markdown.ts";
import { median, spread } from "./statistics.ts";

/** One figure, as the JSON has it. */
export interface Result {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** What the machine can do at best, in the same unit, measured in turns with the value. */
  readonly floor?: number;
  /** value / floor. */
  readonly ratio?: number;
}

/** One figure, and what a reader wants to know besides. */
export interface Figure extends Result {
  /** What was measured, in words. */
  readonly what: string;
  /** Of the value, over the rounds; see `spread`. */
  readonly spread: number;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Of the last minute, when the run began: above `cores`, others were at work. */
  readonly load: number;
}

export interface Run {
  readonly commit: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

/** Medians of both sides, and their ratio unless there is no floor or it is 0. */
export function figure(
  about: { readonly id: string; readonly unit: string; readonly what: string },
  values: readonly number[],
  floors?: readonly number[],
): Figure {
  const value = median(values);
  const base = { ...about, value, spread: spread(values) };
  if (floors === undefined) return base;
  const floor = median(floors);
  return floor === 0 ? { ...base, floor } : { ...base, floor, ratio: value / floor };
}

export function toJson({ commit, machine, figures }: Run): string {
  const results = figures.map(({ id, value, unit, floor, ratio }): Result => ({
    id,
    value,
    unit,
    floor,
    ratio,
  }));
  return `${JSON.stringify({ commit, machine, results }, null, 2)}\n`;
}

const COLUMNS = ["id", "value", "floor", "unit", "ratio", "spread", "what"] as const;
const LEFT = new Set<string>(["id", "unit", "what"]);

/** In Markdown, and readable as it is. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((f) => [
    f.id,
    number(f.value),
    f.floor === undefined ? "" : number(f.floor),
    f.unit,
    f.ratio === undefined ? "" : number(f.ratio),
    `${Math.round(100 * f.spread)} %`,
    f.what,
  ]);
  return markdownTable(
    COLUMNS.map((name) => ({ name, left: LEFT.has(name) })),
    rows,
  );
}

/** One sentence on where and on what. */
export function provenance({ commit, machine }: Pick<Run, "commit" | "machine">): string {
  const { cpu, cores, memoryBytes, system, node, load } = machine;
  const memory = `${(memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  return `Commit ${commit} on ${cpu}, ${cores} cores, ${memory}, ${system}, Node ${node}; load ${load.toFixed(1)} when it began.`;
}

/** The document with what stands between the two marks replaced. Throws where they are missing. */
export function intoDocument(document: string, run: Run): string {
  return betweenMarks(document, "npm run bench -- --doc", `${provenance(run)}\n\n${table(run.figures)}`);
}
