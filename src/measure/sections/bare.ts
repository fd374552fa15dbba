/** Node with nothing in it, where there is one: the least a program for it can do with. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessMemory } from "../kernel.ts";
import { memoryOf } from "../process-files.ts";
import { bareEnvironment, childProcesses } from "../process.ts";
import type { Command } from "../process.ts";

const VERSION_TIMEOUT_MS = 10_000;

/**
 * The Node that runs this script, behind the same emulator. A single executable cannot be asked for the one inside it, but one of
 * the same version in PATH does as well; of another version it would say nothing.
 */
export function bareNode(command: Command): Command | undefined {
  const at = command.indexOf(process.execPath);
  const [program, ...before] = command.slice(0, at + 1);
  if (program === undefined) return undefined;
  if (command.length > at + 1) return [program, ...before];
  if (before.length > 0) return undefined; // an emulator's
  const { stdout } = childProcesses().spawnSync("node", ["--version"], {
    env: bareEnvironment(),
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
    timeout: VERSION_TIMEOUT_MS,
  });
  return (stdout as string | null)?.trim() === process.version ? ["node"] : undefined;
}

/** Of one that waits. */
export async function bareMemory(node: Command, settleMs: number): Promise<ProcessMemory> {
  const [program, ...args] = node;
  const child = childProcesses().spawn(program, [...args, "-e", "setInterval(() => {}, 1e6)"], {
    env: bareEnvironment(),
    stdio: "ignore",
  });
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  try {
    await Promise.race([sleep(settleMs), failed]);
    return memoryOf(child.pid!);
  } finally {
    child.kill("SIGKILL");
  }
}
