/**
 * C programs for the tests, compiled with the library's own sources for one target: `native` under AddressSanitizer and
 * UndefinedBehaviorSanitizer, `valgrind`, or a cross compiler's output under qemu. CLIENT_C_TARGET says which.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../support/source-tree.ts";

export interface Target {
  readonly compiler: string;
  readonly flags: readonly string[];
  /** What runs the program. */
  readonly runner: readonly string[];
}

const SANITIZERS = [
  "-g",
  "-O1",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=all",
  "-fno-omit-frame-pointer",
];

export const TARGETS: Readonly<Record<string, Target>> = {
  native: { compiler: "gcc", flags: SANITIZERS, runner: [] },
  plain: { compiler: "gcc", flags: ["-O2", "-g"], runner: [] },
  valgrind: {
    compiler: "gcc",
    flags: ["-O1", "-g"],
    runner: [
      "valgrind",
      "--quiet",
      "--error-exitcode=99",
      "--leak-check=full",
      "--errors-for-leak-kinds=all",
    ],
  },
  arm64: {
    compiler: "aarch64-linux-gnu-gcc",
    flags: ["-O2", "-g", "-static"],
    runner: ["qemu-aarch64-static"],
  },
  armhf: {
    compiler: "arm-linux-gnueabihf-gcc",
    flags: ["-O2", "-g", "-static"],
    runner: ["qemu-arm-static"],
  },
};

export const TARGET_NAME = process.env["CLIENT_C_TARGET"] ?? "native";
const found = TARGETS[TARGET_NAME];
if (found === undefined) throw new Error(`CLIENT_C_TARGET is one of ${Object.keys(TARGETS).join(", ")}`);
export const TARGET: Target = found;

/** Real processors, real time: emulators are slow. */
export const IS_NATIVE = TARGET.runner.length === 0;

const LIBRARY = join(ROOT, "src/client-c");
const OUT = join(ROOT, "build/client-c/test", TARGET_NAME);

function sourcesIn(directory: string): string[] {
  return readdirSync(join(ROOT, directory))
    .filter((name) => name.endsWith(".c"))
    .map((name) => `${directory}/${name}`);
}

export const PROGRAMS: readonly string[] = [
  ...sourcesIn("test/client-c"),
  ...sourcesIn("src/client-c/examples"),
];

/** Where `compileAll` has put it. */
export function program(source: string): string {
  return join(OUT, basename(source, ".c"));
}

function objects(): string[] {
  return sourcesIn("src/client-c/src").map((source) => join(OUT, `${basename(source, ".c")}.o`));
}

/** The library and every program that is a test or an example, once for all suites. */
export default function compileAll(): void {
  mkdirSync(OUT, { recursive: true });
  for (const source of sourcesIn("src/client-c/src")) {
    compiler("-c", join(ROOT, source), "-o", join(OUT, `${basename(source, ".c")}.o`));
  }
  for (const source of PROGRAMS) compile(join(ROOT, source), program(source));
}

/** With the library. */
export function compile(source: string, out: string): string {
  compiler(source, ...objects(), "-lpthread", "-o", out);
  return out;
}

function compiler(...args: readonly string[]): void {
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  const common = ["-std=c11", ...warnings, "-D_GNU_SOURCE", `-I${join(LIBRARY, "include")}`];
  execFileSync(TARGET.compiler, [...common, ...TARGET.flags, ...args], { stdio: "inherit" });
}

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is done with each line of stdout as it comes. */
export type OnLine = (line: string) => void;

export function run(source: string, args: readonly string[], onLine?: OnLine): Promise<Run> {
  return runFile(program(source), args, onLine);
}

/** Of a program, until what hangs is a finding: under an emulator or valgrind, beside others, one takes a minute for its work. */
const RUN_TIMEOUT_MS = IS_NATIVE ? 50_000 : 200_000;

/** Kills it when that is up. */
export function runFile(path: string, args: readonly string[], onLine?: OnLine): Promise<Run> {
  const [file, ...rest] = [...TARGET.runner, path, ...args] as [string, ...string[]];
  return new Promise((resolve) => {
    const child = execFile(
      file,
      rest,
      { timeout: RUN_TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: 1 << 24 },
      (_, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
    if (onLine !== undefined) createInterface({ input: child.stdout! }).on("line", onLine);
  });
}

export function start(source: string, args: readonly string[]): ChildProcess {
  const [file, ...rest] = [...TARGET.runner, program(source), ...args] as [string, ...string[]];
  return spawn(file, rest, { stdio: ["ignore", "pipe", "pipe"] });
}
