/**
 * The role matrix of the requirements, written down once more and independently: every author's role, every operation,
 * every kind of target. Each cell is tried as an application would, and as a device would whose software asks nobody.
 */
import { describe, expect, test } from "vitest";
import { AranyaError } from "../../../../src/base/errors.ts";
import { ROLES, rank } from "../../../../src/base/roles.ts";
import type { Role } from "../../../../src/base/roles.ts";
import type { Operation } from "../../../../src/policy/default/operation.ts";
import type { Actions, Acted } from "../../../../src/team/actions.ts";
import { FakeSuite } from "../../../support/fake-suite.ts";
import { teamOf } from "../../../support/world.ts";
import type { WorldDevice } from "../../../support/world.ts";

/** A member of each role that is not the author, the author itself, and a device that is not on the team. */
const TARGETS = [...ROLES, "self", "stranger"] as const;
type Target = (typeof TARGETS)[number];

/** Per author's role, the targets it is allowed for. */
type Row = Readonly<Partial<Record<Role, string>>>;
const NOBODY = "";
const MEMBERS = "owner admin operator user sync self";

const TARGETED: Readonly<Record<string, Row>> = {
  RemoveDevice: {
    owner: "admin operator user sync self",
    admin: "self",
    operator: "user sync self",
    user: "self",
    sync: "self",
  },
  "AssignRole owner": { owner: "admin operator user sync" },
  "AssignRole admin": { owner: "admin operator user sync self" },
  "AssignRole operator": { owner: "admin operator user sync self", admin: "operator user sync self" },
  "AssignRole user": {
    owner: "admin operator user sync self",
    admin: "operator user sync self",
    operator: "user sync self",
  },
  "RevokeRole owner": { owner: "self" },
  "RevokeRole admin": { owner: "admin", admin: "self" },
  "RevokeRole operator": { owner: "operator", admin: "operator", operator: "self" },
  "RevokeRole user": { owner: "user", admin: "user", operator: "user", user: "self" },
  AssignNetworkName: { owner: MEMBERS, admin: MEMBERS, operator: MEMBERS },
  RevokeNetworkName: { owner: MEMBERS, admin: MEMBERS, operator: MEMBERS },
  AssignLabel: { owner: MEMBERS, operator: MEMBERS },
  RevokeLabel: { owner: MEMBERS, operator: MEMBERS },
};

const UNTARGETED: Readonly<Record<string, readonly Role[]>> = {
  CloseTeam: ["owner"],
  AddDevice: ["owner", "operator"],
  CreateLabel: ["owner", "admin"],
  DeleteLabel: ["owner", "admin"],
};

/** Two of each role: devices 2i and 2i + 1 have ROLES[i]. Everybody has a name and the label "worn". */
const roles = ROLES.flatMap((role) => [role, role]);
const world = teamOf(roles, 2, { suite: new FakeSuite() });
const founder = world.devices[0]!;
founder.actions.createLabel("fresh");
founder.actions.createLabel("worn");
for (const [i, device] of world.devices.slice(0, roles.length).entries()) {
  founder.actions.assignNetworkName(device.id, `device-${i}.example`);
  founder.actions.assignLabel(device.id, "worn");
}
const [stranger, another] = world.devices.slice(roles.length) as [WorldDevice, WorldDevice];

function member(role: Role): WorldDevice {
  return world.devices[2 * ROLES.indexOf(role)]!;
}

/** A member on a replica of its own. */
function author(role: Role): WorldDevice {
  const device = member(role).copy();
  device.pull(founder);
  return device;
}

function targetOf(authorRole: Role, target: Target): WorldDevice {
  if (target === "stranger") return stranger;
  if (target === "self") return world.devices[2 * ROLES.indexOf(authorRole)]!;
  return world.devices[2 * ROLES.indexOf(target) + 1]!;
}

function nameOf(device: WorldDevice): string {
  return `device-${world.devices.indexOf(device)}.example`;
}

function operation(name: string, on: WorldDevice, held: Role | undefined): Operation {
  const [kind, role] = name.split(" ") as [Operation["kind"], Role];
  const target = on.id;
  switch (kind) {
    case "RemoveDevice":
      return { kind, target };
    case "AssignRole":
      return {
        kind,
        target,
        role,
        direction: held !== undefined && rank(role) < rank(held) ? "lower" : "raise",
      };
    case "RevokeRole":
      return { kind, target, role };
    case "AssignNetworkName":
      return { kind, target, netIdentifier: "fresh.example" };
    case "RevokeNetworkName":
      return { kind, target, netIdentifier: nameOf(on) };
    case "AssignLabel":
      return { kind, target, label: "fresh" };
    case "RevokeLabel":
      return { kind, target, label: "worn" };
    case "CreateLabel":
      return { kind, label: "new" };
    case "DeleteLabel":
      return { kind, label: "worn" };
    case "AddDevice":
      return { kind, target, bundle: on.bundle, commonName: "newcomer" };
    case "CloseTeam":
      return { kind };
    default:
      throw new Error(kind);
  }
}

