/**
 * A graph in braid order, kept up to date as commands arrive, and cut into pieces.
 *
 * A *cut* is a command that is comparable with every other one: all that is before it in the order are its ancestors, all
 * that is after it descend from it. Nothing concurrent ever reaches across a cut, so a new command can disturb the order only behind the last cut it
 * descends from. On top of a single head that is nothing at all: the cost is constant, whatever the size of the graph.
 */
import { assert } from "../base/assert.ts";
import { braid } from "./braid.ts";
import type { BraidNode } from "./braid.ts";
import type { Graph } from "./graph.ts";
import type { Command } from "./command.ts";

/** Graph indexes in braid order: one cut, or everything between two. */
export type Piece = readonly number[];

export interface Reordering {
  /** How many commands, counted from the end of the former order, are to be undone … */
  readonly undo: number;
  /** … before these are applied. */
  readonly pieces: readonly Piece[];
}

export class Order {
  readonly #graph: Graph;
  readonly #priority: (command: Command) => number;
  /** Graph index at each position. */
  readonly #sequence: number[] = [];
  /** Position of each graph index. */
  readonly #positions: number[] = [];
  /** Positions of the cuts, ascending. */
  readonly #cuts: number[] = [];

  constructor(graph: Graph, priority: (command: Command) => number) {
    this.#graph = graph;
    this.#priority = priority;
  }

  get length(): number {
    return this.#sequence.length;
  }

  /** Graph indexes in braid order. */
  sequence(): readonly number[] {
    return this.#sequence;
  }

  /** Where in the order the command at a graph index is. */
  positionOf(index: number): number {
    const position = this.#positions[index];
    assert(position !== undefined, "the command is ordered");
    return position;
  }

  /**
   * Which of the commands at graph indexes `wanted` are among those at `from` or their ancestors, all ordered. Constant for
   * each below the last cut, and one walk over what is concurrent for the others together.
   */
  amongAncestors(wanted: ReadonlySet<number>, from: readonly number[]): Set<number> {
    const found = new Set<number>();
    let cut = -1;
    for (const index of from) cut = Math.max(cut, this.#lastCutAt(this.#positions[index]!));
    for (const index of wanted) if (this.#positions[index]! <= cut) found.add(index);
    const seen = new Set(from);
    const open = [...seen];
    for (let next = open.pop(); next !== undefined && found.size < wanted.size; next = open.pop()) {
      if (wanted.has(next)) found.add(next);
      for (const parent of this.#graph.parentsAt(next)) {
        if (this.#positions[parent]! <= cut || seen.has(parent)) continue;
        seen.add(parent);
        open.push(parent);
      }
    }
    return found;
  }

  /** Takes up every command of the graph from index `length` on. */
  extend(): Reordering {
    const oldLength = this.#sequence.length;
    const cut = this.#lastCutBelow(oldLength);
    const kept = cut + 1;
    const members = this.#sequence.slice(kept);
    for (let index = oldLength; index < this.#graph.size; index++) members.push(index);

    const local = new Map(members.map((index, i) => [index, i]));
    const nodes = members.map((index): BraidNode => {
      const command = this.#graph.at(index);
      return {
        priority: this.#priority(command),
        idBytes: command.idBytes,
        parents: this.#graph.parentsAt(index).flatMap((parent) => local.get(parent) ?? []),
      };
    });
    const ordered = braid(nodes);
    assert(ordered.length === members.length, "a graph has no cycles");

    this.#sequence.length = kept;
    for (const i of ordered) {
      this.#positions[members[i]!] = this.#sequence.length;
      this.#sequence.push(members[i]!);
    }
    while (this.#cuts.length > 0 && this.#cuts[this.#cuts.length - 1]! >= kept) this.#cuts.pop();
    const pieces = this.#cutFrom(kept);
    return { undo: oldLength - kept, pieces };
  }

  /** Position of the last cut that everything from graph index `oldLength` on descends from; -1 for none. */
  #lastCutBelow(oldLength: number): number {
    let reach = oldLength - 1;
    for (let index = oldLength; index < this.#graph.size; index++) {
      const parents = this.#graph.parentsAt(index);
      // A parent that is new itself already bounds the reach.
      if (parents.some((parent) => parent >= oldLength)) continue;
      reach = Math.min(reach, Math.max(-1, ...parents.map((parent) => this.#positions[parent]!)));
    }
    return this.#lastCutAt(reach);
  }

  /** The last cut at or before a position; -1 for none. Looks from the end, where it nearly always is. */
  #lastCutAt(position: number): number {
    let low = 0;
    let high = this.#cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#cuts[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : this.#cuts[low - 1]!;
  }

  /** Finds the cuts at positions from `start` on, and what lies between them. */
  #cutFrom(start: number): Piece[] {
    const end = this.#sequence.length;
    // covered[i] > 0 where some command is concurrent with the one at start + i.
    const change = new Int32Array(end - start + 1);
    const cover = (from: number, to: number): void => {
      if (from >= to) return;
      change[from - start]!++;
      change[to - start]!--;
    };
    const firstChild = new Int32Array(end - start).fill(end);
    for (let position = start; position < end; position++) {
      let lastParent = start - 1;
      for (const parent of this.#graph.parentsAt(this.#sequence[position]!)) {
        const at = this.#positions[parent]!;
        if (at > lastParent) lastParent = at;
        if (at >= start && firstChild[at - start]! > position) firstChild[at - start] = position;
      }
      cover(lastParent + 1, position);
    }
    for (let position = start; position < end; position++) cover(position + 1, firstChild[position - start]!);

    const pieces: number[][] = [];
    let open: number[] | undefined;
    let covered = 0;
    for (let position = start; position < end; position++) {
      covered += change[position - start]!;
      const index = this.#sequence[position]!;
      if (covered === 0) {
        this.#cuts.push(position);
        pieces.push([index]);
        open = undefined;
      } else if (open === undefined) {
        pieces.push((open = [index]));
      } else {
        open.push(index);
      }
    }
    return pieces;
  }
}
