/** Deciding what many concurrent revocations come to: how often commands are judged grows with their number, not faster. */
import { expect, test, vi } from "vitest";
import { Ancestry } from "../../../src/graph/ancestry.ts";
import * as judging from "../../../src/policy/default/judge.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
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

/** A member that may add nobody signs AddDevices of the owner, one on top of the other, and the owner does something beside. */
function questionsFor(count: number): number {
  const { devices } = teamOf(["owner", "sync"], 0, { suite: new FakeSuite() });
  const [owner, member] = devices as [WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  const adds = fork(member, root, "sync", ...Array.from({ length: count }, () => op.add(owner)));
  owner.take(...adds);
  const asked = vi.spyOn(Ancestry.prototype, "isAncestor");
  try {
    owner.take(owner.forge(op.createLabel("beside"), { parents: [root], as: "owner" }));
    expect(adds.some((command) => owner.counts(command))).toBe(false);
    expect(owner.roleOf(owner)).toBe("owner");
    return asked.mock.calls.length;
  } finally {
    asked.mockRestore();
  }
}

test("[SYN-8] refused AddDevices of one device are not gone through for each other", () => {
  const few = questionsFor(50);
  const many = questionsFor(200);
  expect(few).toBeGreaterThan(10);
  expect(many / few).toBeLessThan(5);
});
