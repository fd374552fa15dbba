/**
 * Which packet numbers have been received: runs in ascending order, of which only the newest are kept. Everything below
 * the lowest run kept counts as received, so that a number is never accepted twice.
 */
export class NumberRuns {
  readonly #runsMax: number;
  /** low, high, low, high … inclusive. */
  readonly #runs: number[] = [];
  #floor = 0;

  constructor(runsMax: number) {
    this.#runsMax = runsMax;
  }

  /** -1 while nothing was received. */
  get highest(): number {
    return this.#runs.at(-1) ?? -1;
  }

  /** Highest first, as an ACK lists them. */
  descending(limit: number): number[] {
    const out: number[] = [];
    for (let i = this.#runs.length - 2; i >= 0 && out.length < 2 * limit; i -= 2) {
      out.push(this.#runs[i]!, this.#runs[i + 1]!);
    }
    return out;
  }

  /** As `descending`, but only the highest run, those that reach above `floor`, and those with one of `also` in them. */
  recent(limit: number, floor: number, also: readonly number[]): number[] {
    const runs = this.#runs;
    const wanted = also.length > 1 ? also.toSorted((x, y) => y - x) : also;
    const out: number[] = [];
    let k = 0;
    for (let i = runs.length - 2; i >= 0 && out.length < 2 * limit; i -= 2) {
      const low = runs[i]!;
      const high = runs[i + 1]!;
      while (k < wanted.length && wanted[k]! > high) k++;
      if (out.length === 0 || high > floor || (k < wanted.length && wanted[k]! >= low)) out.push(low, high);
      else if (k === wanted.length) break;
    }
    return out;
  }

  has(n: number): boolean {
    if (n < this.#floor) return true;
    for (let i = this.#runs.length - 2; i >= 0; i -= 2) {
      if (n > this.#runs[i + 1]!) return false;
      if (n >= this.#runs[i]!) return true;
    }
    return false;
  }

  /** False where it was there already. */
  add(n: number): boolean {
    if (this.has(n)) return false;
    const runs = this.#runs;
    let i = runs.length; // where a run of its own would go
    while (i > 0 && runs[i - 2]! > n) i -= 2;
    const joinsBelow = i > 0 && runs[i - 1] === n - 1;
    const joinsAbove = i < runs.length && runs[i] === n + 1;
    if (joinsBelow && joinsAbove) runs.splice(i - 1, 2);
    else if (joinsBelow) runs[i - 1] = n;
    else if (joinsAbove) runs[i] = n;
    else if (i === runs.length) runs.push(n, n);
    else runs.splice(i, 0, n, n);
    if (runs.length > 2 * this.#runsMax) {
      runs.splice(0, 2);
      this.#floor = runs[0]!;
    }
    return true;
  }
}
