/** Ephemeral commands go through the same policy, against the facts as they are now, and are never stored. */
import { expect, test } from "vitest";
import { ROLES, rank } from "../../../../src/base/roles.ts";
import { DecodeError } from "../../../../src/base/errors.ts";
import { encodeFields } from "../../../../src/policy/default/operation.ts";
import { FakeSuite } from "../../../support/fake-suite.ts";
import { op, teamOf } from "../../../support/world.ts";
import type { WorldDevice } from "../../../support/world.ts";

interface Pair {
  readonly owner: WorldDevice;
  readonly a: WorldDevice;
  readonly b: WorldDevice;
  readonly stranger: WorldDevice;
}

function pair(): Pair {
  const world = teamOf(["owner", "user", "user"], 1, { suite: new FakeSuite() });
  const [owner, a, b, stranger] = world.devices as [WorldDevice, WorldDevice, WorldDevice, WorldDevice];
  owner.actions.createLabel("telemetry");
  for (const [device, name] of [
    [a, "a.example"],
    [b, "b.example"],
  ] as const) {
    owner.actions.assignNetworkName(device.id, name);
    owner.actions.assignLabel(device.id, "telemetry");
  }
  return { owner, a, b, stranger };
}

interface Asked {
  readonly from?: WorldDevice;
  readonly to?: WorldDevice;
  readonly targetName?: string;
  readonly ownName?: string;
  readonly label?: string;
}

/** "accepted", or the code of the refusal. */
function ask(p: Pair, asked: Asked = {}): string {
  const {
    from = p.a,
    to = p.b,
    targetName = "b.example",
    ownName = "a.example",
    label = "telemetry",
  } = asked;
  const fields = encodeFields({ kind: "CreateChannel", target: to.id, targetName, ownName, label });
  const role = rank(p.owner.roleOf(from) ?? "sync");
  const verdict = p.owner.team.evaluate(from.id, { kind: "CreateChannel", role, fields });
  if (!verdict.accepted) return verdict.rejection.code;
  expect({ ...verdict }).toEqual({ accepted: true, changes: [], effects: [] });
  return "accepted";
}

test("[AFC-8] two users with the label may open a channel, in both directions", () => {
  const p = pair();
  expect(ask(p)).toBe("accepted");
  expect(ask(p, { from: p.b, to: p.a, targetName: "a.example", ownName: "b.example" })).toBe("accepted");
});

test("[AFC-8] no other role may, at either end", () => {
  for (const end of ["a", "b"] as const) {
    for (const role of ROLES) {
      const p = pair();
      if (role === "sync") p.owner.actions.revokeRole(p[end].id, "user");
      else p.owner.actions.assignRole(p[end].id, role);
      expect([end, role, ask(p)]).toEqual([end, role, role === "user" ? "accepted" : "NotAuthorised"]);
    }
  }
});

test("[AFC-8] both need the label, now", () => {
  for (const end of ["a", "b"] as const) {
    const p = pair();
    p.owner.actions.createLabel("video");
    expect(ask(p, { label: "video" })).toBe("NotAuthorised");
    p.owner.actions.assignLabel(p[end].id, "video");
    expect(ask(p, { label: "video" })).toBe("NotAuthorised");
    p.owner.actions.revokeLabel(p[end].id, "telemetry");
    expect(ask(p)).toBe("NotAuthorised");
    p.owner.actions.assignLabel(p[end].id, "telemetry");
    expect(ask(p)).toBe("accepted");
  }
  const p = pair();
  expect(ask(p, { label: "nothing" })).toBe("UnknownLabel");
  p.owner.actions.deleteLabel("telemetry");
  expect(ask(p)).toBe("UnknownLabel");
});

test("[AFC-8] not with a stranger, not with a device that was removed, not with oneself, not once the team is closed", () => {
  const p = pair();
  expect(ask(p, { from: p.stranger })).toBe("NotAMember");
  expect(ask(p, { to: p.stranger })).toBe("UnknownDevice");
  expect(ask(p, { to: p.a })).toBe("InvalidArgument");
  p.owner.actions.removeDevice(p.b.id);
  expect(ask(p)).toBe("UnknownDevice");
  expect(ask(p, { from: p.b, to: p.a, targetName: "a.example", ownName: "b.example" })).toBe("NotAMember");
  const q = pair();
  q.owner.actions.closeTeam();
  expect(ask(q)).toBe("TeamClosed");
});

test("[AFC-9] both names are the ones the graph gives the devices", () => {
  const p = pair();
  expect(ask(p, { targetName: "a.example", ownName: "b.example" })).toBe("UnknownName");
  expect(ask(p, { targetName: "c.example" })).toBe("UnknownName");
  expect(ask(p, { ownName: "c.example" })).toBe("UnknownName");
  p.owner.actions.assignNetworkName(p.b.id, "c.example");
  expect(ask(p)).toBe("UnknownName");
  expect(ask(p, { targetName: "c.example" })).toBe("accepted");
  p.owner.actions.revokeNetworkName(p.a.id, "a.example");
  expect(ask(p, { targetName: "c.example" })).toBe("UnknownName");
});

test("an ephemeral command never gets into a graph", () => {
  const p = pair();
  const before = p.owner.team.commandCount;
  const command = p.a.copy();
  command.pull(p.owner);
  const forged = command.forge({
    kind: "CreateChannel",
    target: p.b.id,
    targetName: "b.example",
    ownName: "a.example",
    label: "telemetry",
  });
  expect(() => p.owner.take(forged)).toThrow(DecodeError);
  expect(p.owner.team.commandCount).toBe(before);
  expect(p.owner.counts(p.owner.insist(op.createLabel("still works")))).toBe(true);
});
