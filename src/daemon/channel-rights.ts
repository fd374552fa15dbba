/**
 * Who may have a channel, by the graph: for one an application asks for, one a peer asks for, and one that is open.
 */
import { equalBytes } from "../base/bytes.ts";
import { AranyaError } from "../base/errors.ts";
import type { DeviceId } from "../base/ids.ts";
import type { ErrorCode } from "../base/codes.ts";
import { encodeFields } from "../policy/default/operation.ts";
import { deviceOf, MEMBERS, membershipsOf, NAMES, rankOf } from "../policy/default/tables.ts";
import type { Verdict } from "../policy/policy.ts";
import { errorFor } from "../team/actions.ts";
import type { Team } from "../team/team.ts";
import type { ChannelBinding } from "./channel-bindings.ts";
import type { EphemeralCommand } from "./ephemeral-command.ts";
import type { Teams } from "./teams.ts";

/** The ephemeral command to the device with that name. Throws what the graph, or the policy, has against it. */
export function draftChannel(
  team: Team,
  author: DeviceId,
  netIdentifier: string,
  label: string,
): EphemeralCommand {
  const { teamId, facts } = team;
  const device = deviceOf(facts, author);
  if (device === undefined) {
    throw new AranyaError("NotAMember", "this device is not a member of the team", {
      teamId,
      deviceId: author,
    });
  }
  const target = facts.get(NAMES, netIdentifier);
  if (target === undefined) {
    throw new AranyaError("UnknownName", "no device of the team has this network name", {
      teamId,
      netIdentifier,
    });
  }
  const ownName = device.netIdentifier;
  if (ownName === undefined) {
    throw new AranyaError("UnknownName", "this device has no network name to call from", {
      teamId,
      deviceId: author,
    });
  }
  const op = { kind: "CreateChannel", target, targetName: netIdentifier, ownName, label } as const;
  const command = { teamId, author, role: device.rank, op };
  requireAllowed(team, command);
  return command;
}

export function requireAllowed(team: Team, command: EphemeralCommand): void {
  const verdict = judge(team, command);
  if (!verdict.accepted) throw errorFor(team.teamId, verdict.rejection);
}

/** AFC-8, AFC-9: whether an open channel may go on, by the facts as they are. */
export function isAllowed(teams: Teams, { teamId, initiator, responder, label }: ChannelBinding): boolean {
  if (!teams.has(teamId)) return false;
  const team = teams.get(teamId);
  const op = {
    kind: "CreateChannel",
    target: responder.deviceId,
    targetName: responder.name,
    ownName: initiator.name,
    label,
  } as const;
  const role = rankOf(team.facts, initiator.deviceId) ?? 0;
  return judge(team, { teamId, author: initiator.deviceId, role, op }).accepted;
}

/** Whether the key a handshake proved is one of a device that is in the team. */
export function isMember({ facts }: Team, deviceId: DeviceId, encryptionKey: Uint8Array): boolean {
  return membershipsOf(facts, deviceId).some((membership) =>
    equalBytes(facts.get(MEMBERS, membership)!.bundle.encryptionKey, encryptionKey),
  );
}

/** Why a member is refused the channel it asks this device for; undefined where it may have it. */
export function refusalOf(team: Team, command: EphemeralCommand, deviceId: DeviceId): ErrorCode | undefined {
  const verdict = judge(team, command);
  if (!verdict.accepted) return verdict.rejection.code;
  return command.op.target === deviceId ? undefined : "UnknownDevice";
}

function judge(team: Team, { author, role, op }: EphemeralCommand): Verdict {
  return team.evaluate(author, { kind: op.kind, role, fields: encodeFields(op) });
}
