/** Who was let in by sync, on either side, and who was not: a line where that changes, and a few about strangers. */
import { formatAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError, TransportError } from "../base/errors.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import type { CommandSource } from "../graph/source.ts";
import type { TlsRejection } from "../io/tls.ts";
import type { Refusal } from "../sync/wire.ts";
import type { Auditor } from "./audit-trail.ts";

interface Target {
  readonly address: Address;
  readonly teamId: TeamId;
}

/** As the asked. It is asked again and again, and by anybody who makes itself a key. */
export function auditServed(
  audit: Auditor | undefined,
  team: TeamId,
  deviceId: DeviceId,
  answer: CommandSource | { readonly refused: Refusal },
  from: string,
): void {
  const outcome = "refused" in answer ? answer.refused : "done";
  const entry = { who: `device:${deviceId}`, act: "sync.serve", outcome, detail: { from: hostOf(from) } };
  // The team is one that a stranger made up, perhaps; and strangers take no member's place among those remembered.
  if (outcome === "not-served") audit?.record(entry, "stranger");
  else audit?.news(`serve ${team} ${deviceId}`, { ...entry, team }, "member");
}

/** Before anybody has shown a device's key. */
export function auditStranger(audit: Auditor | undefined, reason: TlsRejection, from: string): void {
  audit?.record({ who: `address:${hostOf(from)}`, act: "sync.handshake", outcome: reason }, "stranger");
}

/** As the asker: the peer is a member. */
export function auditPull(audit: Auditor | undefined, { address, teamId }: Target, deviceId: DeviceId): void {
  const at = formatAddress(address);
  const entry = { who: `device:${deviceId}`, act: "sync.pull", team: teamId, outcome: "done" };
  audit?.news(`pull ${teamId} ${at}`, { ...entry, detail: { address: at } }, "member", deviceId);
}

const NO_DEVICE = ["no-certificate", "wrong-key", "wrong-alpn"];

/** The peer is not who it has to be, or refuses. One that is not to be reached was not authenticated, and leaves no line. */
export function auditRefusedPull(
  audit: Auditor | undefined,
  { address, teamId }: Target,
  error: unknown,
  deviceId?: DeviceId,
): void {
  const isDevice = error instanceof AranyaError;
  if (!isDevice && !(error instanceof TransportError && NO_DEVICE.includes(error.code))) return;
  if (isDevice && error.code !== "PeerRefused" && error.code !== "NotAMember") return;
  const at = formatAddress(address);
  const reason = isDevice ? error.fields["reason"] : undefined;
  const detail = { address: at, ...(typeof reason === "string" && { reason }) };
  const who = deviceId === undefined ? `address:${at}` : `device:${deviceId}`;
  const entry = { who, act: "sync.pull", team: teamId, outcome: error.code, detail };
  audit?.news(`pull ${teamId} ${at}`, entry, "member", `${error.code} ${deviceId}`);
}

function hostOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf(":")));
}
