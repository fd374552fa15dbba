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

const NONE: ReadonlySet<number> = new Set();

export class Order {
  readonly #graph: Graph;
  readonly #priority: (command: Command) => number;
  /** Graph index at each position. */
  readonly #sequence: number[] = [];
  /** Position of each graph index; undefined for one that is not ordered. */
  readonly #positions: (number | undefined)[] = [];
  /** Graph indexes without ordered children. */
  #heads = new Set<number>();
  /** Positions of the cuts, ascending. */
  readonly #cuts: number[] = [];

  constructor(graph: Graph, priority: (command: Command) => number) {
    this.#graph = graph;
    this.#priority = priority;
  }

  /** Graph indexes in braid order. */
  sequence(): readonly number[] {
    return this.#sequence;
  }

  /** From a position that some `update` kept: what lies there now. */
  piecesFrom(start: number): Piece[] {
    this.#forgetCuts(start);
    return this.#cutFrom(start);
  }

  /** Graph indexes of the commands nothing in the order builds on. */
  heads(): ReadonlySet<number> {
    return this.#heads;
  }

  /** Where in the order the command at a graph index is. */
  positionOf(index: number): number {
    const position = this.#positions[index];
    assert(position !== undefined, "the command is ordered");
    return position;
  }

  /** Position of the last cut that is the command at a graph index, or below it; -1 for none, or for one that is not ordered. */
  cutBelow(index: number): number {
    const position = this.#positions[index];
    return position === undefined ? -1 : this.#lastCutAt(position);
  }

  /** Whether the command at a graph index is a cut at some position, or below it. */
  isUpTo(cut: number, index: number): boolean {
    const position = this.#positions[index];
    return position !== undefined && position <= cut;
  }

  /**
   * Which of the commands at graph indexes `wanted`, in some sets, are among those at `from` or their ancestors; or as many
   * as are met before `isEnough` says so of one. Constant for each below the last cut, or below one that arrived on top of all;
   * and one walk over what is concurrent for the others together.
   */
  amongAncestors(
    wanted: readonly ReadonlySet<number>[],
    from: readonly number[],
    isEnough: (met: number) => boolean = () => false,
  ): Set<number> {
    const found = new Set<number>();
    const count = wanted.reduce((sum, { size }) => sum + size, 0);
    let isOver = count === 0;
    const meet = (index: number): void => {
      if (isOver || found.has(index)) return;
      found.add(index);
      isOver = isEnough(index) || found.size === count;
    };
    const isWanted = (index: number): boolean => wanted.some((set) => set.has(index));
    const open = [...from];
    const seen = new Set(from);
    // What is at or before this position in the order lies below, and what arrived before this one.
    let cut = -1;
    let top = -1;
    const isBelow = (index: number): boolean => index < top || this.isUpTo(cut, index);
    const reach = (index: number): boolean => {
      if (isBelow(index)) return false;
      cut = Math.max(cut, this.cutBelow(index));
      if (this.#graph.isOnTopOfAll(index)) top = Math.max(top, index);
      return true;
    };
    for (const index of from) reach(index);
    const meetBelow = (): void => {
      for (const set of wanted) {
        for (const index of set) {
          if (isOver) return;
          if (isBelow(index)) meet(index);
        }
      }
    };
    meetBelow();
    const [cutOfFrom, topOfFrom] = [cut, top];
    for (let next = open.pop(); next !== undefined && !isOver; next = open.pop()) {
      if (isWanted(next)) meet(next);
      if (!reach(next)) continue;
      for (const parent of this.#graph.parentsAt(next)) {
        if (seen.has(parent) || isBelow(parent)) continue;
        seen.add(parent);
        open.push(parent);
      }
    }
    if (cut > cutOfFrom || top > topOfFrom) meetBelow();
    return found;
  }

  /** Takes up the commands at graph indexes `added`, ascending, and drops those at `removed` with all that build on them. */
  update(added: readonly number[], removed: ReadonlySet<number> = NONE): Reordering {
    if (removed.size === 0 && this.#isChain(added)) return this.#append(added);
    const oldLength = this.#sequence.length;
    const cut = this.#lastCutBelow(added, removed);
    const kept = cut + 1;
    const members = this.#sequence.slice(kept).filter((index) => !removed.has(index));
    for (const index of added) members.push(index);

    const local = new Map(members.map((index, i) => [index, i]));
    const nodes = members.map((index): BraidNode => {
      const command = this.#graph.at(index);
      return {
        priority: this.#priority(command),
        id: command.id,
        parents: this.#graph.parentsAt(index).flatMap((parent) => local.get(parent) ?? []),
      };
    });
    const ordered = braid(nodes);
    assert(ordered.length === members.length, "a graph has no cycles");

    this.#sequence.length = kept;
    for (const index of removed) this.#positions[index] = undefined;
    for (const i of ordered) {
      this.#positions[members[i]!] = this.#sequence.length;
      this.#sequence.push(members[i]!);
    }
    this.#updateHeads(added, removed);
    return { undo: oldLength - kept, pieces: this.piecesFrom(kept) };
  }

  #forgetCuts(from: number): void {
    while (this.#cuts.length > 0 && this.#cuts[this.#cuts.length - 1]! >= from) this.#cuts.pop();
  }

  /** Each on top of all that came before it: nearly always so. */
  #isChain(added: readonly number[]): boolean {
    if (this.#heads.size > 1) return false;
    let [head] = this.#heads;
    for (const index of added) {
      if (head !== undefined && !this.#graph.parentsAt(index).includes(head)) return false;
      head = index;
    }
    return true;
  }

  /** Those are cuts, and there is nothing to sort. */
  #append(chain: readonly number[]): Reordering {
    for (const index of chain) {
      this.#positions[index] = this.#sequence.length;
      this.#cuts.push(this.#sequence.length);
      this.#sequence.push(index);
    }
    const last = chain.at(-1);
    if (last !== undefined) this.#heads = new Set([last]);
    return { undo: 0, pieces: chain.map((index) => [index]) };
  }

  #updateHeads(added: readonly number[], removed: ReadonlySet<number>): void {
    if (removed.size > 0) this.#heads = new Set(this.#sequence);
    for (const index of removed.size > 0 ? this.#sequence : added) {
      this.#heads.add(index);
      for (const parent of this.#graph.parentsAt(index)) this.#heads.delete(parent);
    }
  }

  /** Position of the last cut that everything added descends from, and nothing removed is before; -1 for none. */
  #lastCutBelow(added: readonly number[], removed: ReadonlySet<number>): number {
    let reach = this.#sequence.length - 1;
    for (const index of added) {
      let last = -1;
      let parentIsAdded = false;
      for (const parent of this.#graph.parentsAt(index)) {
        const position = this.#positions[parent];
        if (position === undefined) parentIsAdded = true;
        else if (position > last) last = position;
      }
      // A parent that is new itself already bounds the reach.
      if (!parentIsAdded) reach = Math.min(reach, last);
    }
    for (const index of removed) reach = Math.min(reach, this.positionOf(index) - 1);
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
        const at = this.positionOf(parent);
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
