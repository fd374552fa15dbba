/**
 * The named cases of the design: what concurrent commands may and may not do to each other. Every outcome is checked on
 * replicas that got the branches in every order.
 */
import { describe, expect, test } from "vitest";
import type { Role } from "../../../src/base/roles.ts";
import type { Command } from "../../../src/graph/command.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, merge, op, teamOf } from "../../support/world.ts";
import type { World, WorldDevice } from "../../support/world.ts";

interface Cast {
  readonly base: WorldDevice;
  readonly world: World;
  /** The one head everybody starts from. */
  readonly root: Command;
}

/** Devices with these roles, the founder first, and one stranger last. */
function cast(...roles: Role[]): Cast {
  const world = teamOf(roles, 1, { suite: new FakeSuite() });
  const base = world.devices[0]!;
  const root = base.commands().find((command) => command.id === base.head())!;
  return { base, world, root };
}

describe("[IDAM-13] a fork from before a promotion", () => {
  test("an operator's removal of a device that became owner meanwhile is refused", () => {
    const { base, root, world } = cast("owner", "operator", "sync");
    const [owner, operator, x] = world.devices as [WorldDevice, WorldDevice, WorldDevice];
    const promotion = fork(owner, root, "owner", op.raise(x, "owner"));
    const removal = fork(operator, root, "operator", op.remove(x));
    const merged = merge(base, promotion, removal);
    expect(merged.roleOf(x)).toBe("owner");
    expect(merged.counts(removal[0]!)).toBe(false);
  });

  test("so is its removal of one that became operator, and nothing it built on it counts", () => {
    const { base, root, world } = cast("owner", "operator", "user");
    const [owner, operator, x, stranger] = world.devices as WorldDevice[];
    const promotion = fork(owner!, root, "owner", op.raise(x!, "operator"));
    // The role it was revoked, and the device gone: neither holds.
    const removal = fork(
      operator!,
      root,
      "operator",
      op.revoke(x!, "user"),
      op.remove(x!),
      op.add(stranger!),
    );
    const merged = merge(base, promotion, removal);
    expect(removal.map((c) => merged.counts(c))).toEqual([false, false, true]);
    expect(merged.roleOf(x!)).toBe("operator");
    expect(merged.roleOf(stranger!)).toBe("sync");
  });

  test("what the promoted device does as owner stands", () => {
    const { base, root, world } = cast("owner", "operator", "sync");
    const [owner, operator, x] = world.devices as WorldDevice[];
    const promotion = fork(owner!, root, "owner", op.raise(x!, "owner"));
    const rule = fork(x!, promotion[0]!, "owner", op.remove(operator!), op.createLabel("telemetry"));
    const removal = fork(operator!, root, "operator", op.remove(x!));
    const merged = merge(base, [...promotion, ...rule], removal);
    expect(merged.roleOf(operator!)).toBeUndefined();
    expect(rule.every((c) => merged.counts(c))).toBe(true);
  });

  test("an admin's revocation loses to an owner's promotion to admin, and wins over one to operator", () => {
    for (const [role, wins] of [
      ["admin", false],
      ["operator", true],
    ] as const) {
      const { base, root, world } = cast("owner", "admin", "user");
      const [owner, admin, x] = world.devices as WorldDevice[];
      const promotion = fork(owner!, root, "owner", op.raise(x!, role));
      const revocation = fork(admin!, root, "admin", op.revoke(x!, "user"));
      const merged = merge(base, promotion, revocation);
      expect(merged.counts(revocation[0]!)).toBe(wins);
      expect(merged.roleOf(x!)).toBe(wins ? "sync" : role);
    }
  });
});

