/**
 * How a membership fares under the commands about it: the one fold that own pasts, the facts and the whole piece share
 * (docs/decisions/0010-authority.md, "Standing").
 */
import { rank } from "../../base/roles.ts";
import type { Operation } from "./operation.ts";

/** The rank it stands with; or its AddDevice was refused; or it was removed, for good. */
export type Standing = number | "refused" | "ended";

/** What a device is added with, and what is left when its role is revoked. */
export const DEFAULT_RANK = rank("sync");
export const USER_RANK = rank("user");
export const OWNER_RANK = rank("owner");

/**
 * The standing after an accepted operation about the membership. `addsRefused`: it is an owner's raise of a device none
 * of whose memberships stands in its past, and stands by itself, whatever became of the AddDevice before it.
 */
export function stand(before: Standing, op: Operation, addsRefused: boolean): Standing {
  switch (op.kind) {
    case "RemoveDevice":
      return "ended";
    case "RevokeRole":
      return typeof before === "number" ? Math.min(before, DEFAULT_RANK) : before;
    case "AssignRole": {
      const named = rank(op.role);
      if (op.direction === "lower") return typeof before === "number" ? Math.min(before, named) : before;
      if (typeof before === "number") return Math.max(before, named);
      return before === "refused" && addsRefused ? named : before;
    }
    default:
      return before;
  }
}

/** Takes a device or a role away from somebody. */
export function isRevocation(
  op: Operation,
): op is Operation & { kind: "RemoveDevice" | "RevokeRole" | "AssignRole" } {
  return (
    op.kind === "RemoveDevice" ||
    op.kind === "RevokeRole" ||
    (op.kind === "AssignRole" && op.direction === "lower")
  );
}

export function isRaise(op: Operation): op is Operation & { kind: "AssignRole" } {
  return op.kind === "AssignRole" && op.direction === "raise";
}
