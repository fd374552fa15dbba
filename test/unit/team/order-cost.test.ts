/** Commands that come in one by one beside a long history, before they are judged: ordering them costs each a few steps, not all. */
import { expect, test, vi } from "vitest";
import * as braiding from "../../../src/graph/braid.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

vi.mock("../../../src/graph/braid.ts", async (original) => {
  const real = await original<typeof braiding>();
  return { ...real, braid: vi.fn(real.braid) };
});

/** Commands put in order while 100 come in, each by itself, on an old fork beside so many. */
function orderedFor(count: number): number {
  const { devices } = teamOf(["owner", "admin"], 0, { suite: new FakeSuite() });
  const [owner, insider] = devices as [WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  for (let i = 0; i < count; i++) owner.actions.createLabel(`label ${i}`);
  const late = fork(
    insider,
    root,
    "admin",
    ...Array.from({ length: 100 }, (_, i) => op.createLabel(`l ${i}`)),
  );
  const braid = vi.mocked(braiding.braid);
  braid.mockClear();
  for (const { bytes } of late) owner.team.take([bytes]);
  expect(owner.team.isJudged).toBe(false);
  owner.team.judge();
  const atOnce = insider.copy();
  atOnce.pull(owner);
  expect(owner.digest).toBe(atOnce.digest);
  return braid.mock.calls.reduce((sum, [nodes]) => sum + nodes.length, 0);
}

test("[SYN-8] what comes in beside a long history is not put in order one by one", () => {
  const [few, many] = [orderedFor(50), orderedFor(800)];
  expect(few).toBeGreaterThan(100);
  // Each time as many as there are; and not so often.
  expect(many).toBeLessThan(100 * 50);
});
