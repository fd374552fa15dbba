/** What we build for. The list is data, cross/targets.json; here it is read and checked. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MACHINE } from "./elf.ts";

export interface Target {
  readonly name: string;
  readonly node: NodePackage;
  readonly machine: keyof typeof MACHINE;
  /** Runs the target's programs where the processor is another. */
  readonly emulator: string;
  readonly sysroot: Sysroot;
}

/** Where the Node that goes into the executable comes from. */
export interface NodePackage {
  readonly package: string;
  readonly version: string;
  /** Of the package's tarball, as npm writes it: sha512-…, base64. */
  readonly integrity: string;
}

export interface Sysroot {
  /** Debian's name. */
  readonly architecture: string;
  /** Debian's multiarch name: where a cross compiler's libraries are, /usr/TRIPLET. */
  readonly triplet: string;
  readonly packages: readonly string[];
}

export const ROOT = join(import.meta.dirname, "..");

/** What the build fetches and makes on its way; not part of the checkout. */
export const CACHE = join(ROOT, "build", "cross");

export const DIST = join(ROOT, "dist");

export function readTargets(): readonly Target[] {
  const file = join(ROOT, "cross", "targets.json");
  const entries = Object.entries(
    JSON.parse(readFileSync(file, "utf8")) as Record<string, Omit<Target, "name">>,
  );
  return entries.map(([name, target]) => {
    if (!Object.hasOwn(MACHINE, target.machine)) throw new Error(`${file}: ${name}.machine is none we know`);
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(target.node.integrity)) {
      throw new Error(`${file}: ${name}.node.integrity is no SHA-512`);
    }
    return { name, ...target };
  });
}

export function executableName(version: string, target: Target): string {
  return `aranya-edge-${version}-linux-${target.name}`;
}
