/** Medians, and measurements taken in turns. */

import { median, quantile } from "../../../src/measure/statistics.ts";

export { median, quantile };

/** From the smallest to the largest, as part of the median; how far apart runs on this machine lie. 0 for a median of 0. */
export function spread(samples: readonly number[]): number {
  const middle = median(samples);
  return middle === 0 ? 0 : (quantile(samples, 1) - quantile(samples, 0)) / middle;
}

/**
 * Each of `arms` once, then each again, `rounds` times, so that a machine that gets slower does so for all of them. The
 * first `warmUps` rounds run and do not count.
 */
export async function inTurns<K extends string, T>(
  arms: ReadonlyMap<K, () => T | Promise<T>>,
  { rounds, warmUps }: { rounds: number; warmUps: number },
): Promise<Map<K, T[]>> {
  const samples = new Map<K, T[]>([...arms.keys()].map((name) => [name, []]));
  for (let round = -warmUps; round < rounds; round++) {
    for (const [name, run] of arms) {
      const sample = await run();
      if (round >= 0) samples.get(name)!.push(sample);
    }
  }
  return samples;
}
