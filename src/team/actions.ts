/**
 * What a device asks of its teams, as commands: picks the role to act in, refuses what would change nothing or be refused
 * by everyone, and leaves a trace in the graph only when the policy accepts it. Errors are the public ones.
 */
import { formatAddress, parseAddress } from "../base/address.ts";
import { AranyaError } from "../base/errors.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import { limitReached } from "../base/limit-reached.ts";
import { LIMITS } from "../base/limits.ts";
import { rank, roleFromRank } from "../base/roles.ts";
import type { Role } from "../base/roles.ts";
import type { KeyBundle } from "../codec/key-bundle.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { deviceIdOf, verifyKeyBundle } from "../crypto/key-bundle.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import type { Command } from "../graph/command.ts";
import { encodeFields, isName } from "../policy/default/operation.ts";
import type { Operation } from "../policy/default/operation.ts";
import { DEFAULT_POLICY_ID } from "../policy/default/policy.ts";
import { isRevocation, OWNER_RANK } from "../policy/default/standing.ts";
import { DEVICES, deviceOf, isClosed, LABELS, rankOf } from "../policy/default/tables.ts";
import type { Device } from "../policy/default/tables.ts";
import type { Rejection } from "../policy/policy.ts";
import type { TeamEvent } from "./events.ts";
import { beyondAllowance, foundingCommand } from "./team.ts";
import type { Team } from "./team.ts";

export interface Acted {
  /** Whether it changed anything here; false leaves no command. */
  readonly changed: boolean;
  readonly events: readonly TeamEvent[];
}

/** A founder has no one to name it; the graph calls it so until somebody adds it under another name. */
const FOUNDER_NAME = "owner";

export function createTeamCommand(suite: CipherSuite, keys: DeviceKeys, nonce: Uint8Array): Command {
  const op: Operation = { kind: "CreateTeam", bundle: keys.bundle, commonName: FOUNDER_NAME };
  return foundingCommand(suite, keys, DEFAULT_POLICY_ID, nonce, {
    kind: op.kind,
    role: OWNER_RANK,
    fields: encodeFields(op),
  });
}

export class Actions {
  readonly #suite: CipherSuite;
  readonly #keys: DeviceKeys;
  readonly #team: Team;

  constructor(suite: CipherSuite, keys: DeviceKeys, team: Team) {
    this.#suite = suite;
    this.#keys = keys;
    this.#team = team;
  }

  closeTeam(): Acted {
    return this.#act({ kind: "CloseTeam" });
  }

