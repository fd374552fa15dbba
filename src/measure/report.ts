/**
 * What a run found, as the JSON that tools read. `format` and `version` come first; a reader of version 1 ignores members
 * it does not know, and a member that is there keeps its meaning. docs/measure.md says it in words.
 */
import { LIMITS } from "../base/limits.ts";
import { QUANTILES } from "./statistics.ts";

export const FORMAT = "aranya-edge-measure";
export const FORMAT_VERSION = 1;

/** Bytes, bytes a second, milliseconds, microseconds, a second, per cent, times. */
export const UNITS = ["B", "B/s", "ms", "us", "1/s", "%", "x"] as const;
export type Unit = (typeof UNITS)[number];

export const VERDICTS = ["good", "fair", "poor"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Figure {
  /** Topic, subject, aspect: `memory/team/anonymous`. The same in every release. */
  readonly id: string;
  readonly value: number;
  readonly unit: Unit;
  /** What was measured, in words. */
  readonly what: string;
  /** Where it can be judged. */
  readonly verdict?: Verdict;
  /** By what: "good up to 8 kB, poor above 16 kB". */
  readonly rule?: string;
  /** What this machine can do at best, in the same unit, where that was measured beside it. */
  readonly floor?: number;
  /** Of the samples, at `QUANTILES`. */
  readonly quantiles?: readonly number[];
  readonly note?: string;
}

export interface Product {
  readonly version: string;
  readonly commit: string;
  readonly node: string;
  /** One file with Node inside, or a script that a Node runs. */
  readonly kind: "executable" | "script";
  /** Bytes of the executable, or of the script. */
  readonly bytes: number;
}

/** Text is "unknown" and numbers are 0 where the system does not tell. */
export interface MachineFacts {
  readonly host: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly system: string;
  readonly memoryBytes: number;
  readonly memoryAvailableBytes: number;
  /** Load average over the last minute, before and after: above `cores`, others were at work. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  /** Of the directory measured in. */
  readonly fileSystem: string;
  readonly device: string;
  readonly freeBytes: number;
  /** Of the control group it ran in: "v2", what it uses, the most it may; both 0 where there is none. */
  readonly cgroup: string;
  readonly cgroupBytes: number;
  readonly cgroupLimitBytes: number;
  /** Another processor, imitated: the program that does it. Empty on the real one. Then no time or speed says anything. */
  readonly emulator: string;
}

export interface Skipped {
  readonly what: string;
  readonly reason: string;
}

export interface Report {
  readonly format: typeof FORMAT;
  readonly version: typeof FORMAT_VERSION;
  /** Milliseconds since 1970 by the device's own clock, which may be wrong. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly quick: boolean;
  readonly product: Product;
  readonly machine: MachineFacts;
  readonly figures: readonly Figure[];
  readonly skipped: readonly Skipped[];
  readonly notes: readonly string[];
}

/** A file that is no report, and where it is not. */
export class ReportError extends Error {
  override readonly name = "ReportError";
  readonly code = "bad-report";
}

export function toJson(report: Report): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** Reports come by mail from devices that may belong to anyone: every member is checked. Throws `ReportError`. */
export function parseReport(text: string): Report {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ReportError("is not JSON");
  }
  const top = record(json, "the report");
  if (top["format"] !== FORMAT) throw new ReportError(`has no "format": "${FORMAT}"`);
  if (top["version"] !== FORMAT_VERSION) {
    throw new ReportError(`is not of version ${FORMAT_VERSION}: another release made it`);
  }
  const product = record(top["product"], "product");
  const machine = record(top["machine"], "machine");
  const number = (of: Fields, name: string): number => finite(of[name], name);
  const string = (of: Fields, name: string): string => short(of[name], name);
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    startedAt: number(top, "startedAt"),
    seconds: number(top, "seconds"),
    quick: top["quick"] === true,
    product: {
      version: string(product, "version"),
      commit: string(product, "commit"),
      node: string(product, "node"),
      kind: oneOf(["executable", "script"], product["kind"], "product.kind"),
      bytes: number(product, "bytes"),
    },
    machine: {
      host: string(machine, "host"),
      arch: string(machine, "arch"),
      cpu: string(machine, "cpu"),
      cores: number(machine, "cores"),
      kernel: string(machine, "kernel"),
      system: string(machine, "system"),
      memoryBytes: number(machine, "memoryBytes"),
      memoryAvailableBytes: number(machine, "memoryAvailableBytes"),
      loadBefore: number(machine, "loadBefore"),
      loadAfter: number(machine, "loadAfter"),
      fileSystem: string(machine, "fileSystem"),
      device: string(machine, "device"),
      freeBytes: number(machine, "freeBytes"),
      cgroup: string(machine, "cgroup"),
      cgroupBytes: number(machine, "cgroupBytes"),
      cgroupLimitBytes: number(machine, "cgroupLimitBytes"),
      emulator: string(machine, "emulator"),
    },
    figures: list(top["figures"], "figures").map(parseFigure),
    skipped: list(top["skipped"], "skipped").map((item) => {
      const skipped = record(item, "skipped");
      return { what: string(skipped, "what"), reason: string(skipped, "reason") };
    }),
    notes: list(top["notes"], "notes").map((note) => short(note, "notes")),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parseFigure(item: unknown): Figure {
  const f = record(item, "figures");
  const id = short(f["id"], "id");
  if (!/^[a-z0-9]+([-/][a-z0-9]+)*$/.test(id)) throw new ReportError(`has a figure with a bad id`);
  const quantiles = f["quantiles"];
  return {
    id,
    value: finite(f["value"], id),
    unit: oneOf(UNITS, f["unit"], `${id}: unit`),
    what: short(f["what"], id),
    ...(f["verdict"] === undefined ? {} : { verdict: oneOf(VERDICTS, f["verdict"], `${id}: verdict`) }),
    ...(f["rule"] === undefined ? {} : { rule: short(f["rule"], id) }),
    ...(f["floor"] === undefined ? {} : { floor: finite(f["floor"], id) }),
    ...(f["note"] === undefined ? {} : { note: short(f["note"], id) }),
    ...(quantiles === undefined ? {} : { quantiles: distribution(quantiles, id) }),
  };
}

function distribution(value: unknown, id: string): number[] {
  const points = list(value, id).map((point) => finite(point, id));
  if (points.length !== QUANTILES.length) {
    throw new ReportError(`has ${points.length} quantiles of ${id} instead of ${QUANTILES.length}`);
  }
  return points;
}

function record(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ReportError(`has no object for ${name}`);
  }
  return value as Fields;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ReportError(`has no list for ${name}`);
  if (value.length > LIMITS.measureFiguresMax) throw new ReportError(`has too much in ${name}`);
  return value;
}

/** Figures count, weigh and time: none is below 0. */
function finite(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new ReportError(`has no number for ${name}`);
  }
  return value;
}

function short(value: unknown, name: string): string {
  if (typeof value !== "string" || value.length > LIMITS.measureTextMax) {
    throw new ReportError(`has no text of up to ${LIMITS.measureTextMax} characters for ${name}`);
  }
  return value;
}

function oneOf<T extends string>(values: readonly T[], value: unknown, name: string): T {
  const found = values.find((v) => v === value);
  if (found === undefined) throw new ReportError(`has none of ${values.join(", ")} for ${name}`);
  return found;
}
