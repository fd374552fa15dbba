import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseReport } from "../../src/measure/report.ts";
import type { Report } from "../../src/measure/report.ts";
import { treeOf } from "../../src/measure/process-files.ts";
import { diskNeeded, QUICK, RESERVE_BYTES } from "../../src/measure/options.ts";
import { SECTIONS } from "../../src/measure/sections.ts";
import { SOURCE_DAEMON } from "../support/daemon-process.ts";
import { programUnderTest } from "../support/executable.ts";
import { checkHtml } from "../support/html.ts";

const executable = programUnderTest();
const [PROGRAM, ...BEFORE] = executable ?? SOURCE_DAEMON;
/** What it is on the disk. */
const DISK = executable === undefined ? "disk/script" : "disk/executable";

let parent: string;
const children: ChildProcess[] = [];
beforeEach(() => (parent = mkdtempSync(join(tmpdir(), "measure-e2e-"))));
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.length = 0;
  rmSync(parent, { recursive: true, force: true, maxRetries: 10 });
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Resolves when it says that. */
  said(text: string): Promise<void>;
}

function measure(args: readonly string[], workDir = parent): Run {
  const child = spawn(PROGRAM, [...BEFORE, "measure", "--work-dir", workDir, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let [stdout, stderr] = ["", ""];
  const waiting = new Set<() => void>();
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => {
    stderr += String(data);
    for (const look of waiting) look();
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.once("close", (code) => done({ code, stdout, stderr })),
  );
  const said = (text: string): Promise<void> =>
    new Promise((done, failed) => {
      const look = (): void => {
        if (stderr.includes(text)) done();
      };
      waiting.add(look);
      look();
      void ended.then(() => failed(new Error(`it never said ${text}: ${stderr}`)));
    });
  return { child, ended, said };
}

/** Daemons with their work directory below. */
function daemonsBelow(path: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const args = readFileSync(`/proc/${name}/cmdline`, "latin1").split("\0");
        return args.includes("daemon") && args.some((arg) => arg.startsWith(path)) ? [name] : [];
      } catch {
        return [];
      }
    });
}

test("[SYS-11] measures memory, disk, write and seek speed, processor and start-up on its own, as JSON and as a page", async () => {
  const page = join(parent, "report.html");
  const run = measure(["--quick", "--idle", "1", "--json", "--html", page, "--time-max", "600"]);
  let used = 0;
  const look = setInterval(() => {
    try {
      used = Math.max(used, treeOf(parent).allocated);
    } catch {
      // Something in it was just removed.
    }
  }, 20);
  const { code, stdout, stderr } = await run.ended;
  clearInterval(look);

  const report: Report = parseReport(stdout);
  expect(report.skipped).toEqual([]);
  expect(code, stderr).toBe(0);
  expect(report.quick).toBe(true);
  expect(report.machine.host).toBe(hostname());
  expect(report.machine.emulator).toBe("");
  const ids = report.figures.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of [
    DISK,
    "disk/per-1000-commands",
    "disk/written/per-command",
    "disk/idle/written",
    "cpu/idle",
    "cpu/action",
    "cpu/command/synced",
    "cpu/small/sent",
    "cpu/datagram/sent",
    "cpu/datagram/received",
    "start/answer",
    "start/version",
    "start/bare-node",
    "storage/sequential-write",
    "storage/sync-write/p50",
    "storage/append/p99",
    "storage/random-read/p50",
    ...[
      "bare-node",
      "idle",
      "team",
      "commands-10",
      "commands-200",
      "channels-0",
      "channels-1",
      "channels-20",
      "load",
    ].flatMap((state) => ["rss", "pss", "anonymous", "peak"].map((kind) => `memory/${state}/${kind}`)),
  ]) {
    expect(ids).toContain(id);
  }
  const value = (id: string): number => report.figures.find((figure) => figure.id === id)!.value;
  expect(value("disk/idle/written")).toBe(0);
  expect(value("disk/per-1000-commands")).toBeGreaterThan(50_000);
  expect(value("disk/per-1000-commands")).toBeLessThan(1_000_000);
  for (const state of ["idle", "team", "load"]) {
    const of = (kind: string): number => value(`memory/${state}/${kind}`);
    expect(of("anonymous")).toBeLessThanOrEqual(of("pss"));
    expect(of("pss")).toBeLessThanOrEqual(of("rss"));
    expect(of("rss")).toBeLessThanOrEqual(of("peak"));
  }
  for (const of of ["sync-write", "append", "random-read"].map((name) => `storage/${name}`)) {
    expect(value(`${of}/p50`)).toBeLessThanOrEqual(value(`${of}/p99`));
  }

  expect(checkHtml(readFileSync(page, "utf8"))).toEqual([]);
  // It used the disk, no more than it may, and left nothing.
  expect(used).toBeGreaterThanOrEqual(QUICK.sequentialBytes);
  expect(used).toBeLessThanOrEqual(diskNeeded(QUICK, SECTIONS));
  expect(readdirSync(parent)).toEqual(["report.html"]);
  expect(daemonsBelow(parent)).toEqual([]);
  // No terminal: a line for each thing begun, none of them twice.
  const lines = stderr.trim().split("\n");
  expect(lines.length).toBeGreaterThan(10);
  expect(stderr).not.toContain("\u001b");
}, 300_000);

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)(
  "stopped by %s it leaves neither files nor daemons",
  async (signal, expected) => {
    const run = measure(["--quick", "--only", "writes", "--idle", "600"]);
    await run.said("idle for 600 s");
    expect(daemonsBelow(parent)).toHaveLength(2);
    run.child.kill(signal);
    const { code, stdout } = await run.ended;
    expect(code).toBe(expected);
    expect(stdout).toBe("");
    expect(readdirSync(parent)).toEqual([]);
    await expect.poll(() => daemonsBelow(parent)).toEqual([]);
  },
  60_000,
);

