/** A page that is dear to admit: the loop has its turn in between, and it comes to the same. */
import { expect, test } from "vitest";
import { withPagePull } from "./page-pull.ts";

const LABELS = 40;

test("[SYN-8] of a page that takes long no more is admitted in one turn of the loop than there is time for", async () => {
  const steps: number[] = [];
  let turn = 0;
  await withPagePull(
    LABELS,
    async (connection, { asked, teams, teamId, abort }) => {
      const pulled = await connection.pull(abort.signal);
      expect(pulled).toMatchObject({ received: LABELS + 2, accepted: LABELS + 2 });
      expect(Math.max(...steps)).toBeLessThanOrEqual(3);
      expect(turn).toBeGreaterThan(LABELS / 4);
      expect(teams.get(teamId).stateDigest()).toEqual(asked.teams.get(teamId).stateDigest());
    },
    ({ teams }) => {
      const takeSome = teams.takeSome.bind(teams);
      teams.takeSome = (team, batch, isTimeUp) => {
        const before = turn;
        setImmediate(() => turn++);
        const taken = takeSome(team, batch, isTimeUp);
        expect(turn).toBe(before);
        steps.push(batch.length - taken.rest.length);
        return taken;
      };
    },
  );
});
