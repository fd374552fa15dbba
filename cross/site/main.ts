/**
 * npm run docs: the documentation site, into docs/site/, to be read from the disk or served as it is.
 *
 *   --out DIRECTORY    elsewhere; it is emptied first
 *   --no-c             without the pages of the C header, which need Doxygen
 *   --no-typescript    without those of the TypeScript client, which take most of the time
 *   --help             this
 *
 * Ends with 0 when the site is there, 1 when something in it is missing or leads nowhere, 64 at bad usage. Where Doxygen is
 * not installed it says so and goes on.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { commandLine } from "../command-line.ts";
import { BuildError } from "../process.ts";
import { ROOT } from "../targets.ts";
import { buildSite } from "./site.ts";

const values = commandLine(import.meta.filename, {
  out: { type: "string", default: join(ROOT, "docs/site") },
  "no-c": { type: "boolean", default: false },
  "no-typescript": { type: "boolean", default: false },
});

const startedAt = performance.now();
const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2Kdocs: ${what} … ${seconds()}`);
  else console.error(`docs: ${what} (${seconds()})`);
}

try {
  const out = resolve(values.out);
  // It is emptied: nothing but a site, or nothing, may be there.
  if (existsSync(out) && !existsSync(join(out, "search-index.js"))) {
    throw new BuildError(`${out} is there and holds no site`, "name another directory, or remove it");
  }
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const { pages, bytes } = await buildSite({
    root: ROOT,
    out,
    build: join(ROOT, "build/site"),
    withC: !values["no-c"],
    withTypeScript: !values["no-typescript"],
    version,
    progress,
    warn: (what) => {
      console.error(`\ndocs: WARNING: ${what}\n`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
  console.log(
    `${relative(process.cwd(), join(out, "index.html"))}: ${pages} pages, ${(bytes / 1e6).toFixed(1)} MB, ${seconds()}`,
  );
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`\ndocs: ${error.message}\n  ${error.remedy}`);
  process.exitCode = 1;
}
