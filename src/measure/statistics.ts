/** 0 the smallest, 1 the largest; in between interpolated. Throws without samples: a figure of nothing is no figure. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError("no samples");
  const sorted = Float64Array.from(samples).sort();
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  return sorted[below]! + (sorted[Math.ceil(at)]! - sorted[below]!) * (at - below);
}

/** The middle one, of an even number the mean of the middle two. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Where a report's distributions have their points: every twentieth part, and the last hundredth. */
export const QUANTILES: readonly number[] = [...Array.from({ length: 20 }, (_, i) => i / 20), 0.99, 1];

export function quantiles(samples: readonly number[]): number[] {
  return QUANTILES.map((q) => Number(quantile(samples, q).toPrecision(5)));
}
