/** The machine it was measured on, as far as the system tells. */
import { readlinkSync, statfsSync, statSync } from "node:fs";
import { arch, cpus, hostname, loadavg, release, totalmem, type } from "node:os";
import { basename } from "node:path";
import { LIMITS } from "../base/limits.ts";
import { bytesAt, mountOf, parseCpuModel, parseMounts, parseOsRelease } from "./kernel.ts";
import { cgroupOf, readOrEmpty } from "./process-files.ts";
import type { Command } from "./process.ts";
import type { MachineFacts, Product } from "./report.ts";

const UNKNOWN = "unknown";

/** `directory`: measured in. `launcher`: what was asked to start the executable. */
export function machineFacts(directory: string, launcher: readonly string[]): MachineFacts {
  const mount = mountOf(directory, parseMounts(readOrEmpty("/proc/self/mountinfo")));
  const cgroup = cgroupOf("self");
  return {
    host: text(hostname()),
    arch: arch(),
    cpu: text(parseCpuModel(readOrEmpty("/proc/cpuinfo")) ?? cpus()[0]?.model),
    cores: cpus().length,
    kernel: text(`${type()} ${release()}`),
    system: text(parseOsRelease(readOrEmpty("/etc/os-release"))),
    memoryBytes: totalmem(),
    memoryAvailableBytes: memoryAvailable(),
    loadBefore: load(),
    loadAfter: load(),
    fileSystem: text(mount?.type),
    device: text(mount?.source),
    freeBytes: freeBytes(directory),
    cgroup: cgroup === undefined ? "none" : `v${cgroup.version}`,
    cgroupBytes: cgroup?.current ?? 0,
    cgroupLimitBytes: cgroup?.limit ?? 0,
    emulator: text(emulator(launcher), ""),
  };
}

export function load(): number {
  return Number(loadavg()[0]!.toFixed(2));
}

/** What processes can still get, of the machine and of the control group. */
export function memoryAvailable(): number {
  const machine = bytesAt(readOrEmpty("/proc/meminfo"), "MemAvailable") ?? totalmem();
  const group = cgroupOf("self");
  return group?.limit === undefined ? machine : Math.min(machine, Math.max(0, group.limit - group.current));
}

/** Bytes anyone may still write there. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/** Nothing written there lasts, and what is, is memory. */
export function isInMemory(fileSystem: string): boolean {
  return fileSystem === "tmpfs" || fileSystem === "ramfs";
}

/** Which it is, as it was built. */
export interface Release {
  readonly version: string;
  readonly commit: string;
}

export function productFacts({ version, commit }: Release, [program, script]: Command): Product {
  const file = script ?? program;
  return {
    version,
    commit,
    node: process.version,
    kind: script === undefined ? "executable" : "script",
    bytes: statSync(file).size,
  };
}

/** Emulators show the processor they imitate nearly everywhere; in the files of a thread one sees the emulator itself. */
function emulator(launcher: readonly string[]): string | undefined {
  let program = launcher[0] ?? "";
  if (!isEmulator(program)) {
    try {
      program = readlinkSync(`/proc/self/task/${process.pid}/exe`);
    } catch {
      return undefined;
    }
  }
  return isEmulator(program) ? basename(program) : undefined;
}

function isEmulator(program: string): boolean {
  return /^qemu-/.test(basename(program));
}

function text(value: string | undefined, otherwise = UNKNOWN): string {
  return value === undefined || value === "" ? otherwise : value.slice(0, LIMITS.measureTextMax);
}