describe("[IDAM-13] a removed device gains nothing by branching from the past", () => {
  test("what it signs from before its removal is refused, and what it had signed unseen is recalled", () => {
    const { base, root, world } = cast("owner", "operator", "user");
    const [owner, operator, user, stranger] = world.devices as WorldDevice[];
    const removal = fork(owner!, root, "owner", op.remove(operator!));
    const spite = fork(operator!, root, "operator", op.remove(user!), op.add(stranger!));
    const replica = base.copy();
    replica.take(...spite);
    expect(replica.roleOf(stranger!)).toBe("sync");
    const { events, recalled } = replica.take(...removal);
    expect(recalled).toBe(2);
    expect(
      events
        .filter((e) => e.type === "commandRecalled")
        .map((e) => e.commandId)
        .sort(),
    ).toEqual(spite.map((c) => c.id).sort());
    const merged = merge(base, removal, spite);
    expect(merged.roleOf(user!)).toBe("user");
    expect(merged.roleOf(stranger!)).toBeUndefined();
  });

  test("an honest command on top of its fork stands by itself", () => {
    const { base, root, world } = cast("owner", "operator", "admin", "user");
    const [owner, operator, admin, user, stranger] = world.devices as WorldDevice[];
    const removal = fork(owner!, root, "owner", op.remove(operator!));
    const forked = fork(operator!, root, "operator", op.add(stranger!), op.label(user!, "nothing"));
    // The admin has not heard of the removal.
    const honest = fork(admin!, forked[1]!, "admin", op.createLabel("telemetry"), op.remove(admin!));
    const merged = merge(base, removal, [...forked, ...honest]);
    expect(forked.map((c) => merged.counts(c))).toEqual([false, false]);
    expect(honest.map((c) => merged.counts(c))).toEqual([true, true]);
    expect(merged.roleOf(stranger!)).toBeUndefined();
  });

  test("whoever it added on the fork is a stranger again, and so is whoever that one added", () => {
    const { base, root, world } = cast("owner", "operator", "admin", "sync");
    const [owner, operator, admin, , x] = world.devices as WorldDevice[];
    const removal = fork(owner!, root, "owner", op.remove(operator!));
    const add = fork(operator!, root, "operator", op.add(x!));
    const raise = fork(admin!, add[0]!, "admin", op.raise(x!, "operator"));
    const work = fork(x!, raise[0]!, "operator", op.name(owner!, "evil.example"));
    const merged = merge(base, removal, [...add, ...raise, ...work]);
    expect(merged.roleOf(x!)).toBeUndefined();
    // The raise is of somebody who is not there: it counts, and changes nothing.
    expect([add[0]!, raise[0]!, work[0]!].map((c) => merged.counts(c))).toEqual([false, true, false]);
    expect(merged.sees(owner!)?.netIdentifier).toBeUndefined();
  });

  test("what the remover had seen stays", () => {
    const { base, root, world } = cast("owner", "operator");
    const [owner, operator, stranger] = world.devices as WorldDevice[];
    const work = fork(operator!, root, "operator", op.add(stranger!));
    const removal = fork(owner!, work[0]!, "owner", op.remove(operator!));
    const late = fork(operator!, work[0]!, "operator", op.remove(stranger!));
    const merged = merge(base, [...work, ...removal], [...work, ...late]);
    expect(merged.roleOf(stranger!)).toBe("sync");
    expect(merged.counts(late[0]!)).toBe(false);
  });
});

test("[IDAM-13] an admin may backdate a revocation: what an operator did unseen is lost, what an owner did is not", () => {
  const { base, root, world } = cast("owner", "admin", "operator", "sync");
  const [owner, admin, operator, x, stranger] = world.devices as WorldDevice[];
  const work = fork(operator!, root, "operator", op.add(stranger!), op.raise(x!, "user"));
  const rule = fork(owner!, work[1]!, "owner", op.createLabel("telemetry"), op.raise(stranger!, "user"));
  const backdated = fork(admin!, root, "admin", op.revoke(operator!, "operator"));
  const merged = merge(base, [...work, ...rule], backdated);
  expect(merged.roleOf(operator!)).toBe("sync");
  expect(work.map((c) => merged.counts(c))).toEqual([false, false]);
  expect(rule.map((c) => merged.counts(c))).toEqual([true, true]);
  // An owner's AssignRole stands by itself.
  expect(merged.roleOf(stranger!)).toBe("user");
});

