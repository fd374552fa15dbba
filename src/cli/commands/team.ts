/** `aranya-edge team`: teams on this device, and who is on them. */
import { Option } from "commander";
import type { Command } from "commander";
import { parseId } from "../../base/ids.ts";
import type { Client, DeviceInfo, TeamId } from "../../client/index.ts";
import { ADDRESS_ARGUMENT, clientCommand, collect, groupOf, teamCommand, YES } from "../command.ts";
import type { ClientOptions, TeamOptions } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { CliError } from "../failure.ts";
import { short } from "../resolve.ts";
import { answer, answerChanged, confirm, withClient, withTeam } from "../session.ts";
import { count, fitting, printable, table } from "../terminal.ts";
import { teamSummaries } from "../team-summary.ts";
import { bundleText } from "./device.ts";

export function teamCommands(): Command {
  return groupOf(
    {
      path: "team",
      summary: "create, join, look at, leave and close teams",
      description:
        "Teams on this device. `create` and `close` are known to the whole team; `add`, `join` and `remove` change what " +
        "this device keeps, and nothing else.",
    },
    [create(), add(), join(), list(), show(), devices(), remove(), close()],
  );
}

function create(): Command {
  return clientCommand({
    path: "team create",
    summary: "create a team with this device as its owner",
    description: "Creates a team with this device as its owner, and prints its id: others need it to join.",
    examples: ["team create", "team create --init --label telemetry"],
  })
    .option("--init", "make this device's keys first, if it has none")
    .option("--label <label>", "create a label as well; may be repeated", collect)
    .action(async (options: ClientOptions & { init?: true; label?: string[] }) => {
      await withClient(options, async (client) => {
        if (options.init === true) await client.initDevice();
        const teamId = await client.createTeam();
        const labels = options.label ?? [];
        for (const label of labels) await client.createLabel(teamId, label);
        answer(options, "team.created/1", { teamId, labels }, () => teamId);
      });
    });
}

function add(): Command {
  return clientCommand({
    path: "team add",
    summary: "keep a team here, to be fetched from a sync peer later",
    description:
      "Adds a team to what this device keeps; nothing is known of it until it is fetched from a sync peer. `join` does both.",
    examples: ["team add <team-id>"],
  })
    .argument("<team-id>", "in full, as team create printed it")
    .action(async (given: string, options: ClientOptions) => {
      await withClient(options, async (client) => {
        const teamId = fullTeamId(given);
        const changed = await client.addTeam(teamId);
        answerChanged(options, "team.added/1", changed, `${teamId} added`, { teamId });
      });
    });
}

function join(): Command {
  return clientCommand({
    path: "team join",
    summary: "keep a team here, fetch it from a device that has it, and stay in sync with that one",
    description:
      "Adds a team to what this device keeps, fetches it from a device that has it, and makes that one a sync peer. This " +
      "device has to have been added to the team there.",
    examples: ["team join <team-id> hub.example", "team join <team-id> 192.0.2.1:4321 --every 10s"],
  })
    .argument("<team-id>", "in full, as team create printed it")
    .argument("<address>", `of a device that has it: ${ADDRESS_ARGUMENT}`)
    .addOption(
      new Option("--every <duration>", "how often to ask it for news it has not told by itself")
        .argParser(parseDuration)
        .default(60_000, "1m"),
    )
    .action(async (given: string, address: string, options: ClientOptions & { every: number }) => {
      await withClient(options, async (client) => {
        const teamId = fullTeamId(given);
        await client.addTeam(teamId);
        const report = await client.syncNow(address, teamId);
        await client.addSyncPeer(address, teamId, options.every);
        const me = await client.getDeviceId();
        const role = (await client.devices(teamId)).find((d) => d.deviceId === me)?.role;
        const { received } = report;
        answer(options, "team.joined/1", { teamId, address, role, received }, () =>
          role === undefined
            ? `fetched ${teamId}, but this device is not on it`
            : `on team ${teamId} as ${role}, ${count(received, "command")} fetched from ${printable(address)}`,
        );
      });
    });
}

function list(): Command {
  return clientCommand({
    path: "team list",
    summary: "list the teams on this device",
    description: "Lists the teams on this device, with its role in each.",
    examples: ["team list"],
  }).action(async (options: ClientOptions) => {
    await withClient(options, async (client) => {
      const teams = await teamSummaries(client);
      answer(options, "team.list/1", { teams }, () =>
        teams.length === 0
          ? "no teams: aranya-edge team create, or aranya-edge team join"
          : table(
              ["ROLE", "DEVICES", "COMMANDS", "STATE", "TEAM"],
              teams.map((t) => [
                t.role ?? "-",
                String(t.devices ?? "-"),
                String(t.commandCount ?? "-"),
                t.state,
                t.teamId,
              ]),
            ),
      );
    });
  });
}