test("killed outright it cannot clean up, and the next run does", async () => {
  const killed = measure(["--quick", "--only", "writes", "--idle", "600"]);
  await killed.said("idle for 600 s");
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(readdirSync(parent)).toHaveLength(1);
  expect(daemonsBelow(parent)).toHaveLength(2);
  const next = await measure(["--quick", "--only", "start"]).ended;
  expect(next.code).toBe(0);
  expect(next.stderr).toContain("removed what an earlier run left");
  expect(readdirSync(parent)).toEqual([]);
  expect(daemonsBelow(parent)).toEqual([]);
}, 180_000);

test("when the time is up it ends with what there is, and says what is missing", async () => {
  const args = ["--quick", "--json", "--only", "writes", "--only", "channels", "--idle", "600"];
  const { code, stdout } = await measure([...args, "--time-max", "10"]).ended;
  const report = parseReport(stdout);
  expect(code).toBe(1);
  const reason = "the time was up (--time-max)";
  expect(report.skipped).toEqual(["writes", "channels"].map((what) => ({ what, reason })));
  expect(report.figures.map(({ id }) => id)).toContain(DISK);
  expect(readdirSync(parent)).toEqual([]);
  expect(daemonsBelow(parent)).toEqual([]);
}, 180_000);

test("a daemon that does not start is what it says, and the rest is measured", async () => {
  const wrapper = join(parent, "fails-as-daemon");
  writeFileSync(
    wrapper,
    '#!/bin/sh\ncase "$*" in *" daemon "*) echo no luck >&2; exit 3;; esac\nexec "$@"\n',
    {
      mode: 0o755,
    },
  );
  const run = measure(["--quick", "--json", "--only", "storage", "--only", "start", "--launcher", wrapper]);
  const { code, stdout } = await run.ended;
  expect(code).toBe(1);
  expect(parseReport(stdout).skipped).toEqual([{ what: "start", reason: "a daemon ended: no luck" }]);
}, 180_000);

test("refuses, before anything is done, where space is short, and says how much is needed and where", async () => {
  const small = join(parent, "small");
  mkdirSync(small);
  const sizeMib = (diskNeeded(QUICK, SECTIONS) + RESERVE_BYTES) / 2 ** 20 - 1;
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMib}m`, "tmpfs", small]);
  expect(mounted.status, "mounting needs root").toBe(0);
  try {
    const { code, stdout, stderr } = await measure(["--quick"], small).ended;
    expect(code).toBe(75);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /small \(tmpfs\) has [\d.]+ MB free: [\d.]+ MB are needed and [\d.]+ MB stay free/,
    );
    expect(readdirSync(small)).toEqual([]);
  } finally {
    spawnSync("umount", [small]);
  }
});

test.each([
  ["a directory that is not there", ["--quick", "--work-dir", "/nowhere/at/all"], 71],
  ["a page that cannot be written", ["--quick", "--html", "/nowhere/at/all.html"], 71],
  ["an option there is not", ["--fast"], 64],
  ["an option that says nothing beside another", ["--compare", "/nowhere/at/all.json"], 64],
])("exit code for %s", async (_, args, expected) => {
  const { code, stderr } = await measure(args).ended;
  expect(code).toBe(expected);
  expect(stderr).toContain("aranya-edge measure: ");
  expect(readdirSync(parent)).toEqual([]);
});

test("a path too long for sockets is refused, not half used", async () => {
  const long = join(parent, "x".repeat(90));
  mkdirSync(long);
  const { code, stderr } = await measure(["--quick"], long).ended;
  expect(code).toBe(64);
  expect(stderr).toContain("too long");
  expect(readdirSync(long)).toEqual([]);
});

test("reports are compared; what is none is named", () => {
  const file = join(parent, "no.json");
  writeFileSync(file, "{}");
  const compare = (...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(PROGRAM, [...BEFORE, "measure", "--compare", ...args], { encoding: "utf8" });
  const none = compare(file);
  expect(none.status).toBe(65);
  expect(none.stderr).toContain(`${file} has no "format"`);
  expect(compare(join(parent, "gone.json")).status).toBe(71);
  expect(compare("/dev/zero").status).toBe(65);
  expect(existsSync(join(parent, "out.html"))).toBe(false);
});
