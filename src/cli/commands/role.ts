/** `aranya-edge role`: who may do what. */
import { Argument } from "commander";
import type { Command } from "commander";
import { ROLES } from "../../client/index.ts";
import type { Client, DeviceId, Role, TeamId } from "../../client/index.ts";
import { DEVICE_ARGUMENT, groupOf, teamCommand, YES } from "../command.ts";
import type { TeamOptions } from "../command.ts";
import { describeDevice, isLastOwner, LAST_OWNER, resolveDevice } from "../resolve.ts";
import { answerChanged, confirm, note, withTeam } from "../session.ts";

const GIVEN = ROLES.filter((role) => role !== "sync");
type Given = Exclude<Role, "sync">;

export function roleCommand(): Command {
  return groupOf(
    {
      path: "role",
      summary: "give roles to devices and take them away",
      description:
        "A device of a team has exactly one role. owner: everything below, and closes the team. admin: network names and " +
        "labels, makes operators and users. operator: adds and removes devices, gives labels and network names. user: opens " +
        "channels. sync: carries what others write. `team devices` lists them.",
    },
    [assign(), revoke()],
  );
}

function assign(): Command {
  return teamCommand({
    path: "role assign",
    summary: "give a device a role in place of the one it has",
    description: "Gives a device a role in place of the one it has.",
    examples: ["role assign sensor user", "role assign 7kfQ operator"],
  })
    .argument("<device>", DEVICE_ARGUMENT)
    .addArgument(new Argument("<role>", "the role; sync is given by role revoke").choices(GIVEN))
    .option("--yes", "make the last owner something else without asking; scripts need it for that")
    .action(async (given: string, role: Given, options: TeamOptions & { yes?: true }) => {
      await withTeam(options, async (client, teamId) => {
        const deviceId = await resolveDevice(client, teamId, given);
        const who = await describeDevice(client, teamId, deviceId);
        if (role !== "owner") await askForLastOwner(client, teamId, deviceId, who, options.yes === true);
        const changed = await client.assignRole(teamId, deviceId, role);
        answerChanged(options, "role.assigned/1", changed, `${who} is ${role}`, { teamId, deviceId, role });
      });
    });
}

function revoke(): Command {
  return teamCommand({
    path: "role revoke",
    summary: "take a device's role away; it keeps the role sync",
    description: "Takes a device's role away; it stays on the team with the role sync.",
    examples: ["role revoke sensor user", "role revoke self owner --yes"],
  })
    .argument("<device>", DEVICE_ARGUMENT)
    .addArgument(new Argument("<role>", "the role it has").choices(GIVEN))
    .option(...YES)
    .action(async (given: string, role: Given, options: TeamOptions & { yes?: true }) => {
      await withTeam(options, async (client, teamId) => {
        const deviceId = await resolveDevice(client, teamId, given);
        const who = await describeDevice(client, teamId, deviceId);
        const asked = await askForLastOwner(client, teamId, deviceId, who, options.yes === true);
        if (!asked) await confirm(`${who} will not be ${role} any more`, options.yes === true);
        const changed = await client.revokeRole(teamId, deviceId, role);
        answerChanged(options, "role.revoked/1", changed, `${who} is not ${role} any more`, {
          teamId,
          deviceId,
          role,
        });
      });
    });
}

/** Whether there was something to ask. */
async function askForLastOwner(
  client: Client,
  teamId: TeamId,
  deviceId: DeviceId,
  who: string,
  yes: boolean,
): Promise<boolean> {
  if (!(await isLastOwner(client, teamId, deviceId))) return false;
  note(`warning: ${who}: ${LAST_OWNER}`);
  await confirm(`${who} will not be owner any more`, yes);
  return true;
}
