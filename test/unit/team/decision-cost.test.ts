/** Deciding what many concurrent revocations come to: how often commands are judged grows with their number, not faster. */
import { expect, test, vi } from "vitest";
import * as judging from "../../../src/policy/default/judge.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

vi.mock("../../../src/policy/default/judge.ts", async (original) => {
  const real = await original<typeof judging>();
  return { ...real, judge: vi.fn(real.judge) };
});

/** An owner that steps down on each of `count` forks. */
function judgementsFor(count: number): number {
  const { devices } = teamOf(["owner", "owner"], 0, {
    suite: new FakeSuite(),
    allowance: { commandsPerAuthorMax: Infinity, forkedCommandsMax: Infinity },
  });
  const [owner, other] = devices as [WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  const first = Array.from({ length: count }, (_, i) =>
    other.forge(op.createLabel(`label ${i}`), { parents: [root], as: "owner" }),
  );
  const down = first.map((parent) =>
    other.forge(op.lower(other, "admin"), { parents: [parent], as: "owner" }),
  );
  const judge = vi.mocked(judging.judge);
  judge.mockClear();
  owner.take(...first, ...down);
  expect(owner.roleOf(other)).toBe("admin");
  // Every one of them stands, and none of what was done beside.
  expect(down.every((command) => owner.counts(command))).toBe(true);
  expect(first.slice(0, -1).some((command) => owner.counts(command))).toBe(false);
  return judge.mock.calls.length;
}

test("[SYN-8] forked revocations of oneself do not make everything be judged again for each", () => {
  const few = judgementsFor(50);
  const many = judgementsFor(200);
  expect(few).toBeGreaterThan(100);
  expect(many / few).toBeLessThan(5);
});
