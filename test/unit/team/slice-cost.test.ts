/** Of a page that is dear to store no more is stored at once than there is time for: nobody looks at the clock meanwhile. */
import { expect, test, vi } from "vitest";
import type { Command } from "../../../src/graph/command.ts";
import { AuthorTally } from "../../../src/graph/author-tally.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const LENGTH = 4000;

/** Two members, of whom one writes on and on beside a command of the other: nothing later is on top of all. */
function beside(): { owner: WorldDevice; members: WorldDevice[]; root: Command; last: Command } {
  const roles = ["owner", "sync", "sync", "sync", "sync", "sync"] as const;
  const { devices } = teamOf(roles, 0, { suite: new FakeSuite() });
  const [owner, other, ...members] = devices as [WorldDevice, WorldDevice, ...WorldDevice[]];
  const root = owner.commands().at(-1)!;
  owner.take(...fork(other, root, "sync", op.createLabel("beside")));
  const history = fork(
    owner,
    root,
    "owner",
    ...Array.from({ length: LENGTH }, (_, i) => op.createLabel(`l ${i}`)),
  );
  owner.take(...history);
  return { owner, members, root, last: history.at(-1)! };
}

/** Commands of a page that are stored at once, at most, where there is time enough to look at all. */
function storedAtOnce({ team }: WorldDevice, commands: readonly Command[]): number {
  const tally = vi.spyOn(AuthorTally.prototype, "add");
  try {
    let most = 0;
    let rest: readonly Uint8Array[] = commands.map(({ bytes }) => bytes);
    while (rest.length > 0) {
      tally.mockClear();
      // Only what is looked at before the first is stored has time.
      ({ rest } = team.takeSome(rest, () => tally.mock.calls.length > 0));
      most = Math.max(most, tally.mock.calls.length);
    }
    expect(commands.every(({ id }) => team.source.isKnown(id))).toBe(true);
    return most;
  } finally {
    tally.mockRestore();
  }
}

test("[SYN-8] forks beside a long history are stored a few at once", () => {
  const { owner, members, last } = beside();
  const forks = members.flatMap((member) =>
    Array.from({ length: 50 }, (_, i) => fork(member, last, "sync", op.createLabel(`fork ${i}`))).flat(),
  );
  expect(storedAtOnce(owner, forks)).toBeLessThan(100_000 / LENGTH + 2);
});

test("[SYN-8] so is a chain that names the history each time, and one that stands on nothing concurrent all at once", () => {
  const { owner, members, root, last } = beside();
  const chain: Command[] = [];
  for (let i = 0; i < 200; i++) {
    const parents = [chain.at(-1) ?? root, last];
    chain.push(members[0]!.forge(op.createLabel(`chain ${i}`), { parents, as: "sync" }));
  }
  expect(storedAtOnce(owner, chain)).toBeLessThan(100_000 / LENGTH + 2);
  const top = owner.insist(op.createLabel("on top of all"));
  const next = fork(
    owner,
    top,
    "owner",
    ...Array.from({ length: 200 }, (_, i) => op.createLabel(`next ${i}`)),
  );
  expect(storedAtOnce(owner, next)).toBe(200);
});

test("[SYN-8] who is heard no more is not counted any further", () => {
  const { owner, members, last } = beside();
  const [member] = members as [WorldDevice];
  const forks = Array.from(
    { length: 66 },
    (_, i) => fork(member, last, "sync", op.createLabel(`fork ${i}`))[0]!,
  );
  owner.take(...forks);
  const chain = fork(
    member,
    last,
    "sync",
    ...Array.from({ length: 300 }, (_, i) => op.createLabel(`c ${i}`)),
  );
  owner.take(...chain);
  expect(owner.team.pooledCount).toBe(300);
  const tally = vi.spyOn(AuthorTally.prototype, "add");
  try {
    owner.take(members[1]!.forge(op.createLabel("on top"), { parents: [chain.at(-1)!], as: "sync" }));
    expect(owner.team.pooledCount).toBe(0);
    expect(tally).toHaveBeenCalledTimes(1);
  } finally {
    tally.mockRestore();
  }
});

test("[SYN-8] heads by the thousand on one command are stored as many at once as come", () => {
  const { owner, members, root } = beside();
  const heads = members.flatMap((member) =>
    Array.from({ length: 50 }, (_, i) => fork(member, root, "sync", op.createLabel(`head ${i}`))).flat(),
  );
  expect(storedAtOnce(owner, heads)).toBe(heads.length);
});
