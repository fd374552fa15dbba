/** Which bytes of a message are there: half-open ranges, ascending, that neither overlap nor touch. */
export class Ranges {
  /** start, end, start, end … */
  readonly #edges: number[] = [];

  get count(): number {
    return this.#edges.length >> 1;
  }

  /** Whether `add` would not make a range of its own. */
  touches(start: number, end: number): boolean {
    const i = this.#firstEndingAtOrAfter(start);
    return i < this.#edges.length && this.#edges[i]! <= end;
  }

  /** Returns how many bytes were not there before. */
  add(start: number, end: number): number {
    const edges = this.#edges;
    const from = this.#firstEndingAtOrAfter(start);
    let low = start;
    let high = end;
    let there = 0;
    let to = from;
    for (; to < edges.length && edges[to]! <= end; to += 2) {
      low = Math.min(low, edges[to]!);
      high = Math.max(high, edges[to + 1]!);
      there += edges[to + 1]! - edges[to]!;
    }
    if (to === from + 2) {
      edges[from] = low;
      edges[from + 1] = high;
    } else {
      edges.splice(from, to - from, low, high);
    }
    return high - low - there;
  }

  /** The first part of a range that is not there. */
  firstGap(start: number, end: number): readonly [start: number, end: number] | undefined {
    const edges = this.#edges;
    let from = start;
    for (let i = this.#firstEndingAtOrAfter(start); i < edges.length && edges[i]! < end; i += 2) {
      if (edges[i]! > from) return [from, edges[i]!];
      from = Math.max(from, edges[i + 1]!);
    }
    return from < end ? [from, end] : undefined;
  }

  /** The parts of a range that are there, until `visit` says false; whether it never did. */
  everyOverlap(start: number, end: number, visit: (start: number, end: number) => boolean): boolean {
    const edges = this.#edges;
    for (let i = this.#firstEndingAtOrAfter(start); i < edges.length && edges[i]! < end; i += 2) {
      const from = Math.max(start, edges[i]!);
      const to = Math.min(end, edges[i + 1]!);
      if (from < to && !visit(from, to)) return false;
    }
    return true;
  }

  #firstEndingAtOrAfter(start: number): number {
    const edges = this.#edges;
    let low = 0;
    let high = edges.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[2 * middle + 1]! < start) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}
