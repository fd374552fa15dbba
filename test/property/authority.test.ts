/**
 * The product's order, authority and policy held against the slow model, which was written apart from it, on hostile
 * graphs. `MODEL_GRAPHS` sets how many; the first seed that differs is named.
 */
import { expect, test } from "vitest";
import { rank } from "../../src/base/roles.ts";
import { generateGraph, Prng } from "./model/generate.ts";
import { admissible } from "./model/admission.ts";
import { delivery, newTeam, ofModel, ofTeam, Translation } from "./model/translation.ts";

const GRAPHS = Number(process.env["MODEL_GRAPHS"] ?? 400);

test("[IDAM-7] [IDAM-13] product and model agree on hostile graphs, whatever the order of arrival", () => {
  for (let seed = 1; seed <= GRAPHS; seed++) {
    const graph = admissible(generateGraph(seed, { commandsMax: seed % 4 === 0 ? 40 : 18 }));
    const translation = new Translation(graph);
    const expected = ofModel(graph, translation);
    const rng = new Prng(seed);
    for (let round = 0; round < 3; round++) {
      // One of them goes back a few steps only, and begins anew where that is not enough.
      const team = newTeam(translation, round === 1 ? 4 : undefined);
      const queue = delivery(graph, rng).map((c) => translation.commands.get(c.id)!.bytes);
      // Everything at once, one at a time, in batches.
      const batch = [queue.length, 1, rng.between(2, 7)][round]!;
      for (let i = 0; i < queue.length; i += batch) team.admit(queue.slice(i, i + batch));
      expect(ofTeam(graph, translation, team), `seed ${seed}, round ${round}`).toEqual(expected);
    }
  }
});

test("the ranks of the model are those of the product", () => {
  expect(["sync", "user", "operator", "admin", "owner"].map((role) => rank(role as never))).toEqual([
    0, 1, 2, 3, 4,
  ]);
});
