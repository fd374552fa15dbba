import { expect, test, vi } from "vitest";
import { Order } from "../../../src/graph/order.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const ADDS = 300;

test("[SYN-8] AddDevices of one device without end are not all looked for below its commands", () => {
  const { devices } = teamOf(["owner", "sync"], 0, { suite: new FakeSuite() });
  const [owner, member] = devices as [WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  const adds = fork(member, root, "sync", ...Array.from({ length: ADDS }, () => op.add(owner)));
  const own = owner.forge(op.createLabel("on top"), { parents: [adds.at(-1)!] });
  const beside = owner.forge(op.createLabel("beside"), { parents: [adds[10]!] });
  const opened = owner.copy();
  opened.take(...adds);
  const looked = vi.spyOn(Order.prototype, "amongAncestors");
  try {
    for (const team of [opened.reopened(), opened.team]) {
      team.admit([own.bytes, beside.bytes]);
      for (const command of [own, beside]) expect(team.rejectionOf(command.id)).toBeUndefined();
    }
    expect(looked.mock.calls.length).toBeGreaterThan(3);
    for (const [wanted] of looked.mock.calls) expect(wanted.size).toBeLessThan(5);
  } finally {
    looked.mockRestore();
  }
});

test("each AddDevice that another one is not below of introduces by itself", () => {
  const { devices } = teamOf(["owner", "operator"], 1, { suite: new FakeSuite() });
  const [owner, operator, added] = devices as [WorldDevice, WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  const [first, second] = [owner, operator].map((by) =>
    by.forge(op.add(added, "added"), { parents: [root] }),
  ) as [typeof root, typeof root];
  const after = [first, second].map((parent, i) =>
    added.forge(op.createLabel(`${i}`), { parents: [parent], as: "sync" }),
  );
  const unknown = added.forge(op.createLabel("none"), { parents: [root], as: "sync" });
  const replica = owner.copy();
  replica.take(first, second, ...after);
  expect(replica.team.commandCount).toBe(owner.team.commandCount + 4);
  expect(() => replica.take(unknown)).toThrow("unknown-author");
});
