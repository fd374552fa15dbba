/** One piece of the graph as authority looks at it: who did what to whom, and what of that lies in whose past. */
import type { CommandId, DeviceId } from "../../base/ids.ts";
import type { Ancestry } from "../../graph/ancestry.ts";
import type { Command } from "../../graph/command.ts";
import type { ConcurrentPiece } from "../policy.ts";
import { operationOf } from "./operation.ts";
import type { Operation } from "./operation.ts";
import { isRaise, isRevocation } from "./standing.ts";
import { keysOf } from "./tables.ts";

export interface Item {
  /** Place in the piece, which is in braid order. */
  readonly at: number;
  readonly command: Command;
  readonly op: Operation;
  readonly target: DeviceId | undefined;
  readonly ofOneself: boolean;
}

/** Commands about one device that lie in the past of some command. */
export interface Lineage {
  /** In braid order, the last of them. */
  readonly last: Item | undefined;
  /** Whether all others lie in the past of that one, so that what holds after it holds here. */
  readonly isStraight: boolean;
}

const NO_ADDS: ReadonlyMap<DeviceId, readonly Item[]> = new Map();
const NO_LINEAGE: Lineage = { last: undefined, isStraight: true };

export class Items {
  /** In braid order, and so is each of the lists below. */
  readonly all: readonly Item[];
  readonly closes: readonly Item[];
  readonly #ancestry: Ancestry;
  readonly #by = new Map<DeviceId, Item[]>();
  /** Commands that may move the memberships of a device. */
  readonly #about = new Map<DeviceId, Item[]>();
  readonly #raises = new Map<DeviceId, Item[]>();
  /** Commands whose verdict depends on the standing of a device. */
  readonly #concerned = new Map<DeviceId, Item[]>();
  readonly #addsOf = new Map<DeviceId, Item[]>();
  readonly #addByMembership = new Map<CommandId, Item>();
  readonly #addsByKey = new Map<string, Map<DeviceId, Item[]>>();
  readonly #lineages = new Map<DeviceId, Map<Item, Lineage>>();
  /** How many commands about its own target lie in the past of one. */
  readonly #aboutInPast = new Map<Item, number>();

  constructor({ commands, ancestry }: ConcurrentPiece) {
    this.#ancestry = ancestry;
    const closes: Item[] = [];
    this.all = commands.map((command, at): Item => {
      const op = operationOf(command);
      const target = "target" in op ? op.target : undefined;
      const ofOneself = target === command.author && isRevocation(op);
      const item: Item = { at, command, op, target, ofOneself };
      push(this.#by, command.author, item);
      push(this.#concerned, command.author, item);
      if (target !== undefined && target !== command.author) push(this.#concerned, target, item);
      if (target !== undefined && (op.kind === "AssignRole" || isRevocation(op)))
        push(this.#about, target, item);
      if (target !== undefined && isRaise(op)) push(this.#raises, target, item);
      if (op.kind === "CloseTeam") closes.push(item);
      if (op.kind === "AddDevice") {
        push(this.#addsOf, op.target, item);
        this.#addByMembership.set(command.id, item);
        for (const key of keysOf(op.bundle)) this.#noteKey(key, op.target, item);
      }
      return item;
    });
    this.closes = closes;
  }

  by(device: DeviceId): readonly Item[] {
    return this.#by.get(device) ?? [];
  }

  about(device: DeviceId): readonly Item[] {
    return this.#about.get(device) ?? [];
  }

  raisesOf(device: DeviceId): readonly Item[] {
    return this.#raises.get(device) ?? [];
  }

  concernedWith(device: DeviceId): readonly Item[] {
    return this.#concerned.get(device) ?? [];
  }

  /**
   * AddDevices of a device in the past of `item`. Looked for each time: anybody may write thousands of one device, and what
   * each command has above it would not fit in memory.
   */
  *addsAbove(device: DeviceId, item: Item): Generator<Item> {
    for (const add of this.#addsOf.get(device) ?? []) {
      if (add.at >= item.at) return;
      if (this.isAncestor(add, item)) yield add;
    }
  }

  /** AddDevices that bring a key, by the device they bring it to. */
  addsOfKey(key: string): ReadonlyMap<DeviceId, readonly Item[]> {
    return this.#addsByKey.get(key) ?? NO_ADDS;
  }

  addOf(membership: CommandId): Item | undefined {
    return this.#addByMembership.get(membership);
  }

  isAncestor(ancestor: Item, of: Item): boolean {
    return this.#ancestry.isAncestor(ancestor.at, of.at);
  }

  isConcurrent(a: Item, b: Item): boolean {
    return this.#ancestry.isConcurrent(a.at, b.at);
  }

  /** What is about a device in the past of `item`. Found once: it does not depend on any verdict. */
  lineage(device: DeviceId, item: Item): Lineage {
    const about = this.about(device);
    if (about.length === 0) return NO_LINEAGE;
    let known = this.#lineages.get(device);
    if (known === undefined) this.#lineages.set(device, (known = new Map<Item, Lineage>()));
    let lineage = known.get(item);
    if (lineage === undefined) known.set(item, (lineage = this.#findLineage(about, item)));
    return lineage;
  }

  #noteKey(key: string, device: DeviceId, add: Item): void {
    let adds = this.#addsByKey.get(key);
    if (adds === undefined) this.#addsByKey.set(key, (adds = new Map<DeviceId, Item[]>()));
    push(adds, device, add);
  }

  #findLineage(about: readonly Item[], item: Item): Lineage {
    let last: Item | undefined;
    let count = 0;
    for (const other of about) {
      if (other.at >= item.at) break;
      if (!this.isAncestor(other, item)) continue;
      last = other;
      count++;
    }
    return last === undefined
      ? NO_LINEAGE
      : { last, isStraight: count === 1 + this.#countAbout(about, last) };
  }

  #countAbout(about: readonly Item[], item: Item): number {
    let count = this.#aboutInPast.get(item);
    if (count === undefined) {
      count = about.reduce((sum, other) => sum + (this.isAncestor(other, item) ? 1 : 0), 0);
      this.#aboutInPast.set(item, count);
    }
    return count;
  }
}

export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
