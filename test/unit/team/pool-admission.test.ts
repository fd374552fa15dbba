/** What is kept aside is as good as what is stored: a replica takes the same commands, whichever of the two it did with those below. */
import { expect, test } from "vitest";
import { compareIds } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { deviceKeysFrom } from "../../../src/crypto/key-bundle.ts";
import type { DeviceKeys } from "../../../src/crypto/key-bundle.ts";
import { signCommand } from "../../../src/graph/command.ts";
import type { Command } from "../../../src/graph/command.ts";
import { encodeFields } from "../../../src/policy/default/operation.ts";
import type { Operation } from "../../../src/policy/default/operation.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { op, teamOf } from "../../support/world.ts";
import type { World, WorldDevice } from "../../support/world.ts";

const suite = new FakeSuite();
const BEYOND = LIMITS.forkedCommandsMax + 2;

/** Commands that make their author heard no more. */
function forks(by: WorldDevice, root: Command): Command[] {
  return Array.from({ length: BEYOND }, (_, i) =>
    by.forge(op.createLabel(`fork ${i}`), { parents: [root], as: "sync" }),
  );
}

/** One identity, another signing key. */
function keysOf(n: number): DeviceKeys {
  const secret = (name: string): Uint8Array => suite.sha256(utf8(name));
  return deviceKeysFrom(suite, {
    identitySecret: secret("puppet"),
    signingSecret: secret(`signing ${n}`),
    encryptionSecret: secret(`encryption ${n}`),
  });
}

function say({ teamId }: World, keys: DeviceKeys, said: Operation, parents: readonly Command[]): Command {
  return signCommand(suite, keys.signingSecret, {
    scope: teamId,
    author: keys.deviceId,
    parents: parents.map(({ id }) => id),
    kind: said.kind,
    role: 0,
    fields: encodeFields(said),
  });
}

function introduce(
  by: WorldDevice,
  keys: DeviceKeys,
  parents: readonly Command[],
  commonName = "p",
): Command {
  const { deviceId, bundle } = keys;
  const add = { kind: "AddDevice", target: deviceId, bundle, commonName } as const;
  return by.forge(add, { parents, as: "operator" });
}

/** An identity of an insider's making, introduced with one key, that says too much under it; `fresh` is another key of it. */
function puppet() {
  const world = teamOf(["owner", "operator"], 0, { suite });
  const [owner, insider] = world.devices as [WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  const [old, fresh] = [keysOf(0), keysOf(1)];
  const first = introduce(insider, old, [root]);
  const own = Array.from({ length: BEYOND }, (_, i) => say(world, old, op.createLabel(`p ${i}`), [first]));
  return { world, owner, insider, root, old, fresh, first, own };
}

test("[SYN-8] a pool that overflows under a chain leaves nothing to be stored without its parents", () => {
  const { devices } = teamOf(["owner", "operator", "sync"], 0, { suite });
  const [owner, insider, accomplice] = devices as [WorldDevice, WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  owner.take(...forks(insider, root));
  const chain: Command[] = [];
  for (let i = 0; i <= LIMITS.unheardPooledMax; i++) {
    const parents = [chain.at(-1) ?? root];
    chain.push(insider.forge(op.createLabel(`chain ${i}`), { parents, as: "operator" }));
  }
  owner.take(...chain);
  const stored = owner.storage.load().length;
  const built = accomplice.forge(op.createLabel("on top"), {
    parents: [chain.at(-1)!, root],
    as: "sync",
  });
  expect(() => owner.take(built)).toThrow("unknown-parent");
  expect(owner.storage.load()).toHaveLength(stored);
  expect(Buffer.from(owner.reopened().stateDigest()).toString("hex")).toBe(owner.digest);
});

test("[SYN-8] a key introduced in what is kept aside is found, however few of the others are to be looked for", () => {
  const { world, owner, insider, root, fresh, first, own } = puppet();
  // All that is looked for is named, and what introduces the other key is the last to be looked at.
  const second = Array.from({ length: 64 }, (_, i) => introduce(insider, fresh, [root], `p ${i}`)).find(
    ({ id }) => compareIds(id, first.id) < 0 && compareIds(id, own[0]!.id) < 0,
  )!;
  const late = say(world, fresh, op.createLabel("late"), [second, first, own[0]!]);

  const stores = owner.copy();
  stores.take(first, second, ...own, late);
  const keepsAside = owner.copy();
  keepsAside.take(first, ...own, ...forks(insider, root));
  keepsAside.take(second, late);
  expect(keepsAside.team.source.indexOf(second.id)).toBeUndefined();
  expect(keepsAside.team.source.isKnown(late.id)).toBe(true);
  expect(stores.team.source.indexOf(late.id)).toBeDefined();
});

test("[SYN-8] a key introduced in what is kept aside hides none that is stored", () => {
  const { world, owner, insider, root, old, fresh, first, own } = puppet();
  const second = introduce(insider, fresh, [root]);
  const late = say(world, old, op.createLabel("late"), [second, own[0]!]);
  const keepsAside = owner.copy();
  keepsAside.take(first, ...own, ...forks(insider, root));
  keepsAside.take(second, late);
  expect(keepsAside.team.source.indexOf(second.id)).toBeUndefined();
  expect(keepsAside.team.source.isKnown(late.id)).toBe(true);
});

test("[SYN-8] a power that was given in what is kept aside counts for what comes later, in one batch or several", () => {
  const world = teamOf(["owner", "owner", "sync"], 1, { suite });
  const [owner, insider, member, added] = world.devices as [
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
  ];
  const root = owner.commands().at(-1)!;
  const raise = insider.forge(op.raise(member, "operator"), { parents: [root], as: "owner" });
  const add = member.forge(op.add(added), { parents: [raise], as: "operator" });
  const late = added.forge(op.createLabel("late"), { parents: [add], as: "sync" });
  const elsewhere = insider.forge(op.add(added), { parents: [root], as: "owner" });
  const batches = [[[raise, add, late]], [[raise], [add, late]], [[raise], [add], [late]]];
  for (const batch of batches) {
    const replica = owner.copy();
    const flood = [...forks(insider, root), ...forks(member, root), elsewhere, ...forks(added, elsewhere)];
    replica.take(...flood);
    expect(replica.team.unheardDevices().size).toBe(3);
    for (const commands of batch) replica.take(...commands);
    expect(replica.team.source.indexOf(late.id)).toBeUndefined();
    expect(replica.team.source.isKnown(late.id)).toBe(true);
  }
});

test("[SYN-8] an AddDevice without power hides none that has it", () => {
  const { devices } = teamOf(["owner", "operator", "sync"], 1, { suite });
  const [owner, operator, plotter, added] = devices as [WorldDevice, WorldDevice, WorldDevice, WorldDevice];
  const root = owner.commands().at(-1)!;
  const first = owner.forge(op.add(added), { parents: [root], as: "owner" });
  const planted = plotter.forge(op.add(added), { parents: [root], as: "operator" });
  const second = operator.forge(op.add(added), { parents: [planted], as: "operator" });
  const late = added.forge(op.createLabel("late"), { parents: [second], as: "sync" });
  const orders = [
    [first, planted, second, late],
    [planted, second, late, first],
    [planted, second, first, late],
  ];
  const digests = orders.map((order) => {
    const replica = owner.copy();
    for (const command of order) replica.take(command);
    const atOnce = owner.copy();
    atOnce.take(...order);
    expect(atOnce.digest).toBe(replica.digest);
    return replica.digest;
  });
  expect(new Set(digests).size).toBe(1);
});
