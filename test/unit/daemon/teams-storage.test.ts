/** What the disk refuses comes out as `StorageFailed`, in whatever a timer or a sync was doing: it never ends the daemon. */
import { expect, test } from "vitest";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import { Teams } from "../../../src/daemon/teams.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { HostileMember } from "../../support/hostile-member.ts";
import { keysFromSeed } from "../../support/world.ts";
import { SILENT_LOG } from "../../support/silent-log.ts";

const suite = nodeSuite();
const owner = keysFromSeed(suite, "owner");
function opened(files: FaultyFiles): Teams {
  const teams = new Teams({
    suite,
    entropy: systemEntropy,
    work: WorkDirectory.open(files, "/w"),
    log: SILENT_LOG,
  });
  teams.load();
  return teams;
}

/** From now on every call that changes something fails. */
function diskFails(files: FaultyFiles): void {
  files.fault = { at: files.trace.length, kind: "EIO", times: 1000 };
}

test("[SYN-8] a sync that ends level on a disk that failed is a failure of the sync", () => {
  const files = new FaultyFiles();
  const teams = opened(files);
  const team = teams.get(teams.create(owner));
  diskFails(files);
  const labelled = (): unknown =>
    teams.act(team.teamId, owner, (actions) => actions.createLabel("telemetry"));
  expect(labelled).toThrow(expect.objectContaining({ code: "StorageFailed" }));
  expect(() => teams.markLevel(team, true)).toThrow(expect.objectContaining({ code: "StorageFailed" }));
});

test("[CLI-4] a team that could not be removed is still there, and is removed when asked again", () => {
  const files = new FaultyFiles();
  const teams = opened(files);
  const teamId = teams.create(owner);
  diskFails(files);
  expect(() => teams.remove(teamId)).toThrow(expect.objectContaining({ code: "StorageFailed" }));
  expect(teams.list()).toEqual([teamId]);
  files.fault = undefined;
  expect(teams.remove(teamId)).toBe(true);
  expect(teams.list()).toEqual([]);
  expect(opened(files).list()).toEqual([]);
});

test("what belongs to a team that was removed meanwhile never reaches one added again under its id", () => {
  const teams = opened(new FaultyFiles());
  const teamId = teams.create(owner);
  const before = teams.get(teamId);
  const init = before.source.bytesAt(0);
  teams.remove(teamId);
  const gone = expect.objectContaining({ code: "UnknownTeam" }) as Error;
  expect(() => teams.admit(before, [init])).toThrow(gone);
  teams.add(teamId);
  expect(() => teams.admit(before, [init])).toThrow(gone);
  expect(() => teams.markLevel(before, true)).toThrow(gone);
  expect(teams.get(teamId).isSynced).toBe(false);
  // And so it authors nothing yet, although it would be level with itself.
  teams.admit(teams.get(teamId), [init]);
  expect(() => teams.act(teamId, owner, (actions) => actions.createLabel("telemetry"))).toThrow(
    expect.objectContaining({ code: "NotReady" }),
  );
});

test("a team added again and restarted before it was level authors nothing yet", () => {
  const files = new FaultyFiles();
  const first = opened(files);
  const teamId = first.create(owner);
  const init = first.get(teamId).source.bytesAt(0);
  first.remove(teamId);
  first.add(teamId);
  first.admit(first.get(teamId), [init]);
  first.close();

  const second = opened(files);
  const labelled = (): unknown => second.act(teamId, owner, (actions) => actions.createLabel("telemetry"));
  expect(labelled).toThrow(expect.objectContaining({ code: "NotReady" }));
  second.markLevel(second.get(teamId), true);
  second.close();

  const third = opened(files);
  expect(third.act(teamId, owner, (actions) => actions.createLabel("telemetry")).changed).toBe(true);
});

test.each([
  ["of a future version", "future-version", { version: 2 }],
  ["of an unknown kind", "unknown-kind", { kind: "Fly" }],
])(
  "[SYS-9] a log with a command %s, as a newer daemon would leave it, is not half understood",
  (_, reason, change) => {
    const files = new FaultyFiles();
    const author = new HostileMember("author");
    const teamId = author.teams.create(author.keys);
    const commands = [author.teams.get(teamId).source.bytesAt(0), author.forge(teamId, change)];
    WorkDirectory.open(files, "/w").createLog(teamId, commands).close();

    const teams = opened(files);
    const stopped = expect.objectContaining({ code: "UnknownPolicy", fields: { teamId, reason } }) as Error;
    expect(() => teams.get(teamId)).toThrow(stopped);
    expect(teams.list()).toEqual([teamId]);
    expect(() => teams.act(teamId, author.keys, (actions) => actions.createLabel("telemetry"))).toThrow(
      stopped,
    );
  },
);
