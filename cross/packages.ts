/** What is inside an executable besides our own code, from package-lock.json and the packages themselves. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./targets.ts";

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX. */
  readonly licence: string;
  /** As in package-lock.json. */
  readonly integrity: string;
  readonly licenceText: string;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
}

/** `folders`: node_modules/… Throws for one whose version, hash, licence or licence text is not known. */
export function describePackages(folders: readonly string[]): BundledPackage[] {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockEntry>;
  };
  return folders.map((folder) => {
    const { version, license: locked, integrity } = lock.packages[folder] ?? {};
    const licence = locked ?? licenceOf(join(ROOT, folder));
    const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    if (version === undefined || integrity === undefined || licence === undefined) {
      throw new Error(`version, integrity or licence of ${folder} is not known`);
    }
    return { name, version, licence, integrity, licenceText: licenceText(join(ROOT, folder)) };
  });
}

/** The old way to say it, which npm does not take over into its lock. */
function licenceOf(directory: string): string | undefined {
  const { licenses } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
    licenses?: { type: string }[];
  };
  return licenses?.map(({ type }) => type).join(" OR ");
}

function licenceText(directory: string): string {
  const file = readdirSync(directory).find((name) => /^licen[cs]e(?:\.\w+)?$/i.test(name));
  if (file === undefined)
    throw new Error(`${directory} has no licence text, which has to go with the executable`);
  return readFileSync(join(directory, file), "utf8");
}
