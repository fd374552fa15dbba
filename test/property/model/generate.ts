/**
 * Hostile graphs from a seed: forks from anywhere in the past, revocations answered from before them, re-adds, double
 * adds, ids ground for a good place, mostly true and now and then false claims.
 */
import { evaluate } from "./authority.ts";
import { matrixAllows, NO_MEMBER } from "./policy.ts";
import { ADMIN, ancestors, OPERATOR, OWNER, SYNC, USER } from "./braid.ts";
import type { Kind, ModelCommand, Rank } from "./braid.ts";
import type { Facts, Outcome } from "./authority.ts";

export interface GenerateOptions {
  readonly commandsMin?: number;
  readonly commandsMax?: number;
  readonly devicesMin?: number;
  readonly devicesMax?: number;
  /** Names and labels too; without them every command is about authority. */
  readonly names?: boolean;
}

/** A graph, parents before children; the same for the same seed and options. */
export function generateGraph(seed: number, options: GenerateOptions = {}): ModelCommand[] {
  const rng = new Prng(seed);
  const total = rng.between(options.commandsMin ?? 4, options.commandsMax ?? 40);
  const deviceCount = rng.between(options.devicesMin ?? 3, options.devicesMax ?? 7);
  const devices = Array.from({ length: deviceCount }, (_, i) => `d${i}`);
  const graph = new Growing(rng, devices, options.names ?? rng.chance(0.6));
  graph.add({ author: "d0", parents: [], kind: "Init", role: OWNER, commonName: "d0", keys: keysOf("d0") });
  graph.found(total);
  while (graph.commands.length < total) graph.grow();
  return graph.commands;
}

/** Every device its own keys; the last name of a device pool of seven shares one with `d1`. */
export function keysOf(device: string): string[] {
  return [`${device}-identity`, device === "d6" ? "d1-signing" : `${device}-signing`];
}

/** mulberry32: small, and the same everywhere. */
export class Prng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)]!;
  }

  shuffle<T>(from: readonly T[]): T[] {
    const out = [...from];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }

  bytes32(): Uint8Array {
    return Uint8Array.from({ length: 32 }, () => this.between(0, 255));
  }
}

type Draft = Omit<ModelCommand, "id" | "idBytes">;

const LABELS = ["l0", "l1"];
const NAMES = ["n0", "n1"];
const AUTHORITY: readonly Kind[] = [
  ...repeat<Kind>("AddDevice", 3),
  ...repeat<Kind>("RemoveDevice", 5),
  ...repeat<Kind>("AssignRole", 9),
  ...repeat<Kind>("RevokeRole", 4),
  "CloseTeam",
];
const NAMING: readonly Kind[] = [
  ...repeat<Kind>("AssignNetworkName", 3),
  "RevokeNetworkName",
  ...repeat<Kind>("CreateLabel", 3),
  "DeleteLabel",
  ...repeat<Kind>("AssignLabel", 3),
  ...repeat<Kind>("RevokeLabel", 2),
];

class Growing {
  readonly commands: ModelCommand[] = [];
  readonly #rng: Prng;
  readonly #devices: readonly string[];
  readonly #names: boolean;
  readonly #pasts = new Map<string, Outcome>();

  constructor(rng: Prng, devices: readonly string[], names: boolean) {
    this.#rng = rng;
    this.#devices = devices;
    this.#names = names;
  }

