/**
 * A process of its own that does one end of a measurement. It answers one call at a time over Node's channel between parent
 * and child; nothing that is being measured goes over it.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";

export type Methods = Readonly<Record<string, (params: never) => unknown>>;

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

/** The parent's side. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(file: string, nodeArgs: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#child = fork(file, {
      execArgv: [...nodeArgs],
      env: { ...process.env, ...environment },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#exited = new Promise((done) => this.#child.once("exit", () => done()));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  call<T>(method: string, params: unknown = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const gone = (): void => reject(new Error(`the peer ended during ${method}`));
      this.#child.once("exit", gone);
      this.#child.once("message", (answer: Answer) => {
        this.#child.off("exit", gone);
        if (answer.error === undefined) resolve(answer.result as T);
        else reject(new Error(`${method}: ${answer.error}`));
      });
      this.#child.send({ method, params });
    });
  }

  /** It ends itself when nobody is there to ask. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** The child's side. */
export function serve(methods: Methods): void {
  process.on("message", ({ method, params }: { method: string; params: never }) => {
    void (async () => {
      let answer: Answer;
      try {
        answer = { result: await methods[method]!(params) };
      } catch (error) {
        answer = { error: String((error as Error).stack) };
      }
      process.send!(answer);
    })();
  });
  process.on("disconnect", () => process.exit());
}
