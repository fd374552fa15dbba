import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";

const BUILT = join(import.meta.dirname, "../../../dist/aranya-edge.cjs");

/** The daemon as it is shipped, where it was built. A copy: somebody may build while we measure. */
export function copyOfBundle(directory: string): string | undefined {
  if (!existsSync(BUILT)) return undefined;
  const copy = join(directory, "aranya-edge.cjs");
  copyFileSync(BUILT, copy);
  return copy;
}
