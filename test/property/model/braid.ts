/**
 * The slow model: commands as plain objects, and their order, word by word from docs/decisions/0010-authority.md.
 * It shares no code with the product on purpose. Quadratic and worse; never optimise it.
 */

export type Rank = 0 | 1 | 2 | 3 | 4;
export const SYNC = 0;
export const USER = 1;
export const OPERATOR = 2;
export const ADMIN = 3;
export const OWNER = 4;

export type Kind =
  | "Init"
  | "CloseTeam"
  | "AddDevice"
  | "RemoveDevice"
  | "AssignRole"
  | "RevokeRole"
  | "AssignNetworkName"
  | "RevokeNetworkName"
  | "CreateLabel"
  | "DeleteLabel"
  | "AssignLabel"
  | "RevokeLabel";

export interface ModelCommand {
  readonly id: string;
  /** 32 bytes: what commands of one priority are ordered by. */
  readonly idBytes: Uint8Array;
  readonly author: string;
  /** None in Init, at least one elsewhere. */
  readonly parents: readonly string[];
  readonly kind: Kind;
  /** The role the author claims to act in. */
  readonly role: Rank;
  readonly target?: string;
  /** AssignRole: the role to give. RevokeRole: the role to take. */
  readonly newRole?: Rank;
  /** AssignRole: the direction it says it has; absent is a raise. */
  readonly lowers?: boolean;
  readonly label?: string;
  readonly netIdentifier?: string;
  /** Init, AddDevice. */
  readonly commonName?: string;
  /** Init, AddDevice: the public keys brought to the team, a function of the device. */
  readonly keys?: readonly string[];
}

export function priority(c: ModelCommand): number {
  switch (c.kind) {
    case "CloseTeam":
      return 4;
    case "RemoveDevice":
      return 3;
    case "RevokeRole":
      return 2;
    case "AssignRole":
      return c.lowers === true ? 2 : 0;
    case "DeleteLabel":
    case "RevokeLabel":
    case "RevokeNetworkName":
      return 1;
    default:
      return 0;
  }
}

/** From the back: of the commands whose children are all placed, the one with the lowest (priority, id) goes in front. */
export function braid(commands: readonly ModelCommand[]): string[] {
  const placed: string[] = [];
  let rest = [...commands];
  while (rest.length > 0) {
    const free = rest.filter((c) => !rest.some((child) => child.parents.includes(c.id)));
    if (free.length === 0) throw new Error("the parents form a cycle");
    const lowest = free.reduce((a, b) => (before(a, b) ? a : b));
    placed.unshift(lowest.id);
    rest = rest.filter((c) => c !== lowest);
  }
  return placed;
}

/** For each command all its ancestors, itself excluded. */
export function ancestors(commands: readonly ModelCommand[]): Map<string, Set<string>> {
  const byId = new Map(commands.map((c) => [c.id, c]));
  const found = new Map<string, Set<string>>();
  const visit = (id: string): Set<string> => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const command = byId.get(id);
    if (command === undefined) throw new Error(`a parent is missing: ${id}`);
    const set = new Set<string>();
    for (const parent of command.parents) {
      set.add(parent);
      for (const ancestor of visit(parent)) set.add(ancestor);
    }
    found.set(id, set);
    return set;
  };
  for (const c of commands) visit(c.id);
  return found;
}

function before(a: ModelCommand, b: ModelCommand): boolean {
  if (priority(a) !== priority(b)) return priority(a) < priority(b);
  return compareIds(a.idBytes, b.idBytes) < 0;
}

function compareIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return 0;
}
