/** A page that is dear to admit: the loop has its turn in between, and it comes to the same. */
import { expect, test } from "vitest";
import { parseAddress } from "../../../src/base/address.ts";
import { instant } from "../../../src/base/time.ts";
import { Judging } from "../../../src/daemon/judging.ts";
import { PeerConnection } from "../../../src/daemon/peer-connection.ts";
import { AddressBook } from "../../../src/io/resolve.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { HostileMember } from "../../support/hostile-member.ts";

const LABELS = 40;

test("[SYN-8] of a page that takes long no more is admitted in one turn of the loop than there is time for", async () => {
  const [asked, asker] = [new HostileMember("asked"), new HostileMember("asker")];
  const teamId = asked.teams.create(asked.keys);
  asked.teams.act(teamId, asked.keys, (actions) => actions.addDevice(asker.keys.bundle, "asker"));
  for (let i = 0; i < LABELS; i++)
    asked.teams.act(teamId, asked.keys, (actions) => actions.createLabel(`label ${i}`));
  const listener = await asked.listen(0, asked.honestly());
  try {
    asker.teams.add(teamId);
    // Each look at the clock finds it 30 ms later: after two commands time is up.
    let now = 0;
    const clock = { now: () => instant((now += 30)) };
    const steps: number[] = [];
    const { teams } = asker;
    const takeSome = teams.takeSome.bind(teams);
    let turn = 0;
    teams.takeSome = (team, batch, isTimeUp) => {
      const before = turn;
      setImmediate(() => turn++);
      const taken = takeSome(team, batch, isTimeUp);
      expect(turn).toBe(before);
      steps.push(batch.length - taken.rest.length);
      return taken;
    };
    const { signal } = new AbortController();
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
      signal,
    );
    const pulled = await connection.pull(signal);
    connection.close();
    expect(pulled).toMatchObject({ received: LABELS + 2, accepted: LABELS + 2 });
    expect(Math.max(...steps)).toBeLessThanOrEqual(3);
    expect(turn).toBeGreaterThan(LABELS / 4);
    expect(teams.get(teamId).stateDigest()).toEqual(asked.teams.get(teamId).stateDigest());
  } finally {
    await listener.close();
  }
});
