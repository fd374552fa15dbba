/** How far up each chain the ancestors of a command reach: rows that share with each other what they can. */

/** A cover of a piece by chains, each of whose links is a parent of the next. */
export interface Chains {
  /** Which chain each place is on, and which link of it, from 1. */
  readonly chainOf: Uint32Array;
  readonly linkOf: Uint32Array;
}

/** What so few entries say is copied; more of them are shared, through so many rows. */
const COPIED_MAX = 32;
const DEPTH_MAX = 32;
/** Of a row, beside its entries. */
const ROW_BYTES = 160;
/** For each entry that is copied, which is sorted in: as much as looking up so many. */
const STEPS_TO_COPY = 8;

export class Row {
  /** Chain and link by turns, chains ascending: they go before those of `#base`. */
  readonly #entries: Uint32Array;
  readonly #base: Row | undefined;
  readonly #depth: number;
  /** Chains named, some perhaps twice. */
  readonly #count: number;

  /** `links`: of chains, each above what `base` has for it. */
  constructor(base: Row | undefined, links: ReadonlyMap<number, number>) {
    const isCopied = base?.isCopied === true;
    const own = isCopied ? new Map([...base.toMap(), ...links]) : links;
    const shared = isCopied ? undefined : base;
    this.#base = shared;
    this.#depth = shared === undefined ? 0 : shared.#depth + 1;
    this.#count = (shared?.count ?? 0) + own.size;
    this.#entries = Uint32Array.from([...own].sort(([a], [b]) => a - b).flat());
  }

  get count(): number {
    return this.#count;
  }

  /** What has it as base has its entries as well. */
  get isCopied(): boolean {
    return this.#count <= COPIED_MAX || this.#depth === DEPTH_MAX;
  }

  /** To look up one chain. */
  get steps(): number {
    return 1 + this.#depth;
  }

  /** Of memory that it shares with no other. */
  get bytes(): number {
    return ROW_BYTES + this.#entries.byteLength;
  }

  /** The highest link of a chain; 0 for none. */
  linkOn(chain: number): number {
    const entries = this.#entries;
    let low = 0;
    let high = entries.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[2 * middle]! < chain) low = middle + 1;
      else high = middle;
    }
    if (entries[2 * low] === chain) return entries[2 * low + 1]!;
    return this.#base === undefined ? 0 : this.#base.linkOn(chain);
  }

  toMap(): Map<number, number> {
    const links = this.#base?.toMap() ?? new Map<number, number>();
    for (let at = 0; at < this.#entries.length; at += 2)
      links.set(this.#entries[at]!, this.#entries[at + 1]!);
    return links;
  }
}

const NOTHING = new Row(undefined, new Map());

interface Reached {
  readonly row: Row;
  /** No place before has it. */
  readonly isNew: boolean;
}

/** Rows of a piece, one place after the other. */
export class Merging {
  readonly #chains: Chains;
  /** Of the places before. */
  readonly #rows: readonly Row[];
  #stepsLeft: number;
  /** Of places with more than one chain on top: what begins there reaches. */
  readonly #onTopOf = new Map<number, Row>();

  /** `stepsMax`: of looking up an entry, for all rows together. */
  constructor(chains: Chains, rows: readonly Row[], stepsMax: number) {
    this.#chains = chains;
    this.#rows = rows;
    this.#stepsLeft = stepsMax;
  }

  /** Undefined where that would take more steps than are left. */
  rowOf(place: number, parents: readonly number[]): Reached | undefined {
    const chain = this.#chains.chainOf[place]!;
    const [first] = parents;
    if (first === undefined) return { row: NOTHING, isNew: false };
    if (parents.length === 1 && this.#chains.chainOf[first] !== chain) return this.#beginning(first);
    return this.#merged(chain, parents);
  }

  #beginning(parent: number): Reached | undefined {
    const known = this.#onTopOf.get(parent);
    if (known !== undefined) return { row: known, isNew: false };
    const { chainOf, linkOf } = this.#chains;
    const made = this.#made(this.#rows[parent]!, new Map([[chainOf[parent]!, linkOf[parent]!]]));
    if (made !== undefined) this.#onTopOf.set(parent, made.row);
    return made;
  }

  #merged(chain: number, parents: readonly number[]): Reached | undefined {
    const { chainOf, linkOf } = this.#chains;
    const rows = new Set(parents.map((parent) => this.#rows[parent]!));
    let base = NOTHING;
    for (const row of rows) if (row.count > base.count) base = row;
    rows.delete(base);
    let lookedUp = parents.length;
    for (const row of rows) lookedUp += row.count;
    if (!this.#mayTake(lookedUp * base.steps)) return undefined;

    const links = new Map<number, number>();
    const raise = (on: number, to: number): void => {
      // Its own chain is not for a row to say.
      if (on !== chain && to > (links.get(on) ?? base.linkOn(on))) links.set(on, to);
    };
    for (const row of rows) for (const [on, to] of row.toMap()) raise(on, to);
    for (const parent of parents) raise(chainOf[parent]!, linkOf[parent]!);
    return links.size === 0 ? { row: base, isNew: false } : this.#made(base, links);
  }

  #made(base: Row, links: ReadonlyMap<number, number>): Reached | undefined {
    const copied = links.size + (base.isCopied ? base.count : 0);
    return this.#mayTake(copied * STEPS_TO_COPY) ? { row: new Row(base, links), isNew: true } : undefined;
  }

  #mayTake(steps: number): boolean {
    this.#stepsLeft -= steps;
    return this.#stepsLeft >= 0;
  }
}
