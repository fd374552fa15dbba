/** `aranya-edge label`: who may talk to whom about what. */
import type { Command } from "commander";
import { DEVICE_ARGUMENT, groupOf, teamCommand, YES } from "../command.ts";
import type { TeamOptions } from "../command.ts";
import { describeDevice, resolveDevice } from "../resolve.ts";
import { answer, answerChanged, confirm, withTeam } from "../session.ts";
import { count, printable, table } from "../terminal.ts";

export function labelCommand(): Command {
  return groupOf(
    {
      path: "label",
      summary: "create labels, give them to devices, take them away",
      description: "Users that both have a label may open channels with it to each other.",
    },
    [create(), list(), assign(), revoke(), remove()],
  );
}

function create(): Command {
  return teamCommand({
    path: "label create",
    summary: "create a label",
    description: "Creates a label, up to 64 bytes.",
    examples: ["label create telemetry"],
  })
    .argument("<label>", "what it is called")
    .action(async (label: string, options: TeamOptions) => {
      await withTeam(options, async (client, teamId) => {
        const changed = await client.createLabel(teamId, label);
        answerChanged(options, "label.created/1", changed, `label ${label} created`, { teamId, label });
      });
    });
}

function list(): Command {
  return teamCommand({
    path: "label list",
    summary: "list the labels of a team and who has them",
    description: "Lists the labels of a team and who has them.",
    examples: ["label list"],
  }).action(async (options: TeamOptions) => {
    await withTeam(options, async (client, teamId) => {
      const devices = await client.devices(teamId);
      const labels = (await client.labels(teamId)).map((label) => ({
        label,
        devices: devices.filter((d) => d.labels.includes(label)),
      }));
      const body = {
        teamId,
        labels: labels.map(({ label, devices: of }) => ({ label, devices: of.map((d) => d.deviceId) })),
      };
      answer(options, "label.list/1", body, () =>
        labels.length === 0
          ? "no labels: aranya-edge label create"
          : table(
              ["LABEL", "DEVICES"],
              labels.map(({ label, devices: of }) => [label, of.map((d) => d.commonName).join(", ") || "-"]),
            ),
      );
    });
  });
}

function assign(): Command {
  return teamCommand({
    path: "label assign",
    summary: "give a device a label",
    description: "Gives a device a label.",
    examples: ["label assign sensor telemetry"],
  })
    .argument("<device>", DEVICE_ARGUMENT)
    .argument("<label>", "one of the team's")
    .action(async (given: string, label: string, options: TeamOptions) => {
      await withTeam(options, async (client, teamId) => {
        const deviceId = await resolveDevice(client, teamId, given);
        const changed = await client.assignLabel(teamId, deviceId, label);
        const who = await describeDevice(client, teamId, deviceId);
        const body = { teamId, deviceId, label };
        answerChanged(options, "label.assigned/1", changed, `${who} has label ${label}`, body);
      });
    });
}

function revoke(): Command {
  return teamCommand({
    path: "label revoke",
    summary: "take a label from a device",
    description: "Takes a label from a device and closes the channels that need it.",
    examples: ["label revoke sensor telemetry"],
  })
    .argument("<device>", DEVICE_ARGUMENT)
    .argument("<label>", "one it has")
    .action(async (given: string, label: string, options: TeamOptions) => {
      await withTeam(options, async (client, teamId) => {
        const deviceId = await resolveDevice(client, teamId, given);
        const who = await describeDevice(client, teamId, deviceId);
        const changed = await client.revokeLabel(teamId, deviceId, label);
        const body = { teamId, deviceId, label };
        answerChanged(options, "label.revoked/1", changed, `${who} does not have label ${label}`, body);
      });
    });
}

function remove(): Command {
  return teamCommand({
    path: "label delete",
    summary: "delete a label, for every device",
    description:
      "Deletes a label, takes it from every device and closes its channels. Created again it is a new label.",
    examples: ["label delete telemetry", "label delete telemetry --yes"],
  })
    .argument("<label>", "one of the team's")
    .option(...YES)
    .action(async (label: string, options: TeamOptions & { yes?: true }) => {
      await withTeam(options, async (client, teamId) => {
        const holders = (await client.devices(teamId)).filter((d) => d.labels.includes(label));
        await confirm(
          `label ${printable(label)} will be taken from ${count(holders.length, "device")} and its channels closed`,
          options.yes === true,
        );
        const changed = await client.deleteLabel(teamId, label);
        answerChanged(options, "label.deleted/1", changed, `label ${label} deleted`, { teamId, label });
      });
    });
}
