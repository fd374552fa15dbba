/** What is being measured, on stderr: one line that changes on a terminal, else a line for each thing begun. */
export class Progress {
  readonly #startedAt = performance.now();
  readonly #seen = new Set<string>();

  show(text: string): void {
    const line = `${((performance.now() - this.#startedAt) / 1000).toFixed(0).padStart(4)} s  ${text}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line.slice(0, process.stderr.columns - 1)}`);
    else if (!this.#seen.has(text)) process.stderr.write(`${line}\n`);
    this.#seen.add(text);
  }

  /** To stay. */
  note(text: string): void {
    this.end();
    process.stderr.write(`${text}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }
}
