/**
 * npm run metrics: the table of metrics in docs/observability.md, from the one the daemon has. `metricsTable` is what stands
 * there; a test says when it does not.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { METRICS, metricDefinition, sampleName, seriesMax } from "../src/daemon/metrics/table.ts";
import type { MetricName } from "../src/daemon/metrics/table.ts";
import { ROOT } from "./targets.ts";

export const METRICS_PAGE = "docs/observability.md";
const BEGIN = "<!-- metrics: npm run metrics -->\n";
const END = "<!-- /metrics -->\n";

/** Rows as prettier leaves them. */
export function metricsTable(): string {
  const rows = (Object.keys(METRICS) as MetricName[]).map((name) => {
    const { type, help, labels } = metricDefinition(name);
    const described = Object.entries(labels).map(([label, values]) =>
      "is" in values ? `\`${label}\`` : `\`${label}\`: ${values.join(", ")}`,
    );
    return `| \`${sampleName(name)}\` | ${type} | ${described.join("; ")} | ${seriesMax(name)} | ${help} |`;
  });
  return `${["| metric | type | labels | series at most | |", "|---|---|---|---|---|", ...rows].join("\n")}\n`;
}

/** The page with the table of today. Throws where it has no place for one. */
export function withTable(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${METRICS_PAGE} has no place for the table`);
  return `${before}${BEGIN}\n${metricsTable()}\n${END}${after}`;
}

if (import.meta.main) {
  const path = join(ROOT, METRICS_PAGE);
  writeFileSync(path, withTable(readFileSync(path, "utf8")));
}
