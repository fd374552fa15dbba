/** Who has whom as a sync peer. Daemons are numbers, the members first and those beside them after. */

export type Shape = "ring" | "star";

/** For each member the peers it pulls from: the two beside it, or all the first and the first nobody. */
export function peersOf(shape: Shape, members: number): number[][] {
  if (members < 2) throw new RangeError("one daemon is no fleet");
  return Array.from({ length: members }, (_, i) => {
    if (shape === "star") return i === 0 ? [] : [0];
    return [...new Set([(i + members - 1) % members, (i + 1) % members])];
  });
}

/**
 * For each daemon beside a ring the two neighbours in it that are its peers, as it is theirs. It is on no shortest way, so
 * the ring does without it.
 */
export function besides(members: number, asides: number): number[][] {
  return Array.from({ length: asides }, (_, i) => {
    const left = Math.floor(((i + 0.5) * members) / asides);
    return [left, (left + 1) % members];
  });
}
