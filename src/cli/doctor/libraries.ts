/** The C and C++ libraries the executable is loaded with, against what it was linked for. */
import { readFileSync } from "node:fs";
import type { Check } from "./check.ts";
import { fail, ok, warn } from "./check.ts";

/** Newest version of each family of symbols, read off the executable's Node when it is built. */
declare const ARANYA_EDGE_NEEDS: Readonly<Record<string, string>> | undefined;

/** Of Node's own requirements, for what runs from source. */
const NEEDS: Readonly<Record<string, string>> =
  typeof ARANYA_EDGE_NEEDS === "object" ? ARANYA_EDGE_NEEDS : { GLIBC: "2.28", GLIBCXX: "3.4.21" };

export function checkLibraries(): Check[] {
  const mapped = readFileSync("/proc/self/maps", "latin1");
  return [checkGlibc(), checkLibstdcxx(mapped), checkLibatomic(mapped)];
}

function checkGlibc(): Check {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  const found = header.glibcVersionRuntime;
  const needed = NEEDS["GLIBC"] ?? "0";
  if (found === undefined) {
    return fail(
      "glibc",
      `the C library is not glibc, of which ${needed} is needed`,
      "use a distribution with glibc: Debian 10 or newer, Ubuntu 20.04, RHEL 8, Yocto 2.6",
    );
  }
  if (compareVersions(found, needed) >= 0) return ok("glibc", `${found}, needed ${needed}`);
  return fail(
    "glibc",
    `${found}, needed ${needed}`,
    "update to Debian 10, Ubuntu 20.04, RHEL 8, Yocto 2.6 or newer",
  );
}

function checkLibstdcxx(mapped: string): Check {
  const needed = NEEDS["GLIBCXX"] ?? "0";
  const path = pathIn(mapped, "libstdc++.so");
  if (path === undefined) return ok("libstdc++", "linked in");
  const versions = readFileSync(path, "latin1").match(/GLIBCXX_3(?:\.\d+)+(?=\0)/g) ?? [];
  const newest = versions
    .map((text) => text.slice("GLIBCXX_".length))
    .reduce((a, b) => (compareVersions(a, b) > 0 ? a : b), "0");
  const found = `GLIBCXX_${newest}, needed ${needed}, ${path}`;
  if (compareVersions(newest, needed) >= 0) return ok("libstdc++", found);
  return fail("libstdc++", found, "update the package libstdc++6");
}

function checkLibatomic(mapped: string): Check {
  const path = pathIn(mapped, "libatomic.so");
  if (path !== undefined) return ok("libatomic", path);
  return warn(
    "libatomic",
    "not loaded",
    "install the package libatomic1: the executables need libatomic.so.1",
  );
}

function pathIn(mapped: string, name: string): string | undefined {
  const line = mapped.split("\n").find((text) => text.includes(`/${name}`));
  return line?.slice(line.indexOf("/"));
}

/** Of dotted numbers: negative where `a` is the older. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => text.split(".").map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
