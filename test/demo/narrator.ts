/** What the demo says, and how: steps, what crossed which wire, and a verdict for each thing that had to happen. */

const BAR_CELLS = 24;
const isTerminal = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;

function paint(code: number, text: string): string {
  return isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export class Narrator {
  #step = 0;
  #checks = 0;
  #quarter = 0;

  title(text: string): void {
    console.log(`\n${paint(1, text)}\n`);
  }

  step(text: string): void {
    this.#step++;
    console.log(`${paint(1, `${String(this.#step).padStart(2)}.`)} ${paint(1, text)}`);
  }

  say(text: string): void {
    console.log(`    ${text}`);
  }

  /** What went over a wire, and which. */
  wire(wire: string, text: string): void {
    console.log(`    ${paint(36, wire.padEnd(12))} ${text}`);
  }

  /** How far something is, from 0 to 1, on one line that changes on a terminal, else on a line for each quarter. */
  progress(wire: string, done: number, text: string): void {
    const quarter = Math.floor(done * 4);
    const isLast = done >= 1;
    if (!isTerminal && quarter === this.#quarter) return;
    this.#quarter = isLast ? 0 : quarter;
    const cells = Math.floor(done * BAR_CELLS);
    const bar = `${"█".repeat(cells)}${"░".repeat(BAR_CELLS - cells)}`;
    const percent = `${String(Math.floor(done * 100)).padStart(3)} %`;
    const line = `    ${paint(36, wire.padEnd(12))} ${isTerminal ? `${bar} ` : ""}${percent} ${text}`;
    if (isTerminal) process.stdout.write(`\r\u001b[K${line}${isLast ? "\n" : ""}`);
    else console.log(line);
  }

  /** Something that had to happen. The demo ends here, non-zero, if it did not. */
  check(happened: boolean, text: string): void {
    if (!happened) {
      console.log(`    ${paint(31, "FAILED")} ${text}`);
      throw new DemoFailure(text);
    }
    this.#checks++;
    console.log(`    ${paint(32, "ok")} ${text}`);
  }

  end(seconds: number): void {
    console.log(
      `\n${paint(32, "All of it happened")}: ${this.#step} steps, ${this.#checks} checks, ${seconds.toFixed(1)} s.\n`,
    );
  }
}

export class DemoFailure extends Error {
  constructor(what: string) {
    super(`this had to happen and did not: ${what}`);
  }
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(2)} MB`;
}