  /** The id is ground: of several the one that sorts where somebody wants it. */
  add(draft: Draft): void {
    const idBytes = Array.from({ length: this.#rng.pick([1, 1, 4]) }, () => this.#rng.bytes32());
    idBytes.sort((a, b) => a[0]! - b[0]!);
    const chosen = this.#rng.chance(0.5) ? idBytes[0]! : idBytes.at(-1)!;
    this.commands.push({ id: `c${this.commands.length}`, idBytes: chosen, ...draft });
  }

  /** A quiet beginning in most graphs: the owner adds a few devices and gives them roles. */
  found(total: number): void {
    if (this.#rng.chance(0.1)) return;
    if (this.#names) this.add({ ...this.#onTop(), kind: "CreateLabel", label: "l0" });
    for (const device of this.#devices.slice(1)) {
      if (this.commands.length + 2 > total * 0.5) return;
      if (this.#rng.chance(0.2)) continue;
      this.add({
        ...this.#onTop(),
        kind: "AddDevice",
        target: device,
        commonName: device,
        keys: keysOf(device),
      });
      const newRole = this.#rng.pick<Rank>([SYNC, USER, OPERATOR, OPERATOR, ADMIN, ADMIN, OWNER]);
      if (newRole !== SYNC) {
        this.add({ ...this.#onTop(), kind: "AssignRole", target: device, newRole, lowers: false });
      }
    }
  }

  grow(): void {
    const parents = this.#parents();
    const { facts } = this.#evaluated(parents);
    let draft = this.#draft(parents, facts);
    for (let i = 0; i < 12 && !plausible(draft, facts) && !this.#rng.chance(0.05); i++) {
      draft = this.#draft(parents, facts);
    }
    this.add(draft);
  }

  #onTop(): Pick<Draft, "author" | "parents" | "role"> {
    return { author: "d0", parents: [this.commands.at(-1)!.id], role: OWNER };
  }

  #draft(parents: readonly string[], facts: Facts): Draft {
    const rng = this.#rng;
    const members = [...facts.devices.keys()];
    // Whoever was raised or revoked elsewhere has most to gain from a fork.
    const touched = this.commands.flatMap((c) =>
      c.target !== undefined && c.kind !== "AddDevice" ? [c.target] : [],
    );
    const wanted = rng.chance(0.4) && touched.length > 0 ? rng.pick(touched) : rng.pick(this.#devices);
    const author =
      facts.devices.has(wanted) || members.length === 0 || rng.chance(0.03) ? wanted : rng.pick(members);
    const held = facts.devices.get(author)?.role ?? SYNC;
    const role = rng.chance(0.95) ? held : rng.pick<Rank>([0, 1, 2, 3, 4]);
    const kind = this.#names && rng.chance(0.35) ? rng.pick(NAMING) : rng.pick(AUTHORITY);
    const common = { author, parents, kind, role };
    const added = this.commands.filter((c) => c.kind === "AddDevice").map((c) => c.target!);
    const known = [...members, ...added];
    const other = rng.chance(0.9) && known.length > 0 ? rng.pick(known) : rng.pick(this.#devices);
    const target = rng.chance(0.2) ? author : other;
    const targetRole = facts.devices.get(target)?.role ?? SYNC;
    switch (kind) {
      case "AddDevice": {
        const device = rng.chance(0.8)
          ? rng.pick(this.#devices.filter((d) => !members.includes(d)).concat(target))
          : target;
        return { ...common, target: device, commonName: `${device} again`, keys: keysOf(device) };
      }
      case "RemoveDevice":
        return { ...common, target };
      case "AssignRole": {
        const newRole = rng.pick<Rank>([USER, USER, OPERATOR, OPERATOR, ADMIN, ADMIN, OWNER, OWNER, SYNC]);
        return {
          ...common,
          target,
          newRole,
          lowers: rng.chance(0.93) ? newRole < targetRole : rng.chance(0.5),
        };
      }
      case "RevokeRole":
        return { ...common, target, newRole: rng.chance(0.9) ? targetRole : rng.pick<Rank>([0, 1, 2, 3, 4]) };
      case "AssignNetworkName":
      case "RevokeNetworkName":
        return { ...common, target, netIdentifier: rng.pick(NAMES) };
      case "CreateLabel":
      case "DeleteLabel":
        return { ...common, label: rng.pick(LABELS) };
      case "AssignLabel":
      case "RevokeLabel":
        return { ...common, target, label: rng.pick(LABELS) };
      default:
        return common;
    }
  }

  #parents(): string[] {
    const rng = this.#rng;
    const heads = this.commands
      .filter((c) => !this.commands.some((o) => o.parents.includes(c.id)))
      .map((c) => c.id);
    const style = rng.next();
    if (style < 0.4) return rng.shuffle(heads);
    if (style < 0.55) return rng.shuffle(heads).slice(0, rng.between(1, heads.length));
    if (style < 0.8) {
      // The race: from just before something somebody did.
      const late = this.commands.slice(1).slice(-10);
      if (late.length > 0) return [...rng.pick(late).parents];
    }
    return this.#antichain(Array.from({ length: rng.pick([1, 1, 2, 3]) }, () => rng.pick(this.commands).id));
  }

  #antichain(ids: readonly string[]): string[] {
    const anc = ancestors(this.commands);
    return [...new Set(ids)].filter((id) => !ids.some((other) => anc.get(other)!.has(id)));
  }

  #pastOf(parents: readonly string[]): ModelCommand[] {
    const anc = ancestors(this.commands);
    return this.commands.filter((c) => parents.includes(c.id) || parents.some((p) => anc.get(p)!.has(c.id)));
  }

  #evaluated(parents: readonly string[]): Outcome {
    const key = [...parents].sort().join(" ");
    let outcome = this.#pasts.get(key);
    if (outcome === undefined) {
      outcome = evaluate(this.#pastOf(parents));
      this.#pasts.set(key, outcome);
    }
    return outcome;
  }
}

/** Whether its author, seeing its past alone, would expect it to be accepted. */
function plausible(draft: Draft, facts: Facts): boolean {
  const author = facts.devices.get(draft.author)?.role;
  const target = draft.target === undefined ? undefined : facts.devices.get(draft.target);
  if (author !== draft.role || facts.closed) return false;
  if (!matrixAllows({ id: "", idBytes: new Uint8Array(), ...draft }, author, target?.role ?? NO_MEMBER))
    return false;
  switch (draft.kind) {
    case "AddDevice":
      return target === undefined;
    case "CreateLabel":
      return !facts.labels.includes(draft.label!);
    case "DeleteLabel":
      return facts.labels.includes(draft.label!);
    case "AssignLabel":
    case "RevokeLabel":
      return target !== undefined && facts.labels.includes(draft.label!);
    case "AssignNetworkName":
      return (
        target !== undefined &&
        ![...facts.devices.values()].some((d) => d.netIdentifier === draft.netIdentifier)
      );
    case "RevokeNetworkName":
      return target?.netIdentifier === draft.netIdentifier;
    default:
      return draft.target === undefined || target !== undefined;
  }
}

function repeat<T>(value: T, times: number): T[] {
  return Array.from({ length: times }, () => value);
}
