/** Kernel, clock, randomness, limits, memory, and the Node inside. */
import { readFileSync } from "node:fs";
import { freemem, release } from "node:os";
import { probePlatform, summaryOf } from "../../../platform/platform.ts";
import { endOfLifeOf } from "../node-release.ts";
import { COMMITTED_AT_MS } from "../version.ts";
import type { Check } from "./check.ts";
import { fail, ok, warn } from "./check.ts";
import { compareVersions } from "./libraries.ts";

/** What Node is built for; also the first with UDP segmentation. */
const KERNEL_MIN = "4.18";
/** A clock beyond this is as wrong as one that says 1970. */
const CLOCK_MAX_MS = Date.UTC(2100, 0, 1);
/** Bits; kernels from 5.18 say 256 once they are seeded and never less. */
const ENTROPY_BITS_MIN = 128;
/** Peers, clients and logs of teams at once. */
const OPEN_FILES_MIN = 1024;
/** V8 reserves address space it never uses. */
const ADDRESS_SPACE_BYTES_MIN = 4 * 2 ** 30;
const MEMORY_BYTES_MIN = 64 * 2 ** 20;

export function checkSystem(): Check[] {
  return [
    checkKernel(release()),
    checkNode(process.versions.node, Date.now()),
    checkPlatform(),
    checkClock(Date.now()),
    checkEntropy(readFileSync("/proc/sys/kernel/random/entropy_avail", "latin1")),
    ...checkLimits(readFileSync("/proc/self/limits", "latin1")),
    checkMemory(freemem(), process.constrainedMemory()),
  ];
}

export function checkKernel(found: string): Check {
  const version = /^\d+\.\d+/.exec(found)?.[0] ?? "0";
  if (compareVersions(version, KERNEL_MIN) >= 0) return ok("kernel", `${found}, needed ${KERNEL_MIN}`);
  return warn(
    "kernel",
    `${found}, needed ${KERNEL_MIN}`,
    "update the kernel; nothing is promised with this one",
  );
}

export function checkNode(version: string, nowMs: number): Check {
  const endOfLife = endOfLifeOf(version);
  if (endOfLife === undefined) {
    return warn(
      "node",
      `${version}, end of life unknown`,
      "look it up at https://nodejs.org/en/about/previous-releases",
    );
  }
  if (nowMs <= Date.parse(`${endOfLife}T23:59:59Z`))
    return ok("node", `${version}, end of life ${endOfLife}`);
  return warn(
    "node",
    `${version}, which gets no security fixes since ${endOfLife}`,
    "build with a newer Node for this target: npm run build -- --node (cross/README.md)",
  );
}

function checkPlatform(): Check {
  const { udp, aead } = summaryOf(probePlatform());
  const found = `udp ${udp}, aead ${aead}`;
  if (udp === "segments" && aead === "evp") return ok("fast-path", found);
  // Expected where Node has no ffi; it costs throughput and nothing else.
  return ok("fast-path", `${found}: the slower way, the same otherwise`);
}

export function checkClock(nowMs: number): Check {
  const found = nowMs >= 0 && nowMs < 8.64e15 ? new Date(nowMs).toISOString() : String(nowMs);
  const remedy =
    "set the clock (timedatectl, chrony, a battery for the RTC); teams and channels work without, logs lie";
  if (nowMs < COMMITTED_AT_MS) return warn("clock", `${found}, before this program was written`, remedy);
  if (nowMs > CLOCK_MAX_MS) return warn("clock", `${found}, too far ahead`, remedy);
  return ok("clock", found);
}

export function checkEntropy(available: string): Check {
  const bits = Number.parseInt(available, 10);
  if (bits >= ENTROPY_BITS_MIN) return ok("entropy", `${bits} bits`);
  return warn(
    "entropy",
    `${bits} bits: making keys may block until the kernel is seeded`,
    "enable the hardware generator (rng-tools), virtio-rng in a virtual machine, or systemd-random-seed.service",
  );
}

/** `limits`: /proc/self/limits. Soft limits are what counts. */
export function checkLimits(limits: string): Check[] {
  const soft = (name: string): number => {
    const value = new RegExp(`^${name} +(\\S+)`, "m").exec(limits)?.[1];
    return value === undefined || value === "unlimited" ? Infinity : Number(value);
  };
  const files = soft("Max open files");
  const space = soft("Max address space");
  const written = soft("Max file size");
  return [
    files >= OPEN_FILES_MIN
      ? ok("open-files", `${files} at once`)
      : warn(
          "open-files",
          `${files} at once, ${OPEN_FILES_MIN} are better`,
          "raise it: LimitNOFILE= in the unit, ulimit -n",
        ),
    space >= ADDRESS_SPACE_BYTES_MIN
      ? ok(
          "memory-limit",
          space === Infinity ? "no limit on address space" : `${space} bytes of address space`,
        )
      : fail(
          "memory-limit",
          `${space} bytes of address space, of which Node reserves more than it uses`,
          "limit memory by MemoryMax= in the unit, and address space (LimitAS=, ulimit -v) not at all",
        ),
    written === Infinity
      ? ok("file-size", "no limit")
      : warn(
          "file-size",
          `at most ${written} bytes a file`,
          "let files grow: LimitFSIZE=infinity, ulimit -f unlimited",
        ),
  ];
}

/** `allowedBytes`: of the control group; 0, or more than there is, where it sets no limit. */
export function checkMemory(freeBytes: number, allowedBytes: number): Check {
  if (allowedBytes > 0 && allowedBytes < MEMORY_BYTES_MIN) {
    const allowed = `${Math.floor(allowedBytes / 2 ** 20)} MiB allowed`;
    return warn("memory", allowed, `raise MemoryMax= in the unit to ${MEMORY_BYTES_MIN / 2 ** 20} MiB`);
  }
  const found = `${Math.floor(freeBytes / 2 ** 20)} MiB available`;
  if (freeBytes >= MEMORY_BYTES_MIN) return ok("memory", found);
  return warn(
    "memory",
    found,
    `free some: the daemon wants ${MEMORY_BYTES_MIN / 2 ** 20} MiB to start comfortably`,
  );
}