function ask(actions: Actions, op: Operation): Acted {
  switch (op.kind) {
    case "RemoveDevice":
      return actions.removeDevice(op.target);
    case "AssignRole":
      return actions.assignRole(op.target, op.role);
    case "RevokeRole":
      return actions.revokeRole(op.target, op.role);
    case "AssignNetworkName":
      return actions.assignNetworkName(op.target, op.netIdentifier);
    case "RevokeNetworkName":
      return actions.revokeNetworkName(op.target, op.netIdentifier);
    case "AssignLabel":
      return actions.assignLabel(op.target, op.label);
    case "RevokeLabel":
      return actions.revokeLabel(op.target, op.label);
    case "CreateLabel":
      return actions.createLabel(op.label);
    case "DeleteLabel":
      return actions.deleteLabel(op.label);
    case "AddDevice":
      return actions.addDevice(op.bundle, op.commonName);
    case "CloseTeam":
      return actions.closeTeam();
    default:
      throw new Error(op.kind);
  }
}

/** "true" or "false" as the API answers, or the code of the error. */
function answer(act: () => Acted): string {
  try {
    return String(act().changed);
  } catch (error) {
    if (!(error instanceof AranyaError)) throw error;
    if (error.code === "NotAuthorised") {
      expect(Object.keys(error.fields)).toEqual(expect.arrayContaining(["operation", "role", "rule"]));
    }
    return error.code;
  }
}

interface Case {
  readonly authorRole: Role;
  readonly name: string;
  readonly target: Target;
  readonly held: Role | undefined;
  readonly allowed: boolean;
}

const targeted = Object.entries(TARGETED).flatMap(([name, row]) =>
  ROLES.flatMap((authorRole) =>
    TARGETS.map((target): Case => {
      const held = target === "stranger" ? undefined : target === "self" ? authorRole : target;
      const allowed = (row[authorRole] ?? NOBODY).split(" ").includes(target);
      return { authorRole, name, target, held, allowed };
    }),
  ),
);

/** Asked for a device it does not concern, an application is told so before it is told about rights. */
function expectedAnswer({ name, target, held, allowed }: Case): string {
  const [kind, role] = name.split(" ");
  if (target === "stranger") return "UnknownDevice";
  if (kind === "RevokeRole" && role !== held) return "RoleMismatch";
  if (!allowed) return "NotAuthorised";
  return String(!(kind === "AssignRole" && role === held));
}

function title({ authorRole, name, target }: Case): string {
  return `${authorRole}: ${name} of ${target}`;
}

describe("[IDAM-7] through the API each cell of the matrix holds", () => {
  test("[IDAM-5, IDAM-6, IDAM-11, IDAM-12] for every operation on a device", () => {
    const got: Record<string, string> = {};
    const expected: Record<string, string> = {};
    const untouched = new Map(ROLES.map((role) => [role, author(role)]));
    for (const each of targeted) {
      const device = untouched.get(each.authorRole)!;
      const before = device.digest;
      const count = device.team.commandCount;
      const target = targetOf(each.authorRole, each.target);
      got[title(each)] = answer(() => ask(device.actions, operation(each.name, target, each.held)));
      expected[title(each)] = expectedAnswer(each);
      // Only what changes something leaves a trace.
      expect([title(each), device.team.commandCount - count, device.digest !== before]).toEqual(
        got[title(each)] === "true" ? [title(each), 1, true] : [title(each), 0, false],
      );
      if (device.team.commandCount !== count) untouched.set(each.authorRole, author(each.authorRole));
    }
    expect(got).toEqual(expected);
  });

  test("[IDAM-2, IDAM-3, IDAM-10] for every operation without one", () => {
    for (const [name, allowed] of Object.entries(UNTARGETED)) {
      for (const role of ROLES) {
        const device = author(role);
        const got = answer(() => ask(device.actions, operation(name, stranger, undefined)));
        expect([role, name, got]).toEqual([role, name, allowed.includes(role) ? "true" : "NotAuthorised"]);
      }
    }
  });
});