describe("[IDAM-13] a pawn", () => {
  test("revokes nobody, whatever role it claims", () => {
    for (const claim of ["user", "operator", "owner"] as const) {
      const { base, root, world } = cast("owner", "operator", "user", "sync");
      const [, operator, pawn, x] = world.devices as WorldDevice[];
      const attack = fork(pawn!, root, claim, op.remove(operator!));
      const work = fork(operator!, root, "operator", op.raise(x!, "user"));
      const merged = merge(base, attack, work);
      expect(merged.counts(attack[0]!)).toBe(false);
      expect(merged.counts(work[0]!)).toBe(true);
      expect(merged.roleOf(operator!)).toBe("operator");
    }
  });

  test("gains nothing from an honest command on top of its own", () => {
    const { base, root, world } = cast("owner", "operator", "user", "sync");
    const [owner, operator, pawn, x] = world.devices as WorldDevice[];
    const attack = fork(pawn!, root, "user", op.remove(operator!));
    const honest = fork(owner!, attack[0]!, "owner", op.createLabel("telemetry"));
    const work = fork(operator!, root, "operator", op.raise(x!, "user"));
    const merged = merge(base, [...attack, ...honest], work);
    expect([attack[0]!, honest[0]!, work[0]!].map((c) => merged.counts(c))).toEqual([false, true, true]);
  });
});

describe("[IDAM-11, IDAM-13] an owner that stepped down", () => {
  for (const kind of ["remove", "revoke", "lower"] as const) {
    test(`does not rule again from a fork (${kind})`, () => {
      const { base, root, world } = cast("owner", "owner", "user");
      const [owner, retired, user, stranger] = world.devices as WorldDevice[];
      const stepDown =
        kind === "remove"
          ? op.remove(retired!)
          : kind === "revoke"
            ? op.revoke(retired!, "owner")
            : op.lower(retired!, "user");
      const gone = fork(retired!, root, "owner", stepDown);
      const back = fork(
        retired!,
        root,
        "owner",
        op.add(stranger!),
        op.raise(stranger!, "owner"),
        op.remove(user!),
        op.close(),
      );
      const merged = merge(base, gone, back);
      expect(back.map((c) => merged.counts(c))).toEqual([false, false, false, false]);
      expect(merged.roleOf(retired!)).toBe(
        kind === "remove" ? undefined : kind === "revoke" ? "sync" : "user",
      );
      expect(merged.roleOf(user!)).toBe("user");
      expect(merged.roleOf(owner!)).toBe("owner");
      // The team is open.
      expect(
        merged.take(owner!.forge(op.createLabel("x"), { parents: merged.team.heads(), as: "owner" }))
          .accepted,
      ).toBe(1);
    });
  }

  test("may step down on two forks at once", () => {
    const { base, root, world } = cast("owner", "owner");
    const retired = world.devices[1]!;
    const one = fork(retired, root, "owner", op.revoke(retired, "owner"));
    const other = fork(retired, root, "owner", op.lower(retired, "admin"));
    expect(merge(base, one, other).roleOf(retired)).toBe("sync");
  });

  test("two owners that step down on one fork and remove each other on the other one are both no owners, both there", () => {
    const { base, root, world } = cast("owner", "owner", "user");
    const [a, b] = world.devices as [WorldDevice, WorldDevice];
    const first = fork(a, root, "owner", op.revoke(a, "owner"));
    const second = fork(b, root, "owner", op.revoke(b, "owner"));
    const bRemovesA = fork(b, first[0]!, "owner", op.remove(a));
    const aRemovesB = fork(a, second[0]!, "owner", op.remove(b));
    const merged = merge(base, [...first, ...bRemovesA], [...second, ...aRemovesB]);
    expect([merged.roleOf(a), merged.roleOf(b)]).toEqual(["sync", "sync"]);
  });
});

