/** Follows a page: types what it says, in order, in one shell, and compares what is seen with what the page shows. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { blocksOf, reasonOf } from "./page.ts";
import type { Block, Reason } from "./page.ts";
import { differenceOf, isRefusal } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

const SHELL = "sh";
const OUTPUT = new Set(["console", "text"]);
const FILES = new Set(["ts", "c", "json", "ini"]);
const BLOCK_MS_MAX = 60_000;

export interface Followed {
  /** Blocks that were run, or compared. */
  readonly count: number;
  readonly left: readonly { readonly line: number; readonly reason: Reason | "no compiler" }[];
  /** What the page forgot to clean up: processes and files. */
  readonly remains: readonly string[];
}

export interface FollowOptions {
  readonly surroundings: Surroundings;
  readonly hasCompiler: boolean;
}

/** Throws where the page is wrong, with the line. */
export async function follow(markdown: string, options: FollowOptions): Promise<Followed> {
  const { surroundings } = options;
  const shell = new Shell(surroundings);
  try {
    return await new Page(blocksOf(markdown), shell, options).follow();
  } finally {
    await shell.close();
  }
}

class Page {
  readonly #blocks: readonly Block[];
  readonly #shell: Shell;
  readonly #surroundings: Surroundings;
  readonly #hasCompiler: boolean;
  readonly #left: { line: number; reason: Reason | "no compiler" }[] = [];
  /** What a compiler would have made. */
  readonly #unmade: string[] = [];
  #count = 0;

  constructor(blocks: readonly Block[], shell: Shell, { surroundings, hasCompiler: has }: FollowOptions) {
    this.#blocks = blocks;
    this.#shell = shell;
    this.#surroundings = surroundings;
    this.#hasCompiler = has;
  }

  async follow(): Promise<Followed> {
    let above: { output: string; block: Block } | undefined;
    for (const [i, block] of this.#blocks.entries()) {
      const { language, line, text } = block;
      const reason = reasonOf(block) ?? this.#lacks(block);
      if (reason !== undefined) {
        this.#left.push({ line, reason });
        // Its output would be no other's.
        above = undefined;
      } else if (language === SHELL) {
        checkWaits(block, this.#blocks.slice(0, i));
        const ended = await this.#run(block);
        const isRefused = this.#showsRefusalOf(i);
        if (ended.failed !== undefined && !isRefused) throw failure(block, ended.failed, ended.output);
        if (ended.failed === undefined && isRefused) throw failure(block, "was not refused", ended.output);
        above = { output: ended.output, block };
      } else if (OUTPUT.has(language)) {
        if (above === undefined) continue;
        const difference = differenceOf(text, above.output);
        if (difference !== undefined) throw failure(block, difference, above.output);
        this.#count++;
      } else if (FILES.has(language)) {
        await this.#place(block, this.#blocks.slice(i + 1));
      } else if (language !== "") {
        throw failure(block, `nobody knows what to do with a block of ${language}`, text);
      }
    }
    return { count: this.#count, left: this.#left, remains: await this.#remains() };
  }

  /** What the page shows below that block ends with an error. */
  #showsRefusalOf(at: number): boolean {
    const next = this.#blocks.slice(at + 1).find(({ language }) => !FILES.has(language));
    return next !== undefined && OUTPUT.has(next.language) && isRefusal(next.text);
  }

  async #run(block: Block): Promise<{ failed: string | undefined; output: string }> {
    checkPace(block);
    this.#count++;
    const { failed, output } = await this.#shell.run(this.#surroundings.here(block.text));
    return {
      failed: failed === undefined ? undefined : this.#surroundings.there(failed),
      output: this.#surroundings.there(output),
    };
  }

  /** A file of the page, which some command below has to use. */
  async #place(block: Block, below: readonly Block[]): Promise<void> {
    const { language, file, text } = block;
    const name = file ?? `example-${block.line}.${language}`;
    const directory = await this.#shell.directory();
    writeFileSync(join(directory, name), this.#surroundings.here(text));
    this.#count++;
    if (language === "json") {
      const { failed, output } = await this.#shell.run(`aranya-edge config check ${name}`);
      if (failed !== undefined) throw failure(block, "is no configuration", output);
    }
    if (file === undefined) {
      if (language !== "ts") return;
      const { failed, output } = await this.#shell.run(`node ${name}`);
      if (failed !== undefined) throw failure(block, failed, output);
    } else if (!below.some((other) => other.text.includes(file))) {
      throw failure(block, `${file} is used by nothing on the page`, "");
    }
  }

  #lacks({ language, text }: Block): "no compiler" | undefined {
    if (this.#hasCompiler || language !== SHELL) return undefined;
    const made = /\bcc .*-o (\S+)/.exec(text)?.[1];
    if (made !== undefined) this.#unmade.push(made);
    return made !== undefined || this.#unmade.some((program) => text.includes(`./${program}`))
      ? "no compiler"
      : undefined;
  }

