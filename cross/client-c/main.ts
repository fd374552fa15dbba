/**
 * npm run client-c: the C client, built and tested for every target. See HELP.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { arch } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { APT_GET } from "../debian.ts";
import { BuildError, persistently, run, which } from "../process.ts";
import { writeSums } from "../released.ts";
import { ROOT } from "../targets.ts";
import { checkAbi, writeAbi } from "./abi.ts";
import type { Built } from "./abi.ts";
import { writeGenerated } from "./generate.ts";
import { makePackages, tryPackages } from "./packages.ts";

const HELP = `npm run client-c -- [STEP …] [OPTIONS]

Builds and tests the C client (src/client-c). Every step in this order, unless some are named:

  build       libraries for this machine, arm64 and armhf, into build/client-c/; on armhf the text is measured
  abi         whether programs made for the last release go on working with what was built (src/client-c/abi)
  packages    of what was built: libaranya-edge0 and libaranya-edge-dev for amd64, arm64 and armhf, into dist/;
              npm run package makes them too
  test        the C tests under AddressSanitizer and UndefinedBehaviorSanitizer, the calls without them too
  cross       the same tests as arm64 and armhf programs under qemu
  valgrind    the calls under valgrind; with --long the daemons that lie and the real ones too
  fuzz        what a daemon may send, with libFuzzer, beginning from test/client-c/fuzz/corpus: under the same
              sanitizers, then a third as long under MemorySanitizer
  docs        the pages of the header with Doxygen, into build/client-c/docs

Only when named:

  generate    writes what follows from the method table: sections of the header, tables, calls

  --install       with apt-get, what is missing (root)
  --seconds N     of fuzzing, 30 unless given
  --long          ten minutes of fuzzing, everything under valgrind
  --write         with abi: this version's promises are written instead, for its release
  --out DIR       where packages go, instead of dist/
  --help          this
`;

const BUILD = join(ROOT, "build/client-c");
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
};
const TEXT_BYTES_MAX = 48 * 1024;

/** A program, and the Debian package it comes in. */
type Tool = readonly [program: string, debian: string];
const NATIVE: readonly Tool[] = [
  ["gcc", "gcc"],
  ["g++", "g++"],
  ["cmake", "cmake"],
  ["make", "make"],
  ["pkg-config", "pkg-config"],
  ["nm", "binutils"],
];
const ARM64: readonly Tool[] =
  arch() === "arm64" ? [] : [["aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"]];
const ARMHF: readonly Tool[] = [["arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross"]];

interface Step {
  readonly tools: readonly Tool[];
  readonly perform: (options: Options) => void;
}

interface Options {
  readonly seconds: number;
  readonly isLong: boolean;
  readonly isWriting: boolean;
  readonly out: string;
}

const STEPS: Readonly<Record<string, Step>> = {
  build: { tools: [...NATIVE, ...ARM64, ...ARMHF], perform: buildAll },
  abi: { tools: [...NATIVE, ...ARM64, ...ARMHF], perform: abi },
  packages: {
    tools: [
      ["dpkg-deb", "dpkg"],
      ["git", "git"],
    ],
    perform: packAll,
  },
  test: { tools: NATIVE, perform: testHere },
  cross: {
    tools: [...ARM64, ...ARMHF, ["qemu-arm-static", "qemu-user-static"]],
    perform: () => ["arm64", "armhf"].forEach((target) => test(target, CROSS_SUITES)),
  },
  valgrind: {
    tools: [...NATIVE, ["valgrind", "valgrind libc6-dbg"]],
    perform: ({ isLong }) => test("valgrind", isLong ? CROSS_SUITES : ["calls"]),
  },
  fuzz: { tools: [["clang", "clang libclang-rt-dev"]], perform: fuzz },
  docs: { tools: [["doxygen", "doxygen"]], perform: doxygen },
};

/** What the header looks like to a build is the same for every processor. */
const CROSS_SUITES = ["calls", "hostile", "daemons", "texts"];

