/**
 * Who is whose ancestor within one piece, for pieces in which that matters. Built in two passes, then answers in constant
 * time.
 *
 * The piece is covered by chains, each of whose links is a parent of the next; a command's row says how far up each chain its
 * ancestors reach. Devices write one after the other, so chains are few and long: 100,000 commands beside one old fork take a
 * megabyte or two. Where forks make them many, a bit for each pair takes less.
 */
import type { Graph } from "./graph.ts";
import type { Piece } from "./order.ts";

export class Ancestry {
  readonly #rows: ChainRows | BitRows;

  /** `piece` in braid order (any order with parents first would do). */
  constructor(graph: Graph, piece: Piece) {
    const places = new Map(piece.map((index, place) => [index, place]));
    // Parents below the cut are ancestors of everything here, and of no interest.
    const parents = piece.map((index) =>
      graph.parentsAt(index).flatMap((parent) => places.get(parent) ?? []),
    );
    const chains = coverByChains(parents);
    this.#rows = chains.count * 32 <= piece.length ? new ChainRows(parents, chains) : new BitRows(parents);
  }

  /** Both are places in the piece. */
  isAncestor(ancestor: number, of: number): boolean {
    return this.#rows.isAncestor(ancestor, of);
  }

  isConcurrent(a: number, b: number): boolean {
    return a !== b && !this.isAncestor(a, b) && !this.isAncestor(b, a);
  }
}

type Parents = readonly (readonly number[])[];

interface Chains {
  readonly count: number;
  /** Which chain each place is on, and which link of it, from 1. */
  readonly chainOf: Uint32Array;
  readonly linkOf: Uint32Array;
}

/** Each place goes on a chain that ends in one of its parents, or begins one. */
function coverByChains(parents: Parents): Chains {
  const chainOf = new Uint32Array(parents.length);
  const linkOf = new Uint32Array(parents.length);
  const ends: number[] = [];
  for (const [place, above] of parents.entries()) {
    const parent = above.find((p) => ends[chainOf[p]!] === p);
    if (parent === undefined) {
      chainOf[place] = ends.push(place) - 1;
      linkOf[place] = 1;
    } else {
      chainOf[place] = chainOf[parent]!;
      linkOf[place] = linkOf[parent]! + 1;
      ends[chainOf[place]] = place;
    }
  }
  return { count: ends.length, chainOf, linkOf };
}

/** Four bytes for each place and chain. */
class ChainRows {
  readonly #chains: Chains;
  /** Row by row: the highest link of each chain among the ancestors; 0 for none. */
  readonly #reach: Uint32Array;

  constructor(parents: Parents, chains: Chains) {
    const { count, chainOf, linkOf } = chains;
    this.#chains = chains;
    this.#reach = new Uint32Array(count * parents.length);
    for (const [place, above] of parents.entries()) {
      const row = this.#reach.subarray(place * count, (place + 1) * count);
      for (const parent of above) {
        const parentAt = parent * count;
        for (let chain = 0; chain < count; chain++) {
          if (this.#reach[parentAt + chain]! > row[chain]!) row[chain] = this.#reach[parentAt + chain]!;
        }
        const chain = chainOf[parent]!;
        if (linkOf[parent]! > row[chain]!) row[chain] = linkOf[parent]!;
      }
    }
  }

  isAncestor(ancestor: number, of: number): boolean {
    const { count, chainOf, linkOf } = this.#chains;
    return this.#reach[of * count + chainOf[ancestor]!]! >= linkOf[ancestor]!;
  }
}

/** One bit for each pair of places. */
class BitRows {
  readonly #words: number;
  readonly #bits: Uint32Array;

  constructor(parents: Parents) {
    this.#words = (parents.length + 31) >>> 5;
    this.#bits = new Uint32Array(this.#words * parents.length);
    for (const [place, above] of parents.entries()) {
      const row = place * this.#words;
      for (const parent of above) {
        const parentRow = parent * this.#words;
        for (let word = 0; word < this.#words; word++)
          this.#bits[row + word]! |= this.#bits[parentRow + word]!;
        this.#bits[row + (parent >>> 5)]! |= 1 << (parent & 31);
      }
    }
  }

  isAncestor(ancestor: number, of: number): boolean {
    return (this.#bits[of * this.#words + (ancestor >>> 5)]! & (1 << (ancestor & 31))) !== 0;
  }
}
