import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { Actions } from "../../../src/team/actions.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { keysFromSeed, op, teamOf, World } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

function team(): { owner: WorldDevice; user: WorldDevice; other: WorldDevice; stranger: WorldDevice } {
  const world = teamOf(["owner", "user", "user"], 1, { suite: new FakeSuite() });
  const [owner, user, other, stranger] = world.devices as [
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
  ];
  return { owner, user, other, stranger };
}

function failing(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "nothing";
}

/** What does nothing leaves no command either. */
function unchanged(device: WorldDevice, act: () => { changed: boolean }): void {
  const before = device.team.commandCount;
  expect(act().changed).toBe(false);
  expect(device.team.commandCount).toBe(before);
}

test("[IDAM-1] the founder owns its team, and no two teams share an id", () => {
  const suite = new FakeSuite();
  const one = new World(1, { suite, seed: "one" });
  expect(one.devices[0]!.roleOf(one.devices[0]!)).toBe("owner");
  expect(String(one.devices[0]!.commands()[0]!.id)).toBe(String(one.teamId));
  const keys = keysFromSeed(suite, "one/0");
  expect(one.devices[0]!.keys.deviceId).toBe(keys.deviceId);
  const other = new World(1, { suite, seed: "other" });
  expect(other.teamId).not.toBe(one.teamId);
});

test("[IDAM-3] a device is added once, with the least role, under the id of its identity key", () => {
  const { owner, stranger } = team();
  const { changed, deviceId, events } = owner.actions.addDevice(stranger.bundle, "pump 7");
  expect({ changed, deviceId }).toEqual({ changed: true, deviceId: stranger.id });
  expect(events).toEqual([
    expect.objectContaining({ type: "deviceAdded", deviceId, role: "sync", commonName: "pump 7" }),
  ]);
  expect(owner.sees(stranger)).toMatchObject({
    rank: 0,
    commonName: "pump 7",
    labels: [],
    bundle: stranger.bundle,
  });
  expect(failing(() => owner.actions.addDevice(stranger.bundle, "pump 8"))).toBe("DeviceExists");
  expect(failing(() => owner.actions.addDevice(owner.bundle, "me"))).toBe("DeviceExists");
});

test("[IDAM-3] names and bundles that cannot be are refused before anything else", () => {
  const { owner, stranger } = team();
  for (const name of [
    "",
    " x",
    "x ",
    "a\nb",
    "a\u0000",
    "x".repeat(LIMITS.commonNameBytesMax + 1),
    "\ud800",
  ]) {
    expect(failing(() => owner.actions.addDevice(stranger.bundle, name))).toBe("InvalidArgument");
  }
  const forged = { ...stranger.bundle, signature: new Uint8Array(64) };
  expect(failing(() => owner.actions.addDevice(forged, "x"))).toBe("InvalidArgument");
  const swapped = { ...stranger.bundle, encryptionKey: owner.bundle.encryptionKey };
  expect(failing(() => owner.actions.addDevice(swapped, "x"))).toBe("InvalidArgument");
});

test("[IDAM-4] a device that is no member cannot be removed, nor can one twice", () => {
  const { owner, user, stranger } = team();
  expect(failing(() => owner.actions.removeDevice(stranger.id))).toBe("UnknownDevice");
  expect(owner.actions.removeDevice(user.id).changed).toBe(true);
  expect(failing(() => owner.actions.removeDevice(user.id))).toBe("UnknownDevice");
});

test("[IDAM-5] assigning replaces the role; false for the role held", () => {
  const { owner, user } = team();
  unchanged(owner, () => owner.actions.assignRole(user.id, "user"));
  for (const role of ["admin", "operator", "user"] as const) {
    const { changed, events } = owner.actions.assignRole(user.id, role);
    expect(changed).toBe(true);
    expect(events).toEqual([expect.objectContaining({ type: "roleChanged", deviceId: user.id, to: role })]);
    expect(owner.roleOf(user)).toBe(role);
  }
});

