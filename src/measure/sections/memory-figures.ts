import { cgroupOf, memoryOf } from "../process-files.ts";
import type { Bench } from "../section.ts";
import type { ProcessMemory } from "../kernel.ts";

const KINDS = {
  rss: "resident, shared pages in full",
  pss: "resident, shared pages in parts",
  anonymous: "not backed by a file",
  peak: "the most resident since its start",
} as const;

/** One figure for each number the kernel has, below `memory/STATE/`. */
export function addMemory(
  { add }: Bench,
  state: string,
  what: string,
  memory: ProcessMemory,
  floor?: ProcessMemory,
): void {
  for (const kind of ["anonymous", "pss", "rss", "peak"] as const) {
    const value = memory[kind];
    const best = floor?.[kind];
    if (value === undefined) continue;
    add({
      id: `memory/${state}/${kind}`,
      value,
      unit: "B",
      what: `${what}: ${KINDS[kind]}`,
      ...(best === undefined ? {} : { floor: best }),
    });
  }
}

/** After it has settled. */
export async function lookAt(
  bench: Bench,
  state: string,
  what: string,
  pid: number,
  floor?: ProcessMemory,
): Promise<ProcessMemory> {
  bench.say(`memory: ${what}`);
  await bench.rig.sleep(bench.plan.settleMs);
  const memory = memoryOf(pid);
  addMemory(bench, state, what, memory, floor);
  addCgroup(bench, state, what, pid);
  return memory;
}

function addCgroup({ add }: Bench, state: string, what: string, pid: number): void {
  const cgroup = cgroupOf(pid);
  if (cgroup === undefined) return;
  add({
    id: `memory/${state}/cgroup`,
    value: cgroup.current,
    unit: "B",
    what: `${what}: all that is in the same control group`,
    note: "whoever measures included, and the page cache of all",
  });
}
