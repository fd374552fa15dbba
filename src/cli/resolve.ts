/**
 * What people write for a team, a device or a peer. A full id is that id and nothing else, whatever others are called; a
 * name or the beginning of an id has to fit exactly one, and where it fits more nothing is done: names are chosen by
 * whoever adds a device, and ids can be searched for until they begin alike.
 */
import { parseId } from "../base/ids.ts";
import type { Client, DeviceId, DeviceInfo, TeamId } from "../client/index.ts";
import { CliError } from "./failure.ts";
import { printable } from "./terminal.ts";

/** Shorter ones are more likely slips than ids. */
const PREFIX_MIN = 4;
const SHORT = 8;

/** How an id is shown where there is little room; never taken for the id. */
export function short(id: string): string {
  return id.slice(0, SHORT);
}

/** The only team where none is given. */
export async function resolveTeam(client: Client, given: string | undefined): Promise<TeamId> {
  const id = given === undefined ? undefined : parseId<TeamId>(given);
  if (id !== undefined) return id;
  const teams = await client.teams();
  const found = given === undefined ? teams : teams.filter((team) => begins(team, given));
  const [team, ...others] = found;
  if (team !== undefined && others.length === 0) return team;
  if (given === undefined && team === undefined) {
    throw new CliError(
      "UnknownTeam",
      "there is no team on this device",
      "create one: aranya-edge team create; or join one: aranya-edge team join <team-id> <address>",
    );
  }
  throw team === undefined
    ? new CliError(
        "UnknownTeam",
        `no team's id is or begins with ${given!}`,
        "see them: aranya-edge team list",
      )
    : new CliError(
        "Ambiguous",
        given === undefined
          ? `there are ${found.length} teams on this device`
          : `${found.length} teams' ids begin with ${given}`,
        `say which by --team or ARANYA_EDGE_TEAM: ${found.map(short).join(", ")}`,
      );
}

/** A device of the team. A full id is taken as it is: whether it is on the team is for the daemon to say. */
export async function resolveDevice(client: Client, teamId: TeamId, given: string): Promise<DeviceId> {
  if (given === "self") return client.getDeviceId();
  const id = parseId<DeviceId>(given);
  if (id !== undefined) return id;
  const devices = await client.devices(teamId);
  return only(given, devices, (d) => d.commonName === given || begins(d.deviceId, given)).deviceId;
}

/** The network name of a peer that is given by it, or as a device is. */
export async function resolvePeerName(client: Client, teamId: TeamId, given: string): Promise<string> {
  const devices = await client.devices(teamId);
  const isFullId = parseId(given) !== undefined;
  const device = only(given, devices, (d) =>
    isFullId
      ? d.deviceId === given
      : d.netIdentifier === given || d.commonName === given || begins(d.deviceId, given),
  );
  if (device.netIdentifier !== undefined) return device.netIdentifier;
  throw new CliError(
    "UnknownName",
    `${device.commonName} has no network name to reach it by`,
    `give it one: aranya-edge net assign ${short(device.deviceId)} <address>`,
  );
}

function begins(id: string, prefix: string): boolean {
  return prefix.length >= PREFIX_MIN && id.startsWith(prefix);
}

function only(
  given: string,
  devices: readonly DeviceInfo[],
  fits: (device: DeviceInfo) => boolean,
): DeviceInfo {
  const [device, ...others] = devices.filter(fits);
  if (device !== undefined && others.length === 0) return device;
  if (device === undefined) {
    throw new CliError(
      "UnknownDevice",
      `no device of the team is ${given}${given.length < PREFIX_MIN ? `, and an id is known by ${PREFIX_MIN} characters or more` : ""}`,
      "see them: aranya-edge team devices; perhaps this device has to sync first: aranya-edge peer sync",
    );
  }
  const named = [device, ...others].slice(0, 8).map((d) => `${short(d.deviceId)} (${d.commonName})`);
  throw new CliError(
    "Ambiguous",
    `${given} may be ${others.length + 1} devices`,
    `give more of the id: ${named.join(", ")}`,
  );
}

/** For questions: name and the beginning of the id. */
export async function describeDevice(client: Client, teamId: TeamId, deviceId: DeviceId): Promise<string> {
  const device = (await client.devices(teamId)).find((d) => d.deviceId === deviceId);
  return device === undefined ? deviceId : `${printable(device.commonName)} (${short(deviceId)})`;
}

/** The device is an owner and there is no other. */
export async function isLastOwner(client: Client, teamId: TeamId, deviceId: DeviceId): Promise<boolean> {
  const owners = (await client.devices(teamId)).filter((d) => d.role === "owner");
  return owners.length === 1 && owners[0]!.deviceId === deviceId;
}

export const LAST_OWNER =
  "it is the team's last owner: afterwards nobody can close the team, or make or replace an owner or admin, ever again";
