/** What others did to a team, and what did not count: lines with who, what and the rule. */
import { expect, test } from "vitest";
import type { AuditEntry } from "../../../src/audit/line.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { auditDamage, auditTeams } from "../../../src/daemon/audited-teams.ts";
import { Teams } from "../../../src/daemon/teams.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { keysFromSeed } from "../../support/world.ts";
import { SILENT_LOG } from "../../support/silent-log.ts";

const suite = nodeSuite();
const [owner, admin] = ["owner", "admin"].map((name) => keysFromSeed(suite, name));
const nothing = (): void => undefined;
function opened(self: NonNullable<typeof owner>): { teams: Teams; lines: AuditEntry[] } {
  const work = WorkDirectory.open(new FaultyFiles(), "/w");
  const lines: AuditEntry[] = [];
  const audit = { record: (entry: AuditEntry) => void lines.push(entry), news: nothing };
  const teams = new Teams({
    suite,
    entropy: systemEntropy,
    work,
    log: SILENT_LOG,
    onDamage: (teamId, report) => auditDamage(audit, teamId, report),
  });
  auditTeams(audit, teams, () => self.deviceId);
  return { teams, lines };
}

const commandsOf = (teams: Teams, teamId: TeamId): Uint8Array[] => {
  const { source } = teams.get(teamId);
  return Array.from({ length: source.size }, (_, i) => source.bytesAt(i));
};

test("[SEC-7] of what others did each effect is a line, of what does not count the rule, of own acts nothing", () => {
  const here = opened(owner!);
  const teamId = here.teams.create(owner!);
  here.teams.act(teamId, owner!, (actions) => actions.addDevice(admin!.bundle, "admin"));
  here.teams.act(teamId, owner!, (actions) => actions.assignRole(admin!.deviceId, "admin"));
  expect(here.lines).toEqual([]);

  const there = opened(admin!);
  there.teams.add(teamId);
  const team = there.teams.get(teamId);
  there.teams.admit(team, commandsOf(here.teams, teamId));
  there.teams.markLevel(team, true);
  expect(there.lines.map(({ act, who }) => [act, who])).toContainEqual([
    "graph.roleChanged",
    `device:${owner!.deviceId}`,
  ]);
  expect(there.lines.find(({ act }) => act === "graph.roleChanged")).toMatchObject({
    team: teamId,
    target: admin!.deviceId,
    detail: { from: "sync", to: "admin" },
  });

  // The same labels on both sides, neither knowing of the other's.
  const labels = Array.from({ length: 12 }, (_, i) => `label ${i}`);
  for (const label of labels) {
    here.teams.act(teamId, owner!, (actions) => actions.createLabel(label));
    there.teams.act(teamId, admin!, (actions) => actions.createLabel(label));
  }
  here.teams.admit(here.teams.get(teamId), commandsOf(there.teams, teamId));
  const acts = here.lines.map(({ act }) => act);
  const undone = here.lines.filter(({ act }) => act === "graph.refused" || act === "graph.recalled");
  expect(undone).toHaveLength(labels.length);
  for (const { who, act, outcome, detail } of undone) {
    expect(who).toBe(`device:${(act === "graph.refused" ? admin! : owner!).deviceId}`);
    expect([outcome, detail!["kind"]]).toEqual(["LabelExists", "CreateLabel"]);
    expect(detail!["rule"]).toBeTypeOf("string");
  }
  const recalls = acts.filter((act) => act === "graph.recalled").length;
  expect(acts.filter((act) => act === "graph.labelCreated")).toHaveLength(recalls);
});

test("[SEC-7] a device that forks is named", () => {
  const here = opened(owner!);
  const teamId = here.teams.create(owner!);
  here.teams.act(teamId, owner!, (actions) => actions.addDevice(admin!.bundle, "admin"));
  here.teams.act(teamId, owner!, (actions) => actions.assignRole(admin!.deviceId, "admin"));
  const base = commandsOf(here.teams, teamId);
  const clones = ["a", "b"].map((label) => {
    const clone = opened(admin!);
    clone.teams.add(teamId);
    clone.teams.admit(clone.teams.get(teamId), base);
    clone.teams.markLevel(clone.teams.get(teamId), true);
    clone.teams.act(teamId, admin!, (actions) => actions.createLabel(label));
    return commandsOf(clone.teams, teamId);
  });
  for (const commands of clones) here.teams.admit(here.teams.get(teamId), commands);
  expect(here.lines.filter(({ act }) => act === "graph.forked")).toMatchObject([
    { who: `device:${admin!.deviceId}`, team: teamId, outcome: "forked" },
  ]);
});

test("a log that was cut short or damaged is a line of the daemon's", () => {
  const lines: AuditEntry[] = [];
  const audit = { record: (entry: AuditEntry) => void lines.push(entry), news: nothing };
  const team = idFromBytes<TeamId>(new Uint8Array(32).fill(3));
  auditDamage(audit, team, { records: 4, tornBytes: 9 });
  const damage = { keptAs: "/w/teams/x/log.damaged-1", offset: 48, bytes: 100 };
  auditDamage(audit, team, { records: 1, tornBytes: 0, damage });
  expect(lines).toEqual([
    { who: "daemon", act: "store.log", team, outcome: "cut", detail: { bytes: 9 } },
    { who: "daemon", act: "store.log", team, outcome: "damaged", detail: damage },
  ]);
});
