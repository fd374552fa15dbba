/** The five roles, highest first. A device of a team has exactly one. */
export const ROLES = ["owner", "admin", "operator", "user", "sync"] as const;
export type Role = (typeof ROLES)[number];

const RANK: Readonly<Record<Role, number>> = { owner: 4, admin: 3, operator: 2, user: 1, sync: 0 };

/** 4 for owner down to 0 for sync: what the specification means by "below". */
export function rank(role: Role): number {
  return RANK[role];
}

/** Undefined for a number that is no rank. */
export function roleFromRank(n: number): Role | undefined {
  return ROLES[RANK.owner - n];
}
