/** Medians, and measurements taken in turns. */

/** The middle one, of an even number the mean of the middle two. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** 0 the smallest, 1 the largest; in between interpolated. Throws without samples: a figure of nothing is no figure. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError("no samples");
  const sorted = Float64Array.from(samples).sort();
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  return sorted[below]! + (sorted[Math.ceil(at)]! - sorted[below]!) * (at - below);
}

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
