/** docs/requirements-measured.md, from the reports of `aranya-edge measure` in docs/measured. */
import { instant } from "../../src/measure/format.ts";
import type { Report } from "../../src/measure/report.ts";
import { byId, KEY_FIGURES, memoryStates, show, stateLabel } from "../../src/measure/topics.ts";
import type { FigureMap } from "../../src/measure/topics.ts";
import { betweenMarks, markdownTable } from "../bench/lib/markdown.ts";

export const COMMAND = "npm run measured -- --write";
export const DOCUMENT = "docs/requirements-measured.md";
export const REPORTS = "docs/measured";

/** By name of the target: x64, arm64, armv7. */
export type Reports = ReadonlyMap<string, Report>;

const EMULATED = " †";

/** The document with its tables brought up to date. */
export function updated(document: string, reports: Reports): string {
  return betweenMarks(document, COMMAND, tables(reports));
}

const QUICK =
  "A quick run makes 200 commands, a full one 10,000: what is written once, or in whole blocks, weighs more in its figures by\ncommand. Compare like with like.";

function tables(reports: Reports): string {
  const maps = [...reports.values()].map(byId);
  const parts = [
    [...reports].map(([name, report]) => `- **${name}**: ${provenance(report)}`).join("\n"),
    `${EMULATED.trim()} Under an emulator: no speed, time or memory of the real machine. What is on disk is the same on both.`,
    ...([...reports.values()].some((report) => report.quick) ? [QUICK] : []),
    "## At a glance",
    rowsOf(
      reports,
      KEY_FIGURES.map(([id, label]) => [label, id]),
      maps,
    ),
    "## Memory of a daemon",
    "Anonymous memory is a daemon's own; PSS adds its part of what it shares with other processes of the same executable; peak is the\nmost that was ever resident.",
    memory(reports, maps),
    "## Storage and disk",
    rowsOf(reports, DISK, maps),
    "## Processor and start-up",
    rowsOf(reports, PROCESSOR, maps),
    missing(reports),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

const DISK: readonly (readonly [label: string, id: string])[] = [
  ["work directory without a team", "disk/keys"],
  ["with a team of 10 commands", "disk/commands-10"],
  ["of 200 commands", "disk/commands-200"],
  ["of 1,000 commands", "disk/commands-1000"],
  ["of 10,000 commands", "disk/commands-10000"],
  ["written per command of the device's own", "disk/written/per-command"],
  ["written per command got by sync", "disk/written/per-synced-command"],
  ["written while idle", "disk/idle/written"],
  ["an action, durable: median", "disk/action/p50"],
  ["an action, durable: p99", "disk/action/p99"],
  ["storage: sequential write", "storage/sequential-write"],
  ["storage: 4 kB in place, durable: median", "storage/sync-write/p50"],
  ["storage: 4 kB in place, durable: p99", "storage/sync-write/p99"],
  ["storage: 320 B appended, durable: median", "storage/append/p50"],
  ["storage: 320 B appended, durable: p99", "storage/append/p99"],
  ["storage: 4 kB read at random: median", "storage/random-read/p50"],
  ["storage: 4 kB read at random: p99", "storage/random-read/p99"],
];

const PROCESSOR: readonly (readonly [label: string, id: string])[] = [
  ["start to first answer", "start/answer"],
  ["processor time of that start", "start/cpu"],
  ["the same executable, --version", "start/version"],
  ["a datagram with 1,024 B sent", "cpu/datagram/sent"],
  ["a datagram with 1,024 B received", "cpu/datagram/received"],
  ["a message of 64 B sent", "cpu/small/sent"],
  ["a message of 64 B received", "cpu/small/received"],
  ["an action, durable", "cpu/action"],
  ["a command got by sync", "cpu/command/synced"],
  ["a command served by sync", "cpu/command/served"],
  ["a channel opened", "cpu/channel-open"],
  ["idle", "cpu/idle"],
];

function rowsOf(
  reports: Reports,
  figures: readonly (readonly [label: string, id: string])[],
  maps: readonly FigureMap[],
): string {
  const rows = figures.flatMap(([label, id]) =>
    maps.some((map) => map.has(id)) ? [[label, ...cells(reports, maps, id)]] : [],
  );
  return markdownTable(columns(reports), rows);
}

function cells(reports: Reports, maps: readonly FigureMap[], id: string): string[] {
  return [...reports.values()].map(({ machine }, i) => {
    const figure = maps[i]!.get(id);
    if (figure === undefined) return "";
    const isSame = /^disk\/(?!action)/.test(id);
    return show(figure) + (machine.emulator === "" || isSame ? "" : EMULATED);
  });
}

function columns(reports: Reports): { name: string; left: boolean }[] {
  return [{ name: "", left: true }, ...[...reports.keys()].map((name) => ({ name, left: false }))];
}

function memory(reports: Reports, maps: readonly FigureMap[]): string {
  const states = new Set([...reports.values()].flatMap(({ figures }) => memoryStates(figures)));
  // Commands and channels by their number, whichever report has them.
  const count = (state: string): number => Number(/\d+$/.exec(state)?.[0] ?? 0);
  const kind = (state: string): number => MEMORY_ORDER.findIndex((name) => state.startsWith(name));
  const ordered = [...states].sort((a, b) => kind(a) - kind(b) || count(a) - count(b));
  const rows = ordered.flatMap((state) =>
    (["anonymous", "pss", "peak"] as const).map((what, i) => [
      `${i === 0 ? stateLabel(state) : ""}${i === 0 ? ": " : ""}${what === "pss" ? "PSS" : what}`,
      ...cells(reports, maps, `memory/${state}/${what}`),
    ]),
  );
  return markdownTable(columns(reports), rows);
}

const MEMORY_ORDER = ["bare-node", "idle", "team", "commands", "channels", "load"] as const;

function provenance({ product, machine, startedAt, quick, seconds }: Report): string {
  const { cpu, cores, system, fileSystem, emulator, loadBefore } = machine;
  const how = emulator === "" ? "" : ` under ${emulator} on`;
  return (
    `${product.version} (${product.commit}), Node ${product.node},${how} ${cpu}, ${cores} cores, ${system}, ${fileSystem}; ` +
    `${instant(startedAt)}, ${quick ? "a quick run of" : "in"} ${Math.round(seconds)} s, load ${loadBefore} when it began`
  );
}

function missing(reports: Reports): string {
  return [...reports]
    .flatMap(([name, { skipped }]) =>
      skipped.map(({ what, reason }) => `- ${name}, not measured: ${what}: ${reason}`),
    )
    .join("\n");
}