  async #remains(): Promise<string[]> {
    const processes = await this.#shell.jobs();
    return [
      ...processes.map((id) => `process ${id}`),
      ...readdirSync(this.#surroundings.directory).map((name) => `file ${name}`),
    ];
  }
}

/** Daemons are started in a block of their own: who pastes it sees the next one before their sockets are asked for. */
function checkPace(block: Block): void {
  const lines = block.text.split("\n");
  const first = lines.findIndex(startsDaemon);
  const hasty = lines.slice(first + 1).find((line) => /\baranya-edge /.test(line) && !startsDaemon(line));
  if (first >= 0 && hasty !== undefined)
    throw failure(block, "asks a daemon that has just been started", hasty);
}

/** A file is emptied a moment after its writer was started: what another one wrote there before is still found. */
function checkWaits(block: Block, above: readonly Block[]): void {
  for (const [wait, file = ""] of block.text.matchAll(/^until grep [^;]* (\S+);/gm)) {
    const writes = ({ text }: Block): boolean => text.includes(`> ${file} `);
    if (writes(block) && above.some(writes)) throw failure(block, `${file} was written before`, wait);
  }
}

function startsDaemon(line: string): boolean {
  return /^aranya-edge daemon .*&( \w+=\$!)?$/.test(line);
}

function failure(block: Block, what: string, output: string): Error {
  return new Error(`line ${block.line}: ${what}\n${output}`);
}

/** One bash for the whole page: variables, directories and background jobs last from block to block. */
class Shell {
  readonly #shell: ChildProcess;
  readonly #files: string;
  #answer = "";
  #answered: () => void = () => undefined;
  #isGone = false;
  #count = 0;

  constructor({ directory, env }: Surroundings) {
    this.#files = join(directory, "..");
    this.#shell = spawn("bash", ["--noprofile", "--norc"], {
      cwd: directory,
      env,
      detached: true,
      stdio: ["pipe", "ignore", "ignore", "pipe"],
    });
    (this.#shell.stdio[3] as Readable).on("data", (chunk: Buffer) => {
      this.#answer += chunk.toString();
      this.#answered();
    });
    this.#shell.once("exit", () => {
      this.#isGone = true;
      this.#answered();
    });
    // A command that fails ends its block, and is named.
    this.#type(
      `trap '__code=$?; : "\${__failed:=$BASH_COMMAND, exit code $__code}"; return $__code 2>/dev/null' ERR\n`,
    );
  }

  /** What it printed on both streams, as a terminal shows it; and which command failed, if one did. */
  async run(commands: string): Promise<{ failed: string | undefined; output: string }> {
    const [script, out] = [`block-${++this.#count}.sh`, `block-${this.#count}.out`].map((name) =>
      join(this.#files, name),
    ) as [string, string];
    writeFileSync(script, `${commands}\n`);
    const sockets = commands
      .split("\n")
      .filter(startsDaemon)
      .flatMap((line) => /--socket (\S+)/.exec(line)?.[1] ?? []);
    // The moment a reader takes before going on.
    const moment = sockets.map((path) => `for _ in {1..400}; do [ -S ${path} ] && break; sleep 0.025; done`);
    this.#type(
      [
        "__failed=",
        `. '${script}' > '${out}' 2>&1 < /dev/null`,
        ...moment,
        `printf '%s\\0' "$__failed" >&3`,
        "",
      ].join("\n"),
    );
    const failed = await this.#answerTo(commands);
    return { failed: failed === "" ? undefined : failed, output: readFileSync(out, "utf8") };
  }

  async directory(): Promise<string> {
    this.#type(`printf '%s\\0' "$PWD" >&3\n`);
    return this.#answerTo("PWD");
  }

  /** Those that still run. */
  async jobs(): Promise<string[]> {
    this.#type(`jobs > /dev/null; printf '%s\\0' "$(jobs -pr)" >&3\n`);
    return (await this.#answerTo("jobs")).split("\n").filter((id) => id !== "");
  }

  async close(): Promise<void> {
    if (this.#isGone) return;
    const gone = new Promise((done) => this.#shell.once("exit", done));
    try {
      // The group: whatever a page left behind.
      process.kill(-this.#shell.pid!, "SIGKILL");
    } catch {
      this.#shell.kill("SIGKILL");
    }
    await gone;
  }

  #type(text: string): void {
    this.#shell.stdin!.write(text);
  }

  async #answerTo(what: string): Promise<string> {
    const late = AbortSignal.timeout(BLOCK_MS_MAX);
    late.addEventListener("abort", () => this.#answered());
    while (!this.#answer.includes("\0")) {
      if (this.#isGone) throw new Error(`the shell ended at: ${what}`);
      if (late.aborted) throw new Error(`no end within ${BLOCK_MS_MAX} ms: ${what}`);
      await new Promise<void>((resolve) => (this.#answered = resolve));
    }
    const end = this.#answer.indexOf("\0");
    const answer = this.#answer.slice(0, end);
    this.#answer = this.#answer.slice(end + 1);
    return answer;
  }
}