test("[IDAM-6] revoking leaves sync, and names the role held when it is another", () => {
  const { owner, user } = team();
  expect(() => owner.actions.revokeRole(user.id, "operator")).toThrow(
    expect.objectContaining({
      code: "RoleMismatch",
      fields: { deviceId: user.id, role: "operator", held: "user" },
    }),
  );
  expect(owner.actions.revokeRole(user.id, "user").changed).toBe(true);
  expect(owner.roleOf(user)).toBe("sync");
  expect(failing(() => owner.actions.revokeRole(user.id, "user"))).toBe("RoleMismatch");
});

describe("[IDAM-8, IDAM-9] network names", () => {
  test("one a device, replaced when assigned again; false for the name held", () => {
    const { owner, user, other } = team();
    expect(owner.actions.assignNetworkName(user.id, "Pump-7.Example").changed).toBe(true);
    unchanged(owner, () => owner.actions.assignNetworkName(user.id, "pump-7.example:4321"));
    expect(owner.actions.assignNetworkName(user.id, "10.0.0.7:99").changed).toBe(true);
    expect(owner.sees(user)?.netIdentifier).toBe("10.0.0.7:99");
    // The old one is free again.
    expect(owner.actions.assignNetworkName(other.id, "pump-7.example").changed).toBe(true);
  });

  test("a name in use is refused, naming who has it, in any spelling", () => {
    const { owner, user, other } = team();
    owner.actions.assignNetworkName(user.id, "pump.example");
    expect(() => owner.actions.assignNetworkName(other.id, "PUMP.example:4321")).toThrow(
      expect.objectContaining({
        code: "NameInUse",
        fields: expect.objectContaining({ deviceId: user.id, netIdentifier: "pump.example" }) as unknown,
      }),
    );
    owner.actions.removeDevice(user.id);
    expect(owner.actions.assignNetworkName(other.id, "pump.example").changed).toBe(true);
  });

  test("what is no name is no argument; what the device is not called cannot be revoked", () => {
    const { owner, user, stranger } = team();
    for (const name of ["", "a b", "pump_7", "::1", "1.2.3", "x:0", "x:65536", "http://x"]) {
      expect(failing(() => owner.actions.assignNetworkName(user.id, name))).toBe("InvalidArgument");
    }
    expect(failing(() => owner.actions.revokeNetworkName(user.id, "pump.example"))).toBe("UnknownName");
    owner.actions.assignNetworkName(user.id, "pump.example");
    expect(failing(() => owner.actions.revokeNetworkName(user.id, "pump.example:99"))).toBe("UnknownName");
    expect(owner.actions.revokeNetworkName(user.id, "PUMP.example").changed).toBe(true);
    expect(owner.sees(user)?.netIdentifier).toBeUndefined();
    expect(failing(() => owner.actions.assignNetworkName(stranger.id, "x.example"))).toBe("UnknownDevice");
  });
});

