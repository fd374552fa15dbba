/** The log of a device whose team has a member that forks without end. */
import { expect, test } from "vitest";
import { logTrouble } from "../../../src/daemon/trouble.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

test("a batch of forks and recalls takes a line for each device that forked and one for all that was recalled", () => {
  const world = teamOf(["owner", "admin", "user"]);
  const [owner, admin] = world.devices as [WorldDevice, WorldDevice];
  const root = owner.head();
  const lines: [fields: Record<string, unknown>, message: string][] = [];
  const warn = (fields: object, message: string): void => void lines.push([{ ...fields }, message]);
  const log = {
    warn,
    error: warn,
    info: warn,
    debug: warn,
    record: () => undefined,
    setLevel: () => undefined,
  };

  const labels = Array.from({ length: 50 }, (_, i) => op.createLabel(`label ${i}`));
  logTrouble(log, world.teamId, owner.take(...fork(admin, root, "admin", ...labels)).events);
  expect(lines).toEqual([]);
  const others = Array.from({ length: 50 }, (_, i) => op.createLabel(`other ${i}`));
  const forks = others.map((label) => fork(admin, root, "admin", label)[0]!);
  logTrouble(log, world.teamId, owner.take(...forks).events);
  expect(lines.map(([{ author }, message]) => [author, message])).toEqual([[admin.id, "a device forked"]]);
  expect(lines[0]![0]["more"]).toBeGreaterThanOrEqual(49);

  lines.length = 0;
  const [removal] = fork(owner, root, "owner", op.remove(admin));
  logTrouble(log, world.teamId, owner.take(removal!).events);
  expect(lines.map(([{ more }, message]) => [more, message])).toEqual([[99, "recalled"]]);
});
