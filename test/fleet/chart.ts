/**
 * Distributions as one picture: in each panel, for each series, what share of the daemons has the label after how long. SVG that
 * brings its own background and colours, for light and dark, and needs nothing else.
 */
import { escapeHtml } from "../../src/base/html.ts";
import { quantile } from "../bench/lib/statistics.ts";
import { linearTicks, logTicks } from "./ticks.ts";

export interface Curve {
  readonly name: string;
  /** Below the name, such as its p95. */
  readonly note: string;
  readonly look: Look;
  /** Milliseconds. */
  readonly samples: readonly number[];
}

export interface Panel {
  readonly title: string;
  readonly scale: "log" | "linear";
  readonly curves: readonly Curve[];
}

/** A colour, and a line that tells them apart without it. */
export type Look = "first" | "second" | "third" | "fourth";

const WIDTH = 880;
const PLOT = { left: 64, width: 560, height: 280 };
const PANEL_TOP = 44;
const PANEL_HEIGHT = PANEL_TOP + PLOT.height + 56;
const LEGEND = { left: PLOT.left + PLOT.width + 28, line: 26, row: 46 };
/** As many as the eye can tell apart, and no more bytes than that. */
const POINTS = 120;
const SHARES = [0, 0.25, 0.5, 0.75, 0.95, 1];

const STYLE = `
.card{fill:#fdfdfc}.title{font-weight:600;font-size:15px}text{font:13px system-ui,sans-serif;fill:#26282b}
.small{font-size:12px;fill:#5c6167}.grid{stroke:#e3e4e6}.axis{stroke:#8a9097}
.curve{fill:none;stroke-width:2.25;stroke-linejoin:round}
.first{stroke:#1f5fbf}.second{stroke:#0a7f78;stroke-dasharray:7 4}
.third{stroke:#b4530a}.fourth{stroke:#9c2f6b;stroke-dasharray:2 4;stroke-linecap:round}
@media (prefers-color-scheme:dark){
.card{fill:#16181b}text{fill:#e6e7e9}.small{fill:#a3a9b0}.grid{stroke:#2c3036}.axis{stroke:#6d747c}
.first{stroke:#6aa5ff}.second{stroke:#3fc9bd}.third{stroke:#f0994a}.fourth{stroke:#ef86bd}}
`.trim();

export function chart(title: string, panels: readonly Panel[]): string {
  const height = panels.length * PANEL_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeHtml(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="card" width="${WIDTH}" height="${height}" rx="8"/>`,
    ...panels.map((panel, i) => `<g transform="translate(0 ${i * PANEL_HEIGHT})">\n${panelOf(panel)}\n</g>`),
    `</svg>\n`,
  ].join("\n");
}

function panelOf({ title, scale, curves }: Panel): string {
  const all = curves.flatMap(({ samples }) => samples);
  const ticks =
    scale === "log" ? logTicks(quantile(all, 0), quantile(all, 1)) : linearTicks(quantile(all, 1));
  const place = scale === "log" ? Math.log : (ms: number): number => ms;
  const [from, to] = [place(ticks[0]!), place(ticks.at(-1)!)];
  const x = (ms: number): string => (PLOT.left + (PLOT.width * (place(ms) - from)) / (to - from)).toFixed(1);
  const y = (share: number): string => (PANEL_TOP + PLOT.height * (1 - share)).toFixed(1);
  const bottom = PANEL_TOP + PLOT.height;
  const right = PLOT.left + PLOT.width;
  return [
    `<text class="title" x="${PLOT.left}" y="26">${escapeHtml(title)}</text>`,
    ...ticks.map(
      (ms) =>
        `<path class="grid" d="M${x(ms)} ${PANEL_TOP}V${bottom}"/>` +
        `<text class="small" x="${x(ms)}" y="${bottom + 18}" text-anchor="middle">${duration(ms)}</text>`,
    ),
    ...SHARES.map(
      (share) =>
        `<path class="grid" d="M${PLOT.left} ${y(share)}H${right}"/>` +
        `<text class="small" x="${PLOT.left - 8}" y="${Number(y(share)) + 4}" text-anchor="end">${Math.round(100 * share)} %</text>`,
    ),
    `<path class="axis" d="M${PLOT.left} ${bottom}H${right}"/>`,
    `<text class="small" x="${PLOT.left + PLOT.width / 2}" y="${bottom + 38}" text-anchor="middle">since the label was made; share of daemons that have it</text>`,
    ...curves.map(({ look, samples }) => `<path class="curve ${look}" d="${line(samples, x, y)}"/>`),
    ...curves.map((curve, i) => legend(curve, PANEL_TOP + 12 + i * LEGEND.row)),
  ].join("\n");
}

function line(samples: readonly number[], x: (ms: number) => string, y: (share: number) => string): string {
  const points = Array.from({ length: POINTS + 1 }, (_, i) => i / POINTS);
  return `M${points.map((share) => `${x(quantile(samples, share))} ${y(share)}`).join("L")}`;
}

function legend({ name, note, look }: Curve, top: number): string {
  const text = LEGEND.left + LEGEND.line + 10;
  return (
    `<path class="curve ${look}" d="M${LEGEND.left} ${top - 4}h${LEGEND.line}"/>` +
    `<text x="${text}" y="${top}">${escapeHtml(name)}</text>` +
    `<text class="small" x="${text}" y="${top + 17}">${escapeHtml(note)}</text>`
  );
}

/** In the unit in which it is short. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}
