/**
 * How much each author has written, and how straight: an honest device writes one command after the other, each with the
 * last of its own among its ancestors. What lies beside its longest such chain it wrote on a fork.
 *
 * Both figures depend on the set of commands only, not on their order of arrival, and neither ever shrinks.
 */
import type { DeviceId } from "../base/ids.ts";
import type { Graph } from "./graph.ts";
import type { Order } from "./order.ts";

export class AuthorTally {
  readonly #graph: Graph;
  readonly #order: Pick<Order, "cutBelow" | "isUpTo">;
  readonly #authors = new Map<DeviceId, Author>();
  /** For each graph index: length of the longest chain of its author's commands that ends in it. */
  readonly #lengths: number[] = [];

  /** `order`: of what it holds, less has to be walked over. */
  constructor(graph: Graph, order: Pick<Order, "cutBelow" | "isUpTo">) {
    this.#graph = graph;
    this.#order = order;
  }

  /** To be told of each command as it is added to the graph. */
  add(index: number): void {
    const { author } = this.#graph.at(index);
    let known = this.#authors.get(author);
    if (known === undefined)
      this.#authors.set(author, (known = { indexes: [], longest: [], deepest: index }));
    const length = 1 + this.#longestBelow(index, author, known);
    this.#lengths[index] = length;
    known.indexes.push(index);
    const longest = known.longest.at(-1) ?? 0;
    known.longest.push(Math.max(length, longest));
    if (length > longest) known.deepest = index;
  }

  /** Commands of the author. */
  count(author: DeviceId): number {
    return this.#authors.get(author)?.indexes.length ?? 0;
  }

  /** Its commands beside its longest chain: 0 for one that never forked. */
  beside(author: DeviceId): number {
    const known = this.#authors.get(author);
    return known === undefined ? 0 : known.indexes.length - known.longest.at(-1)!;
  }

  /** Graph index of the first command that came to end its longest chain. */
  deepest(author: DeviceId): number | undefined {
    return this.#authors.get(author)?.deepest;
  }

  /**
   * Longest chain of an author among the ancestors of a command: one step for who names all heads or builds on a cut, else a
   * walk over what is concurrent.
   */
  #longestBelow(index: number, author: DeviceId, known: Author): number {
    const longest = known.longest.at(-1) ?? 0;
    if (longest === 0 || this.#graph.isOnTopOfAll(index)) return longest;
    const open = [...this.#graph.parentsAt(index)];
    const seen = new Set(open);
    let cut = Math.max(...open.map((parent) => this.#order.cutBelow(parent)));
    if (this.#order.isUpTo(cut, known.deepest)) return longest;
    let found = 0;
    // Nothing beats the longest there is, and an honest author has just that below it.
    for (let at = open.pop(); at !== undefined && found < longest; at = open.pop()) {
      cut = Math.max(cut, this.#order.cutBelow(at));
      if (this.#order.isUpTo(cut, at)) continue;
      if (this.#graph.at(at).author === author) {
        found = Math.max(found, this.#lengths[at]!);
        continue; // Its own ancestors have been counted in it.
      }
      if (this.#graph.isOnTopOfAll(at)) {
        found = Math.max(found, longestUpTo(known, at));
        continue;
      }
      for (const parent of this.#graph.parentsAt(at)) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        open.push(parent);
      }
    }
    return found < longest ? Math.max(found, this.#longestUpToCut(known, cut)) : found;
  }

  #longestUpToCut({ indexes }: Author, cut: number): number {
    let longest = 0;
    for (const index of indexes) {
      if (this.#order.isUpTo(cut, index)) longest = Math.max(longest, this.#lengths[index]!);
    }
    return longest;
  }
}

interface Author {
  /** Graph indexes of its commands, ascending. */
  readonly indexes: number[];
  /** Beside each of them: the longest chain so far. */
  readonly longest: number[];
  deepest: number;
}

/** Longest chain among the commands of an author that arrived before `index`. */
function longestUpTo({ indexes, longest }: Author, index: number): number {
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (indexes[middle]! < index) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : longest[low - 1]!;
}
