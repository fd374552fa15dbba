/** Reads what `kernel.ts` understands. A file that is not there reads as empty: not every kernel has every one. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import {
  CGROUP_FILES,
  findCgroup,
  parseCgroupBytes,
  parseIo,
  parseMemory,
  parseSchedstat,
  parseStat,
} from "./kernel.ts";
import type { ProcessIo, ProcessMemory } from "./kernel.ts";

type Pid = number | "self";

export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Throws where the process is gone. */
export function memoryOf(pid: Pid): ProcessMemory {
  const memory = parseMemory(readOrEmpty(`/proc/${pid}/smaps_rollup`), readOrEmpty(`/proc/${pid}/status`));
  if (memory === undefined) throw new Error(`the kernel tells nothing of process ${pid}`);
  return memory;
}

/** Undefined where the kernel does not count. */
export function ioOf(pid: Pid): ProcessIo | undefined {
  return parseIo(readOrEmpty(`/proc/${pid}/io`));
}

/** Microseconds of processor time the process has had so far, all its threads together. */
export function cpuOf(pid: number): number {
  let sum: number | undefined;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const us = parseSchedstat(readOrEmpty(`/proc/${pid}/task/${task}/schedstat`));
    if (us !== undefined) sum = (sum ?? 0) + us;
  }
  const us = sum ?? parseStat(readOrEmpty(`/proc/${pid}/stat`));
  if (us === undefined) throw new Error(`the kernel tells nothing of process ${pid}`);
  return us;
}

export interface CgroupMemory {
  readonly version: 1 | 2;
  readonly path: string;
  /** Bytes, page cache of its processes included. */
  readonly current: number;
  readonly peak?: number;
  readonly limit?: number;
}

/** Of the group a process is in; undefined where there is none but the root, or it tells nothing. */
export function cgroupOf(pid: Pid): CgroupMemory | undefined {
  const found = findCgroup(readOrEmpty(`/proc/${pid}/cgroup`), readOrEmpty(`/proc/${pid}/mountinfo`));
  if (found === undefined) return undefined;
  const [current, peak, limit] = CGROUP_FILES[found.version].map((name) =>
    parseCgroupBytes(readOrEmpty(`${found.directory}/${name}`)),
  );
  if (current === undefined) return undefined;
  return {
    version: found.version,
    path: found.directory,
    current,
    ...(peak === undefined ? {} : { peak }),
    ...(limit === undefined ? {} : { limit }),
  };
}

export interface Tree {
  /** Bytes as the files say. */
  readonly size: number;
  /** Bytes in blocks of the file system. */
  readonly allocated: number;
  /** Every path with its size and times: equal exactly when nothing was changed. */
  readonly state: string;
}

/** `st_blocks` counts these, whatever the file system's own blocks are. */
const BLOCK_BYTES = 512;

/** Files below a directory. */
export function treeOf(directory: string): Tree {
  let [size, allocated] = [0, 0];
  const lines: string[] = [];
  const visit = (path: string): void => {
    const stat = statSync(path);
    if (stat.isFile()) size += stat.size;
    allocated += stat.blocks * BLOCK_BYTES;
    lines.push(`${path} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`);
    if (!stat.isDirectory()) return;
    for (const name of readdirSync(path).sort()) visit(`${path}/${name}`);
  };
  visit(directory);
  return { size, allocated, state: lines.join("\n") };
}
