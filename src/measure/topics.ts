/** How figures are put before people: which matter most, and what the rest is about. */
import { formatValue, plain } from "./format.ts";
import type { Figure, Report } from "./report.ts";

/** What one asks first, in this order. */
export const KEY_FIGURES: readonly (readonly [id: string, label: string])[] = [
  ["memory/team/anonymous", "Memory, one team"],
  ["memory/load/peak", "Memory, peak under load"],
  ["memory/per-channel", "Memory per channel"],
  ["memory/per-1000-commands", "Memory per 1,000 commands"],
  ["disk/executable", "Executable"],
  ["disk/script", "Script"],
  ["disk/per-1000-commands", "State per 1,000 commands"],
  ["disk/written/per-command", "Written per command"],
  ["disk/idle/written", "Written while idle"],
  ["cpu/idle", "CPU while idle"],
  ["storage/sequential-write", "Sequential write"],
  ["storage/append/p50", "Small durable write"],
  ["storage/random-read/p50", "Random read"],
  ["start/answer", "Start-up"],
  ["cpu/datagram/sent", "CPU per datagram sent"],
  ["cpu/datagram/received", "CPU per datagram received"],
  ["cpu/command/synced", "CPU per synced command"],
];

export interface Topic {
  readonly title: string;
  readonly text: string;
  /** What the ids of its figures begin with. */
  readonly prefixes: readonly string[];
}

export const TOPICS: readonly Topic[] = [
  {
    title: "Memory",
    text: "Of one daemon. Anonymous memory is its own and the same from run to run; PSS adds its part of pages shared with other processes, RSS all of them.",
    prefixes: ["memory/"],
  },
  {
    title: "Disk",
    text: "What the product takes and what it writes. An idle device must write nothing.",
    prefixes: ["disk/"],
  },
  {
    title: "Storage speed",
    text: "The storage alone, with nothing of the product in between. Every action waits for one small durable write.",
    prefixes: ["storage/"],
  },
  {
    title: "Processor",
    text: "Processor time of the daemons alone; who sends and receives has its own.",
    prefixes: ["cpu/"],
  },
  {
    title: "Start-up",
    text: "From making the process to its first answer, with everything read into memory before.",
    prefixes: ["start/"],
  },
];

export type FigureMap = ReadonlyMap<string, Figure>;

export function byId({ figures }: Report): FigureMap {
  return new Map(figures.map((figure) => [figure.id, figure]));
}

export function ofTopic(topic: Topic, figures: readonly Figure[]): Figure[] {
  return figures.filter(({ id }) => topic.prefixes.some((prefix) => id.startsWith(prefix)));
}

export function show({ value, unit }: Figure): string {
  return formatValue(value, unit);
}

/** The states memory was looked at in, in the order they came: idle, team, commands-10 … */
export function memoryStates(figures: readonly Figure[]): string[] {
  const states = figures.flatMap(({ id }) => /^memory\/([^/]+)\/rss$/.exec(id)?.slice(1) ?? []);
  return [...new Set(states)];
}

const STATES: Readonly<Record<string, string>> = {
  "bare-node": "Node alone",
  idle: "idle, no team",
  team: "one team",
  load: "under load",
};

/** `channels-1000`: "1 000 channels". */
export function stateLabel(state: string): string {
  const known = STATES[state];
  if (known !== undefined) return known;
  const match = /^([a-z]+)-(\d+)$/.exec(state);
  if (match === null) return plain(state);
  const [, what, count] = match as unknown as [string, string, string];
  const number = count.replace(/\B(?=(\d{3})+$)/g, ",");
  if (count === "0") return `no ${what}`;
  return `${number} ${count === "1" ? what.replace(/s$/, "") : what}`;
}

/** The latencies that have a median and a tail, with what they are called. */
export const LATENCIES: readonly (readonly [prefix: string, label: string])[] = [
  ["storage/random-read", "random read, 4 kB"],
  ["storage/append", "append, 320 B, durable"],
  ["storage/sync-write", "write in place, 4 kB, durable"],
  ["disk/action", "an action of the product"],
];

/**
 * Names to tell reports apart by: the host; where hosts repeat, the name of the file as well; where that repeats too, a number.
 */
export function names(reports: readonly Report[], files: readonly string[]): string[] {
  const repeats = (all: readonly string[], one: string): boolean =>
    all.filter((other) => other === one).length > 1;
  const hosts = reports.map(({ machine }) => machine.host);
  const longer = hosts.map((host, i) => (repeats(hosts, host) ? `${host} (${stem(files[i]!)})` : host));
  return longer.map((name, i) => (repeats(longer, name) ? `${name} ${i + 1}` : name));
}

function stem(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
}