  addDevice(bundle: KeyBundle, commonName: string): Acted & { deviceId: DeviceId } {
    if (!isName(commonName, LIMITS.commonNameBytesMax))
      throw badName("commonName", LIMITS.commonNameBytesMax);
    if (!verifyKeyBundle(this.#suite, bundle)) {
      throw invalid("keyBundle", "its self-signature does not hold or a key in it is unsound");
    }
    const target = deviceIdOf(this.#suite, bundle.identityKey);
    if (this.#team.facts.count(DEVICES) >= LIMITS.devicesPerTeamMax) throw tooMany("devicesPerTeamMax");
    return { ...this.#act({ kind: "AddDevice", target, bundle, commonName }), deviceId: target };
  }

  removeDevice(target: DeviceId): Acted {
    this.#device(target);
    return this.#act({ kind: "RemoveDevice", target });
  }

  assignRole(target: DeviceId, role: Role): Acted {
    const held = this.#device(target).rank;
    if (role === "sync") throw invalid("role", "sync is what is left when a role is revoked: use RevokeRole");
    const direction = rank(role) < held ? "lower" : "raise";
    return this.#act({ kind: "AssignRole", target, role, direction });
  }

  revokeRole(target: DeviceId, role: Role): Acted {
    const held = this.#device(target).rank;
    if (role === "sync")
      throw invalid("role", "sync is the least role and cannot be revoked: use RemoveDevice");
    if (rank(role) !== held) {
      const message = `the device has the role ${roleFromRank(held)!}, not ${role}`;
      throw new AranyaError("RoleMismatch", message, { deviceId: target, role, held: roleFromRank(held)! });
    }
    return this.#act({ kind: "RevokeRole", target, role });
  }

  assignNetworkName(target: DeviceId, netIdentifier: string): Acted {
    this.#device(target);
    return this.#act({ kind: "AssignNetworkName", target, netIdentifier: canonicalName(netIdentifier) });
  }

  revokeNetworkName(target: DeviceId, netIdentifier: string): Acted {
    this.#device(target);
    return this.#act({ kind: "RevokeNetworkName", target, netIdentifier: canonicalName(netIdentifier) });
  }

  createLabel(label: string): Acted {
    if (!isName(label, LIMITS.labelBytesMax)) throw badName("label", LIMITS.labelBytesMax);
    if (this.#team.facts.count(LABELS) >= LIMITS.labelsPerTeamMax) throw tooMany("labelsPerTeamMax");
    return this.#act({ kind: "CreateLabel", label });
  }

  deleteLabel(label: string): Acted {
    return this.#act({ kind: "DeleteLabel", label: this.#label(label) });
  }

  assignLabel(target: DeviceId, label: string): Acted {
    this.#device(target);
    return this.#act({ kind: "AssignLabel", target, label: this.#label(label) });
  }

  revokeLabel(target: DeviceId, label: string): Acted {
    this.#device(target);
    return this.#act({ kind: "RevokeLabel", target, label: this.#label(label) });
  }

  #act(op: Operation): Acted {
    const { deviceId } = this.#keys;
    const role = rankOf(this.#team.facts, deviceId);
    if (role === undefined) throw notAMember(this.#team, deviceId);
    if (this.#team.commandCount >= LIMITS.commandsPerTeamMax) throw tooMany("commandsPerTeamMax");
    if (this.#team.roomFor(deviceId) <= 0) throw beyondAllowance(this.#team.teamId, deviceId);
    const draft = { kind: op.kind, role, fields: encodeFields(op) };
    const verdict = this.#team.evaluate(deviceId, draft);
    if (!verdict.accepted) throw errorFor(this.#team.teamId, verdict.rejection);
    // AddDevice writes nothing but under the id it will get, and never nothing when it is accepted.
    const idle = verdict.changes.length === 0 && verdict.effects.length === 0;
    if (idle && op.kind !== "AddDevice") return { changed: false, events: [] };
    const { events } = this.#team.act(this.#keys, draft, isRevocation(op) ? op.target : undefined);
    return { changed: true, events };
  }

  #device(target: DeviceId): Device {
    const { facts, teamId } = this.#team;
    if (isClosed(facts)) throw new AranyaError("TeamClosed", "the team is closed", { teamId });
    // A stranger learns nothing about who is a member.
    if (rankOf(facts, this.#keys.deviceId) === undefined) throw notAMember(this.#team, this.#keys.deviceId);
    const device = deviceOf(facts, target);
    if (device !== undefined) return device;
    throw new AranyaError("UnknownDevice", "no such device on the team", { teamId, deviceId: target });
  }

  #label(label: string): string {
    if (isName(label, LIMITS.labelBytesMax)) return label;
    throw new AranyaError("UnknownLabel", "no label can have such a name", { teamId: this.#team.teamId });
  }
}

/** A refusal of the policy as applications see it. */
export function errorFor(teamId: TeamId, rejection: Rejection): AranyaError {
  return new AranyaError(rejection.code, rejection.rule, { teamId, ...rejection.fields });
}

/** The one spelling under which the graph knows a network name. Throws `InvalidArgument`. */
export function canonicalName(netIdentifier: string): string {
  const address = parseAddress(netIdentifier);
  if (address !== undefined) return formatAddress(address);
  throw invalid("netIdentifier", "give a DNS name or an IPv4 address, with :port unless it is 4321");
}

function notAMember(team: Team, deviceId: DeviceId): AranyaError {
  if (!team.isSynced)
    return new AranyaError("TeamNotSynced", "nothing of the team has arrived yet", { teamId: team.teamId });
  if (isClosed(team.facts))
    return new AranyaError("TeamClosed", "the team is closed", { teamId: team.teamId });
  const message = "this device is not (or no longer) a member of the team";
  return new AranyaError("NotAMember", message, { teamId: team.teamId, deviceId });
}

function invalid(field: string, reason: string): AranyaError {
  return new AranyaError("InvalidArgument", `${field}: ${reason}`, { field, reason });
}

function badName(field: string, bytesMax: number): AranyaError {
  return invalid(field, `1 to ${bytesMax} bytes of text, no control characters, no space at either end`);
}

function tooMany(name: "devicesPerTeamMax" | "labelsPerTeamMax" | "commandsPerTeamMax"): AranyaError {
  return limitReached(name, `a team has at most ${LIMITS[name]}`);
}
