/** Other programs, run to their end. */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What stops a build, said to whoever started it: the problem, and what to do about it. */
export class BuildError extends Error {
  readonly remedy: string;

  constructor(problem: string, remedy: string) {
    super(problem);
    this.name = "BuildError";
    this.remedy = remedy;
  }
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** What it wrote to stdout. Throws, with the end of what it wrote to stderr, when it fails. */
export function run(command: readonly string[], options: RunOptions = {}): string {
  const [program, ...args] = command as [string, ...string[]];
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: options.timeoutMs ?? 300_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error !== undefined) throw new Error(`${command.join(" ")}: ${error.message}`);
  if (status !== 0) {
    throw new Error(`${command.join(" ")}: ${signal ?? `exit ${status}`}\n${stderr.slice(-2000)}`);
  }
  return stdout;
}

export const ATTEMPTS = 3;
export const PAUSE_MS = 10_000;

/** For what comes over a network, which may fail for a moment: three times, before it fails. */
export function persistently<T>(attempt: () => T): T {
  for (let count = 1; ; count++) {
    try {
      return attempt();
    } catch (error) {
      if (count === ATTEMPTS) throw error;
      console.error(`attempt ${count} of ${ATTEMPTS} failed: ${(error as Error).message}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, count * PAUSE_MS);
    }
  }
}

/** Where on PATH it is. */
export function which(program: string): string | undefined {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Elsewhere, perhaps.
    }
  }
  return undefined;
}
