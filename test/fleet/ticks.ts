/** Round numbers beside an axis, the first at or below all samples and the last at or above them. */

const ROUND = [1, 2, 5];
/** Where the others are too many. */
const ROUND_AND_FAR = [1, 3];
const LOG_TICKS_MAX = 9;
const TICKS_MAX = 6;

/** 1, 2, 5, 10, 20 …, over a wide range 1, 3, 10, 30 … */
export function logTicks(min: number, max: number): number[] {
  if (!(min > 0 && max >= min)) throw new RangeError("nothing a logarithm could show");
  const ticks = decades(ROUND, min, max);
  return ticks.length > LOG_TICKS_MAX ? decades(ROUND_AND_FAR, min, max) : ticks;
}

/** Two at least: between one and itself there is no axis. */
function decades(rounds: readonly number[], min: number, max: number): number[] {
  const [first, last] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max)) + 1];
  const all = Array.from({ length: last - first + 1 }, (_, i) => rounds.map((r) => r * 10 ** (first + i)));
  const ticks = all.flat();
  const begin = ticks.findLastIndex((tick) => tick <= min);
  const end = ticks.findIndex((tick, i) => tick >= max && i > begin);
  return ticks.slice(begin, end + 1);
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
