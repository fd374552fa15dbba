/** One line on a terminal that says how far something has come. */
const EVERY_MS = 200;

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]!}`;
}

export class Progress {
  readonly #isShown: boolean;
  readonly #total: number | undefined;
  readonly #begun = performance.now();
  #shownAt = 0;
  #bytes = 0;

  /** Shown where stderr is a terminal. */
  constructor(total: number | undefined, isShown: boolean = process.stderr.isTTY) {
    this.#total = total;
    this.#isShown = isShown;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    const now = performance.now();
    if (!this.#isShown || now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    process.stderr.write(`\r${this.#line(now)}\x1b[K`);
  }

  /** Ends the line, and says what it came to. */
  end(): void {
    if (this.#isShown) process.stderr.write(`\r${this.#line(performance.now())}\x1b[K\n`);
  }

  #line(now: number): string {
    const total = this.#total;
    const share =
      total === undefined || total === 0
        ? ""
        : ` of ${formatBytes(total)}, ${Math.floor((100 * this.#bytes) / total)} %`;
    const rate = this.#bytes / Math.max((now - this.#begun) / 1000, 0.001);
    return `${formatBytes(this.#bytes)}${share}, ${formatBytes(rate)}/s`;
  }
}
