/** Somebody who follows pages on this machine: with the program under test, and the C library where there is a compiler. */
import { buildSync } from "esbuild";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DaemonCommand } from "../../support/daemon-process.ts";
import { programUnderTest } from "../../support/executable.ts";
import { follow } from "./follow.ts";
import type { Followed } from "./follow.ts";
import { buildLibrary, hasCompiler, prepare } from "./surroundings.ts";

const { version: VERSION } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

export class Reader {
  readonly #root = mkdtempSync(join(tmpdir(), "ae-docs-"));
  readonly #hasCompiler: boolean = hasCompiler();
  readonly #program = programUnderTest() ?? this.#bundled();
  #library: string | undefined;
  #count = 0;

  /** Throws where it is wrong. */
  async follow(markdown: string): Promise<Followed> {
    if (this.#hasCompiler && /^```c$/m.test(markdown)) this.#library ??= buildLibrary(this.directory());
    const surroundings = await prepare(this.directory(), markdown, this.#program, this.#library);
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
  /** Starts in a quarter of the time the source takes. */
  #bundled(): DaemonCommand {
    const bundle = join(this.#root, "aranya-edge.cjs");
    buildSync({
      entryPoints: [resolve("src/cli/main.ts")],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20.11",
      define: { ARANYA_EDGE_VERSION: JSON.stringify(VERSION) },
    });
    return [process.execPath, bundle];
  }
}
