/** What the kernel says of a process and of its cgroup, as text: /proc and cgroup files, versions 1 and 2. No I/O here. */

/** Bytes. What an old kernel does not tell is left out. */
export interface ProcessMemory {
  /** Resident, shared pages counted in full. */
  readonly rss: number;
  /** Resident, shared pages counted in parts. */
  readonly pss?: number;
  /** Not backed by a file: what the process has for itself, the same from run to run. */
  readonly anonymous?: number;
  /** The most that was ever resident. */
  readonly peak?: number;
}

/** Bytes on the line with this name, of /proc/PID/smaps_rollup, status, io or /proc/meminfo. */
export function bytesAt(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:[ \\t]+(\\d{1,15})( kB)?$`, "m").exec(text);
  return match === null ? undefined : Number(match[1]) * (match[2] === undefined ? 1 : 1024);
}

/**
 * From /proc/PID/smaps_rollup (Linux 4.14) and /proc/PID/status; either text may be empty. Undefined where neither tells
 * the resident size.
 */
export function parseMemory(rollup: string, status: string): ProcessMemory | undefined {
  const rss = bytesAt(rollup, "Rss") ?? bytesAt(status, "VmRSS");
  if (rss === undefined) return undefined;
  const pss = bytesAt(rollup, "Pss");
  const anonymous = bytesAt(rollup, "Anonymous") ?? bytesAt(status, "RssAnon");
  // Counted per thread and added up now and then, it can lag behind.
  const high = bytesAt(status, "VmHWM");
  const peak = high === undefined ? undefined : Math.max(high, rss);
  return {
    rss,
    ...(pss === undefined ? {} : { pss }),
    ...(anonymous === undefined ? {} : { anonymous }),
    ...(peak === undefined ? {} : { peak }),
  };
}

/** Bytes, of /proc/PID/io. */
export interface ProcessIo {
  /** Given to storage; what never leaves the page cache does not count. */
  readonly written: number;
  /** Taken from storage. */
  readonly read: number;
}

/** Undefined where the kernel does not count. */
export function parseIo(text: string): ProcessIo | undefined {
  const [written, read] = [bytesAt(text, "write_bytes"), bytesAt(text, "read_bytes")];
  return written === undefined || read === undefined ? undefined : { written, read };
}

/** Microseconds on a processor, of /proc/PID/task/TID/schedstat. */
export function parseSchedstat(text: string): number | undefined {
  const match = /^(\d+) \d+ \d+$/m.exec(text);
  return match === null ? undefined : Number(match[1]) / 1000;
}

/** The clock of /proc/PID/stat, by Linux's interface 100 a second whatever the kernel's own. */
const TICK_US = 10_000;

/** Microseconds on a processor, of /proc/PID/stat. The name in brackets may hold anything, brackets too. */
export function parseStat(text: string): number | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isFinite(user + system) ? (user + system) * TICK_US : undefined;
}

export interface CgroupPath {
  readonly version: 1 | 2;
  /** The directory of the memory controller's files. */
  readonly directory: string;
}

/**
 * Where the memory controller's files of a process are, from its /proc/PID/cgroup and /proc/PID/mountinfo. Version 1 where
 * the controller is there, else 2; undefined where neither is mounted.
 */
export function findCgroup(cgroup: string, mountinfo: string): CgroupPath | undefined {
  const lines = cgroup.split("\n").map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const mounts = parseMounts(mountinfo);
  const v1 = lines.find((match) => match !== null && match[1]!.split(",").includes("memory"));
  const v2 = lines.find((match) => match?.[1] === "");
  const mount1 = mounts.find((m) => m.type === "cgroup" && m.superOptions.split(",").includes("memory"));
  if (v1?.[2] !== undefined && mount1 !== undefined) {
    return { version: 1, directory: below(mount1, v1[2]) };
  }
  const mount2 = mounts.find((m) => m.type === "cgroup2");
  if (v2?.[2] !== undefined && mount2 !== undefined) {
    return { version: 2, directory: below(mount2, v2[2]) };
  }
  return undefined;
}

/** A mount can show a part of the hierarchy only: in a container it begins at the container's own group. */
function below(mount: Mount, group: string): string {
  const inside = mount.root !== "/" && group.startsWith(mount.root) ? group.slice(mount.root.length) : group;
  return `${mount.point}/${inside}`.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
}

/** The files of a memory controller by version: in use, the most ever, the limit. */
export const CGROUP_FILES = {
  1: ["memory.usage_in_bytes", "memory.max_usage_in_bytes", "memory.limit_in_bytes"],
  2: ["memory.current", "memory.peak", "memory.max"],
} as const;

/** Version 1 says "no limit" with a number near 2^63. */
const NO_LIMIT = 2 ** 60;

/** One of those files; undefined for `max` and whatever means it. */
export function parseCgroupBytes(text: string): number | undefined {
  const match = /^(\d{1,20})\s*$/.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]);
  return bytes < NO_LIMIT ? bytes : undefined;
}

export interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly source: string;
  readonly superOptions: string;
}

/** /proc/PID/mountinfo. */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [mine, theirs] = line.split(" - ");
    const [, , , root, point] = mine!.split(" ");
    const [type, source, superOptions] = (theirs ?? "").split(" ");
    if (root === undefined || point === undefined || type === undefined || source === undefined) return [];
    return [
      {
        root: unescape(root),
        point: unescape(point),
        type,
        source: unescape(source),
        superOptions: superOptions ?? "",
      },
    ];
  });
}

/** The mount a path lies on: the longest mount point above it; of several on one point the last covers the others. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const isAbove = mount.point === "/" || path === mount.point || path.startsWith(`${mount.point}/`);
    if (isAbove && mount.point.length >= (best?.point.length ?? 0)) best = mount;
  }
  return best;
}

/** Blanks in paths stand there as octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Of /proc/cpuinfo: what it is called on x86, else on ARM. */
export function parseCpuModel(cpuinfo: string): string | undefined {
  for (const name of ["model name", "Model", "Hardware", "Processor"]) {
    const match = new RegExp(`^${name}\\s*:\\s*(.+)$`, "m").exec(cpuinfo);
    if (match !== null) return match[1]!.trim();
  }
  return undefined;
}

/** PRETTY_NAME of /etc/os-release. */
export function parseOsRelease(text: string): string | undefined {
  const match = /^PRETTY_NAME="?([^"\n]{1,100})"?$/m.exec(text);
  return match?.[1];
}
