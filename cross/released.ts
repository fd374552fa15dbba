/** What a release consists of, and the sums that go with it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SUMS = "SHA256SUMS";

/** In a folder that has other things in it too: executables with what describes them, packages, archives. Sorted. */
export function releasedIn(directory: string, version: string): string[] {
  const beginnings = [
    `aranya-edge-${version}-`,
    `aranya-edge_${version}_`,
    `libaranya-edge0_${version}_`,
    `libaranya-edge-dev_${version}_`,
  ];
  return readdirSync(directory)
    .filter((name) => beginnings.some((beginning) => name.startsWith(beginning)))
    .sort();
}

/** Of all that is there: whoever adds to a release calls it again. */
export function writeSums(directory: string, version: string): void {
  const sums = releasedIn(directory, version).map((name) => {
    const sum = createHash("sha256")
      .update(readFileSync(join(directory, name)))
      .digest("hex");
    return `${sum}  ${name}\n`;
  });
  writeFileSync(join(directory, SUMS), sums.join(""));
}
