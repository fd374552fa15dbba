/** What is being measured, on stderr: one line that changes on a terminal, else a line for each thing begun. */
export class Progress {
  readonly #startedAt = performance.now();
  #last = "";

  show(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${this.#seconds} ${text}`);
    else if (text !== this.#last && !this.#seen.has(text)) process.stderr.write(`${this.#seconds} ${text}\n`);
    this.#seen.add(text);
    this.#last = text;
  }

  /** To stay. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    else process.stderr.write(`${this.#seconds} done\n`);
  }

  readonly #seen = new Set<string>();

  get #seconds(): string {
    return `${((performance.now() - this.#startedAt) / 1000).toFixed(0).padStart(4)} s`;
  }
}
