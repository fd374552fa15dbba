import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseReport } from "../../src/measure/report.ts";
import type { Reports } from "./document.ts";
import { REPORTS } from "./document.ts";

/** In the order of the targets in documents. */
const ORDER = ["x64", "arm64", "armv7"];

export function readReports(root: string): Reports {
  const names = readdirSync(join(root, REPORTS))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.replace(/\.json$/, ""));
  const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return new Map(
    names
      .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
      .map((name) => [name, parseReport(readFileSync(join(root, REPORTS, `${name}.json`), "utf8"))]),
  );
}