describe("[IDAM-10] labels", () => {
  test("are created once, and deleting one takes it from everybody", () => {
    const { owner, user, other } = team();
    expect(owner.actions.createLabel("telemetry").changed).toBe(true);
    expect(failing(() => owner.actions.createLabel("telemetry"))).toBe("LabelExists");
    owner.actions.createLabel("video");
    owner.actions.assignLabel(user.id, "telemetry");
    owner.actions.assignLabel(user.id, "video");
    owner.actions.assignLabel(other.id, "telemetry");
    expect(owner.sees(user)?.labels).toEqual(["telemetry", "video"]);
    expect(owner.actions.deleteLabel("telemetry").changed).toBe(true);
    expect([user, other].map((d) => owner.sees(d)?.labels)).toEqual([["video"], []]);
    expect(failing(() => owner.actions.deleteLabel("telemetry"))).toBe("UnknownLabel");
  });

  test("false for one held, or not held", () => {
    const { owner, user } = team();
    owner.actions.createLabel("telemetry");
    unchanged(owner, () => owner.actions.revokeLabel(user.id, "telemetry"));
    expect(owner.actions.assignLabel(user.id, "telemetry").changed).toBe(true);
    unchanged(owner, () => owner.actions.assignLabel(user.id, "telemetry"));
    expect(owner.actions.revokeLabel(user.id, "telemetry").changed).toBe(true);
    unchanged(owner, () => owner.actions.revokeLabel(user.id, "telemetry"));
  });

  test("that do not exist, or could not, are unknown", () => {
    const { owner, user } = team();
    for (const label of ["nothing", "", "a\nb", "x".repeat(LIMITS.labelBytesMax + 1)]) {
      expect(failing(() => owner.actions.assignLabel(user.id, label))).toBe("UnknownLabel");
      expect(failing(() => owner.actions.revokeLabel(user.id, label))).toBe("UnknownLabel");
      expect(failing(() => owner.actions.deleteLabel(label))).toBe("UnknownLabel");
    }
    for (const label of ["", "a\nb", "x".repeat(LIMITS.labelBytesMax + 1)]) {
      expect(failing(() => owner.actions.createLabel(label))).toBe("InvalidArgument");
    }
  });

  test("are as many as the limit says, and no more", () => {
    const { owner } = team();
    for (let i = 0; i < LIMITS.labelsPerTeamMax; i++) owner.actions.createLabel(`label ${i}`);
    expect(() => owner.actions.createLabel("one more")).toThrow(
      expect.objectContaining({
        code: "LimitReached",
        fields: { name: "labelsPerTeamMax", limit: LIMITS.labelsPerTeamMax },
      }),
    );
  });
});

test("[IDAM-2] after closeTeam every operation fails, the same one included", () => {
  const { owner, user, stranger } = team();
  owner.actions.createLabel("telemetry");
  expect(owner.actions.closeTeam().changed).toBe(true);
  const before = owner.digest;
  const acts: (() => unknown)[] = [
    () => owner.actions.closeTeam(),
    () => owner.actions.addDevice(stranger.bundle, "x"),
    () => owner.actions.removeDevice(user.id),
    () => owner.actions.removeDevice(stranger.id),
    () => owner.actions.assignRole(user.id, "operator"),
    () => owner.actions.revokeRole(user.id, "user"),
    () => owner.actions.assignNetworkName(user.id, "x.example"),
    () => owner.actions.revokeNetworkName(user.id, "x.example"),
    () => owner.actions.createLabel("x"),
    () => owner.actions.deleteLabel("telemetry"),
    () => owner.actions.assignLabel(user.id, "telemetry"),
    () => owner.actions.revokeLabel(user.id, "telemetry"),
  ];
  expect(acts.map(failing)).toEqual(acts.map(() => "TeamClosed"));
  expect(owner.digest).toBe(before);
  expect(failing(() => owner.actions.removeDevice(owner.id))).toBe("TeamClosed");
  // Put there all the same, it changes nothing.
  for (const each of [op.createLabel("x"), op.remove(user), op.raise(user, "owner"), op.close()]) {
    expect(owner.counts(owner.insist(each))).toBe(false);
  }
  expect(owner.digest).toBe(before);
});

test("a team of which nothing has arrived yet answers TeamNotSynced", () => {
  const world = new World(2, { suite: new FakeSuite() });
  const waiting = world.devices[1]!;
  expect(waiting.team.isSynced).toBe(false);
  expect(() => waiting.team.evaluate(waiting.id, { kind: "CloseTeam", role: 4, fields: [] })).toThrow(
    expect.objectContaining({ code: "TeamNotSynced" }),
  );
  expect(failing(() => waiting.actions.createLabel("x"))).toBe("TeamNotSynced");
  expect(failing(() => waiting.actions.removeDevice(world.devices[0]!.id))).toBe("TeamNotSynced");
});

test("a device authors nothing before its own AddDevice has arrived, nor after it was removed", () => {
  const { owner, user, stranger } = team();
  const other = new Actions(new FakeSuite(), stranger.keys, owner.team);
  const before = owner.team.commandCount;
  expect(failing(() => other.createLabel("x"))).toBe("NotAMember");
  owner.actions.removeDevice(user.id);
  user.pull(owner);
  expect(failing(() => user.actions.removeDevice(user.id))).toBe("NotAMember");
  expect(owner.team.commandCount).toBe(before + 1);
});
