import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import type { ParseArgsOptionsConfig } from "node:util";
import type { Plan, Section } from "./section.ts";

export interface MeasureOptions {
  readonly kind: "measure";
  readonly parent: string;
  readonly quick: boolean;
  /** Names of sections; all where there are none. */
  readonly only: readonly string[];
  readonly json: boolean;
  readonly html: string | undefined;
  readonly timeMaxMs: number;
  readonly diskMaxBytes: number;
  readonly idleMs: number | undefined;
  /** Program and arguments that start the executable. */
  readonly launcher: readonly string[];
}

export interface CompareOptions {
  readonly kind: "compare";
  readonly files: readonly string[];
  readonly html: string | undefined;
}

export class MeasureUsageError extends Error {
  override readonly name = "MeasureUsageError";
}

const MIB = 2 ** 20;

export const FULL: Plan = {
  commandSteps: [10, 1000, 10_000],
  channelSteps: [1, 100, 1000],
  // A daemon that has become idle gives memory back within ten seconds.
  settleMs: 12_000,
  idleMs: 60_000,
  loadMs: 5000,
  starts: 10,
  actions: 200,
  sequentialBytes: 64 * MIB,
  samples: 2000,
  samplesMs: 15_000,
};

/** In a minute or less on a slow board; shows what is grossly wrong. */
export const QUICK: Plan = {
  commandSteps: [10, 200],
  channelSteps: [1, 20],
  settleMs: 500,
  idleMs: 3000,
  loadMs: 1000,
  starts: 3,
  actions: 40,
  sequentialBytes: 8 * MIB,
  samples: 200,
  samplesMs: 2000,
};

/** What the daemons write, all of them together, with room to spare; measured: 2 MB with 10,000 commands. */
const STATE_BYTES = 24 * MIB;
/** That much stays free for whoever else writes there. */
export const RESERVE_BYTES = 32 * MIB;

/** Bytes of disk a plan can take. */
export function diskNeeded({ sequentialBytes }: Plan, sections: readonly Section[]): number {
  return STATE_BYTES + (sections.some(({ name }) => name === "storage") ? sequentialBytes : 0);
}

export const TIME_MAX_S = { full: 900, quick: 180, most: 24 * 3600 };
/** 1 TiB. */
const DISK_MAX_MIB = 2 ** 20;

const OPTIONS = {
  "work-dir": { type: "string" },
  quick: { type: "boolean", default: false },
  only: { type: "string", multiple: true, default: [] as string[] },
  json: { type: "boolean", default: false },
  html: { type: "string" },
  "time-max": { type: "string" },
  "disk-max": { type: "string" },
  idle: { type: "string" },
  launcher: { type: "string" },
  compare: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const satisfies ParseArgsOptionsConfig;

type Values = ReturnType<typeof parsed>["values"];

/** Throws `MeasureUsageError`. `undefined`: help was asked for. */
export function parseOptions(
  args: readonly string[],
  sections: readonly Section[],
): MeasureOptions | CompareOptions | undefined {
  const { values, positionals } = parsed(args);
  if (values.help) return undefined;
  if (values.html === "") throw new MeasureUsageError("--html needs a file");
  if (values.compare) return compareOptions(values, positionals);
  if (positionals.length > 0) {
    throw new MeasureUsageError(`${JSON.stringify(positionals[0]!.slice(0, 64))} is no option`);
  }
  return measureOptions(values, sections);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    // The first sentence; what follows is about arguments that begin with hyphens.
    throw new MeasureUsageError((error as Error).message.replace(/\. .*$/s, ""));
  }
}

function compareOptions(values: Values, files: readonly string[]): CompareOptions {
  const others = Object.keys(values).filter(
    (name) => !["compare", "html", "help"].includes(name) && isGiven(values[name as keyof Values]),
  );
  if (others.length > 0) throw new MeasureUsageError(`--${others[0]!} has no meaning beside --compare`);
  if (files.length === 0) throw new MeasureUsageError("--compare needs reports: FILE …");
  return { kind: "compare", files, html: values.html };
}

function measureOptions(values: Values, sections: readonly Section[]): MeasureOptions {
  const { quick, only, json, html, idle, launcher = "" } = values;
  const names = sections.map(({ name }) => name);
  for (const name of only) {
    if (!names.includes(name)) throw new MeasureUsageError(`--only takes ${names.join(", ")}`);
  }
  const chosen = sections.filter(({ name }) => only.length === 0 || only.includes(name));
  const timeDefault = quick ? TIME_MAX_S.quick : TIME_MAX_S.full;
  const timeMaxS = whole("time-max", values["time-max"], timeDefault, 1, TIME_MAX_S.most);
  const needed = Math.ceil(diskNeeded(quick ? QUICK : FULL, chosen) / MIB);
  const diskMax = whole("disk-max", values["disk-max"], needed, 1, DISK_MAX_MIB);
  if (diskMax < needed) {
    throw new MeasureUsageError(
      `--disk-max ${diskMax} is too little: this needs ${needed} MiB${quick ? "" : "; --quick needs less"}`,
    );
  }
  return {
    kind: "measure",
    parent: values["work-dir"] ?? tmpdir(),
    quick,
    only,
    json,
    html,
    timeMaxMs: timeMaxS * 1000,
    diskMaxBytes: diskMax * MIB,
    idleMs: idle === undefined ? undefined : whole("idle", idle, 0, 1, TIME_MAX_S.most) * 1000,
    launcher: launcher.split(" ").filter((part) => part !== ""),
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

function whole(
  name: string,
  value: string | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (value === undefined) return otherwise;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw new MeasureUsageError(`--${name} takes a whole number from ${least} to ${most}`);
  }
  return number;
}
