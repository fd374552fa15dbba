/** Small teams, and in each the few commands whose meeting matters; a graph is a shape with one of them at each node. */
import { ADMIN, OPERATOR, OWNER, USER } from "../model/braid.ts";
import type { Kind, ModelCommand, Rank } from "../model/braid.ts";
import { keysOf } from "../model/generate.ts";
import type { Shape } from "./shapes.ts";

export type Move = Omit<ModelCommand, "id" | "idBytes" | "parents">;

export interface World {
  readonly name: string;
  /** A chain from Init; the shape's root is its last command. */
  readonly beginning: readonly ModelCommand[];
  readonly moves: readonly Move[];
}

/** The graph of these moves, one for each node of the shape. */
export function graphOf(world: World, shape: Shape, moves: readonly Move[]): ModelCommand[] {
  const root = world.beginning.at(-1)!.id;
  const above = shape.map((parents, i) => ({
    id: `c${i}`,
    idBytes: NO_ID,
    parents: parents.length === 0 ? [root] : parents.map((p) => `c${p}`),
    ...moves[i]!,
  }));
  return [...world.beginning, ...above];
}

/** The translation gives commands the ids of the product. */
const NO_ID = new Uint8Array(32);

function world(name: string, beginning: readonly Move[], moves: readonly Move[]): World {
  const init: Move = { author: "d0", kind: "Init", role: OWNER, commonName: "d0", keys: keysOf("d0") };
  const chain = [init, ...beginning].map((move, i) => ({
    id: `b${i}`,
    idBytes: NO_ID,
    parents: i === 0 ? [] : [`b${i - 1}`],
    ...move,
  }));
  return { name, beginning: chain, moves };
}

function move(author: string, role: Rank, kind: Kind, about: Partial<Move> = {}): Move {
  return { author, role, kind, ...about };
}

function add(author: string, role: Rank, target: string): Move {
  return move(author, role, "AddDevice", { target, commonName: target, keys: keysOf(target) });
}

function remove(author: string, role: Rank, target: string): Move {
  return move(author, role, "RemoveDevice", { target });
}

function raise(author: string, role: Rank, target: string, newRole: Rank): Move {
  return move(author, role, "AssignRole", { target, newRole, lowers: false });
}

function lower(author: string, role: Rank, target: string, newRole: Rank): Move {
  return move(author, role, "AssignRole", { target, newRole, lowers: true });
}

function revoke(author: string, role: Rank, target: string, newRole: Rank): Move {
  return move(author, role, "RevokeRole", { target, newRole });
}

function label(author: string, role: Rank, kind: Kind, name: string, target?: string): Move {
  return move(author, role, kind, { label: name, ...(target !== undefined && { target }) });
}

function name(author: string, role: Rank, kind: Kind, target: string, netIdentifier: string): Move {
  return move(author, role, kind, { target, netIdentifier });
}

function joined(device: string, role: Rank): Move[] {
  return [add("d0", OWNER, device), raise("d0", OWNER, device, role)];
}

export const WORLDS: readonly World[] = [
  world(
    "two owners and a user",
    [...joined("d1", OWNER), ...joined("d2", USER)],
    [
      remove("d0", OWNER, "d0"),
      remove("d1", OWNER, "d1"),
      revoke("d0", OWNER, "d0", OWNER),
      lower("d1", OWNER, "d1", ADMIN),
      remove("d1", OWNER, "d0"),
      move("d0", OWNER, "CloseTeam"),
      move("d1", OWNER, "CloseTeam"),
      remove("d1", OWNER, "d2"),
      revoke("d0", OWNER, "d2", USER),
      raise("d0", OWNER, "d2", OWNER),
      raise("d1", OWNER, "d2", ADMIN),
      remove("d2", OWNER, "d0"),
      raise("d0", OWNER, "d1", OWNER),
      add("d0", OWNER, "d2"),
    ],
  ),
  world(
    "one of each role",
    [...joined("d1", ADMIN), ...joined("d2", OPERATOR), ...joined("d3", USER)],
    [
      remove("d0", OWNER, "d1"),
      lower("d0", OWNER, "d1", OPERATOR),
      raise("d0", OWNER, "d2", ADMIN),
      raise("d0", OWNER, "d2", OWNER),
      add("d0", OWNER, "d1"),
      lower("d1", ADMIN, "d2", USER),
      revoke("d1", ADMIN, "d2", OPERATOR),
      raise("d1", ADMIN, "d3", OPERATOR),
      revoke("d1", ADMIN, "d1", ADMIN),
      remove("d2", OPERATOR, "d3"),
      add("d2", OPERATOR, "d3"),
      remove("d2", OPERATOR, "d2"),
      lower("d2", OWNER, "d1", USER),
      remove("d3", OPERATOR, "d1"),
      revoke("d3", OPERATOR, "d3", OPERATOR),
    ],
  ),
  world(
    "a founder alone",
    [],
    [
      add("d0", OWNER, "d1"),
      add("d0", OWNER, "d2"),
      raise("d0", OWNER, "d1", OWNER),
      raise("d0", OWNER, "d1", OPERATOR),
      remove("d0", OWNER, "d1"),
      remove("d0", OWNER, "d0"),
      move("d0", OWNER, "CloseTeam"),
      add("d1", OWNER, "d2"),
      add("d1", OPERATOR, "d2"),
      remove("d1", OWNER, "d1"),
      remove("d1", OPERATOR, "d2"),
      raise("d1", OWNER, "d2", ADMIN),
    ],
  ),
  world(
    "labels and names",
    [...joined("d1", OPERATOR), add("d0", OWNER, "d2"), label("d0", OWNER, "CreateLabel", "l0")],
    [
      label("d0", OWNER, "DeleteLabel", "l0"),
      label("d0", OWNER, "CreateLabel", "l0"),
      label("d0", OWNER, "AssignLabel", "l0", "d2"),
      label("d1", OPERATOR, "AssignLabel", "l0", "d2"),
      label("d1", OPERATOR, "RevokeLabel", "l0", "d2"),
      name("d0", OWNER, "AssignNetworkName", "d2", "n0"),
      name("d1", OPERATOR, "AssignNetworkName", "d1", "n0"),
      name("d1", OPERATOR, "RevokeNetworkName", "d2", "n0"),
      remove("d0", OWNER, "d1"),
      remove("d1", OPERATOR, "d2"),
      add("d1", OPERATOR, "d2"),
      move("d0", OWNER, "CloseTeam"),
    ],
  ),
];
