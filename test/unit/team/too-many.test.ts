/** Owners, admins and operators whose software is not ours, and makes more of everything than ours would. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { methodDefinition } from "../../../src/ipc/methods.ts";
import { checkValue } from "../../../src/ipc/schema.ts";
import { LABELS } from "../../../src/policy/default/tables.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

test("[IDAM-10] labels beyond the limit change nothing, and what a query answers fits the method table", () => {
  const world = teamOf(["owner", "user"], 0, { suite: new FakeSuite() });
  const [owner, user] = world.devices as [WorldDevice, WorldDevice];
  const wanted = Array.from({ length: LIMITS.labelsPerTeamMax + 20 }, (_, i) => op.createLabel(`label ${i}`));
  const made = fork(owner, owner.head(), "owner", ...wanted);
  owner.take(...made);
  owner.take(
    ...fork(owner, owner.head(), "owner", ...wanted.map((_, i) => ({ ...op.label(user, `label ${i}`) }))),
  );
  expect(made.filter((command) => owner.counts(command))).toHaveLength(LIMITS.labelsPerTeamMax);
  const labels = [...owner.team.facts.entries(LABELS)].map(([label]) => label);
  expect(checkValue(methodDefinition("labels").result, labels)).toHaveLength(LIMITS.labelsPerTeamMax);
  expect(owner.sees(user)!.labels).toHaveLength(LIMITS.labelsPerTeamMax);
  // One that is deleted makes room.
  owner.actions.deleteLabel("label 0");
  owner.actions.createLabel("another");
});

test("a team of more devices than ours would add can still be listed", () => {
  const { keys } = teamOf(["owner"]).devices[0]!;
  const info = { deviceId: keys.deviceId, commonName: "x", role: "sync", labels: [], keyBundle: keys.bundle };
  const listed = Array.from({ length: LIMITS.devicesPerTeamMax + 1 }, () => info);
  expect(checkValue(methodDefinition("devices").result, listed)).toHaveLength(LIMITS.devicesPerTeamMax + 1);
});