describe("demote versus promote", () => {
  const cases: [
    by: Role,
    held: Role,
    demotion: "remove" | "revoke",
    promoter: Role,
    to: Role,
    result: Role | undefined,
  ][] = [
    ["owner", "user", "remove", "owner", "operator", undefined],
    ["owner", "user", "remove", "owner", "admin", undefined],
    ["owner", "user", "remove", "owner", "owner", "owner"],
    ["owner", "operator", "revoke", "owner", "owner", "owner"],
    ["admin", "user", "revoke", "admin", "operator", "sync"],
    ["operator", "sync", "remove", "operator", "user", undefined],
    ["operator", "sync", "remove", "admin", "operator", "operator"],
    ["operator", "sync", "remove", "admin", "user", undefined],
  ];
  for (const [by, held, demotion, promoter, to, result] of cases) {
    test(`${by} ${demotion}s a ${held} while another ${promoter} makes it ${to}: ${result ?? "gone"}`, () => {
      const { base, root, world } = cast("owner", by, promoter, held);
      const [, demoter, promoting, x] = world.devices as WorldDevice[];
      const down = fork(demoter!, root, by, demotion === "remove" ? op.remove(x!) : op.revoke(x!, held));
      const up = fork(promoting!, root, promoter, op.raise(x!, to));
      expect(merge(base, down, up).roleOf(x!)).toBe(result);
    });
  }
});

test("[IDAM-13] the adder of an owner is removed: the owner stays", () => {
  const { base, root, world } = cast("owner", "owner", "operator");
  const [a, b, adder, x] = world.devices as WorldDevice[];
  const add = fork(adder!, root, "operator", op.add(x!, "x"));
  const promotion = fork(a!, add[0]!, "owner", op.raise(x!, "owner"));
  const rule = fork(x!, promotion[0]!, "owner", op.createLabel("telemetry"));
  const removal = fork(b!, root, "owner", op.remove(adder!));
  const merged = merge(base, [...add, ...promotion, ...rule], removal);
  expect(merged.roleOf(x!)).toBe("owner");
  expect(merged.sees(x!)?.commonName).toBe("x");
  expect(merged.counts(add[0]!)).toBe(false);
  expect(merged.counts(rule[0]!)).toBe(true);
});

test("a device whose adder is removed and which was then removed itself does not come back by an AssignRole", () => {
  const { base, root, world } = cast("owner", "owner", "operator");
  const [a, b, adder, x] = world.devices as WorldDevice[];
  const add = fork(adder!, root, "operator", op.add(x!));
  const promotion = fork(a!, add[0]!, "owner", op.remove(x!), op.raise(x!, "user"));
  const removal = fork(b!, root, "owner", op.remove(adder!));
  const merged = merge(base, [...add, ...promotion], removal);
  expect(merged.roleOf(x!)).toBeUndefined();
});

test("[IDAM-13] a device does not outlive its removal by an AddDevice of itself that was refused", () => {
  const { base, root, world } = cast("owner", "owner", "user");
  const [remover, other, x] = world.devices as WorldDevice[];
  const planted = fork(x!, root, "user", op.add(x!, "planted"));
  // The other owner has seen the plant, and not the removal.
  const promotion = fork(other!, planted[0]!, "owner", op.raise(x!, "operator"));
  const removal = fork(remover!, root, "owner", op.remove(x!));
  const merged = merge(base, [...planted, ...promotion], removal);
  expect(merged.counts(planted[0]!)).toBe(false);
  expect(merged.roleOf(x!)).toBeUndefined();
});

test("[IDAM-13] an AddDevice that anybody may plant, to be refused, is not brought in by an owner's AssignRole", () => {
  for (const beside of [false, true]) {
    for (let salt = 0; salt < 4; salt++) {
      const { base, root, world } = cast("owner", "sync", "sync");
      const [owner, pawn, x] = world.devices as WorldDevice[];
      const planted = fork(pawn!, root, "sync", op.add(x!, `planted ${salt}`));
      const promotion = fork(owner!, planted[0]!, "owner", op.raise(x!, "user"));
      const distraction = beside ? fork(pawn!, root, "sync", op.createLabel("beside")) : [];
      const merged = merge(base, [...planted, ...promotion], distraction);
      expect(merged.sees(x!)).toMatchObject({ commonName: "device 2", rank: 1 });
      // Nothing is left of it either when the device is removed.
      merged.take(owner!.forge(op.remove(x!), { parents: merged.team.heads(), as: "owner" }));
      expect(merged.roleOf(x!)).toBeUndefined();
    }
  }
});

