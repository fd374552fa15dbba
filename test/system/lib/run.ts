import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { ATTEMPTS, PAUSE_MS } from "../../../cross/process.ts";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Killed after `timeoutMs`. Rejects only where there is no such program. */
export function run(program: string, args: readonly string[], timeoutMs = 60_000): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env["PATH"], LANG: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" };
    // A group of its own: what it started holds its pipes, and has to end with it.
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env, detached: true });
    const late = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), timeoutMs);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", (error) => {
      clearTimeout(late);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(late);
      resolve({ code, stdout, stderr });
    });
  });
}

/** What it printed. Throws with what it said where it failed. */
export async function must(program: string, args: readonly string[], timeoutMs?: number): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, timeoutMs);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return stdout.trimEnd();
}

/** For what comes over a network, as in cross/process.ts; meanwhile signals are heard. */
export async function persistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (count === ATTEMPTS) throw error;
      console.error(`attempt ${count} of ${ATTEMPTS} failed: ${(error as Error).message}`);
      await sleep(count * PAUSE_MS);
    }
  }
}
