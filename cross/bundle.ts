/**
 * npm run bundle: one JavaScript file for each thing we ship, with everything it needs inside, for Node 20.11 and newer.
 *
 *   dist/aranya-edge.cjs   the executable: daemon and command line      from src/cli/main.ts
 *   dist/demo.cjs          the demo, to run against that file           from test/demo/main.ts
 *   dist/client.mjs        the client library, an ES module             from src/client/index.ts
 *   dist/types/            its declarations
 *
 * The same commit gives the same bytes, wherever it is checked out. No name is shortened: a stack trace from the field
 * should name functions.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { BuildOptions } from "esbuild";
import { later, PINO_WITHOUT_WORKERS } from "./later.ts";
import { ROOT } from "./targets.ts";

/** Of package.json. */
export const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
};

/** `id`: twelve digits, `-dirty` where the checkout differs from it, `unknown` outside one. `time`: seconds since 1970. */
export const COMMIT = commit();

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node20.11",
  charset: "ascii", // see toAscii
  legalComments: "inline",
  // What esbuild only warns about (an import.meta it cannot carry over, a require it cannot see) fails on the device.
  logLevel: "warning",
  logOverride: { "empty-import-meta": "error", "require-resolve-not-external": "error" },
  define: {
    ARANYA_EDGE_VERSION: JSON.stringify(VERSION),
    ARANYA_EDGE_COMMIT: JSON.stringify(COMMIT.id),
    ARANYA_EDGE_COMMIT_TIME: JSON.stringify(COMMIT.time),
  },
};

/** CommonJS has these under other names. */
const COMMONJS: BuildOptions = {
  ...COMMON,
  format: "cjs",
  define: { ...COMMON.define, "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
};

/** What V8 keeps for as long as a daemon runs: a quarter of it would be indentation and comments. Names are whole, for stack traces. */
const COMPACT: BuildOptions = { ...COMMONJS, minifyWhitespace: true, lineLimit: 120 };

/** What must not wait until our modules are loaded: SIGUSR1 lets a debugger in, NODE_V8_COVERAGE writes files. */
const FIRST_LINES = [
  'process.on("SIGUSR1", () => undefined);',
  'if (process.env.NODE_V8_COVERAGE !== undefined) require("node:v8").stopCoverage();',
].join("\n");

/** Of code that is compiled later: esbuild does not see through it. */
const laterInputs: string[] = [];

const BUNDLES: readonly BuildOptions[] = [
  {
    ...COMPACT,
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/aranya-edge.cjs",
    banner: { js: `#!/usr/bin/env node\n${FIRST_LINES}` },
    metafile: true,
    plugins: [
      PINO_WITHOUT_WORKERS,
      later(/\/(command-line|collect)\.ts$/, COMPACT, (inputs) => laterInputs.push(...Object.keys(inputs))),
    ],
  },
  { ...COMMONJS, entryPoints: ["test/demo/main.ts"], outfile: "dist/demo.cjs" },
  { ...COMMON, format: "esm", entryPoints: ["src/client/index.ts"], outfile: "dist/client.mjs" },
];

/** The packages inside dist/aranya-edge.cjs, as folders of node_modules. */
export async function bundle(): Promise<string[]> {
  const packages = new Set<string>();
  for (const options of BUNDLES) {
    const { warnings, metafile } = await build(options);
    if (warnings.length > 0) throw new Error(`${options.outfile!}: esbuild has ${warnings.length} warnings`);
    toAscii(join(ROOT, options.outfile!));
    const { size } = statSync(join(ROOT, options.outfile!));
    console.log(`${options.outfile!.padEnd(24)} ${(size / 1024).toFixed(0).padStart(6)} KiB`);
    if (metafile === undefined) continue;
    for (const input of [...Object.keys(metafile.inputs), ...laterInputs]) {
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
      if (folder !== undefined) packages.add(folder);
    }
  }
  rmSync(join(ROOT, "dist/types"), { recursive: true, force: true });
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "cross/tsconfig.types.json"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  console.log("dist/types/");
  return [...packages].sort();
}

/**
 * V8 keeps the source for as long as the program runs, and with one character beyond Latin-1 in it, two bytes for each: 1 MB of
 * a daemon's own 19. esbuild escapes strings; what it leaves stands in comments inside classes.
 */
function toAscii(path: string): void {
  const text = readFileSync(path, "utf8");
  const escaped = text.replace(
    /[^\x00-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  writeFileSync(path, escaped);
}

function commit(): { id: string; time: number } {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    const id = git("rev-parse", "--short=12", "HEAD") + (changed ? "-dirty" : "");
    return { id, time: Number(git("log", "-1", "--format=%ct")) };
  } catch {
    return { id: "unknown", time: 0 };
  }
}

if (import.meta.main) await bundle();
