/** Node with nothing in it, where there is one: the least a program for it can do with. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessMemory } from "../kernel.ts";
import { memoryOf } from "../process-files.ts";
import { bareEnvironment, childProcesses } from "../process.ts";
import type { Command } from "../process.ts";

/**
 * The Node that runs this script, behind the same emulator; a single executable cannot be asked for its own, and another
 * one in PATH may be of any version.
 */
export function bareNode(command: Command): Command | undefined {
  const at = command.indexOf(process.execPath);
  return at >= 0 && command.length > at + 1 ? (command.slice(0, at + 1) as [string, ...string[]]) : undefined;
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
