/**
 * A control group of the test's own for the system it boots. Version 2: below the root, since only there a group with
 * processes may have children with controllers. Version 1: below the one the test runs in, in every hierarchy that
 * matters, since the memory controller has one apart from systemd's own.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

const MOUNT = "/sys/fs/cgroup";

export class ControlGroups {
  readonly isVersion1 = existsSync(join(MOUNT, "memory"));
  readonly folders: readonly string[];

  constructor(name: string) {
    const found: string[] = [];
    for (const line of readFileSync("/proc/self/cgroup", "utf8").trim().split("\n")) {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line)!;
      const hierarchy = { "name=systemd": "systemd", memory: "memory", "": this.isVersion1 ? "unified" : "" }[
        controllers!
      ];
      if (hierarchy === undefined) continue;
      const folder = join(MOUNT, hierarchy, this.isVersion1 ? path! : "/", name);
      if (!existsSync(join(folder, ".."))) continue;
      mkdirSync(folder);
      found.push(folder);
    }
    this.folders = found;
  }

  /** The memory group of a unit of that system, with what limits it. Undefined where there is none. */
  memoryLimitOf(unit: string): number | undefined {
    for (const folder of this.folders) {
      for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!path.endsWith(`/${unit}`)) continue;
        for (const file of ["memory.max", "memory.limit_in_bytes"]) {
          const full = join(folder, path, file);
          if (existsSync(full)) return Number(readFileSync(full, "utf8"));
        }
      }
    }
    return undefined;
  }

  /** When everything in them has ended. */
  remove(): void {
    for (const folder of this.folders) removeBelow(folder);
  }
}

function removeBelow(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeBelow(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // Somebody is still in it: then it stays, empty and harmless.
  }
}
