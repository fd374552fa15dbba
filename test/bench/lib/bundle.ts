import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** The daemon as it is shipped, where it was built. A copy: somebody may build while we measure. */
export function copyOfBundle(directory: string): string | undefined {
  return copyOf("aranya-edge.cjs", directory);
}

/** The executable for this machine, the same way. */
export function copyOfExecutable(directory: string): string | undefined {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  return copyOf(`aranya-edge-${version}-linux-${arch()}`, directory);
}

function copyOf(name: string, directory: string): string | undefined {
  const built = join(ROOT, "dist", name);
  if (!existsSync(built)) return undefined;
  const copy = join(directory, name);
  copyFileSync(built, copy);
  return copy;
}
