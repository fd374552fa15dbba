import { expect, test, vi } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { deviceKeysFrom } from "../../../src/crypto/key-bundle.ts";
import { signCommand } from "../../../src/graph/command.ts";
import type { Command } from "../../../src/graph/command.ts";
import { Order } from "../../../src/graph/order.ts";
import { encodeFields } from "../../../src/policy/default/operation.ts";
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
    for (const [wanted] of looked.mock.calls) {
      for (const set of wanted) expect(set.size).toBeLessThan(5);
    }
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

/** How much is put into maps while a device writes 20 commands on top of the first of so many keys it was introduced with. */
function keptFor(count: number): number {
  const suite = new FakeSuite();
  const { devices, teamId } = teamOf(["owner", "operator"], 0, { suite });
  const [owner, operator] = devices as [WorldDevice, WorldDevice];
  const keys = Array.from({ length: count }, (_, i) => {
    const secret = (name: string): Uint8Array => suite.sha256(utf8(name));
    const secrets = { identitySecret: secret("one"), encryptionSecret: secret("two") };
    return deviceKeysFrom(suite, { ...secrets, signingSecret: secret(`signing ${i}`) });
  });
  const adds: Command[] = [];
  for (const { deviceId: target, bundle } of keys) {
    const parents = [adds.at(-1) ?? owner.commands().at(-1)!];
    adds.push(
      operator.forge({ kind: "AddDevice", target, bundle, commonName: "p" }, { parents, as: "operator" }),
    );
  }
  const said: Command[] = [];
  for (let i = 0; i < 20; i++) {
    const label = op.createLabel(`label ${i}`);
    const body = { scope: teamId, author: keys[0]!.deviceId, kind: label.kind, role: 0 };
    const parents = [said.at(-1)?.id ?? adds[0]!.id];
    const fields = encodeFields(label);
    said.push(signCommand(suite, keys[0]!.signingSecret, { ...body, parents, fields }));
  }
  owner.take(...adds);
  const kept = vi.spyOn(Map.prototype, "set");
  try {
    owner.team.take(said.map(({ bytes }) => bytes));
    return kept.mock.calls.length;
  } finally {
    kept.mockRestore();
  }
}

test("[SYN-8] keys of one device without end are not gone through for each of its commands", () => {
  const few = keptFor(20);
  expect(few).toBeGreaterThan(20);
  // Once for each that is concurrent, to put them in order.
  expect(keptFor(400) - few).toBeLessThan(2 * 380);
});
