/** What the kernel says of a process; here it has to say all of it. */
import { readFileSync, readdirSync } from "node:fs";
import { ioOf, memoryOf as whatIsTold } from "../../../src/measure/process-files.ts";

export { cpuOf } from "../../../src/measure/process-files.ts";

export interface Memory {
  /** Not backed by a file: what the process has for itself, the same from run to run. */
  readonly anonymous: number;
  /** Shared pages counted in parts. */
  readonly pss: number;
  /** Shared pages counted in full. */
  readonly rss: number;
}

/** Bytes. */
export function memoryOf(pid: number): Memory {
  const { anonymous, pss, rss } = whatIsTold(pid);
  if (anonymous === undefined || pss === undefined) throw new Error("the kernel has no smaps_rollup");
  return { anonymous, pss, rss };
}

/** Bytes the process has caused to be written to storage so far. */
export function writtenBy(pid: number | "self"): number {
  const io = ioOf(pid);
  if (io === undefined) throw new Error("the kernel does not count what a process writes");
  return io.written;
}

/** How often its threads have gone to sleep so far: each time something has to wake them. */
export function sleepsOf(pid: number): number {
  const statuses = readdirSync(`/proc/${pid}/task`).map((task) =>
    readFileSync(`/proc/${pid}/task/${task}/status`, "latin1"),
  );
  return statuses.reduce((sum, status) => sum + voluntarySwitches(status), 0);
}

/** Of /proc/PID/task/TID/status. */
export function voluntarySwitches(status: string): number {
  const match = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status);
  if (match === null) throw new Error("the kernel does not tell voluntary_ctxt_switches");
  return Number(match[1]);
}
