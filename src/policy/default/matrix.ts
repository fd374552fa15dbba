/**
 * The role matrix: what each role may do, and to whom. The table is the rule; the functions below only read it.
 *
 *   any     whoever the target is, or no target at all
 *   below   a target whose role is strictly below the author's; one that has no role is below all
 *   self    the author itself
 *
 * Nobody promotes itself: where `self` stands in a row of AssignRole, the role is below the author's own.
 */
import { rank, roleFromRank } from "../../base/roles.ts";
import type { Role } from "../../base/roles.ts";
import type { Operation, OperationKind } from "./operation.ts";

type Cell = "any" | "below" | "self" | "below, self";
type Row = Readonly<Partial<Record<Role, Cell>>>;

type AssignRow = `AssignRole ${Exclude<Role, "sync">}`;
type MatrixRow = Exclude<OperationKind, "CreateTeam" | "AssignRole" | "CreateChannel"> | AssignRow;

export const MATRIX: Readonly<Record<MatrixRow, Row>> = {
  CloseTeam: { owner: "any" },
  AddDevice: { owner: "any", operator: "any" },
  RemoveDevice: { owner: "below, self", admin: "self", operator: "below, self", user: "self", sync: "self" },
  "AssignRole owner": { owner: "below" },
  "AssignRole admin": { owner: "below, self" },
  "AssignRole operator": { owner: "below, self", admin: "below, self" },
  "AssignRole user": { owner: "below, self", admin: "below, self", operator: "below, self" },
  RevokeRole: { owner: "below, self", admin: "below, self", operator: "below, self", user: "self" },
  AssignNetworkName: { owner: "any", admin: "any", operator: "any" },
  RevokeNetworkName: { owner: "any", admin: "any", operator: "any" },
  CreateLabel: { owner: "any", admin: "any" },
  DeleteLabel: { owner: "any", admin: "any" },
  AssignLabel: { owner: "any", operator: "any" },
  RevokeLabel: { owner: "any", operator: "any" },
};

export interface Target {
  /** The target is the author. */
  readonly self: boolean;
  /** Rank; undefined for a device that is no member. */
  readonly rank: number | undefined;
}

/** The rule that forbids it, or undefined where the matrix allows it. */
export function forbiddenBy(
  op: Operation,
  authorRank: number,
  target: Target | undefined,
): string | undefined {
  const row = rowOf(op);
  if (row === undefined) return "assigning sync is RevokeRole by another name";
  const cell = MATRIX[row][roleFromRank(authorRank) ?? "sync"];
  if (cell === undefined) return `${row}: not for this role`;
  if (op.kind === "RevokeRole") {
    if (op.role === "sync") return "sync is the least role and cannot be revoked";
    if (target?.self === false && rank(op.role) >= authorRank) return "RevokeRole: roles below the author's";
  }
  if (cell === "any" || target === undefined) return undefined;
  if (target.self) return cell === "below" ? `${row}: not of oneself` : undefined;
  if (cell === "self") return `${row}: only of oneself`;
  return (target.rank ?? -1) < authorRank ? undefined : `${row}: only devices below the author's role`;
}

function rowOf(op: Operation): MatrixRow | undefined {
  if (op.kind === "AssignRole") return op.role === "sync" ? undefined : `AssignRole ${op.role}`;
  return op.kind === "CreateTeam" || op.kind === "CreateChannel" ? undefined : op.kind;
}
