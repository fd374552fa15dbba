/**
 * A head that nobody hears is there for good: from then on nothing arrives on top of all. What is written beside a long history
 * costs no more for it.
 */
import { expect, test, vi } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

/** Steps down the graph for 40 forks by each of two members on top of so many commands, and to load it all again. */
function stepsFor(count: number): { taken: number; loaded: number } {
  const { devices } = teamOf(["owner", "sync", "operator", "operator"], 1, { suite: new FakeSuite() });
  const [owner, thief, ...forking] = devices.slice(0, 4) as [WorldDevice, WorldDevice, ...WorldDevice[]];
  const added = devices[4]!;
  const root = owner.commands().at(-1)!;
  const heads = Array.from({ length: LIMITS.forkedCommandsMax + 2 }, (_, i) => op.createLabel(`head ${i}`));
  owner.take(...heads.flatMap((head) => fork(thief, root, "sync", head)));
  const labels = Array.from({ length: count }, (_, i) => op.createLabel(`label ${i}`));
  const history = fork(owner, root, "owner", ...labels);
  owner.take(...history);
  const forks = forking.flatMap((member) =>
    Array.from({ length: 40 }, (_, i) =>
      fork(member, history.at(-1)!, "operator", op.add(added, `${i}`)),
    ).flat(),
  );
  const steps = vi.spyOn(Graph.prototype, "parentsAt");
  const indexes = vi.spyOn(Graph.prototype, "indexOf");
  try {
    owner.take(...forks);
    const taken = steps.mock.calls.length + indexes.mock.calls.length;
    owner.reopened();
    return { taken, loaded: steps.mock.calls.length + indexes.mock.calls.length - taken };
  } finally {
    steps.mockRestore();
    indexes.mockRestore();
  }
}

test("[SYN-8] beside a head that nobody hears, forks on top of a long history are not followed down to its beginning", () => {
  const [few, many] = [stepsFor(100), stepsFor(1000)];
  // Eighty times nine hundred more, were each followed down.
  expect(many.taken - few.taken).toBeLessThan(10_000);
  expect(many.loaded - few.loaded).toBeLessThan(30_000);
});
