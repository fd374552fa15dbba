import { parseAddress } from "../../../src/base/address.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { instant } from "../../../src/base/time.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Judging } from "../../../src/daemon/judging.ts";
import { PeerConnection } from "../../../src/daemon/peer-connection.ts";
import type { Teams } from "../../../src/daemon/teams.ts";
import { AddressBook } from "../../../src/io/resolve.ts";
import { HostileMember } from "../../support/hostile-member.ts";

/** Who has a team, and who was added to it and has nothing of it yet. */
export interface PagePull {
  readonly asked: HostileMember;
  /** The asker's. */
  readonly teams: Teams;
  readonly teamId: TeamId;
  readonly abort: AbortController;
}

/**
 * A real connection for a page of so many labels and two commands more. Each look at the clock finds it 30 ms later: after two
 * commands time is up.
 */
export async function withPagePull(
  labels: number,
  run: (connection: PeerConnection, pull: PagePull) => Promise<void>,
  prepare: (pull: PagePull) => void = () => undefined,
): Promise<void> {
  const [asked, asker] = [new HostileMember("asked"), new HostileMember("asker")];
  const { teams } = asker;
  const teamId = asked.teams.create(asked.keys);
  asked.teams.act(teamId, asked.keys, (actions) => actions.addDevice(asker.keys.bundle, "asker"));
  for (let i = 0; i < labels; i++)
    asked.teams.act(teamId, asked.keys, (actions) => actions.createLabel(`label ${i}`));
  const listener = await asked.listen(0, asked.honestly());
  try {
    teams.add(teamId);
    let now = 0;
    const clock = { now: () => instant((now += 30)) };
    const abort = new AbortController();
    const pull = { asked, teams, teamId, abort };
    prepare(pull);
    const judging = new Judging(teams, clock);
    const connection = await PeerConnection.open(
      { suite: nodeSuite(), clock, teams, judging, addresses: new AddressBook(), keys: () => asker.keys },
      { address: parseAddress(`127.0.0.1:${listener.port}`)!, teamId },
      abort.signal,
    );
    try {
      await run(connection, pull);
    } finally {
      connection.close();
    }
  } finally {
    await listener.close();
  }
}
