/** The Node that goes into an executable: a package of the npm registry, checked against the hash in targets.json. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BuildError, persistently, run } from "./process.ts";
import { CACHE } from "./targets.ts";
import type { NodePackage } from "./targets.ts";

export interface NodeFiles {
  readonly program: string;
  readonly licence: string;
}

/** Downloads what is not there yet. Throws where the registry gives something else than was agreed on. */
export function fetchNode(node: NodePackage): NodeFiles {
  const downloads = join(CACHE, "downloads");
  const tarball = join(downloads, `${node.package}-${node.version}.tgz`);
  if (!existsSync(tarball)) {
    mkdirSync(downloads, { recursive: true });
    const scratch = join(downloads, `${node.package}.part`);
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch);
    try {
      const pack = ["npm", "pack", "--silent", `${node.package}@${node.version}`];
      persistently(() => run([...pack, "--pack-destination", scratch], { timeoutMs: 600_000 }));
    } catch (error) {
      throw new BuildError(
        `cannot download ${node.package}@${node.version}: ${(error as Error).message}`,
        `connect to an npm registry that has it, or bring a Node for this target with --node NAME=PATH`,
      );
    }
    renameSync(join(scratch, `${node.package}-${node.version}.tgz`), tarball);
    rmSync(scratch, { recursive: true });
  }
  try {
    checkIntegrity(readFileSync(tarball), node);
  } catch (error) {
    rmSync(tarball);
    throw error;
  }
  const directory = join(CACHE, "node", `${node.package}-${node.version}`);
  // Unpacked from the tarball just checked, each time: what lies in a cache may have been changed.
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  run([
    "tar",
    "-xzf",
    tarball,
    "-C",
    directory,
    "--strip-components=1",
    "package/bin/node",
    "package/LICENSE",
  ]);
  return { program: join(directory, "bin", "node"), licence: join(directory, "LICENSE") };
}

/** Throws `BuildError` when this is not the tarball that was agreed on. */
export function checkIntegrity(tarball: Uint8Array, node: NodePackage): void {
  const found = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  if (found === node.integrity) return;
  throw new BuildError(
    `${node.package}@${node.version} is not what cross/targets.json says: ${found}`,
    "run again, the download may have been broken; if it stays so, do not trust the registry",
  );
}