function main(): void {
  const { values, positionals } = optionsIn(process.argv.slice(2));
  if (values.help) {
    console.log(HELP);
    return;
  }
  if (positionals.includes("generate")) {
    writeGenerated();
    return;
  }
  const unknown = positionals.find((name) => STEPS[name] === undefined);
  if (unknown !== undefined)
    throw new BuildError(`there is no step ${unknown}`, "npm run client-c -- --help");
  const seconds = Number(values.seconds ?? (values.long ? "600" : "30"));
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new BuildError("--seconds is a number from 1 on", "--seconds 30");
  const names = positionals.length > 0 ? positionals : Object.keys(STEPS);
  provide(
    names.flatMap((name) => STEPS[name]!.tools),
    values.install,
  );
  for (const name of names) {
    const startedAt = performance.now();
    console.log(`\n--- client-c: ${name}`);
    STEPS[name]!.perform({ seconds, isLong: values.long, isWriting: values.write, out: resolve(values.out) });
    console.log(`--- ${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }
}

function optionsIn(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        install: { type: "boolean", default: false },
        seconds: { type: "string" },
        long: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
        out: { type: "string", default: join(ROOT, "dist") },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new BuildError((error as Error).message, "npm run client-c -- --help");
  }
}

/** All that is missing at once, not one after the other. */
function provide(tools: readonly Tool[], install: boolean): void {
  const missing = (): Tool[] => tools.filter(([program]) => which(program) === undefined);
  if (missing().length === 0) return;
  const packages = [...new Set(missing().flatMap(([, debian]) => debian.split(" ")))];
  const command = ["install", "--yes", "--no-install-recommends", ...packages];
  if (install && process.getuid?.() === 0 && which("apt-get") !== undefined) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    persistently(() => {
      run([...APT_GET, "update"]);
      run([...APT_GET, ...command], { env, timeoutMs: 900_000 });
    });
  }
  const left = missing().map(([program]) => program);
  if (left.length > 0)
    throw new BuildError(`not here: ${left.join(", ")}`, ["apt-get", ...command].join(" "));
}

interface Library {
  readonly name: string;
  /** Of a cross compiler and its tools; undefined for this machine's. */
  readonly triple?: string;
}

const LIBRARIES: readonly Library[] = [
  { name: "native" },
  ...(arch() === "arm64" ? [] : [{ name: "arm64", triple: "aarch64-linux-gnu" }]),
  { name: "armhf", triple: "arm-linux-gnueabihf" },
];

function buildAll(): void {
  for (const { name, triple } of LIBRARIES) {
    const directory = join(BUILD, name);
    rmSync(directory, { recursive: true, force: true });
    const configure = [
      "cmake",
      "-S",
      join(ROOT, "src/client-c"),
      "-B",
      directory,
      "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON",
    ];
    const cross =
      triple === undefined ? [] : ["-DCMAKE_SYSTEM_NAME=Linux", `-DCMAKE_C_COMPILER=${triple}-gcc`];
    run([...configure, ...cross]);
    run(["cmake", "--build", directory, "--parallel", "2"]);
    const size = run([
      triple === undefined ? "size" : `${triple}-size`,
      join(directory, "libaranya-edge.so"),
    ]);
    const text = Number(size.trim().split("\n")[1]!.trim().split(/\s+/)[0]);
    console.log(`libaranya-edge.so ${name.padEnd(7)} ${String(text).padStart(6)} bytes of text`);
    if (name === "armhf" && text > TEXT_BYTES_MAX) {
      throw new BuildError(
        `the text has ${text} bytes on armhf, more than ${TEXT_BYTES_MAX}`,
        "make it smaller",
      );
    }
  }
}

function abi({ isWriting }: Options): void {
  const own = arch() === "arm64" ? "arm64" : "x86-64";
  const builds = LIBRARIES.map(({ name, triple }): Built => ({
    processor: name === "native" ? own : (name as "arm64" | "armhf"),
    library: built(name, "libaranya-edge.so"),
    prefix: triple === undefined ? "" : `${triple}-`,
  }));
  if (isWriting) writeAbi(builds, VERSION);
  else checkAbi(builds);
}

/** Throws where it is not there. */
function built(name: string, file: string): string {
  const path = join(BUILD, name, file);
  if (!existsSync(path)) throw new BuildError(`${name} is not built`, "npm run client-c -- build first");
  return path;
}

function packAll({ out }: Options): void {
  const own = arch() === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const architectures: Readonly<Record<string, string>> = {
    "x86_64-linux-gnu": "amd64",
    "aarch64-linux-gnu": "arm64",
    "arm-linux-gnueabihf": "armhf",
  };
  mkdirSync(out, { recursive: true });
  for (const { name, triple } of LIBRARIES) {
    const build = dirname(built(name, "CMakeCache.txt"));
    const multiarch = triple ?? own;
    const target = {
      architecture: architectures[multiarch]!,
      multiarch,
      prefix: triple === undefined ? "" : `${triple}-`,
      build,
    };
    const made = makePackages(target, VERSION, out);
    if (triple === undefined) tryPackages(made, multiarch);
    for (const file of made)
      console.log(`${basename(file).padEnd(44)} ${String(statSync(file).size).padStart(7)} bytes`);
  }
  writeSums(out, VERSION);
}

/** The heap is that of libc only without the sanitizers. */
function testHere(): void {
  test("native");
  test("plain", ["calls"]);
}

function test(target: string, suites: readonly string[] = []): void {
  const files = suites.map((suite) => `test/client-c/${suite}.test.ts`);
  shown(
    [
      process.execPath,
      "node_modules/vitest/vitest.mjs",
      "run",
      "--config",
      "test/client-c/vitest.config.ts",
      ...files,
    ],
    {
      CLIENT_C_TARGET: target,
    },
  );
}

/** What a daemon may send, from the committed corpus on. What a run found is kept for the next, in build/. */
function fuzz({ seconds }: Options): void {
  fuzzUnder("address,undefined", seconds);
  fuzzUnder("memory", Math.ceil(seconds / 3));
}

function fuzzUnder(sanitizers: string, seconds: number): void {
  const directory = join(BUILD, "fuzz");
  const program = join(directory, `decoder-${sanitizers.split(",")[0]!}`);
  const found = join(directory, "found");
  mkdirSync(found, { recursive: true });
  const library = join(ROOT, "src/client-c");
  const sources = readdirSync(join(library, "src"))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(library, "src", name));
  const flags = [
    "-std=c11",
    "-D_GNU_SOURCE",
    "-g",
    "-O1",
    `-fsanitize=fuzzer,${sanitizers}`,
    "-fno-sanitize-recover=all",
  ];
  const target = join(ROOT, "test/client-c/fuzz/decoder.c");
  run(["clang", ...flags, `-I${join(library, "include")}`, ...sources, target, "-o", program]);
  const options = [`-max_total_time=${seconds}`, "-max_len=4096", "-verbosity=0", "-print_final_stats=1"];
  const corpora = [found, join(ROOT, "test/client-c/fuzz/corpus")];
  shown([program, ...options, `-artifact_prefix=${directory}/`, ...corpora], {});
}

function doxygen(): void {
  mkdirSync(BUILD, { recursive: true });
  run(["doxygen", "src/client-c/Doxyfile"], { cwd: ROOT });
  console.log("build/client-c/docs/index.html");
}

/** Its output goes where ours does. */
function shown([program, ...args]: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, signal } = spawnSync(program!, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  if (status !== 0)
    throw new BuildError(`${program!} ${args.join(" ")}: ${signal ?? `exit ${status}`}`, "see above");
}

try {
  main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`client-c: ${error.message}\n  ${error.remedy}`);
  process.exitCode = 1;
}
