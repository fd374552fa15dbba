import type { CommandId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { CommandSource } from "../graph/source.ts";

/** What an asker shows of its graph, so that the asked can tell what it lacks. */
export interface Shown {
  readonly heads: readonly CommandId[];
  readonly sample: readonly CommandId[];
}

/**
 * Distances from the newest command grow by an eighth each: of two replicas that went apart k commands ago in one line,
 * the asked sends at most k/8 + 1 commands that the asker has. 16 single steps and then a growth of 9/8 reach back a
 * million commands in 113 samples.
 */
const GROWTH_SHIFT = 3;

/** Of commands kept aside: twice what one author has room for beside its longest chain in each replica. */
const ASIDE_SHOWN_MAX = 128;

/** Heads, the newest ones where there are more than fit, and a sample that thins out towards the first command. */
export function showGraph(source: CommandSource): Shown {
  const shownHeads = newestHeads(source);
  const heads = new Set(shownHeads);
  const sample: number[] = [];
  for (let distance = 1; distance <= source.size; distance += Math.max(1, distance >> GROWTH_SHIFT)) {
    const index = source.size - distance;
    if (heads.has(index)) continue;
    if (sample.length === LIMITS.syncSampleMax - 1) break;
    sample.push(index);
  }
  // The first command is everyone's.
  if (source.size > 0 && !heads.has(0) && sample.at(-1) !== 0) sample.push(0);
  const aside = source.asideTips(Math.min(ASIDE_SHOWN_MAX, LIMITS.syncHeadsMax - shownHeads.length));
  return {
    heads: [...shownHeads.map((i) => source.idAt(i)), ...aside],
    sample: sample.map((i) => source.idAt(i)),
  };
}

/** As many as a message holds, the newest where there are more: what is new is among them. */
export function showHeads(source: CommandSource): CommandId[] {
  return newestHeads(source).map((index) => source.idAt(index));
}

function newestHeads(source: CommandSource): number[] {
  const positions = source.heads().map((id) => source.indexOf(id)!);
  return positions.sort((a, b) => b - a).slice(0, LIMITS.syncHeadsMax);
}
