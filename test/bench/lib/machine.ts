import { cpus, loadavg, release, totalmem, type } from "node:os";
import type { Machine } from "./report.ts";

/** The one this runs on, and how busy it is now. */
export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.version,
    load: loadavg()[0]!,
  };
}