test("[IDAM-13] a removal cycle across forks: each removal stands or falls by the roles", () => {
  // Each of the three is removed by the next: owner > operator > user; only the loop back up fails.
  const { base, root, world } = cast("owner", "owner", "operator", "user");
  const [, owner, operator, user] = world.devices as WorldDevice[];
  const one = fork(owner!, root, "owner", op.remove(operator!));
  const two = fork(operator!, root, "operator", op.remove(user!));
  const three = fork(user!, root, "user", op.remove(owner!));
  const merged = merge(base, one, two, three);
  expect([owner, operator, user].map((d) => merged.roleOf(d!))).toEqual(["owner", undefined, "user"]);
});

test("[IDAM-13] a label is not taken from a device by who did not know of it: refused, it refuses nothing", () => {
  const { base, root, world } = cast("owner", "owner");
  const [owner, other] = world.devices as WorldDevice[];
  const late = world.devices.at(-1)!;
  const [label] = fork(owner!, root, "owner", op.createLabel("x"));
  base.take(label!);
  const given = fork(owner!, label!, "owner", op.add(late), op.label(late, "x"));
  const [taken] = fork(other!, label!, "owner", op.unlabel(late, "x"));
  const [deaf] = fork(other!, taken!, "owner", op.name(late, "late.example"));
  const merged = merge(base, given, [taken!, deaf!]);
  expect(merged.counts(taken!)).toBe(false);
  expect(merged.team.rejectionOf(deaf!.id)).toMatchObject({ code: "UnknownDevice" });
  expect(merged.sees(late)?.labels).toEqual(["x"]);
});

test("[IDAM-13] two operators that each took in the other do not undo each other", () => {
  const { base, root, world } = cast("owner", "operator", "operator", "user");
  const [, one, other, user] = world.devices as WorldDevice[];
  const first = fork(one!, root, "operator", op.remove(other!), op.remove(user!));
  const second = fork(other!, root, "operator", op.remove(one!));
  const merged = merge(base, first, second);
  expect([one, other, user].map((d) => merged.roleOf(d!))).toEqual(["operator", "operator", undefined]);
});

test("[IDAM-4] add, remove, add: role, labels and network name do not come back", () => {
  const { base, world } = cast("owner", "sync");
  const [owner, x] = world.devices as [WorldDevice, WorldDevice];
  owner.actions.createLabel("telemetry");
  owner.actions.assignRole(x.id, "user");
  owner.actions.assignLabel(x.id, "telemetry");
  owner.actions.assignNetworkName(x.id, "x.example");
  const full = owner.copy();
  owner.actions.removeDevice(x.id);
  owner.actions.addDevice(x.bundle, "again");
  const bare = { role: "sync", labels: [], netIdentifier: undefined, commonName: "again" };
  const state = (replica: WorldDevice): unknown => ({
    role: replica.roleOf(x),
    labels: replica.sees(x)?.labels,
    netIdentifier: replica.sees(x)?.netIdentifier,
    commonName: replica.sees(x)?.commonName,
  });
  expect(state(owner)).toEqual(bare);

  // Nor when what gave them is concurrent with the removal.
  const root = full.head();
  const again = fork(base, root, "owner", op.remove(x), op.add(x, "again"));
  const meanwhile = fork(
    base,
    root,
    "owner",
    op.label(x, "telemetry"),
    op.raise(x, "operator"),
    op.name(x, "y.example"),
  );
  const merged = merge(full, again, meanwhile);
  expect(state(merged)).toEqual(bare);
  // The name is free.
  expect(merged.actions.assignNetworkName(base.id, "x.example").changed).toBe(true);
  expect(merged.actions.assignNetworkName(base.id, "y.example").changed).toBe(true);
});

