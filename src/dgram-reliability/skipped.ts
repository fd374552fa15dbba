/**
 * The packet numbers the carrier used for something else or left out. Nobody can have received a packet under one, so
 * who acknowledges it acknowledges blindly, to be sent more than the path bears (RFC 9000 section 21.4).
 */
import { TUNING } from "./tuning.ts";

export class Skipped {
  /** low, high, low, high … inclusive, ascending; the newest. */
  readonly #runs: number[] = [];

  add(low: number, high: number): void {
    this.#runs.push(low, high);
    if (this.#runs.length > 2 * TUNING.skippedRunsMax) this.#runs.splice(0, 2);
  }

  /** `runs` as in an ACK: low, high, low, high …, highest first. */
  meets(runs: readonly number[]): boolean {
    const skipped = this.#runs;
    let i = skipped.length - 2;
    for (let run = 0; run < runs.length; run += 2) {
      while (i >= 0 && skipped[i]! > runs[run + 1]!) i -= 2;
      if (i < 0) return false;
      if (skipped[i + 1]! >= runs[run]!) return true;
    }
    return false;
  }
}
