/**
 * npm run measured               fails where docs/requirements-measured.md is not what the reports in docs/measured say
 * npm run measured -- --write    brings it up to date
 *
 * The reports are those of `aranya-edge measure --json`, one for each target, named after it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMAND, DOCUMENT, updated } from "./document.ts";
import { readReports } from "./reports.ts";

const root = join(import.meta.dirname, "../..");
const path = join(root, DOCUMENT);
const before = readFileSync(path, "utf8");
const after = updated(before, readReports(root));
if (process.argv.includes("--write")) {
  writeFileSync(path, after);
} else if (before !== after) {
  console.error(`${DOCUMENT} is not what the reports say: ${COMMAND}`);
  process.exitCode = 1;
}
