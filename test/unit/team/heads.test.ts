/** More heads than a command can name, as after a long partition, or when somebody floods. */
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import type { Command } from "../../../src/graph/command.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

interface Crowd {
  readonly owner: WorldDevice;
  readonly admin: WorldDevice;
  readonly operator: WorldDevice;
  readonly user: WorldDevice;
  readonly stranger: WorldDevice;
  readonly root: Command;
}

/** One device makes all the heads that many would, and is heard nevertheless. */
const AMPLE = { commandsPerAuthorMax: Infinity, forkedCommandsMax: Infinity };

function crowd(): Crowd {
  const world = teamOf(["owner", "admin", "operator", "user"], 1, {
    suite: new FakeSuite(),
    allowance: AMPLE,
  });
  const [owner, admin, operator, user, stranger] = world.devices as [
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
  ];
  return { owner, admin, operator, user, stranger, root: owner.commands().at(-1)! };
}

/** The new commands of `device` since it had `before`. */
function since(device: WorldDevice, before: number): Command[] {
  return device.commands().slice(before);
}

/** Heads that count: names and labels by the operator, all concurrent. */
function honest({ operator, user, root }: Crowd, count: number): Command[] {
  return Array.from({ length: count }, (_, i) =>
    operator.forge(op.name(user, `name-${i}.example`), { parents: [root], as: "operator" }),
  );
}

/** Heads that do not. */
function refused({ user, root }: Crowd, count: number): Command[] {
  return Array.from({ length: count }, (_, i) =>
    user.forge(op.createLabel(`flood ${i}`), { parents: [root], as: "user" }),
  );
}

describe("with as many heads as fit, or fewer, all are named", () => {
  test("refused ones too", () => {
    const c = crowd();
    c.owner.take(...honest(c, 20), ...refused(c, 20));
    c.owner.actions.createLabel("x");
    expect(c.owner.team.heads()).toHaveLength(1);
    expect(c.owner.commands().at(-1)!.parents).toHaveLength(40);
  });

  test("however much else the command says", () => {
    const c = crowd();
    c.owner.take(...honest(c, LIMITS.parentsMax));
    const before = c.owner.team.commandCount;
    c.owner.actions.addDevice(c.stranger.bundle, "x".repeat(LIMITS.commonNameBytesMax));
    expect(c.owner.roleOf(c.stranger)).toBe("sync");
    const long = `${"a.".repeat(126)}b:65535`;
    c.owner.take(
      ...honest(c, LIMITS.parentsMax).map((_, i) =>
        c.operator.forge(op.name(c.user, `more-${i}.example`), { parents: [c.root], as: "operator" }),
      ),
    );
    c.owner.actions.assignNetworkName(c.owner.id, long);
    expect(c.owner.sees(c.owner)?.netIdentifier).toBe(long);
    for (const command of since(c.owner, before)) {
      expect(command.bytes.length).toBeLessThanOrEqual(LIMITS.commandBytesMax);
      expect(command.parents.length).toBeLessThanOrEqual(LIMITS.parentsMax);
    }
  });
});

describe("with more heads than fit", () => {
  test("[IDAM-13] a revocation is repeated until every head that counts is named", () => {
    const c = crowd();
    const heads = [
      ...honest(c, 40),
      ...Array.from({ length: 110 }, (_, i) =>
        c.admin.forge(op.createLabel(`label ${i}`), { parents: [c.root], as: "admin" }),
      ),
    ];
    c.owner.take(...heads);
    const before = c.owner.team.commandCount;
    c.owner.actions.removeDevice(c.operator.id);
    const removals = since(c.owner, before);
    expect(removals.map((r) => r.kind)).toEqual(removals.map(() => "RemoveDevice"));
    for (const removal of removals) expect(removal.parents.length).toBeLessThanOrEqual(LIMITS.parentsMax);
    const named = new Set(removals.flatMap((r) => r.parents));
    expect(heads.every((head) => named.has(head.id))).toBe(true);
    expect(c.owner.team.heads()).toEqual([removals.at(-1)!.id]);
    // Nothing the operator had done is lost: all of it is in the removal's past.
    expect(heads.filter((head) => !c.owner.counts(head))).toEqual([]);
    expect(c.owner.roleOf(c.operator)).toBeUndefined();
  });

  test("[IDAM-13] those by the target of a revocation come first", () => {
    const c = crowd();
    const others = Array.from({ length: 100 }, (_, i) =>
      c.admin.forge(op.createLabel(`label ${i}`), { parents: [c.root], as: "admin" }),
    );
    const theirs = honest(c, 20);
    c.owner.take(...others, ...theirs);
    const before = c.owner.team.commandCount;
    c.owner.actions.revokeRole(c.operator.id, "operator");
    const [first] = since(c.owner, before);
    expect(theirs.every((head) => first!.parents.includes(head.id))).toBe(true);
  });

  test("a flood of refused heads does not multiply a revocation", () => {
    const c = crowd();
    c.owner.take(...refused(c, 400), ...honest(c, 10));
    const before = c.owner.team.commandCount;
    c.owner.actions.removeDevice(c.user.id);
    expect(since(c.owner, before)).toHaveLength(1);
    expect(since(c.owner, before)[0]!.parents.length).toBeGreaterThan(50);
    expect(c.owner.roleOf(c.user)).toBeUndefined();
  });

  test("an action does what it said, whatever head made it possible", () => {
    const c = crowd();
    // Whichever head carries the AddDevice, and wherever its id sorts.
    c.owner.take(
      c.operator.forge(op.add(c.stranger), { parents: [c.root], as: "operator" }),
      ...honest(c, 150),
    );
    expect(c.owner.actions.assignRole(c.stranger.id, "user").changed).toBe(true);
    expect(c.owner.roleOf(c.stranger)).toBe("user");
  });

  test("nor does a device's own role depend on which heads it names", () => {
    for (let salt = 0; salt < 8; salt++) {
      const c = crowd();
      const promotion = c.owner.forge(op.raise(c.user, "operator"), { parents: [c.root], as: "owner" });
      const salted = c.operator.forge(op.name(c.owner, `salt-${salt}.example`), {
        parents: [c.root],
        as: "operator",
      });
      c.user.take(promotion, salted, ...honest(c, 150));
      expect(c.user.actions.addDevice(c.stranger.bundle, `salt ${salt}`).changed).toBe(true);
      expect(c.user.roleOf(c.stranger)).toBe("sync");
    }
  });

  test("an honest device does not fork from itself", () => {
    const c = crowd();
    // What it did last is one of many heads.
    const own = c.owner.forge(op.createLabel("own"), { parents: [c.root], as: "owner" });
    c.owner.take(own, ...honest(c, 150));
    const before = c.owner.team.commandCount;
    const forks = [0, 1, 2, 3].flatMap((i) =>
      c.owner.actions.createLabel(`label ${i}`).events.filter((e) => e.type === "forked"),
    );
    expect(forks).toEqual([]);
    expect(since(c.owner, before).length).toBeGreaterThanOrEqual(4);
    for (const i of [0, 1, 2, 3]) expect(() => c.owner.actions.createLabel(`label ${i}`)).toThrow();
  });

  test("nor where somebody has built on its last command, in vain", () => {
    const c = crowd();
    c.owner.actions.createLabel("own");
    const own = c.owner.commands().at(-1)!;
    const junk = c.user.forge(op.createLabel("junk"), { parents: [own], as: "user" });
    c.owner.take(junk, ...honest(c, 150));
    const { events } = c.owner.actions.createLabel("next");
    expect(events.filter((e) => e.type === "forked")).toEqual([]);
  });
});
