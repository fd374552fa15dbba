/** A run of seeds: as a process of `main.ts`, and for tests as a function. */
import { isDeepStrictEqual } from "node:util";
import { CHECKS, idsDoNotMatter } from "../property/model/attack.ts";
import type { ModelCommand } from "../property/model/braid.ts";
import { generateGraph, Prng } from "../property/model/generate.ts";
import { admissible } from "../property/model/admission.ts";
import { delivery, newTeam, ofModel, ofTeam, Translation } from "../property/model/translation.ts";

export interface Shard {
  readonly kind: "small" | "large";
  readonly first: number;
  readonly count: number;
}

export interface ShardReport {
  readonly graphs: number;
  readonly commands: number;
  readonly accepted: number;
  readonly findings: readonly string[];
}

export function runShard({ kind, first, count }: Shard): ShardReport {
  const findings: string[] = [];
  let commands = 0;
  let accepted = 0;
  for (let seed = first; seed < first + count; seed++) {
    const name = `${kind} graph of seed ${seed}`;
    const commandsMax = kind === "small" ? 4 + (seed % 15) : 10 + (seed % 31);
    const few = kind === "small" && seed % 2 === 0 ? { devicesMax: 4, names: false } : {};
    const graph = generateGraph(seed, { commandsMax, ...few });
    if (kind === "small") {
      for (const check of [...CHECKS, idsDoNotMatter]) {
        for (const found of check(graph)) findings.push(`${name}: ${JSON.stringify(found)}`);
      }
    }
    const { agrees, counted } = compare(admissible(graph), seed);
    if (!agrees) findings.push(`${name}: product and model differ`);
    commands += graph.length;
    accepted += counted;
  }
  return { graphs: count, commands, accepted, findings };
}

/** The product gets everything at once, one by one or in batches, in an order of its own; and may go back only a few steps. */
function compare(graph: readonly ModelCommand[], seed: number): { agrees: boolean; counted: number } {
  const translation = new Translation(graph);
  const expected = ofModel(graph, translation);
  const rng = new Prng(seed);
  const team = newTeam(translation, seed % 5 === 0 ? 4 : undefined);
  const queue = delivery(graph, rng).map((c) => translation.commands.get(c.id)!.bytes);
  const batch = [queue.length, 1, rng.between(2, 7)][seed % 3]!;
  for (let i = 0; i < queue.length; i += batch) team.admit(queue.slice(i, i + batch));
  const counted = Object.values(expected.accepted).filter(Boolean).length;
  return { agrees: isDeepStrictEqual(ofTeam(graph, translation, team), expected), counted };
}

if (process.argv[2] === "--worker") {
  process.on("message", (shard: Shard) => process.send!(runShard(shard)));
}
