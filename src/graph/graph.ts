/**
 * The commands of one team and how they hang together, in the order of arrival. Knows nothing of policy, order or disk:
 * `order.ts` puts it in the order it is judged in, `team/` decides what gets in.
 */
import { assert } from "../base/assert.ts";
import { DecodeError } from "../base/errors.ts";
import { compareIds } from "../base/ids.ts";
import type { CommandId } from "../base/ids.ts";
import { Arena } from "./arena.ts";
import type { Command } from "./command.ts";
import type { Aside, CommandSource } from "./source.ts";

export class Graph implements CommandSource {
  readonly #arena = new Arena();
  readonly #commands: Command[] = [];
  readonly #parents: (readonly number[])[] = [];
  readonly #indexes = new Map<CommandId, number>();
  readonly #heads = new Set<number>();
  /** Of each index: whether it was the only head when it arrived. */
  readonly #wasOnlyHead: boolean[] = [];
  readonly #aside: Aside | undefined;

  constructor(aside?: Aside) {
    this.#aside = aside;
  }

  get size(): number {
    return this.#commands.length;
  }

  /** Takes over a command and returns its index. Throws `DecodeError` for one that has no place here. */
  add(command: Command): number {
    const index = this.#commands.length;
    if (this.#indexes.has(command.id)) throw new DecodeError("twice");
    if (command.parents.length === 0 && index > 0) throw new DecodeError("second-init");
    if (command.parents.length > 0 && index === 0) throw new DecodeError("no-init");
    const parents: number[] = [];
    for (const id of command.parents) {
      const parent = this.#indexes.get(id);
      if (parent === undefined) throw new DecodeError("unknown-parent");
      parents.push(parent);
    }
    command.bytes = this.#arena.keep(command.bytes);
    this.#commands.push(command);
    this.#parents.push(parents);
    this.#indexes.set(command.id, index);
    for (const parent of parents) this.#heads.delete(parent);
    this.#heads.add(index);
    this.#wasOnlyHead.push(this.#heads.size === 1);
    return index;
  }

  has(id: CommandId): boolean {
    return this.#indexes.has(id);
  }

  get(id: CommandId): Command | undefined {
    const index = this.#indexes.get(id);
    return index === undefined ? undefined : this.#commands[index];
  }

  at(index: number): Command {
    const command = this.#commands[index];
    assert(command !== undefined, "index within the graph");
    return command;
  }

  /** Whether all that arrived before it are its ancestors: nearly always so, and saves walks. */
  isOnTopOfAll(index: number): boolean {
    return this.#wasOnlyHead[index] === true;
  }

  heads(): readonly CommandId[] {
    return [...this.#heads].map((index) => this.idAt(index)).sort(compareIds);
  }

  indexOf(id: CommandId): number | undefined {
    return this.#indexes.get(id);
  }

  idAt(index: number): CommandId {
    return this.at(index).id;
  }

  parentsAt(index: number): readonly number[] {
    const parents = this.#parents[index];
    assert(parents !== undefined, "index within the graph");
    return parents;
  }

  bytesAt(index: number): Uint8Array {
    return this.at(index).bytes;
  }

  isKnown(id: CommandId): boolean {
    return this.has(id) || this.#aside?.has(id) === true;
  }

  asideTips(max: number): readonly CommandId[] {
    return this.#aside?.newestTips(max) ?? [];
  }
}
