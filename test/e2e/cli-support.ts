/** The command line as people and scripts use it: processes with arguments, stdin and an exit code. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { expect } from "vitest";
import { COMMAND } from "./support.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command, running. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";
  #changed: () => void = () => undefined;

  constructor(socketPath: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const [program, ...before] = COMMAND;
    this.child = spawn(program, [...before, ...args], {
      env: { ...process.env, ARANYA_EDGE_SOCKET: socketPath, ...env },
    });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#changed();
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#changed();
    });
    // It may have ended before it read all.
    this.child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve) =>
      this.child.once("close", (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
        this.#changed();
      }),
    );
  }

  /** Once it has said so, on either stream. */
  async said(text: string): Promise<void> {
    while (!(this.#stdout + this.#stderr).includes(text)) {
      if (this.child.exitCode !== null)
        throw new Error(`ended, and said only: ${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }
}

interface Options {
  readonly stdin?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
}

/** The commands of one device. */
export function commandsOf(socketPath: string) {
  const start = (args: readonly string[], options: Options = {}): Running => {
    const running = new Running(socketPath, args, options.env);
    running.child.stdin.end(options.stdin ?? "");
    return running;
  };
  const run = (args: readonly string[], options: Options = {}): Promise<Ended> => start(args, options).ended;
  return {
    start,
    run,
    /** Has to end well; what it said, without the last line feed. */
    async ok(...args: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await run(args);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      return stdout.trimEnd();
    },
    /** With --json, read. */
    async json(...args: readonly string[]): Promise<Record<string, unknown>> {
      const { code, stdout, stderr } = await run([...args, "--json"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    /** Has to end with that code, say that word and the remedy on stderr, and nothing on stdout. */
    async refused(code: number, word: string, ...args: readonly string[]): Promise<string> {
      const ended = await run(args);
      expect(ended).toMatchObject({ code, stdout: "" });
      expect(ended.stderr).toContain(word);
      return ended.stderr;
    },
  };
}

export type Commands = ReturnType<typeof commandsOf>;
