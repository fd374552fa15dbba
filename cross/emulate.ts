/** How a target's program is started on this machine: as it is, or by qemu with the target's C library. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { unpackDebian } from "./debian.ts";
import { BuildError, which } from "./process.ts";
import { CACHE } from "./targets.ts";
import type { Target } from "./targets.ts";

/** What an installed C library for another processor must have to be of use. */
const LIBRARIES = ["libc.so.6", "libstdc++.so.6", "libatomic.so.1", "libgcc_s.so.1"];

/** What comes before the program's own path; nothing where this machine is the target's. Fetches what is missing. */
export function launcherFor(target: Target): readonly string[] {
  if (isNative(target)) return [];
  const { architecture, triplet, packages } = target.sysroot;
  try {
    return [emulatorOf(target), "-L", sysrootOf(target)];
  } catch (error) {
    const cross = packages.map((name) => `${name}-${architecture}-cross`).join(" ");
    throw new BuildError(
      `nothing here runs programs for ${target.name}: ${(error as Error).message}`,
      `apt-get install qemu-user-static ${cross} (which fills /usr/${triplet}), or leave it out with --targets`,
    );
  }
}

export function commandOf(
  launcher: readonly string[],
  file: string,
): readonly [program: string, ...args: string[]] {
  const [program, ...before] = launcher;
  return program === undefined ? [file] : [program, ...before, file];
}

export function isNative(target: Target): boolean {
  return process.arch === target.machine;
}

function emulatorOf(target: Target): string {
  const installed = which(target.emulator);
  if (installed !== undefined) return installed;
  const directory = join(CACHE, "qemu");
  const host = { x64: "amd64", arm64: "arm64", arm: "armhf" }[process.arch as string];
  if (host === undefined) throw new Error(`no ${target.emulator} for ${process.arch}`);
  unpackDebian(host, ["qemu-user-static"], directory);
  return join(directory, "usr", "bin", target.emulator);
}

function sysrootOf(target: Target): string {
  const { architecture, triplet, packages } = target.sysroot;
  const installed = `/usr/${triplet}`;
  if (LIBRARIES.every((name) => existsSync(join(installed, "lib", name)))) return installed;
  const directory = join(CACHE, "sysroot", target.name);
  unpackDebian(architecture, packages, directory);
  return directory;
}
