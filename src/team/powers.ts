/**
 * Who may ever have been able to do what, by a command's own past alone. Keys cost nothing: without this a member with the
 * least role could sign AddDevices of devices it makes up, all refused, and each of those would be an author whose commands
 * everybody stores, with an allowance of its own.
 *
 * A command *has power* if its author was given what it needs by a command in its past that has power itself. Nothing is
 * judged here: revocations do not count, so what counts as power only grows with the past, is the same on every replica, and
 * nothing that the policy accepts lacks it (docs/decisions/0012-powers.md).
 */
import type { CommandId, DeviceId } from "../base/ids.ts";
import type { Command } from "../graph/command.ts";
import type { Graph } from "../graph/graph.ts";
import type { Order } from "../graph/order.ts";
import type { Policy } from "../policy/policy.ts";

/** Commands that are not in the graph yet. */
type Find = (id: CommandId) => Command | undefined;

export class Powers {
  readonly #graph: Graph;
  readonly #order: Order;
  readonly #find: Find;
  readonly #below: Powers | undefined;
  /** Commands with power that give something, by whom they give it to and what. */
  readonly #givers = new Map<string, Set<CommandId>>();
  /** Of each command that gives something: whether it has power. */
  readonly #known = new Map<CommandId, boolean>();

  /** Of the graph's commands; or, `below` being what is known of those, of others on top of them. */
  constructor(graph: Graph, order: Order, find: Find = () => undefined, below?: Powers) {
    this.#graph = graph;
    this.#order = order;
    this.#find = find;
    this.#below = below;
  }

  /** To be told of each command, parents first. Whether it has power; true for all where the policy knows none. */
  add(policy: Policy, command: Command): boolean {
    if (policy.grant === undefined) return true;
    const grant = policy.grant(command);
    if (grant === undefined) return false;
    const has = grant.needs === undefined || this.#wasGiven(policy, command, grant.needs);
    this.#known.set(command.id, has);
    if (has) this.#give(keyOf(grant.deviceId, grant.gives), command.id);
    return has;
  }

  /** Of a command that was added. */
  has(policy: Policy, command: Command): boolean {
    return policy.grant === undefined || this.#isKnown(command.id) === true;
  }

  #give(key: string, id: CommandId): void {
    const givers = this.#givers.get(key);
    if (givers === undefined) this.#givers.set(key, new Set([id]));
    else givers.add(id);
  }

  #isKnown(id: CommandId): boolean | undefined {
    const known = this.#known.get(id);
    return known === undefined && this.#below !== undefined ? this.#below.#isKnown(id) : known;
  }

  #gives(key: string, id: CommandId): boolean {
    if (this.#givers.get(key)?.has(id) === true) return true;
    return this.#below !== undefined && this.#below.#gives(key, id);
  }

  #isGivenAnywhere(key: string): boolean {
    return this.#givers.has(key) || (this.#below !== undefined && this.#below.#isGivenAnywhere(key));
  }

  /** The first in the graph that gives it. */
  #firstIndex(key: string): number {
    if (this.#below !== undefined) return this.#below.#firstIndex(key);
    const first = this.#givers.get(key)?.values().next().value;
    return first === undefined ? Infinity : this.#graph.indexOf(first)!;
  }

  /** Whether what gives it is a cut at some position of the order, or below it. */
  #isGivenUpTo(key: string, cut: number): boolean {
    if (this.#below !== undefined) return this.#below.#isGivenUpTo(key, cut);
    for (const id of this.#givers.get(key) ?? [])
      if (this.#order.isUpTo(cut, this.#graph.indexOf(id)!)) return true;
    return false;
  }

  /**
   * Walks what lies below a command and above a cut, as far as the author's earlier commands that needed the same: what they
   * found need not be looked for again. So a chain of them costs one walk together.
   */
  #wasGiven(policy: Policy, { author, parents }: Command, power: string): boolean {
    const key = keyOf(author, power);
    const firstIndex = this.#firstIndex(key);
    if (!this.#isGivenAnywhere(key)) return false;
    const seen = new Set(parents);
    const open = [...parents];
    let cut = -1;
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (this.#gives(key, id)) return true;
      const index = this.#graph.indexOf(id);
      if (index !== undefined) {
        cut = Math.max(cut, this.#order.cutBelow(index));
        if (this.#order.isUpTo(cut, index)) continue;
        if (this.#graph.isOnTopOfAll(index)) {
          if (firstIndex < index) return true;
          continue;
        }
      }
      const above = index === undefined ? this.#find(id) : this.#graph.at(index);
      if (above === undefined) continue;
      if (above.author === author && policy.grant?.(above)?.needs === power) {
        if (this.#isKnown(id) === true) return true;
        continue;
      }
      for (const parent of above.parents) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        open.push(parent);
      }
    }
    return cut >= 0 && this.#isGivenUpTo(key, cut);
  }
}

function keyOf(device: DeviceId, power: string): string {
  return `${device}/${power}`;
}