function show(): Command {
  return teamCommand({
    path: "team show",
    summary: "show where a team stands on this device",
    description:
      "Shows where a team stands on this device. Two devices that show the same digest agree on everything.",
    examples: ["team show", "team show --team 7kfQ --json"],
  }).action(async (options: TeamOptions) => {
    await withTeam(options, async (client, teamId) => {
      const [team, members, labels] = [
        await client.team(teamId),
        await client.devices(teamId),
        await client.labels(teamId),
      ];
      const me = await client.getDeviceId();
      const role = members.find((d) => d.deviceId === me)?.role;
      answer(options, "team.show/1", { ...team, role, devices: members.length, labels }, () =>
        [
          `team      ${team.teamId}${team.closed ? ", closed" : ""}`,
          `policy    ${printable(team.policyId)}`,
          `role      ${role ?? "none: this device is not on it"}`,
          `devices   ${members.length}`,
          `labels    ${labels.map(printable).join(", ") || "none"}`,
          `commands  ${team.commandCount}, ${count(team.heads.length, "head")}`,
          `digest    ${team.stateDigest}`,
          ...(team.unheard.length === 0 ? [] : [`unheard   ${team.unheard.join(", ")}`]),
          ...(team.asideCount === 0 ? [] : [`aside     ${count(team.asideCount, "command")}`]),
        ].join("\n"),
      );
    });
  });
}

function devices(): Command {
  return teamCommand({
    path: "team devices",
    summary: "list the devices of a team with role, network name and labels",
    description:
      "Lists the devices of a team with role, network name and labels. * is this device. On a terminal that is too narrow " +
      "ids are cut to eight characters, which commands take as well.",
    examples: ["team devices", "team devices --json"],
  }).action(async (options: TeamOptions) => {
    await withTeam(options, async (client, teamId) => {
      const me = await client.getDeviceId();
      const members = await client.devices(teamId);
      const body = { teamId, devices: members.map(deviceJson) };
      const rows = (spelled: (id: string) => string): string =>
        table(
          ["", "NAME", "ROLE", "NETWORK NAME", "LABELS", "DEVICE"],
          members.map((d) => [
            d.deviceId === me ? "*" : "",
            d.commonName,
            d.role,
            d.netIdentifier ?? "-",
            d.labels.join(",") || "-",
            spelled(d.deviceId),
          ]),
        );
      answer(options, "team.devices/1", body, () =>
        fitting(
          rows((id) => id),
          () => rows(short),
        ),
      );
    });
  });
}

function remove(): Command {
  return teamCommand({
    path: "team remove",
    summary: "forget a team on this device",
    description:
      "Removes a team from this device with its log, sync peers and channels. The device stays a member: the team learns " +
      "nothing of it. To leave a team: device remove self.",
    examples: ["team remove", "team remove --team 7kfQ --yes"],
  })
    .option(...YES)
    .action(async (options: TeamOptions & { yes?: true }) => {
      await withTeam(options, async (client, teamId) => {
        await confirm(
          `team ${short(teamId)} will be removed from this device, with what nobody else has fetched yet`,
          options.yes === true,
        );
        const changed = await client.removeTeam(teamId);
        answerChanged(options, "team.removed/1", changed, `${teamId} removed here`, { teamId });
      });
    });
}

function close(): Command {
  return teamCommand({
    path: "team close",
    summary: "close a team for everybody, for good",
    description:
      "Closes a team: every later operation on it fails, on every device that learns of it. Cannot be undone.",
    examples: ["team close", "team close --team 7kfQ --yes"],
  })
    .option(...YES)
    .action(async (options: TeamOptions & { yes?: true }) => {
      await withTeam(options, async (client, teamId) => {
        const size = await sizeOf(client, teamId);
        await confirm(
          `team ${short(teamId)} will be closed for good${size}; this cannot be undone`,
          options.yes === true,
        );
        const changed = await client.closeTeam(teamId);
        answerChanged(options, "team.closed/1", changed, `${teamId} closed`, { teamId });
      });
    });
}

async function sizeOf(client: Client, teamId: TeamId): Promise<string> {
  return `, for ${count((await client.devices(teamId)).length, "device")}`;
}

/** Not a prefix: nothing here could complete it. */
function fullTeamId(text: string): TeamId {
  const teamId = parseId<TeamId>(text);
  if (teamId !== undefined) return teamId;
  throw new CliError(
    "InvalidArgument",
    `${text} is no team id`,
    "copy all of it from a device that has the team: aranya-edge team list",
  );
}

/** A device as JSON has it: the key bundle as text. */
function deviceJson(device: DeviceInfo): Record<string, unknown> {
  return { ...device, keyBundle: bundleText(device.keyBundle) };
}
