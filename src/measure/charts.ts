/** Inline SVG that needs no script: bars in per cent of the space there is, so that they fit a phone, and curves. */
import { escape, formatValue } from "./format.ts";
import { QUANTILES } from "./statistics.ts";
import type { Unit, Verdict } from "./report.ts";

/** One part of a bar, from 0 or from where the part before it ends. */
export interface Part {
  readonly value: number;
  readonly className: string;
}

export interface Row {
  /** Text. */
  readonly name: string;
  readonly value: string;
  /** Of what the bar shows, for who cannot see it. */
  readonly label: string;
  readonly parts: readonly Part[];
  /** Where a line stands across the bar. */
  readonly tick?: number;
}

/** Rows of name, bar and value; `most` fills a bar. */
export function bars(rows: readonly Row[], most: number): string {
  return rows.map((row) => line(row.name, row.value, bar(row, most))).join("\n");
}

export function line(name: string, value: string, chart: string): string {
  return `<div class="row"><span class="name">${escape(name)}</span><span class="chart">${chart}</span><span class="value">${escape(value)}</span></div>`;
}

function bar({ label, parts, tick }: Row, most: number): string {
  let from = 0;
  const rects = parts.map(({ value, className }) => {
    const [x, width] = [from, Math.max(0, value)];
    from += width;
    return `<rect class="${className}" x="${percent(x, most)}" width="${percent(width, most)}" height="16"/>`;
  });
  const mark =
    tick === undefined ? "" : `<rect class="tick" x="${percent(tick, most)}" y="-2" width="2" height="20"/>`;
  return `<svg class="bar" height="16" role="img" aria-label="${escape(label)}"><rect class="track" width="100%" height="16" rx="2"/>${rects.join("")}${mark}</svg>`;
}

function percent(value: number, most: number): string {
  return most <= 0 ? "0%" : `${Math.min(100, (100 * value) / most).toFixed(2)}%`;
}

export function verdictFill(verdict: Verdict | undefined): string {
  return verdict === undefined ? "one" : `${verdict}fill`;
}

/** What the colours of a chart mean. */
export function key(entries: readonly (readonly [shape: string, text: string])[]): string {
  const items = entries.map(
    ([shape, text]) =>
      `<span><svg viewBox="0 0 22 11" aria-hidden="true">${shape}</svg>${escape(text)}</span>`,
  );
  return `<div class="key">${items.join("")}</div>`;
}

export function swatch(className: string): string {
  return `<rect class="${className}" width="22" height="11"/>`;
}

export interface Distribution {
  readonly name: string;
  /** At `QUANTILES`. */
  readonly quantiles: readonly number[];
}

const PLOT = { width: 640, height: 250, left: 48, right: 14, top: 10, bottom: 34 };

/** What part of all took at most how long: a curve each, up to four, over a logarithmic scale. */
export function distributions(title: string, unit: Unit, curves: readonly Distribution[]): string {
  const all = curves.flatMap(({ quantiles }) => quantiles).filter((value) => value > 0);
  if (all.length === 0) return "";
  const ticks = decades(Math.min(...all), Math.max(...all));
  const [from, to] = [Math.log(ticks[0]!), Math.log(ticks.at(-1)!)];
  const [right, bottom] = [PLOT.width - PLOT.right, PLOT.height - PLOT.bottom];
  const x = (value: number): string => {
    const part = (Math.log(Math.max(value, ticks[0]!)) - from) / (to - from);
    return (PLOT.left + part * (right - PLOT.left)).toFixed(1);
  };
  const y = (share: number): string => (bottom - share * (bottom - PLOT.top)).toFixed(1);
  const grid = [
    ...ticks.map(
      (tick, i) =>
        `<path class="grid" d="M${x(tick)} ${PLOT.top}V${bottom}"/>` +
        `<text class="axis" x="${x(tick)}" y="${bottom + 20}" text-anchor="${i === 0 ? "start" : i === ticks.length - 1 ? "end" : "middle"}">${formatValue(tick, unit)}</text>`,
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (share) =>
        `<path class="grid" d="M${PLOT.left} ${y(share)}H${right}"/>` +
        `<text class="axis" x="${PLOT.left - 6}" y="${Number(y(share)) + 4}" text-anchor="end">${100 * share} %</text>`,
    ),
  ];
  const paths = curves.map(({ quantiles }, i) => {
    const points = quantiles.map((value, n) => `${x(value)} ${y(QUANTILES[n]!)}`);
    return `<path class="curve c${i % 4}" d="M${points.join("L")}"/>`;
  });
  const legend = key(curves.map(({ name }, i) => [`<path class="curve c${i % 4}" d="M0 6H22"/>`, name]));
  return `<h3>${escape(title)}</h3>${legend}<svg class="plot" viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="${escape(title)}">${grid.join("")}${paths.join("")}</svg>`;
}

/** Powers of ten around both; at least two. */
function decades(least: number, most: number): number[] {
  const from = Math.floor(Math.log10(least));
  const to = Math.max(from + 1, Math.ceil(Math.log10(most)));
  // Very far apart: every second, every third.
  const step = Math.ceil((to - from) / 7);
  const ticks: number[] = [];
  for (let exponent = from; exponent < to + step; exponent += step) ticks.push(10 ** exponent);
  return ticks;
}
