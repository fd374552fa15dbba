/** Somebody who follows pages on this machine: the program as it is shipped, and the C library where there is a compiler. */
import { buildSync } from "esbuild";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { follow } from "./follow.ts";
import type { Followed } from "./follow.ts";
import { buildLibrary, hasCompiler, prepare } from "./surroundings.ts";

const { version: VERSION } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

export class Reader {
  readonly #root = mkdtempSync(join(tmpdir(), "ae-docs-"));
  readonly #hasCompiler: boolean = hasCompiler();
  readonly #bundle: string = join(this.#root, "aranya-edge.cjs");
  #library: string | undefined;
  #count = 0;

  constructor() {
    // Starts in a quarter of the time the source takes.
    buildSync({
      entryPoints: [resolve("src/cli/main.ts")],
      outfile: this.#bundle,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20.11",
      define: { ARANYA_EDGE_VERSION: JSON.stringify(VERSION) },
    });
  }

  /** Throws where it is wrong. */
  async follow(markdown: string): Promise<Followed> {
    if (this.#hasCompiler && /^```c$/m.test(markdown)) this.#library ??= buildLibrary(this.directory());
    const command = [process.execPath, this.#bundle] as const;
    const surroundings = await prepare(this.directory(), markdown, command, this.#library);
    return follow(markdown, { surroundings, hasCompiler: this.#hasCompiler });
  }

  /** A new one. */
  directory(): string {
    const directory = join(this.#root, String(++this.#count));
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
