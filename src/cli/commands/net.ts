/** `aranya-edge net`: the names devices reach each other by. */
import type { Command } from "commander";
import { CliError } from "../failure.ts";
import { ADDRESS_ARGUMENT, DEVICE_ARGUMENT, groupOf, teamCommand } from "../command.ts";
import type { TeamOptions } from "../command.ts";
import { describeDevice, resolveDevice, short } from "../resolve.ts";
import { answer, answerChanged, withTeam } from "../session.ts";
import { fitting, table } from "../terminal.ts";

export function netCommand(): Command {
  return groupOf(
    {
      path: "net",
      summary: "give devices network names, by which channels reach them",
      description:
        "A device's network name is where others send channels' datagrams to (UDP): a DNS name or IPv4 address.",
    },
    [assign(), list(), revoke()],
  );
}

function assign(): Command {
  return teamCommand({
    path: "net assign",
    summary: "give a device a network name in place of the one it has",
    description: "Gives a device a network name in place of the one it has.",
    examples: ["net assign gateway gateway.example", "net assign sensor 192.0.2.7:5000"],
  })
    .argument("<device>", DEVICE_ARGUMENT)
    .argument("<address>", ADDRESS_ARGUMENT)
    .action(async (given: string, netIdentifier: string, options: TeamOptions) => {
      await withTeam(options, async (client, teamId) => {
        const deviceId = await resolveDevice(client, teamId, given);
        const changed = await client.assignNetworkName(teamId, deviceId, netIdentifier);
        const who = await describeDevice(client, teamId, deviceId);
        const body = { teamId, deviceId, netIdentifier };
        answerChanged(options, "net.assigned/1", changed, `${who} is reached at ${netIdentifier}`, body);
      });
    });
}

function list(): Command {
  return teamCommand({
    path: "net list",
    summary: "list the network names of a team",
    description:
      "Lists the network names of a team. On a terminal that is too narrow ids are cut to eight characters.",
    examples: ["net list"],
  }).action(async (options: TeamOptions) => {
    await withTeam(options, async (client, teamId) => {
      const named = (await client.devices(teamId)).filter((d) => d.netIdentifier !== undefined);
      const names = named.map(({ netIdentifier, deviceId, commonName }) => ({
        netIdentifier: netIdentifier!,
        deviceId,
        commonName,
      }));
      const rows = (spelled: (id: string) => string): string =>
        table(
          ["NETWORK NAME", "NAME", "DEVICE"],
          names.map((n) => [n.netIdentifier, n.commonName, spelled(n.deviceId)]),
        );
      answer(options, "net.list/1", { teamId, names }, () =>
        names.length === 0
          ? "no network names: aranya-edge net assign"
          : fitting(
              rows((id) => id),
              () => rows(short),
            ),
      );
    });
  });
}

function revoke(): Command {
  return teamCommand({
    path: "net revoke",
    summary: "take a device's network name away",
    description: "Takes a device's network name away.",
    examples: ["net revoke sensor", "net revoke sensor 192.0.2.7:5000"],
  })
    .argument("<device>", DEVICE_ARGUMENT)
    .argument("[address]", "the name, if it should be taken away only while it is this one")
    .action(async (given: string, address: string | undefined, options: TeamOptions) => {
      await withTeam(options, async (client, teamId) => {
        const deviceId = await resolveDevice(client, teamId, given);
        const device = (await client.devices(teamId)).find((d) => d.deviceId === deviceId);
        const netIdentifier = address ?? device?.netIdentifier;
        if (netIdentifier === undefined) {
          throw new CliError("UnknownName", `${given} has no network name`, "see them: aranya-edge net list");
        }
        const who = await describeDevice(client, teamId, deviceId);
        const changed = await client.revokeNetworkName(teamId, deviceId, netIdentifier);
        const body = { teamId, deviceId, netIdentifier };
        answerChanged(
          options,
          "net.revoked/1",
          changed,
          `${who} is not reached at ${netIdentifier} any more`,
          body,
        );
      });
    });
}
