/** What happens to a channel whose name is still being resolved when something it stands on goes away. */
import { afterEach, expect, test } from "vitest";
import { Teams } from "../../../src/daemon/teams.ts";
import { ChannelService } from "../../../src/daemon/channels.ts";
import { systemClock } from "../../../src/io/clock.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import type { IpcConnection } from "../../../src/io/ipc-connection.ts";
import { AddressBook } from "../../../src/io/resolve.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { SILENT_LOG } from "../../support/silent-log.ts";
import { op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const NAME = "peer.example";
const world = teamOf(["owner", "user", "user"]);
const [owner, user, peer] = world.devices as [WorldDevice, WorldDevice, WorldDevice];
owner.actions.createLabel("telemetry");
for (const [device, name] of [
  [user, "user.example"],
  [peer, NAME],
] as const) {
  owner.actions.assignLabel(device.id, "telemetry");
  owner.actions.assignNetworkName(device.id, name);
}

const ignore = (): undefined => undefined;
const client = { signal: new AbortController().signal, channelGone: ignore } as unknown as IpcConnection;

let channels: ChannelService;
afterEach(() => channels.stopListening());

/** The user's daemon, with a resolver that answers when told to. */
async function resolving(): Promise<{ teams: Teams; channel: Promise<unknown>; answer: () => void }> {
  const { suite, teamId } = world;
  const work = WorkDirectory.open(new FaultyFiles(), "/w");
  const teams = new Teams({ suite, entropy: systemEntropy, work, log: SILENT_LOG });
  teams.add(teamId);
  teams.admit(
    teams.get(teamId),
    owner.commands().map((command) => command.bytes),
  );
  let answer!: () => void;
  const resolved = new Promise<string[]>((done) => (answer = () => done(["127.0.0.1"])));
  channels = new ChannelService({
    suite,
    clock: systemClock,
    entropy: systemEntropy,
    log: SILENT_LOG,
    teams,
    addresses: new AddressBook(() => resolved),
    keys: () => user.keys,
    tell: ignore,
    refresh: () => Promise.resolve(),
  });
  teams.onEvents((id, events) => channels.onTeamEvents(id, events));
  await channels.listen({ host: "127.0.0.1", port: 0 });
  const params = { teamId, netIdentifier: NAME, label: "telemetry", timeoutMs: 10_000 };
  return { teams, channel: channels.create(params, client), answer };
}

test("the daemon stops: the call ends, and so may the connection", async () => {
  const { channel, answer } = await resolving();
  await channels.close();
  answer();
  await expect(channel).rejects.toMatchObject({ code: "NotReady" });
  channels.connectionClosed(client);
});

test("[CLI-4] the team is removed: no channel of it is opened", async () => {
  const { teams, channel, answer } = await resolving();
  channels.closeTeam(world.teamId);
  teams.remove(world.teamId);
  answer();
  await expect(channel).rejects.toMatchObject({ code: "UnknownTeam" });
  expect(channels.list()).toEqual([]);
});

test("[AFC-8] the label is taken away", async () => {
  const { teams, channel, answer } = await resolving();
  const taken = owner.forge(op.unlabel(peer, "telemetry"));
  teams.admit(teams.get(world.teamId), [taken.bytes]);
  answer();
  await expect(channel).rejects.toMatchObject({ code: "NotAuthorised" });
});
