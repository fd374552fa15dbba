/** What becomes of channels, as lines. One that this device opens is in the line of the call. */
import type { Address } from "../base/address.ts";
import type { ErrorCode } from "../base/codes.ts";
import type { Auditor } from "./audit-trail.ts";
import type { EphemeralCommand } from "./ephemeral-command.ts";
import type { OwnedChannel } from "./owned-channel.ts";

type Channel = Pick<OwnedChannel, "id" | "binding" | "direction">;

export function auditAccepted(audit: Auditor | undefined, { id, binding, direction }: Channel): void {
  if (direction === "outgoing") return;
  const { teamId, label, peerDeviceId, initiator } = binding;
  const detail = { channelId: id, label, netIdentifier: initiator.name };
  const entry = { who: `device:${peerDeviceId}`, act: "channel.accept", team: teamId, outcome: "done" };
  audit?.record({ ...entry, detail }, "member");
}

export function auditClosed(
  audit: Auditor | undefined,
  { id, binding, direction }: Channel,
  reason: string,
): void {
  const { teamId, label, peerDeviceId } = binding;
  const detail = { channelId: id, label, direction, reason };
  const entry = { who: `device:${peerDeviceId}`, act: "channel.close", team: teamId, outcome: "done" };
  audit?.record({ ...entry, detail }, "member");
}

/** To a member. */
export function auditRefused(
  audit: Auditor | undefined,
  { author, teamId, op }: EphemeralCommand,
  code: ErrorCode,
): void {
  const detail = { label: op.label, netIdentifier: op.ownName };
  const entry = { who: `device:${author}`, act: "channel.refuse", team: teamId, outcome: code, detail };
  audit?.news(`refuse ${teamId} ${author} ${op.label}`, entry, "member");
}

/** It knows this device's key and is a member of nothing. */
export function auditUnknown(audit: Auditor | undefined, from: Address): void {
  audit?.record({ who: `address:${from.host}`, act: "channel.handshake", outcome: "NotAMember" }, "stranger");
}
