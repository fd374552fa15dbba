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
import { V8_FLAGS } from "./v8-flags.ts";

export interface ExecutableInputs {
  readonly target: Target;
  /** The target's Node, and how to start it here. */
  readonly nodeProgram: string;
  readonly launcher: readonly string[];
  readonly nodeVersion: string;
  readonly bundle: string;
  readonly output: string;
}

/** Of Node 26; nothing an environment says is added. */
const EXEC_ARGV = ["--disable-sigusr1", ...V8_FLAGS];

/** With a seed of chance the code cache would not be the same twice. */
const SEED = "--hash-seed=1";

// The header of V8's code cache, as in code-serializer.h: magic, version, source, flags, 32 bits each.
const VERSION_END = 8;
const FLAGS_AT = 12;

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
    // Per platform, not the same twice, and no gain beside the cache.
    useSnapshot: false,
    useCodeCache: true,
  };
  const configFile = join(scratch, "sea.json");
  // The target's own Node: what it keeps of compiling the bundle is of no use to another's.
  const isOneStep = canMakeInOneStep(inputs.nodeVersion);
  const flags = isOneStep ? V8_FLAGS : [];
  const maker = [...inputs.launcher, inputs.nodeProgram, ...flags, SEED];
  if (isOneStep) {
    const all = { ...config, executable: "node", execArgv: EXEC_ARGV, execArgvExtension: "none" };
    writeFileSync(configFile, JSON.stringify(all));
    run([...maker, "--build-sea", "sea.json"], { cwd: scratch });
    copyFileSync(join(scratch, "out"), output);
  } else {
    writeFileSync(configFile, JSON.stringify(config));
    run([...maker, "--experimental-sea-config", "sea.json"], { cwd: scratch });
    copyFileSync(join(scratch, "node"), output);
    inject(output, join(scratch, "out"));
  }
  writeFileSync(output, withoutSeed(readFileSync(output), inputs, flags));
  chmodSync(output, 0o755);
  rmSync(scratch, { recursive: true });
}

/**
 * V8 takes a cache only from a process with flags like its own. A fixed seed decides nothing but in which order the cache's strings
 * stand, because every process hashes them anew with a seed of its own; so the cache may say that it was made without.
 */
function withoutSeed(
  file: Buffer,
  { launcher, nodeProgram }: ExecutableInputs,
  flags: readonly string[],
): Buffer {
  const script = "new (require('node:vm').Script)('0').createCachedData().toString('hex')";
  const headerOf = (...seed: string[]): Buffer =>
    Buffer.from(run([...launcher, nodeProgram, ...flags, ...seed, "-p", script]).trim(), "hex");
  const [ordinary, seeded] = [headerOf(), headerOf(SEED)];
  const flagsOf = (header: Buffer): Buffer => header.subarray(FLAGS_AT, FLAGS_AT + 4);
  const version = ordinary.subarray(0, VERSION_END);
  const found: number[] = [];
  for (let at = file.indexOf(version); at !== -1; at = file.indexOf(version, at + 1)) {
    if (flagsOf(file.subarray(at)).equals(flagsOf(seeded))) found.push(at);
  }
  const [at, ...others] = found;
  if (at === undefined || others.length > 0) throw new Error(`${found.length} code caches instead of one`);
  flagsOf(ordinary).copy(file, at + FLAGS_AT);
  return file;
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
