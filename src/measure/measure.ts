/** One run, from the first look at the machine to the report. */
import { realpathSync } from "node:fs";
import { formatValue } from "./format.ts";
import { judged } from "./judge.ts";
import { removeLeftovers } from "./leftovers.ts";
import { freeBytes, isInMemory, load, machineFacts, memoryAvailable, productFacts } from "./machine.ts";
import type { Release } from "./machine.ts";
import { diskNeeded, FULL, QUICK, RESERVE_BYTES } from "./options.ts";
import type { MeasureOptions } from "./options.ts";
import { ownCommand } from "./process.ts";
import { Progress } from "./progress.ts";
import { FORMAT, FORMAT_VERSION } from "./report.ts";
import type { Figure, MachineFacts, Report, Skipped } from "./report.ts";
import { Rig } from "./rig.ts";
import type { Bench, Plan, Section } from "./section.ts";
import { SECTIONS } from "./sections.ts";

/** Refused before anything was done. */
export class SpaceError extends Error {
  override readonly name = "SpaceError";
}

/** What a daemon takes beyond the pages it shares with the others; measured: 21 to 24 MB, more on a large team. */
const DAEMON_BYTES = 32_000_000;
/** Conventional: 128 and the signal's number. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Throws `SpaceError`, a RangeError for a path that is too long, and the system's errors of the work directory. */
export async function measure(options: MeasureOptions, release: Release): Promise<Report> {
  const startedAt = Date.now();
  const begun = performance.now();
  const progress = new Progress();
  const plan: Plan = {
    ...(options.quick ? QUICK : FULL),
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
  };
  const sections = SECTIONS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const parent = realpathSync(options.parent);
  for (const path of removeLeftovers(parent)) progress.note(`removed what an earlier run left: ${path}`);
  const own = ownCommand();
  const command = [...options.launcher, ...own] as [string, ...string[]];
  const machine = machineFacts(parent, options.launcher);
  const product = productFacts(release, own);
  requireSpace(parent, machine, diskNeeded(plan, sections), options.quick);

  const found = new Findings(machine, progress);
  noteSurroundings(found, machine, options.quick, options.launcher.length > 0);
  const isOneFile = product.kind === "executable";
  found.add({
    id: isOneFile ? "disk/executable" : "disk/script",
    value: product.bytes,
    unit: "B",
    what: isOneFile ? "the executable, Node inside" : "the script, for a Node that is there already",
  });
  const rig = new Rig({ ...options, parent, command });
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    // What the rig made goes when the process does.
    const handler = (): never => process.exit(code);
    process.once(signal, handler);
    return [signal, handler] as const;
  });
  try {
    await runSections(rig, plan, sections, found);
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    await rig.close();
  }
  progress.end();
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    startedAt,
    seconds: Number(((performance.now() - begun) / 1000).toFixed(1)),
    quick: options.quick,
    product,
    machine: { ...machine, loadAfter: load() },
    figures: found.figures,
    skipped: found.skipped,
    notes: found.notes,
  };
}

async function runSections(
  rig: Rig,
  plan: Plan,
  sections: readonly Section[],
  found: Findings,
): Promise<void> {
  for (const { name, daemons, run } of sections) {
    const needed = daemons * DAEMON_BYTES;
    const available = memoryAvailable();
    if (rig.stopped !== undefined) {
      found.skip(name, rig.stopped);
    } else if (available < needed) {
      const [short, has] = [needed, available].map((bytes) => formatValue(bytes, "B"));
      found.skip(name, `needs ${short!} of memory for ${daemons} processes, ${has!} are left`);
    } else {
      const bench: Bench = {
        rig,
        plan,
        add: (figure) => found.add(figure),
        skip: (what, reason) => found.skip(what, reason),
        note: (text) => found.note(text),
        say: (text) => found.progress.show(text),
      };
      try {
        await run(bench);
      } catch (error) {
        // A daemon that was ended because the time is up is not what went wrong.
        found.skip(name, rig.reasonOf(error));
      }
    }
    await rig.clear();
  }
}

class Findings {
  readonly figures: Figure[] = [];
  readonly skipped: Skipped[] = [];
  readonly notes: string[] = [];
  readonly progress: Progress;
  readonly #machine: MachineFacts;

  constructor(machine: MachineFacts, progress: Progress) {
    this.#machine = machine;
    this.progress = progress;
  }

  add(figure: Figure): void {
    const value = Number(figure.value.toPrecision(6));
    this.figures.push(judged({ ...figure, value }, this.#machine));
  }

  skip(what: string, reason: string): void {
    this.skipped.push({ what, reason });
  }

  note(text: string): void {
    this.notes.push(text);
  }
}

function requireSpace(parent: string, machine: MachineFacts, needed: number, isQuick: boolean): void {
  const free = freeBytes(parent);
  const show = (bytes: number): string => formatValue(bytes, "B");
  const other = `give another directory by --work-dir${isQuick ? "" : ", or --quick"}`;
  if (free < needed + RESERVE_BYTES) {
    throw new SpaceError(
      `${parent} (${machine.fileSystem}) has ${show(free)} free: ${show(needed)} are needed and ${show(RESERVE_BYTES)} stay free; ${other}`,
    );
  }
  if (isInMemory(machine.fileSystem) && memoryAvailable() < 2 * needed) {
    throw new SpaceError(
      `${parent} (${machine.fileSystem}) is memory, of which ${show(memoryAvailable())} are left: ${show(needed)} would take too much of it; ${other}`,
    );
  }
}

function noteSurroundings(
  found: Findings,
  machine: MachineFacts,
  isQuick: boolean,
  hasLauncher: boolean,
): void {
  if (machine.emulator !== "" && !hasLauncher) {
    found.note("where daemons do not start: the emulator has to be named, --launcher");
  }
  if (machine.emulator !== "") {
    found.note(
      `under ${machine.emulator}: times, speeds and memory are the emulator's as much as the product's`,
    );
  }
  if (isInMemory(machine.fileSystem)) {
    found.note("the directory measured in is memory: what is said of storage is not of this device's flash");
  }
  if (isQuick) found.note("a quick run: its figures say little, except where something is grossly wrong");
  if (machine.loadBefore > machine.cores) found.note("the machine was busy before it began");
}
