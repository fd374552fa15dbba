/**
 * Which commands are heard: ordered, judged and applied (docs/decisions/0011-unheard.md). An author beyond its allowance,
 * which only a device that forks itself without end or writes without end comes to be, is heard no more by itself: a
 * command of its counts only if one that is heard builds on it.
 *
 * A function of the set of commands. With a command that is not heard none of those on top of it is, so what is heard is
 * a graph by itself.
 */
import type { DeviceId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { AuthorTally } from "./author-tally.ts";
import type { Graph } from "./graph.ts";
import type { Order } from "./order.ts";

export interface Allowance {
  /** Commands of one author. */
  readonly commandsPerAuthorMax: number;
  /** Commands of one author beside its longest chain. */
  readonly forkedCommandsMax: number;
}

const STANDARD: Allowance = {
  commandsPerAuthorMax: LIMITS.commandsPerAuthorMax,
  forkedCommandsMax: LIMITS.forkedCommandsMax,
};

export interface HearingChange {
  /** Graph indexes that are heard now and were not before, ascending. */
  readonly heard: readonly number[];
  /** Those that were heard and are no more. */
  readonly silenced: ReadonlySet<number>;
}

const NOTHING: ReadonlySet<number> = new Set();

export class Hearing {
  readonly #graph: Graph;
  readonly allowance: Allowance;
  readonly #tally: AuthorTally;
  readonly #beyond = new Set<DeviceId>();
  /** Added since the last `update`. */
  #fresh: number[] = [];
  #unheard: ReadonlySet<number> = NOTHING;
  #beyondAtUpdate = 0;

  /** `order`: of what is heard. */
  constructor(graph: Graph, order: Pick<Order, "cutBelow" | "isUpTo">, allowance: Allowance = STANDARD) {
    this.#graph = graph;
    this.allowance = allowance;
    this.#tally = new AuthorTally(graph, order);
  }

  /** To be told of each command as it is added to the graph. */
  add(index: number): void {
    this.#fresh.push(index);
    const { author } = this.#graph.at(index);
    // Who is beyond stays so: there is nothing to be found out.
    if (this.#beyond.has(author)) return;
    this.#tally.add(index);
    if (
      this.#tally.count(author) > this.allowance.commandsPerAuthorMax ||
      this.#tally.beside(author) > this.allowance.forkedCommandsMax
    ) {
      this.#beyond.add(author);
    }
  }

  /** Devices that are heard no more by themselves. */
  beyond(): ReadonlySet<DeviceId> {
    return this.#beyond;
  }

  /** How many commands the author may still add to its longest chain without being beyond. */
  roomFor(author: DeviceId): number {
    return this.#beyond.has(author) ? 0 : this.allowance.commandsPerAuthorMax - this.#tally.count(author);
  }

  /** Graph index of a command that ends the author's longest chain. */
  deepest(author: DeviceId): number | undefined {
    return this.#tally.deepest(author);
  }

  isHeard(index: number): boolean {
    return !this.#unheard.has(index);
  }

  /** What the commands added since the last call change. */
  update(): HearingChange {
    const fresh = this.#fresh;
    this.#fresh = [];
    if (this.#beyond.size === 0) return { heard: fresh, silenced: NOTHING };
    const before = this.#unheard;
    const isFresh = new Set(fresh);
    const now = this.#beyond.size > this.#beyondAtUpdate ? this.#allUnheard() : this.#nextUnheard(fresh);
    this.#beyondAtUpdate = this.#beyond.size;
    this.#unheard = now;
    return {
      heard: [...before, ...fresh].filter((index) => !now.has(index)).sort((a, b) => a - b),
      silenced: new Set([...now].filter((index) => !before.has(index) && !isFresh.has(index))),
    };
  }

  /** From the definition, children before parents. */
  #allUnheard(): Set<number> {
    const unheard = new Set<number>();
    const builtOn = new Uint8Array(this.#graph.size);
    for (let index = this.#graph.size - 1; index >= 0; index--) {
      if (this.#beyond.has(this.#graph.at(index).author) && builtOn[index] === 0) unheard.add(index);
      else for (const parent of this.#graph.parentsAt(index)) builtOn[parent] = 1;
    }
    return unheard;
  }

  /** The same, from what it was, where no author came to be beyond its allowance. */
  #nextUnheard(fresh: readonly number[]): Set<number> {
    const unheard = new Set(this.#unheard);
    for (const index of fresh) {
      if (this.#beyond.has(this.#graph.at(index).author)) {
        unheard.add(index);
        continue;
      }
      const open = [...this.#graph.parentsAt(index)];
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (unheard.delete(at)) open.push(...this.#graph.parentsAt(at));
      }
    }
    return unheard;
  }
}
