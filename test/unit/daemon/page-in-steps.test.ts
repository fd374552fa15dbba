/** What happens to a page between two of its steps: the team goes, the disk is full, somebody else brings the rest, nobody waits any more. */
import { expect, test, vi } from "vitest";
import { StoreError } from "../../../src/base/errors.ts";
import type { Pulled } from "../../../src/daemon/peer-connection.ts";
import { AppendLog } from "../../../src/store/append-log.ts";
import { withPagePull } from "./page-pull.ts";
import type { PagePull } from "./page-pull.ts";

const LABELS = 20;

interface Pull extends PagePull {
  /** How often a part of the page was taken. */
  readonly steps: () => number;
}

/** A pull of one page in steps of two or three commands; `between` runs after the third of them, in a turn of its own. */
async function pull(
  between: (pull: Pull) => void,
  check: (pulled: Promise<Pulled>, pull: Pull) => Promise<void>,
): Promise<void> {
  let count = 0;
  const steps = (): number => count;
  await withPagePull(
    LABELS,
    async (connection, state) => {
      await check(connection.pull(state.abort.signal), { ...state, steps });
      connection.close();
      const after = count;
      for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
      expect(count).toBe(after);
    },
    (state) => {
      const { teams } = state;
      const takeSome = teams.takeSome.bind(teams);
      teams.takeSome = (...args) => {
        if (++count === 3) queueMicrotask(() => between({ ...state, steps }));
        return takeSome(...args);
      };
    },
  );
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
