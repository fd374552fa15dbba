/**
 * One executable: a Node without symbols, shut to its environment, with the bundle inside.
 *
 * Node 26 makes it in one step, for other processors too. Before that the bundle is made into a blob first, by the
 * target's own Node because a blob has the word size of who made it, and postject adds it as an ELF note.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { closeEnvironment } from "./close.ts";
import { needsOf, strip } from "./elf.ts";
import { run } from "./process.ts";
import { CACHE, ROOT } from "./targets.ts";
import type { Target } from "./targets.ts";

export interface ExecutableInputs {
  readonly target: Target;
  /** The target's Node, and how to start it here. */
  readonly nodeProgram: string;
  readonly launcher: readonly string[];
  readonly nodeVersion: string;
  readonly bundle: string;
  readonly output: string;
}

/** Nothing an environment says is added to this. */
const EXEC_ARGV = ["--disable-sigusr1"];

/** From the release in which `--build-sea` can be counted on. */
const ONE_STEP_FROM = 26;

const POSTJECT_FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

export function makeExecutable(inputs: ExecutableInputs): void {
  const { target, output } = inputs;
  const scratch = join(CACHE, "make", target.name);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });

  const original = readFileSync(inputs.nodeProgram);
  const node = strip(original);
  closeEnvironment(node, inputs.nodeVersion);
  writeFileSync(join(scratch, "node"), node, { mode: 0o755 });

  // By its bare name: what is in the blob must not depend on where the checkout is.
  const main = withNeeds(readFileSync(inputs.bundle, "utf8"), needsOf(original).versions);
  writeFileSync(join(scratch, basename(inputs.bundle)), main);
  const config = {
    main: basename(inputs.bundle),
    output: "out",
    disableExperimentalSEAWarning: true,
    // Neither gains anything measurable here, and code cache is not the same twice.
    useSnapshot: false,
    useCodeCache: false,
  };
  const configFile = join(scratch, "sea.json");
  if (canMakeInOneStep(inputs.nodeVersion)) {
    const all = { ...config, executable: "node", execArgv: EXEC_ARGV, execArgvExtension: "none" };
    writeFileSync(configFile, JSON.stringify(all));
    run([process.execPath, "--build-sea", "sea.json"], { cwd: scratch });
    copyFileSync(join(scratch, "out"), output);
  } else {
    writeFileSync(configFile, JSON.stringify(config));
    run([...inputs.launcher, inputs.nodeProgram, "--experimental-sea-config", "sea.json"], { cwd: scratch });
    copyFileSync(join(scratch, "node"), output);
    inject(output, join(scratch, "out"));
  }
  chmodSync(output, 0o755);
  rmSync(scratch, { recursive: true });
}

/** The Node that runs the build makes blobs for its own version only. */
function canMakeInOneStep(version: string): boolean {
  return Number(version.split(".")[0]) >= ONE_STEP_FROM && version === process.versions.node;
}

/** In a process of its own, whose chatter is only shown when it fails. */
function inject(file: string, blob: string): void {
  const postject = join(ROOT, "node_modules", "postject", "dist", "cli.js");
  run([process.execPath, postject, file, "NODE_SEA_BLOB", blob, "--sentinel-fuse", POSTJECT_FUSE]);
}

/** What `doctor` compares the device with stands before the bundle, after its first line, which is for a shell. */
function withNeeds(bundle: string, needs: Readonly<Record<string, string>>): string {
  const afterFirst = bundle.indexOf("\n") + 1;
  const line = `const ARANYA_EDGE_NEEDS = ${JSON.stringify(needs)};\n`;
  return bundle.slice(0, afterFirst) + line + bundle.slice(afterFirst);
}
