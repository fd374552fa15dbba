/** What the kernel and Node say of this process and of its UDP socket. What they do not say is missing. */
import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Address } from "../base/address.ts";

export interface ProcessFigures {
  readonly residentBytes: number | undefined;
  /** Neither file-backed nor shared: what the process costs the device. */
  readonly anonymousBytes: number | undefined;
  readonly heapBytes: number;
  readonly cpuUserSeconds: number;
  readonly cpuSystemSeconds: number;
  readonly openFds: number | undefined;
  readonly openFdsMax: number | undefined;
  /** Sent to the storage layer by this process, all files together. */
  readonly storageWrittenBytes: number | undefined;
  readonly loopActiveSeconds: number;
  readonly loopIdleSeconds: number;
}

export function processFigures(): ProcessFigures {
  const { user, system } = process.cpuUsage();
  const { active, idle } = performance.eventLoopUtilization();
  return {
    ...memoryFigures(),
    heapBytes: process.memoryUsage().heapUsed,
    cpuUserSeconds: user / 1e6,
    cpuSystemSeconds: system / 1e6,
    openFds: openFds(),
    openFdsMax: numberIn(readOrEmpty("/proc/self/limits"), /^Max open files +(\d+)/m),
    storageWrittenBytes: numberIn(readOrEmpty("/proc/self/io"), /^write_bytes: (\d+)$/m),
    loopActiveSeconds: active / 1000,
    loopIdleSeconds: idle / 1000,
  };
}

export function memoryFigures(): Pick<ProcessFigures, "residentBytes" | "anonymousBytes"> {
  const status = readOrEmpty("/proc/self/status");
  return { residentBytes: kilobytesIn(status, "VmRSS"), anonymousBytes: kilobytesIn(status, "RssAnon") };
}

/** Datagrams that came for this socket and were dropped, because its buffer was full or their checksum wrong. */
export function kernelDrops(local: Address): number | undefined {
  return parseDrops(readOrEmpty("/proc/self/net/udp"), local);
}

/** Datagrams dropped on any socket of the system because its buffer was full. */
export function receiveBufferErrors(): number | undefined {
  return parseReceiveBufferErrors(readOrEmpty("/proc/self/net/snmp"));
}

/** The last column of the line whose socket is bound to that address. */
export function parseDrops(table: string, local: Address): number | undefined {
  const wanted = `${hexAddress(local.host)}:${local.port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === wanted) return numberIn(columns.at(-1)!, /^(\d+)$/);
  }
  return undefined;
}

export function parseReceiveBufferErrors(snmp: string): number | undefined {
  const [names, values] = snmp.split("\n").filter((line) => line.startsWith("Udp:"));
  const at = names?.split(" ").indexOf("RcvbufErrors") ?? -1;
  return at < 0 ? undefined : numberIn(values?.split(" ")[at] ?? "", /^(\d+)$/);
}

/** An address as the kernel prints it: the bytes read as one number, little end first on every processor we run on. */
function hexAddress(host: string): string {
  const octets = host.split(".").map((octet) => Number(octet).toString(16).toUpperCase().padStart(2, "0"));
  return octets.reverse().join("");
}

function openFds(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1; // without the one that reads
  } catch {
    return undefined;
  }
}

function kilobytesIn(status: string, name: string): number | undefined {
  const kilobytes = numberIn(status, new RegExp(`^${name}:\\s+(\\d+) kB$`, "m"));
  return kilobytes === undefined ? undefined : kilobytes * 1024;
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