test("[IDAM-13] an honest device that is promoted loses nothing it had in flight", () => {
  const { base, root, world } = cast("owner", "operator", "sync");
  const [owner, operator, x, stranger] = world.devices as WorldDevice[];
  const promotion = fork(owner!, root, "owner", op.raise(operator!, "admin"));
  const work = fork(
    operator!,
    root,
    "operator",
    op.add(stranger!),
    op.raise(x!, "user"),
    op.name(x!, "x.example"),
  );
  const merged = merge(base, promotion, work);
  expect(work.every((c) => merged.counts(c))).toBe(true);
  expect(merged.roleOf(operator!)).toBe("admin");
  // From now on it may not: only operators and owners add devices.
  expect(() => {
    const device = operator!.copy();
    device.pull(merged);
    device.actions.addDevice(stranger!.bundle, "more");
  }).toThrow(expect.objectContaining({ code: "NotAuthorised" }));
});

describe("two AddDevices of one device at once", () => {
  function added(): Cast & { one: Command[]; other: Command[]; x: WorldDevice } {
    const team = cast("owner", "operator", "operator");
    const [, first, second, x] = team.world.devices as WorldDevice[];
    const one = fork(first!, team.root, "operator", op.add(x!, "one"));
    const other = fork(second!, team.root, "operator", op.add(x!, "other"));
    return { ...team, one, other, x: x! };
  }

  test("both stand, and a removal that knows both ends both", () => {
    const { base, one, other, x, world } = added();
    const merged = merge(base, one, other);
    expect([one, other].map(([c]) => merged.counts(c!))).toEqual([true, true]);
    expect(merged.roleOf(x)).toBe("sync");
    const owner = world.devices[0]!.copy();
    owner.pull(merged);
    owner.actions.removeDevice(x.id);
    expect(owner.roleOf(x)).toBeUndefined();
  });

  test("a removal that knows one leaves the other", () => {
    const { base, one, other, x, world } = added();
    const removal = fork(world.devices[0]!, one[0]!, "owner", op.remove(x));
    expect(merge(base, [...one, ...removal], other).roleOf(x)).toBe("sync");
  });

  test("the device's role is the higher one, its labels those of both", () => {
    const { base, one, other, x, world } = added();
    const [owner] = world.devices as WorldDevice[];
    const labels = fork(owner!, base.head(), "owner", op.createLabel("a"), op.createLabel("b"));
    const a = owner!.forge(op.label(x, "a"), { parents: [one[0]!, labels[1]!], as: "owner" });
    const b = owner!.forge(op.label(x, "b"), { parents: [other[0]!, labels[1]!], as: "owner" });
    const up = owner!.forge(op.raise(x, "user"), { parents: [a], as: "owner" });
    const merged = merge(base, [...one, ...labels, a, up], [...other, ...labels, b]);
    expect(merged.roleOf(x)).toBe("user");
    expect(merged.sees(x)?.labels).toEqual(["a", "b"]);
  });

  test("[AFC-8] a removal that knows one takes along what was given under it, and says so", () => {
    const told = new Set<string>();
    for (let salt = 0; salt < 8; salt++) {
      const { base, root, world } = cast("owner", "operator", "operator", "sync");
      const [owner, first, second, third, x] = world.devices as WorldDevice[];
      const label = fork(owner!, root, "owner", op.createLabel("telemetry"));
      const name = op.name(x!, `x-${salt}.example`);
      const one = fork(first!, label[0]!, "operator", op.add(x!), op.label(x!, "telemetry"), name);
      // A removal on top of the other AddDevice: which removal comes first is up to their ids.
      const other = fork(second!, label[0]!, "operator", op.add(x!), op.remove(third!));
      const removal = fork(owner!, one[2]!, "owner", op.remove(x!));
      const replica = base.copy();
      replica.take(...label, ...one, ...other);
      expect(replica.sees(x!)?.labels).toEqual(["telemetry"]);
      const { events } = replica.take(...removal);
      expect(replica.sees(x!)).toMatchObject({ rank: 0, labels: [] });
      expect(replica.sees(x!)?.netIdentifier).toBeUndefined();
      const types = events
        .filter((e) => "commandId" in e && e.commandId === removal[0]!.id)
        .map((e) => e.type);
      told.add(types.sort().join(", "));
    }
    expect([...told].sort()).toEqual(["deviceRemoved", "labelRevoked, networkNameRevoked"]);
  });

  test("a network name given under one of them is the device's only one", () => {
    const { base, one, other, x, world } = added();
    const [owner] = world.devices as WorldDevice[];
    const first = fork(owner!, one[0]!, "owner", op.name(x, "first.example"));
    const second = fork(owner!, other[0]!, "owner", op.name(x, "second.example"));
    const merged = merge(base, [...one, ...first], [...other, ...second]);
    const name = merged.sees(x)!.netIdentifier!;
    const free = name === "first.example" ? "second.example" : "first.example";
    merged.pull(owner!);
    expect(merged.actions.assignNetworkName(owner!.id, free).changed).toBe(true);
    expect(() => merged.actions.assignNetworkName(owner!.id, name)).toThrow(
      expect.objectContaining({ code: "NameInUse" }),
    );
  });
});

