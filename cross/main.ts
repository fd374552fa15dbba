/**
 * npm run build: everything that is shipped, into dist/, and each executable tried out. What it needs and has not got it
 * fetches into build/cross: Node from the npm registry, emulator and C libraries from Debian's archive.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle, COMMIT, VERSION } from "./bundle.ts";
import { machineOf } from "./elf.ts";
import { commandOf, isNative, launcherFor } from "./emulate.ts";
import { makeExecutable } from "./executable.ts";
import { fetchNode } from "./fetch-node.ts";
import type { NodeFiles } from "./fetch-node.ts";
import { noticeText } from "./notice.ts";
import { describePackages } from "./packages.ts";
import type { BundledPackage } from "./packages.ts";
import { BuildError, run } from "./process.ts";
import { writeSums } from "./released.ts";
import { sbomText } from "./sbom.ts";
import { tryOut } from "./smoke.ts";
import { DIST, executableName, readTargets, ROOT } from "./targets.ts";
import type { Target } from "./targets.ts";

const HELP = `npm run build -- [OPTIONS]

  --targets x64,arm64,armv7    these only; all without it
  --node NAME=PATH             the Node for target NAME is this file, with its LICENSE beside bin/ or beside itself
  --no-try                     does not run what was made, for the second build of a comparison
`;

interface Options {
  readonly targets: readonly Target[];
  /** By the target's name. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly isTried: boolean;
}

function parseOptions(args: readonly string[]): Options | undefined {
  const values = optionsIn(args);
  if (values.help === true) return undefined;
  const known = readTargets();
  const find = (name: string): Target => {
    const target = known.find((t) => t.name === name);
    if (target !== undefined) return target;
    throw new BuildError(`there is no target ${name}`, `choose of ${known.map((t) => t.name).join(", ")}`);
  };
  const nodes = (values.node ?? []).map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at === -1) throw new BuildError(`--node ${text} names no target`, "--node armv7=/path/to/node");
    return [find(text.slice(0, at)).name, resolve(text.slice(at + 1))];
  });
  const targets = values.targets === undefined ? known : values.targets.split(",").map(find);
  return { targets, nodes: new Map(nodes), isTried: values["no-try"] !== true };
}

function optionsIn(args: readonly string[]) {
  const options = {
    targets: { type: "string" },
    node: { type: "string", multiple: true },
    "no-try": { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new BuildError((error as Error).message, "npm run build -- --help");
  }
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(HELP);
    return;
  }
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  const packages = describePackages(await bundle());
  for (const target of options.targets) await make(target, packages, options);
  writeSums(DIST, VERSION);
  tell("dist/SHA256SUMS");
}

async function make(
  target: Target,
  packages: readonly BundledPackage[],
  { nodes, isTried }: Options,
): Promise<void> {
  const name = executableName(VERSION, target);
  const brought = nodes.get(target.name);
  tell(`${name}: Node ${brought ?? `${target.node.package}@${target.node.version}`}`);
  const node = brought === undefined ? fetchNode(target.node) : bringNode(brought, target);
  const launcher = launcherFor(target);
  const versions = JSON.parse(
    run([...launcher, node.program, "-p", "JSON.stringify(process.versions)"]),
  ) as Record<string, string>;

  const output = join(DIST, name);
  const bundleFile = join(DIST, "aranya-edge.cjs");
  makeExecutable({
    target,
    nodeProgram: node.program,
    launcher,
    nodeVersion: versions["node"]!,
    bundle: bundleFile,
    output,
  });
  const { size } = statSync(output);
  tell(`${name}: ${(size / 1e6).toFixed(1)} MB`);

  const made: Made = { name, target, packages, node, versions, isOfficial: brought === undefined };
  writeNotice(made);
  writeSbom(made);
  if (isTried) {
    const seen = await tryOut(commandOf(launcher, output), {
      version: VERSION,
      commit: COMMIT.id,
      node: versions["node"]!,
    });
    tell(`${name}: runs ${isNative(target) ? "here" : "emulated"}: ${seen}`);
  }
}

/** An executable that was made, and what it was made of. */
interface Made {
  readonly name: string;
  readonly target: Target;
  readonly packages: readonly BundledPackage[];
  readonly node: NodeFiles;
  /** `process.versions` of that Node. */
  readonly versions: Readonly<Record<string, string>>;
  /** Node came from the npm registry, not by `--node`. */
  readonly isOfficial: boolean;
}

function writeNotice({ name, packages, node, versions }: Made): void {
  const notice = noticeText({
    version: VERSION,
    ownLicence: readFileSync(join(ROOT, "LICENSE"), "utf8"),
    packages,
    nodeVersion: versions["node"]!,
    nodeLicence: readFileSync(node.licence, "utf8"),
  });
  writeFileSync(join(DIST, `${name}.licences.txt`), notice);
}

function writeSbom({ name, target, packages, node, versions, isOfficial }: Made): void {
  const { package: packageName, version, integrity } = target.node;
  const sbom = sbomText({
    version: VERSION,
    commit: COMMIT.id,
    commitTime: COMMIT.time,
    fileName: name,
    fileSha256: sha256(readFileSync(join(DIST, name))),
    packages,
    node: {
      version: versions["node"]!,
      versions,
      package: isOfficial ? { name: packageName, version, integrity } : undefined,
      sha256: sha256(readFileSync(node.program)),
    },
  });
  writeFileSync(join(DIST, `${name}.cdx.json`), sbom);
}

/** An official archive has LICENSE beside bin/. */
function bringNode(program: string, target: Target): NodeFiles {
  let machine: string | undefined;
  try {
    machine = machineOf(readFileSync(program));
  } catch (error) {
    throw new BuildError(
      `${program}: ${(error as Error).message}`,
      `--node ${target.name}=/path/to/bin/node`,
    );
  }
  if (machine !== target.machine) {
    throw new BuildError(`${program} is not for ${target.name}`, "bring the one for this processor");
  }
  for (const directory of [dirname(dirname(program)), dirname(program)]) {
    const licence = join(directory, "LICENSE");
    if (statSync(licence, { throwIfNoEntry: false })?.isFile() === true) return { program, licence };
  }
  throw new BuildError(
    `no LICENSE beside ${program}`,
    "unpack the whole archive it came in: its licences have to go with the executable",
  );
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

const started = performance.now();

function tell(text: string): void {
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`\nnpm run build: ${error.message}\n→ ${error.remedy}`);
  process.exitCode = 1;
}
