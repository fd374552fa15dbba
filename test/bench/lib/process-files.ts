/** What the kernel says of a process. */
import { readdirSync, readFileSync } from "node:fs";

/** Bytes on the line with this name of /proc/PID/smaps_rollup or /proc/PID/io. Throws where there is none. */
export function fieldBytes(text: string, name: string): number {
  const match = new RegExp(`^${name}: +(\\d+)( kB)?$`, "m").exec(text);
  if (match === null) throw new Error(`the kernel does not tell ${name}`);
  return Number(match[1]) * (match[2] === undefined ? 1 : 1024);
}

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
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  return {
    anonymous: fieldBytes(text, "Anonymous"),
    pss: fieldBytes(text, "Pss"),
    rss: fieldBytes(text, "Rss"),
  };
}

/** Bytes the process has caused to be written to storage so far. */
export function writtenBy(pid: number | "self"): number {
  return fieldBytes(readFileSync(`/proc/${pid}/io`, "latin1"), "write_bytes");
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

/** Microseconds of processor time the process has had so far, all its threads together. */
export function cpuOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  // The first number is nanoseconds on a processor.
  const times = tasks.map((task) =>
    Number.parseInt(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1")),
  );
  return times.reduce((sum, ns) => sum + ns, 0) / 1000;
}