describe("[IDAM-10] labels", () => {
  test("one made again under an old name is a new one: nobody has it", () => {
    const { base, world } = cast("owner", "user");
    const [owner, user] = world.devices as [WorldDevice, WorldDevice];
    owner.actions.createLabel("telemetry");
    owner.actions.assignLabel(user.id, "telemetry");
    owner.actions.deleteLabel("telemetry");
    owner.actions.createLabel("telemetry");
    expect(base.sees(user)?.labels).toEqual([]);
  });

  test("an assignment beside the deletion does not reach the label made again", () => {
    const { base, world } = cast("owner", "operator", "user");
    const [owner, operator, user] = world.devices as WorldDevice[];
    owner!.actions.createLabel("telemetry");
    const root = owner!.head();
    const again = fork(owner!, root, "owner", op.deleteLabel("telemetry"), op.createLabel("telemetry"));
    const assignment = fork(operator!, root, "operator", op.label(user!, "telemetry"));
    const merged = merge(base, again, assignment);
    expect(merged.counts(assignment[0]!)).toBe(false);
    expect(merged.sees(user!)?.labels).toEqual([]);
  });

  test("a deletion and a revocation win over assignments beside them", () => {
    for (const taking of ["delete", "revoke"] as const) {
      const { base, world } = cast("owner", "operator", "user", "user");
      const [owner, operator, x, y] = world.devices as WorldDevice[];
      owner!.actions.createLabel("telemetry");
      const root = owner!.head();
      const taken = taking === "delete" ? op.deleteLabel("telemetry") : op.unlabel(x!, "telemetry");
      const away = fork(owner!, root, "owner", taken);
      const given = fork(operator!, root, "operator", op.label(x!, "telemetry"), op.label(y!, "telemetry"));
      const merged = merge(base, away, given);
      expect(merged.counts(given[0]!)).toBe(false);
      // A revocation is about one device.
      expect(merged.counts(given[1]!)).toBe(taking === "revoke");
    }
  });

  test("a refused deletion takes nothing away", () => {
    const { base, world } = cast("owner", "operator", "user");
    const [owner, operator, user] = world.devices as WorldDevice[];
    owner!.actions.createLabel("telemetry");
    const root = owner!.head();
    const forged = fork(user!, root, "user", op.deleteLabel("telemetry"));
    const given = fork(operator!, root, "operator", op.label(user!, "telemetry"));
    const merged = merge(base, forged, given);
    expect(merged.sees(user!)?.labels).toEqual(["telemetry"]);
  });
});

