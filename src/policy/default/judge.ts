/**
 * Authority: may this author do this, by what lies in the command's own past? One function for a command on top of
 * everything, where that past is the facts, and for one with concurrent commands, where it is what `authority.ts` folds.
 */
import { roleFromRank } from "../../base/roles.ts";
import type { DeviceId } from "../../base/ids.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { FactReader } from "../facts.ts";
import type { Action, Rejection } from "../policy.ts";
import { forbiddenBy } from "./matrix.ts";
import type { Operation } from "./operation.ts";
import { isRevocation, OWNER_RANK } from "./standing.ts";
import { isClosed, isKnown, KEYS, keysOf, rankOf } from "./tables.ts";

export interface Past {
  readonly closed: boolean;
  /** Rank the author holds, without memberships a concurrent revocation takes from under it. */
  authorRank(): number | undefined;
  rankOf(device: DeviceId): number | undefined;
  /** Whether a membership of the device lies there, standing or not, that nothing concurrent keeps the command from. */
  knows(device: DeviceId): boolean;
  /** Whether another device brought one of these keys. */
  keyIsTaken(bundle: KeyBundle, by: DeviceId): boolean;
}

export function judge(op: Operation, action: Action, past: Past): Rejection | undefined {
  // An owner may always step down: the order in which it and the closing are decided must not matter.
  const stepsDown = isRevocation(op) && op.target === action.author && action.role === OWNER_RANK;
  if (past.closed && !stepsDown) return { code: "TeamClosed", rule: "the team is closed" };
  const authorRank = past.authorRank();
  if (authorRank === undefined) return refused(op, action, "NotAMember", "the author is not a member");
  if (authorRank !== action.role) {
    return refused(op, action, "NotAuthorised", "the author does not have the role it claims");
  }
  const device = "target" in op ? op.target : undefined;
  const target =
    device === undefined ? undefined : { self: device === action.author, rank: past.rankOf(device) };
  const rule = forbiddenBy(op, authorRank, op.kind === "AddDevice" ? undefined : target);
  if (rule !== undefined) return refused(op, action, "NotAuthorised", rule);

  switch (op.kind) {
    case "AddDevice":
      if (target?.rank !== undefined) return { code: "DeviceExists", rule: "a device is added once" };
      if (past.keyIsTaken(op.bundle, op.target)) {
        return { code: "DeviceExists", rule: "a public key belongs to one device" };
      }
      return undefined;
    case "AssignRole":
    case "RemoveDevice":
    case "RevokeRole":
    case "AssignLabel":
    case "RevokeLabel":
    case "AssignNetworkName":
    case "RevokeNetworkName":
      // About somebody already gone a revocation is accepted and changes nothing. About nobody, none of them does anything
      // to what is concurrent.
      if (past.knows(op.target)) return undefined;
      return {
        code: "UnknownDevice",
        rule: "the device is not a member",
        fields: { deviceId: op.target },
      };
    default:
      return undefined;
  }
}

function refused(
  op: Operation,
  action: Action,
  code: "NotAMember" | "NotAuthorised",
  rule: string,
): Rejection {
  return { code, rule, fields: { operation: op.kind, role: roleFromRank(action.role) ?? "none", rule } };
}

/** The past of a command on top of everything. */
export function pastOnTop(facts: FactReader, author: DeviceId): Past {
  return {
    closed: isClosed(facts),
    authorRank: () => rankOf(facts, author),
    rankOf: (device) => rankOf(facts, device),
    knows: (device) => isKnown(facts, device),
    keyIsTaken: (bundle, by) =>
      keysOf(bundle).some((key) => facts.get(KEYS, key)?.some((device) => device !== by) === true),
  };
}
