/** `aranya-edge peer`: whom this device syncs with. */
import { Option } from "commander";
import type { Command } from "commander";
import type { DeviceId, SyncPeerInfo } from "../../client/index.ts";
import { ADDRESS_ARGUMENT, clientCommand, groupOf, teamCommand } from "../command.ts";
import type { ClientOptions, TeamOptions } from "../command.ts";
import { formatDuration, parseDuration } from "../duration.ts";
import { CliError } from "../failure.ts";
import { resolveDevice, short } from "../resolve.ts";
import { answer, answerChanged, note, withClient, withTeam } from "../session.ts";
import { ago, count, printable, span, table } from "../terminal.ts";

export function peerCommand(): Command {
  return groupOf(
    {
      path: "peer",
      summary: "sync peers: add, remove, list, sync now",
      description:
        "The devices this one syncs teams with, over TCP. Peers are kept until the daemon stops; those that are to be there " +
        "at every start stand in the configuration file (syncPeers).",
    },
    [add(), remove(), list(), sync()],
  );
}

function add(): Command {
  return teamCommand({
    path: "peer add",
    summary: "sync a team with a peer, now and from now on",
    description: "Syncs a team with a peer at once, and then as often as told.",
    examples: ["peer add hub.example", "peer add 192.0.2.1:4321 --every 10s --expect hub"],
  })
    .argument("<address>", ADDRESS_ARGUMENT)
    .addOption(
      new Option("--every <duration>", "how often to ask, 100ms to 24h")
        .argParser(parseDuration)
        .default(60_000, "1m"),
    )
    .option("--expect <device>", "accept no other device there: its name or id")
    .action(async (address: string, options: TeamOptions & { every: number; expect?: string }) => {
      await withTeam(options, async (client, teamId) => {
        let expectedDeviceId: DeviceId | undefined;
        if (options.expect !== undefined)
          expectedDeviceId = await resolveDevice(client, teamId, options.expect);
        const expected = expectedDeviceId === undefined ? {} : { expectedDeviceId };
        const changed = await client.addSyncPeer(address, teamId, options.every, expected);
        const done = `team ${short(teamId)} is synced with ${address} every ${formatDuration(options.every)}`;
        const body = { teamId, address, rateMs: options.every, ...expected };
        answerChanged(options, "peer.added/1", changed, done, body);
      });
    });
}

function remove(): Command {
  return teamCommand({
    path: "peer remove",
    summary: "stop syncing a team with a peer",
    description:
      "Stops syncing a team with a peer. One that stands in the configuration file is back at the next start.",
    examples: ["peer remove hub.example"],
  })
    .argument("<address>", ADDRESS_ARGUMENT)
    .action(async (address: string, options: TeamOptions) => {
      await withTeam(options, async (client, teamId) => {
        const changed = await client.removeSyncPeer(address, teamId);
        const done = `team ${short(teamId)} is not synced with ${address} any more`;
        answerChanged(options, "peer.removed/1", changed, done, { teamId, address });
      });
    });
}

/** Good, or what is wrong, in a few words. */
export function peerState(peer: SyncPeerInfo): string {
  if (peer.lastError !== undefined) {
    return `${peer.lastError.code}, ${count(peer.failures ?? 1, "failure")} in a row`;
  }
  if (peer.lastSuccess === undefined) return "not yet";
  if (peer.behind !== true) return "level";
  const forMs = peer.behindForMs === undefined ? "" : ` for ${span(peer.behindForMs)}`;
  return `behind${forMs}: ${count(peer.headsMissing ?? 1, "head")} missing`;
}

function list(): Command {
  return clientCommand({
    path: "peer list",
    summary: "list the sync peers, with last success and whether we are behind",
    description: "Lists the sync peers of all teams, with last success and whether this device is behind.",
    examples: ["peer list", "peer list --json"],
  }).action(async (options: ClientOptions) => {
    await withClient(options, async (client) => {
      const peers = await client.syncPeers();
      answer(options, "peer.list/1", { peers }, () =>
        peers.length === 0
          ? "no sync peers: aranya-edge peer add"
          : table(
              ["ADDRESS", "TEAM", "EVERY", "LAST SUCCESS", "STATE"],
              peers.map((p) => [
                p.address,
                short(p.teamId),
                formatDuration(p.rateMs),
                p.lastSuccess === undefined ? "never" : ago(p.lastSuccess, Date.now()),
                peerState(p),
              ]),
            ),
      );
    });
  });
}

function sync(): Command {
  return teamCommand({
    path: "peer sync",
    summary: "sync now, until level",
    description:
      "Pulls a team from a peer now, or from all of its sync peers, and ends when level with them.",
    examples: ["peer sync", "peer sync hub.example"],
  })
    .argument(
      "[address]",
      `${ADDRESS_ARGUMENT}; need not be one of the peers. All of the team's peers where it is missing`,
    )
    .action(async (address: string | undefined, options: TeamOptions) => {
      await withTeam(options, async (client, teamId) => {
        const known = (await client.syncPeers()).filter((p) => p.teamId === teamId);
        const addresses = address === undefined ? known.map((p) => p.address) : [address];
        if (addresses.length === 0) {
          throw new CliError(
            "NoPeer",
            `team ${short(teamId)} has no sync peers`,
            "name an address, or add one: aranya-edge peer add",
          );
        }
        const failures: unknown[] = [];
        for (const from of addresses) {
          const expectedDeviceId = known.find((p) => p.address === from)?.expectedDeviceId;
          try {
            const report = await client.syncNow(
              from,
              teamId,
              expectedDeviceId === undefined ? {} : { expectedDeviceId },
            );
            answer(options, "peer.synced/1", { teamId, address: from, ...report }, () => {
              const recalled = report.recalled === 0 ? "" : `, ${report.recalled} recalled`;
              return `level with ${printable(from)}: ${count(report.received, "command")} received${recalled}`;
            });
          } catch (error) {
            if (addresses.length === 1) throw error;
            failures.push(error);
            // The others may do.
            note(`${from}: ${(error as Error).message}`);
          }
        }
        if (failures.length > 0) throw failures[0];
      });
    });
}
