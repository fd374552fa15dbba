/** What happens to a page between two of its steps: the team goes, the disk is full, somebody else brings the rest, nobody waits any more. */
import { expect, test, vi } from "vitest";
import { parseAddress } from "../../../src/base/address.ts";
import { StoreError } from "../../../src/base/errors.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { instant } from "../../../src/base/time.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Judging } from "../../../src/daemon/judging.ts";
import { PeerConnection } from "../../../src/daemon/peer-connection.ts";
import type { Pulled } from "../../../src/daemon/peer-connection.ts";
import type { Teams } from "../../../src/daemon/teams.ts";
import { AddressBook } from "../../../src/io/resolve.ts";
import { AppendLog } from "../../../src/store/append-log.ts";
import { HostileMember } from "../../support/hostile-member.ts";

const LABELS = 20;

interface Pull {
  readonly asked: HostileMember;
  readonly teams: Teams;
  readonly teamId: TeamId;
  readonly abort: AbortController;
  /** How often a part of the page was taken. */
  readonly steps: () => number;
}

/** A pull of one page in steps of two or three commands; `between` runs after the third of them, in a turn of its own. */
async function pull(
  between: (pull: Pull) => void,
  check: (pulled: Promise<Pulled>, pull: Pull) => Promise<void>,
): Promise<void> {
  const [asked, asker] = [new HostileMember("asked"), new HostileMember("asker")];
  const teamId = asked.teams.create(asked.keys);
  asked.teams.act(teamId, asked.keys, (actions) => actions.addDevice(asker.keys.bundle, "asker"));
  for (let i = 0; i < LABELS; i++)
    asked.teams.act(teamId, asked.keys, (actions) => actions.createLabel(`label ${i}`));
  const listener = await asked.listen(0, asked.honestly());
  try {
    const { teams } = asker;
    teams.add(teamId);
    let now = 0;
    const clock = { now: () => instant((now += 30)) };
    const abort = new AbortController();
    let steps = 0;
    const state: Pull = { asked, teams, teamId, abort, steps: () => steps };
    const takeSome = teams.takeSome.bind(teams);
    teams.takeSome = (...args) => {
      if (++steps === 3) queueMicrotask(() => between(state));
      return takeSome(...args);
    };
    const connection = await PeerConnection.open(
      {
        suite: nodeSuite(),
        clock,
        teams,
        judging: new Judging(teams, clock),
        addresses: new AddressBook(),
        keys: () => asker.keys,
      },
      { address: parseAddress(`127.0.0.1:${listener.port}`)!, teamId },
      abort.signal,
    );
    await check(connection.pull(abort.signal), state);
    connection.close();
    const after = steps;
    for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
    expect(steps).toBe(after);
  } finally {
    await listener.close();
  }
}

test("a team that is removed and added again takes nothing more of it", async () => {
  await pull(
    ({ teams, teamId }) => {
      teams.remove(teamId);
      teams.add(teamId);
    },
    async (pulled, { teams, teamId, steps }) => {
      await expect(pulled).rejects.toMatchObject({ code: "UnknownTeam" });
      expect(steps()).toBe(4);
      expect(teams.get(teamId).commandCount).toBe(0);
    },
  );
});

test("what another peer brought meanwhile is no fault of this one", async () => {
  await pull(
    ({ asked, teams, teamId }) => {
      const { source } = asked.teams.get(teamId);
      const all = Array.from({ length: source.size }, (_, i) => source.bytesAt(i));
      teams.admit(teams.get(teamId), all);
    },
    async (pulled, { asked, teams, teamId }) => {
      const { received } = await pulled;
      expect(received).toBeGreaterThan(3);
      expect(received).toBeLessThan(12);
      expect(teams.get(teamId).stateDigest()).toEqual(asked.teams.get(teamId).stateDigest());
    },
  );
});

test("once nobody waits no more of it is taken, and what was stays and is judged", async () => {
  await pull(
    ({ abort }) => abort.abort(new Error("stopped")),
    async (pulled, { teams, teamId, steps }) => {
      await expect(pulled).rejects.toThrow("stopped");
      expect(steps()).toBe(3);
      const team = teams.get(teamId);
      expect(team.commandCount).toBeGreaterThan(3);
      expect(team.commandCount).toBeLessThan(12);
      expect(team.isJudged).toBe(true);
    },
  );
});

test("what the disk does not take ends the pull, and blames no peer", async () => {
  const append = vi.spyOn(AppendLog.prototype, "append");
  try {
    await pull(
      () => {
        append.mockImplementationOnce(() => {
          throw new StoreError("write-failed", "no space left on device");
        });
      },
      async (pulled, { teams, teamId, steps }) => {
        await expect(pulled).rejects.toMatchObject({ code: "StorageFailed" });
        expect(steps()).toBe(4);
        expect(teams.get(teamId).isJudged).toBe(true);
      },
    );
  } finally {
    append.mockRestore();
  }
});

test("a daemon that closes its teams takes nothing more of it", async () => {
  await pull(
    ({ teams }) => teams.close(),
    async (pulled, { steps }) => {
      await expect(pulled).rejects.toMatchObject({ code: "UnknownTeam" });
      expect(steps()).toBe(4);
    },
  );
});
