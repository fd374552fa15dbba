/** Round numbers beside an axis, the first at or below all samples and the last at or above them. */

const ROUND = [1, 2, 5];
const TICKS_MAX = 6;

/** 1, 2, 5, 10, 20 … */
export function logTicks(min: number, max: number): number[] {
  if (!(min > 0 && max >= min)) throw new RangeError("nothing a logarithm could show");
  const first = 10 ** Math.floor(Math.log10(min));
  const ticks: number[] = [];
  for (let decade = first; ticks.length === 0 || ticks.at(-1)! < max; decade *= 10) {
    for (const round of ROUND) if (ticks.length === 0 || ticks.at(-1)! < max) ticks.push(round * decade);
  }
  const begin = ticks.findLastIndex((tick) => tick <= min);
  // Two at least: between one and itself there is no axis.
  return ticks.length - begin < 2 ? [...ticks.slice(begin), ticks.at(-1)! * 10] : ticks.slice(begin);
}

/** From 0, evenly. */
export function linearTicks(max: number): number[] {
  if (!(max > 0)) throw new RangeError("nothing to show");
  const decade = 10 ** Math.floor(Math.log10(max / TICKS_MAX));
  const step = [...ROUND, 10].map((round) => round * decade).find((each) => each * TICKS_MAX >= max)!;
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, i) =>
    // 0.6, not 0.6000000000000001.
    Number((i * step).toPrecision(12)),
  );
}
