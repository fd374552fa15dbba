/** Whoever passes a team's commands on hears of every one that was added, whatever the policy makes of it. */
import { expect, test } from "vitest";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Teams } from "../../../src/daemon/teams.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { keysFromSeed } from "../../support/world.ts";
import { SILENT_LOG } from "../../support/silent-log.ts";

const suite = nodeSuite();
const [owner, operator, member] = ["owner", "operator", "member"].map((name) => keysFromSeed(suite, name));
function opened(): { teams: Teams; commits: () => number } {
  const work = WorkDirectory.open(new FaultyFiles(), "/w");
  const teams = new Teams({ suite, entropy: systemEntropy, work, log: SILENT_LOG });
  let commits = 0;
  teams.onCommit(() => commits++);
  return { teams, commits: () => commits };
}

test("[SYN-6] own commands, synced ones and refused ones are told, what adds nothing is not", () => {
  const here = opened();
  const teamId = here.teams.create(owner!);
  here.teams.act(teamId, owner!, (actions) => actions.addDevice(operator!.bundle, "operator"));
  here.teams.act(teamId, owner!, (actions) => actions.assignRole(operator!.deviceId, "operator"));
  expect(here.commits()).toBe(2);

  const there = opened();
  there.teams.add(teamId);
  const { source } = here.teams.get(teamId);
  const all = Array.from({ length: source.size }, (_, i) => source.bytesAt(i));
  const team = there.teams.get(teamId);
  there.teams.admit(team, all);
  there.teams.admit(team, all);
  expect(there.commits()).toBe(1);

  // Made without knowing that its author was removed: it counts for nothing, and still travels on.
  there.teams.markLevel(team, true);
  there.teams.act(teamId, operator!, (actions) => actions.addDevice(member!.bundle, "member"));
  here.teams.act(teamId, owner!, (actions) => actions.removeDevice(operator!.deviceId));
  const before = here.commits();
  const refused = here.teams.admit(here.teams.get(teamId), [team.source.bytesAt(all.length)]);
  expect(refused).toMatchObject({ added: 1, accepted: 0 });
  expect(here.commits()).toBe(before + 1);
});
