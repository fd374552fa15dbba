/** Whose AddDevices make authors: who was once given the power to sign them, and nobody else (decision 0012). */
import { describe, expect, test } from "vitest";
import type { CommandId } from "../../../src/base/ids.ts";
import type { Command } from "../../../src/graph/command.ts";
import { defaultPolicy } from "../../../src/policy/default/policy.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const ROLES = ["owner", "admin", "operator", "user", "sync"] as const;

interface Cast {
  readonly owner: WorldDevice;
  readonly admin: WorldDevice;
  readonly operator: WorldDevice;
  readonly user: WorldDevice;
  readonly idle: WorldDevice;
  readonly puppet: WorldDevice;
  readonly other: WorldDevice;
}

function cast(options: { policies?: readonly Policy[]; allowance?: typeof SMALL } = {}): Cast {
  const world = teamOf(ROLES, 2, { suite: new FakeSuite(), ...options });
  const [owner, admin, operator, user, idle, puppet, other] = world.devices as WorldDevice[];
  return {
    owner: owner!,
    admin: admin!,
    operator: operator!,
    user: user!,
    idle: idle!,
    puppet: puppet!,
    other: other!,
  };
}

type Parent = Command | CommandId;

const SMALL = { commandsPerAuthorMax: 1000, forkedCommandsMax: 2 };
const unknownAuthor = expect.objectContaining({ code: "unknown-author" }) as Error;

function add(by: WorldDevice, device: WorldDevice, on: Parent, as: (typeof ROLES)[number]): Command {
  return by.forge(op.add(device), { parents: [on], as });
}

function say(by: WorldDevice, ...on: readonly Parent[]): Command {
  return by.forge(op.createLabel("x"), { parents: on, as: "sync" });
}

describe("[SYN-8] a device made up", () => {
  test.each([
    ["user", "user"],
    ["idle", "sync"],
    ["idle", "operator"], // a role it never had
    ["idle", "owner"],
    ["admin", "admin"], // who may not add devices at all
    ["admin", "operator"],
  ] as const)("by %s, acting as %s, never writes", (who, as) => {
    const c = cast();
    const planted = add(c[who], c.puppet, c.owner.head(), as);
    c.owner.take(planted); // it is a command like any that is refused
    expect(c.owner.counts(planted)).toBe(false);
    const before = c.owner.team.commandCount;
    expect(() => c.owner.take(say(c.puppet, planted))).toThrow(unknownAuthor);
    // Nor does what it adds in turn.
    const further = add(c.puppet, c.other, planted, "operator");
    expect(() => c.owner.take(further)).toThrow(unknownAuthor);
    expect(c.owner.team.commandCount).toBe(before);
  });

  test("by one who made itself an operator never writes", () => {
    const c = cast();
    const raised = c.idle.forge(op.raise(c.idle, "operator"), { parents: [c.owner.head()], as: "operator" });
    const planted = add(c.idle, c.puppet, raised, "operator");
    c.owner.take(raised, planted);
    expect(() => c.owner.take(say(c.puppet, planted))).toThrow(unknownAuthor);
  });
});

describe("what was once given is there for good, and only on top of what gave it", () => {
  test("an operator's AddDevice introduces, even after it was removed and from a fork", () => {
    const c = cast();
    const fromBefore = c.owner.head();
    const removal = c.owner.insist(op.remove(c.operator));
    for (const on of [fromBefore, removal]) {
      const replica = c.owner.copy();
      const added = add(c.operator, c.puppet, on, "operator");
      replica.take(added);
      expect(replica.counts(added)).toBe(false);
      const said = say(c.puppet, added);
      replica.take(said);
      expect(replica.team.rejectionOf(said.id)?.code).toBe("NotAMember");
    }
  });

  test("an admin makes operators, who add devices; an operator makes none", () => {
    const c = cast();
    const base = c.owner.head();
    const make = (by: WorldDevice, as: "admin" | "operator"): Command =>
      by.forge(op.raise(c.user, "operator"), { parents: [base], as });
    const byAdmin = make(c.admin, "admin");
    const added = add(c.user, c.puppet, byAdmin, "operator");
    c.owner.take(byAdmin, added, say(c.puppet, added));
    const byOperator = make(c.operator, "operator");
    const planted = add(c.user, c.other, byOperator, "operator");
    c.owner.take(byOperator, planted);
    expect(() => c.owner.take(say(c.other, planted))).toThrow(unknownAuthor);
    // On top of both it is: the power lies in its past.
    const late = c.user.forge(op.add(c.other), { parents: [byAdmin, byOperator], as: "operator" });
    c.owner.take(late, say(c.other, late));
  });

  test("whatever the order of arrival, and from disk", () => {
    const c = cast();
    const base = c.owner.head();
    const made = c.admin.forge(op.raise(c.user, "operator"), { parents: [base], as: "admin" });
    const beside = fork(c.admin, base, "admin", op.createLabel("a"), op.createLabel("b"));
    const added = add(c.user, c.puppet, made, "operator");
    const said = say(c.puppet, added, beside.at(-1)!);
    const again = add(c.puppet, c.other, said, "operator"); // never given that
    const orders = [
      [made, ...beside, added, said, again],
      [...beside, made, added, said, again],
      [made, added, ...beside, said, again],
    ];
    const digests = orders.map((commands) => {
      const oneByOne = c.owner.copy();
      for (const command of commands) oneByOne.take(command);
      const atOnce = c.owner.copy();
      atOnce.take(...commands);
      const onTop = say(c.other, again);
      for (const team of [oneByOne.team, atOnce.team, oneByOne.reopened()]) {
        expect(() => team.admit([onTop.bytes])).toThrow(unknownAuthor);
      }
      expect(atOnce.digest).toBe(oneByOne.digest);
      return atOnce.digest;
    });
    expect(new Set(digests).size).toBe(1);
  });

  test("nor does it matter whether the one who added is heard, and its commands are kept aside", () => {
    const c = cast({ allowance: SMALL });
    const base = c.owner.head();
    const forks = Array.from({ length: 4 }, (_, i) =>
      c.operator.forge(op.createLabel(`fork ${i}`), { parents: [base], as: "operator" }),
    );
    const added = add(c.operator, c.puppet, forks[0]!, "operator");
    const planted = add(c.idle, c.other, base, "sync");
    const said = say(c.puppet, added);
    const late = c.owner.copy();
    late.take(...forks);
    expect([...late.team.unheardDevices()]).toEqual([c.operator.id]);
    late.take(planted, added);
    expect(late.team.pooledCount).toBeGreaterThan(0);
    late.take(said);
    expect(() => late.take(say(c.other, planted, added))).toThrow(unknownAuthor);
    const early = c.owner.copy();
    early.take(forks[0]!, added, said, planted, ...forks.slice(1));
    expect(early.digest).toBe(late.digest);
  });
});

test("a policy that knows of no powers lets every introduction count", () => {
  const without: Policy = { ...defaultPolicy };
  delete without.grant;
  const c = cast({ policies: [without] });
  const planted = add(c.idle, c.puppet, c.owner.head(), "sync");
  c.owner.take(planted, say(c.puppet, planted));
});
