/** A run of the fleet as one HTML file that needs nothing else, as its picture, and as the JSON that tools read. */
import { escapeHtml } from "../../src/base/html.ts";
import { number } from "../bench/lib/markdown.ts";
import { provenance } from "../bench/lib/report.ts";
import type { Machine } from "../bench/lib/report.ts";
import { chart, duration } from "./chart.ts";
import type { Look, Panel } from "./chart.ts";
import { ALL_ALIVE, deadPeerRatio, ONE_IN_EIGHT_DEAD, perLabel, summary } from "./series.ts";
import { SUMMARY_COLUMNS, summaryRows } from "./series.ts";
import type { Series } from "./series.ts";

export interface FleetRun {
  readonly commit: string;
  readonly machine: Machine;
  readonly daemons: number;
  readonly series: readonly Series[];
}

const LOOKS: Readonly<Record<string, { look: Look; name: string }>> = {
  "ring-hello": { look: "first", name: "ring, hello" },
  "star-hello": { look: "second", name: "star, hello" },
  "ring-poll": { look: "third", name: "ring, polling at 1 s" },
  "star-poll": { look: "fourth", name: "star, polling at 1 s" },
  [ALL_ALIVE]: { look: "first", name: "none dead" },
  [ONE_IN_EIGHT_DEAD]: { look: "fourth", name: "one peer in eight dead" },
};
const DEAD_PEER = [ALL_ALIVE, ONE_IN_EIGHT_DEAD];

/** Of what was measured; undefined where that is nothing. */
export function pictureOf({ daemons, series }: FleetRun): string | undefined {
  const panels: Panel[] = [];
  const isDeadPeer = ({ id }: Series): boolean => DEAD_PEER.includes(id);
  const arrangements = series.filter((one) => !isDeadPeer(one));
  const deadPeer = series.filter(isDeadPeer);
  if (arrangements.length > 0) {
    const title = `A new label in ${daemons} daemons: ring and star, polling and hello`;
    panels.push({ title, scale: "log", curves: arrangements.map(curveOf) });
  }
  if (deadPeer.length > 0) {
    const title = `The ring with hello, and one peer in eight dead`;
    panels.push({ title, scale: "linear", curves: deadPeer.map(curveOf) });
  }
  return panels.length === 0 ? undefined : chart(`Time until ${daemons} daemons have a new label`, panels);
}

function curveOf(series: Series): Panel["curves"][number] {
  const { p95, max } = summary(series);
  const { look, name } = LOOKS[series.id] ?? { look: "first", name: series.id };
  return { look, name, note: `p95 ${duration(p95)}, last ${duration(max)}`, samples: series.labels.flat() };
}

export function toJson({ series, ...about }: FleetRun): string {
  const results = series.map(({ id, what, labels }) => ({
    id,
    what,
    ...summary({ id, what, labels }),
    timesMs: labels,
  }));
  return `${JSON.stringify({ ...about, deadPeerRatio: deadPeerRatio(series), results }, null, 1)}\n`;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#26282b;--soft:#5c6167;--line:#e3e4e6;--page:#f3f3f1;--card:#fdfdfc}
@media (prefers-color-scheme:dark){:root{--ink:#e6e7e9;--soft:#a3a9b0;--line:#2c3036;--page:#0e1012;--card:#16181b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.25rem}h2{font-size:1.1rem;margin-top:2rem}p.soft{color:var(--soft);margin-top:0}
svg{width:100%;height:auto;display:block}.wide{overflow-x:auto;background:var(--card);border-radius:8px;padding:.5rem 1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;text-align:right;border-top:1px solid var(--line);white-space:nowrap}
tr:first-child th{border-top:0}th{font-weight:600;color:var(--soft)}.left{text-align:left}td.left:last-child{white-space:normal}
`.trim();

export function html(run: FleetRun): string {
  const title = `A label reaches ${run.daemons} daemons`;
  const ratio = deadPeerRatio(run.series);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="soft">${escapeHtml(provenance(run))}</p>
${pictureOf(run) ?? ""}
<h2>Milliseconds</h2>
<div class="wide">${table(SUMMARY_COLUMNS, summaryRows(run.series))}</div>
<p>From the call that makes the label at one daemon until each other daemon has told its application. Minimum to maximum are
over all daemons and labels; “all have it” is the middle one of the labels.${
    ratio === undefined
      ? ""
      : ` With one peer in eight dead the p95 is ${number(ratio)} times what it is without.`
  }</p>
<h2>Label by label: until all have it</h2>
<div class="wide">${table(
    [
      { name: "id", left: true },
      { name: "milliseconds", left: true },
    ],
    run.series.map(({ id, labels }) => [id, perLabel(labels, 1).map(number).join(", ")]),
  )}</div>
</body>
</html>
`;
}

function table(
  columns: readonly { readonly name: string; readonly left: boolean }[],
  rows: readonly (readonly string[])[],
): string {
  const row = (tag: "th" | "td", cells: readonly string[]): string =>
    `<tr>${cells
      .map((cell, i) => `<${tag}${columns[i]!.left ? ' class="left"' : ""}>${escapeHtml(cell)}</${tag}>`)
      .join("")}</tr>`;
  return `<table>\n${[
    row(
      "th",
      columns.map(({ name }) => name),
    ),
    ...rows.map((cells) => row("td", cells)),
  ].join("\n")}\n</table>`;
}