describe("[IDAM-7] a device that asks nobody gets no further", () => {
  test("[IDAM-5, IDAM-6, IDAM-11, IDAM-12] with any operation on a device", () => {
    // What is refused changes nothing, so one replica can take one after the other.
    const refusing = founder.copy();
    const before = refusing.digest;
    for (const each of targeted) {
      const target = targetOf(each.authorRole, each.target);
      const op = operation(each.name, target, each.held);
      // Of a role the target does not hold: the next test.
      if (op.kind === "RevokeRole" && op.role !== each.held) continue;
      const replica = each.allowed ? founder.copy() : refusing;
      const command = member(each.authorRole).forge(op, {
        as: each.authorRole,
        parents: replica.team.heads(),
      });
      expect(replica.take(command).added).toBe(1);
      expect([title(each), replica.counts(command)]).toEqual([title(each), each.allowed]);
      if (!each.allowed) expect([title(each), replica.digest]).toEqual([title(each), before]);
    }
  });

  test("[IDAM-6, IDAM-12] with a RevokeRole of a role the device does not hold it moves only whom it may demote", () => {
    const demotable: Row = {
      owner: "admin operator user sync self",
      admin: "operator user sync self",
      operator: "user sync self",
      user: "self",
    };
    const refusing = founder.copy();
    const before = refusing.digest;
    for (const each of targeted) {
      const target = targetOf(each.authorRole, each.target);
      const op = operation(each.name, target, each.held);
      if (op.kind !== "RevokeRole" || op.role === each.held) continue;
      const may = (demotable[each.authorRole] ?? NOBODY).split(" ").includes(each.target);
      const replica = may ? founder.copy() : refusing;
      replica.take(member(each.authorRole).forge(op, { as: each.authorRole, parents: replica.team.heads() }));
      if (!may) expect([title(each), replica.digest]).toEqual([title(each), before]);
      for (const device of world.devices) {
        const kept = founder.roleOf(device);
        const roles = device === target && may ? [kept, "sync"] : [kept];
        expect(roles).toContain(replica.roleOf(device));
      }
    }
  });

  test("[IDAM-2, IDAM-3, IDAM-10] with any operation without one", () => {
    for (const [name, allowed] of Object.entries(UNTARGETED)) {
      for (const role of ROLES) {
        const replica = founder.copy();
        const before = replica.digest;
        const parents = replica.team.heads();
        const command = member(role).forge(operation(name, stranger, undefined), { as: role, parents });
        replica.take(command);
        expect([role, name, replica.counts(command)]).toEqual([role, name, allowed.includes(role)]);
        expect(replica.digest !== before).toBe(allowed.includes(role));
      }
    }
  });

  test("by claiming a role it does not have", () => {
    const replica = founder.copy();
    const before = replica.digest;
    for (const held of ROLES) {
      for (const claimed of ROLES) {
        if (held === claimed) continue;
        for (const name of ["CloseTeam", "AddDevice", "CreateLabel", "RemoveDevice", "AssignRole user"]) {
          const on = name === "AddDevice" ? stranger : targetOf(held, "sync");
          const parents = replica.team.heads();
          const command = member(held).forge(operation(name, on, "sync"), { as: claimed, parents });
          replica.take(command);
          expect(replica.team.rejectionOf(command.id)?.code).toBe("NotAuthorised");
          expect(replica.digest).toBe(before);
        }
      }
    }
  });

  test("by lying about the direction of an AssignRole", () => {
    for (const [from, to, direction] of [
      ["admin", "user", "raise"], // says it raises what it would lower
      ["user", "admin", "lower"],
    ] as const) {
      const replica = founder.copy();
      const before = replica.digest;
      const target = targetOf("owner", from);
      const command = author("owner").forge({ kind: "AssignRole", target: target.id, role: to, direction });
      replica.take(command);
      expect(replica.digest).toBe(before);
      expect(replica.roleOf(target)).toBe(from);
    }
  });

  test("and a device that is no member does nothing at all", () => {
    // Known to the graph by an AddDevice that was refused: its author is removed beside it.
    const pawn = author("operator");
    const added = pawn.forge({
      kind: "AddDevice",
      target: stranger.id,
      bundle: stranger.bundle,
      commonName: "s",
    });
    const replica = founder.copy();
    replica.insist({ kind: "RemoveDevice", target: pawn.id });
    replica.take(added);
    expect(replica.counts(added)).toBe(false);
    const outsider = stranger.copy();
    outsider.pull(replica);
    const before = replica.digest;
    for (const role of ROLES) {
      for (const op of [
        operation("AddDevice", another, undefined),
        operation("CloseTeam", another, undefined),
        operation("RemoveDevice", founder, "owner"),
        operation("RemoveDevice", stranger, undefined),
        operation("AssignRole owner", stranger, undefined),
      ]) {
        const command = outsider.forge(op, { as: role, parents: [added] });
        replica.take(command);
        expect(replica.team.rejectionOf(command.id)?.code).toBe("NotAMember");
      }
    }
    expect(replica.digest).toBe(before);
    expect(answer(() => outsider.actions.createLabel("x"))).toBe("NotAMember");
    // A stranger learns nothing about who is a member.
    expect(answer(() => outsider.actions.removeDevice(founder.id))).toBe("NotAMember");
    expect(answer(() => outsider.actions.removeDevice(another.id))).toBe("NotAMember");
  });
});

test("`sync` is neither assigned nor revoked", () => {
  const owner = author("owner");
  const user = targetOf("owner", "user");
  expect(answer(() => owner.actions.assignRole(user.id, "sync"))).toBe("InvalidArgument");
  expect(answer(() => owner.actions.revokeRole(targetOf("owner", "sync").id, "sync"))).toBe(
    "InvalidArgument",
  );
  for (const op of [
    { kind: "AssignRole", target: user.id, role: "sync", direction: "lower" },
    { kind: "RevokeRole", target: targetOf("owner", "sync").id, role: "sync" },
  ] as const) {
    const command = owner.insist(op);
    expect(owner.counts(command)).toBe(false);
    expect(owner.roleOf(user)).toBe("user");
  }
});
