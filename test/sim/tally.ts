/** What was reached, by name: a fault or a lie that never happened proves nothing. */
export class Tally {
  readonly counts = new Map<string, number>();

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  add(other: Tally): void {
    for (const [what, n] of other.counts) this.count(what, n);
  }

  /** Those of `expected` that were never counted. */
  missing(expected: readonly string[]): string[] {
    return expected.filter((what) => (this.counts.get(what) ?? 0) === 0);
  }
}
