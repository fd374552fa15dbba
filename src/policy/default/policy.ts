/** The default policy: five roles, labels and network names (docs/requirements.md, "Role matrix"). */
import { DecodeError } from "../../base/errors.ts";
import type { CommandId, DeviceId } from "../../base/ids.ts";
import { roleFromRank } from "../../base/roles.ts";
import { verifyKeyBundle, deviceIdOf } from "../../crypto/key-bundle.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { CipherSuite } from "../../crypto/cipher-suite.ts";
import type { Command } from "../../graph/command.ts";
import type { FactReader } from "../facts.ts";
import type { Action, ConcurrentPiece, Grant, Policy, Ruling, Verdict } from "../policy.ts";
import { NOTHING_CHANGED, reject } from "../policy.ts";
import { decide } from "./authority.ts";
import type { AuthorityRuling } from "./authority.ts";
import { perform } from "./evaluate.ts";
import { forbiddenBy } from "./matrix.ts";
import { setAside } from "./memberships.ts";
import type { Transition } from "./memberships.ts";
import { judge, pastOnTop } from "./judge.ts";
import { operationOf } from "./operation.ts";
import type { Operation } from "./operation.ts";
import { isRevocation, OWNER_RANK, stand, USER_RANK } from "./standing.ts";
import { deviceOf, isClosed, LABELS, rankOf, standingsOf } from "./tables.ts";
import type { Device } from "./tables.ts";

export const DEFAULT_POLICY_ID = "aranya-edge/default/1";

export const defaultPolicy: Policy = {
  id: DEFAULT_POLICY_ID,

  check(suite: CipherSuite, command: Command): void {
    const op = operationOf(command);
    if (op.kind === "CreateChannel")
      throw new DecodeError("unknown-kind", 0, "ephemeral commands are not stored");
    if ((op.kind === "CreateTeam") !== (command.init !== undefined)) throw new DecodeError("bad-kind");
    if (op.kind === "CreateTeam" && command.role !== OWNER_RANK) throw new DecodeError("bad-role");
    if (op.kind !== "CreateTeam" && op.kind !== "AddDevice") return;
    const deviceId = op.kind === "CreateTeam" ? command.author : op.target;
    if (deviceIdOf(suite, op.bundle.identityKey) !== deviceId || !verifyKeyBundle(suite, op.bundle)) {
      throw new DecodeError("bad-key-bundle");
    }
  },

  introduces(command: Command): { deviceId: DeviceId; bundle: KeyBundle } | undefined {
    const op = operationOf(command);
    if (op.kind === "CreateTeam") return { deviceId: command.author, bundle: op.bundle };
    return op.kind === "AddDevice" ? { deviceId: op.target, bundle: op.bundle } : undefined;
  },

  /** Roles ever given, and membership; without a look at the target's rank or at what takes them back. */
  grant(command: Command): Grant | undefined {
    const op = operationOf(command);
    if (op.kind === "CreateTeam") return { needs: undefined, deviceId: command.author, gives: "owner" };
    if (op.kind !== "AddDevice" && op.kind !== "AssignRole") return undefined;
    const needs = roleFromRank(command.role);
    if (needs === undefined || forbiddenBy(op, command.role, undefined) !== undefined) return undefined;
    return { needs, deviceId: op.target, gives: op.kind === "AddDevice" ? "membership" : op.role };
  },

  priority(command: Command): number {
    const op = operationOf(command);
    if (op.kind === "CloseTeam") return 4;
    if (op.kind === "RemoveDevice") return 3;
    if (isRevocation(op)) return 2;
    return op.kind === "DeleteLabel" || op.kind === "RevokeLabel" || op.kind === "RevokeNetworkName" ? 1 : 0;
  },

  rule(piece: ConcurrentPiece, facts: FactReader): readonly Ruling[] {
    return decide(piece, facts);
  },

  evaluate(facts: FactReader, action: Action, ruling?: Ruling): Verdict {
    const op = operationOf(action);
    if (op.kind === "CreateTeam") return perform(facts, op, action, [], []);
    if (op.kind === "CreateChannel") return evaluateChannel(facts, op, action);
    const decided = (ruling as AuthorityRuling | undefined) ?? onTop(facts, op, action);
    if (!("rejection" in decided)) return perform(facts, op, action, decided.targets, decided.transitions);
    const { rejection } = decided;
    if (op.kind !== "AddDevice" || action.id === undefined) return { accepted: false, rejection };
    const { target, bundle, commonName } = op;
    return {
      accepted: false,
      rejection,
      changes: setAside(facts, target, action.id, { bundle, commonName }),
    };
  },
};

/** Everything so far is in the command's past: authority by the facts themselves. */
function onTop(facts: FactReader, op: Operation, action: Action): AuthorityRuling {
  const rejection = judge(op, action, pastOnTop(facts, action.author));
  if (rejection !== undefined) return { rejection };
  if (!("target" in op) || op.kind === "AddDevice") return { targets: [], transitions: [] };
  const addsRefused = action.role === OWNER_RANK && rankOf(facts, op.target) === undefined;
  const targets: CommandId[] = [];
  const transitions: Transition[] = [];
  for (const [membership, before] of standingsOf(facts, op.target)) {
    targets.push(membership);
    const to = stand(before, op, addsRefused);
    if (to !== before) transitions.push({ membership, to });
  }
  return { targets, transitions };
}

/** AFC-8 and AFC-9: both have the role and the label now, and both names are the ones the graph gives them. */
function evaluateChannel(
  facts: FactReader,
  op: Operation & { kind: "CreateChannel" },
  action: Action,
): Verdict {
  if (isClosed(facts)) return reject("TeamClosed", "the team is closed");
  const author = deviceOf(facts, action.author);
  const target = deviceOf(facts, op.target);
  if (author === undefined) return reject("NotAMember", "the author is not a member");
  if (target === undefined)
    return reject("UnknownDevice", "the device is not a member", { deviceId: op.target });
  if (action.author === op.target) return reject("InvalidArgument", "a channel joins two devices");
  if (facts.get(LABELS, op.label) === undefined) {
    return reject("UnknownLabel", "there is no such label", { label: op.label });
  }
  for (const device of [author, target]) {
    const rejection = mayUse(device, op.label);
    if (rejection !== undefined) return rejection;
  }
  if (author.netIdentifier !== op.ownName)
    return reject("UnknownName", "the author does not have this network name");
  if (target.netIdentifier !== op.targetName)
    return reject("UnknownName", "the responder does not have this network name");
  return NOTHING_CHANGED;
}

function mayUse(device: Device, label: string): (Verdict & { accepted: false }) | undefined {
  const refused = (rule: string): Verdict & { accepted: false } =>
    reject("NotAuthorised", rule, {
      operation: "CreateChannel",
      role: roleFromRank(device.rank) ?? "none",
      rule,
      deviceId: device.deviceId,
      label,
    });
  if (device.rank !== USER_RANK) return refused("CreateChannel: both devices need the role user");
  if (!device.labels.includes(label)) return refused("CreateChannel: both devices need the label");
  return undefined;
}
