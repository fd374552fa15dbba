/** What people and shells read of a program: manual pages, completions, and two pages for a device without a network. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { manPages } from "../../cross/man-pages.ts";
import { NO_CLI } from "../../src/cli/command.ts";
import { SHELLS } from "../../src/cli/commands/completion.ts";
import { makeProgram } from "../../src/cli/program.ts";
import { treeOf } from "../../src/cli/tree.ts";

/** One file, and where below share/ it is found without anybody being told. */
export interface Reader {
  /** In Debian's package, below /usr. */
  readonly packaged: string;
  /** Below a prefix of one's own, such as /usr/local. */
  readonly local: string;
  readonly bytes: Buffer;
}

const COMPLETIONS: Readonly<Record<string, Omit<Reader, "bytes">>> = {
  bash: same("bash-completion/completions/aranya-edge"),
  zsh: { packaged: "zsh/vendor-completions/_aranya-edge", local: "zsh/site-functions/_aranya-edge" },
  fish: same("fish/vendor_completions.d/aranya-edge.fish"),
};

/** What help and errors lead to, and whoever stands before a device that does not work. */
const DOCUMENTS = ["docs/cli-json.md", "docs/manual/troubleshooting.md"];

/** The same bytes for the same source. */
export function readers(version: string): Reader[] {
  const pages = [...manPages(version)].map(([name, text]): Reader => {
    // -n: neither name nor time.
    return { ...same(`man/man1/${name}.gz`), bytes: execFileSync("gzip", ["-n9"], { input: text }) };
  });
  const tree = treeOf(makeProgram(NO_CLI));
  const completions = Object.entries(SHELLS).map(([shell, make]): Reader => {
    return { ...COMPLETIONS[shell]!, bytes: Buffer.from(make(tree)) };
  });
  const documents = DOCUMENTS.map((path): Reader => {
    const bytes = readFileSync(join(import.meta.dirname, "../..", path));
    return { ...same(`doc/aranya-edge/${basename(path)}`), bytes };
  });
  return [...pages, ...completions, ...documents];
}

function same(path: string): Omit<Reader, "bytes"> {
  return { packaged: path, local: path };
}