test("[IDAM-8] of two devices that take a name at once one gets it", () => {
  const { base, root, world } = cast("owner", "operator", "operator", "user", "user");
  const [, one, other, x, y] = world.devices as WorldDevice[];
  const first = fork(one!, root, "operator", op.name(x!, "pump.example"));
  const second = fork(other!, root, "operator", op.name(y!, "pump.example"));
  const merged = merge(base, first, second);
  expect([first, second].map(([c]) => merged.counts(c!)).sort()).toEqual([false, true]);
  const names = [x, y].map((d) => merged.sees(d!)?.netIdentifier);
  expect(names.filter((name) => name !== undefined)).toEqual(["pump.example"]);
  const loser = merged.counts(first[0]!) ? second[0]! : first[0]!;
  expect(merged.team.rejectionOf(loser.id)?.code).toBe("NameInUse");
});

describe("[IDAM-2] CloseTeam", () => {
  test("refuses what flies beside it, and everything after", () => {
    const { base, root, world } = cast("owner", "owner", "operator", "user");
    const [owner, second, operator, user, stranger] = world.devices as WorldDevice[];
    const close = fork(owner!, root, "owner", op.close());
    const work = fork(operator!, root, "operator", op.add(stranger!), op.remove(user!));
    const rule = fork(second!, root, "owner", op.remove(operator!));
    const after = fork(second!, close[0]!, "owner", op.createLabel("late"));
    const merged = merge(base, [...close, ...after], work, rule);
    expect([...work, ...rule, ...after].map((c) => merged.counts(c))).toEqual([false, false, false, false]);
    expect(merged.counts(close[0]!)).toBe(true);
    for (const act of [
      () => merged.actions.closeTeam(),
      () => merged.actions.createLabel("x"),
      () => merged.actions.addDevice(stranger!.bundle, "x"),
      () => merged.actions.removeDevice(user!.id),
      () => merged.actions.assignRole(user!.id, "operator"),
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: "TeamClosed" }));
    }
  });

  test("of two at once one counts, and the team is closed", () => {
    const { base, root, world } = cast("owner", "owner");
    const [owner, second] = world.devices as WorldDevice[];
    const one = fork(owner!, root, "owner", op.close());
    const other = fork(second!, root, "owner", op.close());
    const merged = merge(base, one, other);
    expect([one, other].map(([c]) => merged.counts(c!)).sort()).toEqual([false, true]);
    expect(() => merged.actions.closeTeam()).toThrow(expect.objectContaining({ code: "TeamClosed" }));
  });

  test("does not stop an owner from stepping down beside it, and falls if it is that owner's own", () => {
    const { base, root, world } = cast("owner", "owner");
    const [owner, second] = world.devices as WorldDevice[];
    const close = fork(owner!, root, "owner", op.close());
    const down = fork(second!, root, "owner", op.revoke(second!, "owner"));
    const merged = merge(base, close, down);
    expect([close, down].map(([c]) => merged.counts(c!))).toEqual([true, true]);
    expect(merged.roleOf(second!)).toBe("sync");

    const ownDown = fork(owner!, root, "owner", op.revoke(owner!, "owner"));
    expect(merge(base, close, ownDown).counts(close[0]!)).toBe(false);
  });

  test("by anybody else refuses nothing", () => {
    const { base, root, world } = cast("owner", "admin", "operator");
    const [, admin, operator, stranger] = world.devices as WorldDevice[];
    const forged = fork(admin!, root, "owner", op.close());
    const work = fork(operator!, root, "operator", op.add(stranger!));
    const merged = merge(base, forged, work);
    expect(merged.roleOf(stranger!)).toBe("sync");
    expect(merged.actions.createLabel("open").changed).toBe(true);
  });
});

test("[IDAM-13] a command is judged by its own past, not by what is held when it arrives", () => {
  const { base, root, world } = cast("owner", "operator", "sync");
  const [owner, , x, stranger] = world.devices as WorldDevice[];
  // x claims the role it will get, from before it has it.
  const promotion = fork(owner!, root, "owner", op.raise(x!, "operator"));
  const early = fork(x!, root, "operator", op.add(stranger!));
  const late = fork(x!, promotion[0]!, "sync", op.remove(x!));
  const merged = merge(base, promotion, early);
  expect(merged.counts(early[0]!)).toBe(false);
  expect(merge(base, [...promotion, ...late]).counts(late[0]!)).toBe(false);
});
