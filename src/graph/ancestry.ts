/**
 * Who is whose ancestor within one piece, for pieces in which that matters. Built in two passes, then answers in constant
 * time.
 *
 * The piece is covered by chains, each of whose links is a parent of the next; a command's row says how far up each other chain
 * its ancestors reach. A row is that of the link before until something is merged, and one that says the same is the same: 45,000
 * heads on one command have one row. Where all of them would take more than a bit for each pair of commands, in memory or in
 * time, there is such a bit: where hundreds of devices keep naming each other's commands, or where somebody contrives it.
 */
import { Merging } from "./chain-row.ts";
import type { Chains, Row } from "./chain-row.ts";
import type { Graph } from "./graph.ts";
import type { Piece } from "./order.ts";

export class Ancestry {
  readonly #rows: { isAncestor(ancestor: number, of: number): boolean };

  /**
   * `piece` in braid order (any order with parents first would do). `rowsMax`: for tests; it changes no answer.
   */
  constructor(graph: Graph, piece: Piece, rowsMax?: RowsMax) {
    const places = new Map(piece.map((index, place) => [index, place]));
    // Parents below the cut are ancestors of everything here, and of no interest.
    const parents = piece.map((index) =>
      graph.parentsAt(index).flatMap((parent) => places.get(parent) ?? []),
    );
    this.#rows =
      ChainRows.of(parents, coverByChains(parents), rowsMax ?? asMuchAsBits(parents)) ?? new BitRows(parents);
  }

  /** Both are places in the piece. */
  isAncestor(ancestor: number, of: number): boolean {
    return this.#rows.isAncestor(ancestor, of);
  }

  isConcurrent(a: number, b: number): boolean {
    return a !== b && !this.isAncestor(a, b) && !this.isAncestor(b, a);
  }
}

/** So little is not worth a bit for each pair. */
const ROW_BYTES_NO_MATTER = 1024 * 1024;
const STEPS_NO_MATTER = 100_000;
/** A step of building rows takes as long as merging so many words of bits. */
const WORDS_PER_STEP = 8;

type Parents = readonly (readonly number[])[];

/** What all rows of a piece may take: of memory, and of looking up entries to build them. */
interface RowsMax {
  readonly bytes: number;
  readonly steps: number;
}

function asMuchAsBits(parents: Parents): RowsMax {
  const words = wordsFor(parents.length);
  const merged = parents.reduce((sum, above) => sum + above.length, 0);
  return {
    bytes: Math.max(ROW_BYTES_NO_MATTER, 4 * words * parents.length),
    steps: Math.max(STEPS_NO_MATTER, (words * merged) / WORDS_PER_STEP),
  };
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
  return { chainOf, linkOf };
}

class ChainRows {
  readonly #chains: Chains;
  /** Of each place: what it reaches on other chains than its own. */
  readonly #rowOf: Row[] = [];

  /** Undefined where they would take more. */
  static of(parents: Parents, chains: Chains, max: RowsMax): ChainRows | undefined {
    const rows = new ChainRows(chains);
    const merging = new Merging(chains, rows.#rowOf, max.steps);
    let bytes = 0;
    for (const [place, above] of parents.entries()) {
      const reached = merging.rowOf(place, above);
      if (reached === undefined) return undefined;
      const { row, isNew } = reached;
      rows.#rowOf.push(row);
      if (isNew) bytes += row.bytes;
      if (bytes > max.bytes) return undefined;
    }
    return rows;
  }

  private constructor(chains: Chains) {
    this.#chains = chains;
  }

  isAncestor(ancestor: number, of: number): boolean {
    const { chainOf, linkOf } = this.#chains;
    const chain = chainOf[ancestor]!;
    if (chain === chainOf[of]) return linkOf[ancestor]! < linkOf[of]!;
    return this.#rowOf[of]!.linkOn(chain) >= linkOf[ancestor]!;
  }
}

function wordsFor(bits: number): number {
  return (bits + 31) >>> 5;
}

/** One bit for each pair of places. */
class BitRows {
  readonly #words: number;
  readonly #bits: Uint32Array;

  constructor(parents: Parents) {
    this.#words = wordsFor(parents.length);
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
