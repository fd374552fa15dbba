/** What releases promised, in src/client-c/abi/VERSION/PROCESSOR.txt, and whether the library that was built keeps it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "../process.ts";
import { ROOT } from "../targets.ts";
import { compareFacts, parseFacts, printFacts, seriesOf } from "./abi-compare.ts";
import { headerFacts, libraryFacts } from "./abi-facts.ts";

const PROMISES = join(ROOT, "src/client-c/abi");
const HEADER = join(ROOT, "src/client-c/include/aranya_edge.h");

export interface Built {
  readonly processor: "x86-64" | "arm64" | "armhf";
  readonly library: string;
  /** Before the names of the compiler and of binutils. */
  readonly prefix: string;
}

/** Against the last release. Throws `BuildError` with all that is broken. */
export function checkAbi(builds: readonly Built[]): void {
  const last = releases().at(-1);
  if (last === undefined)
    throw new BuildError("no release has promised anything yet", "npm run client-c -- abi --write");
  checkAgainst(last, builds);
}

/**
 * What this version promises. What is released is never written anew, and a version that programs need not be rebuilt for keeps
 * what the one before it promised.
 */
export function writeAbi(builds: readonly Built[], version: string): void {
  if (isReleased(version) && existsSync(join(PROMISES, version)))
    throw new BuildError(`${version} is released, and what it promised stays`, "raise the version first");
  const before = releases().findLast((other) => other !== version);
  if (before !== undefined && seriesOf(before) === seriesOf(version)) checkAgainst(before, builds);
  mkdirSync(join(PROMISES, version), { recursive: true });
  for (const built of builds) {
    const facts = factsOf(built);
    const about = [
      `# What programs on ${built.processor} have of libaranya-edge ${version} inside them. Written by npm run client-c -- abi --write.`,
      `# Until CHANGELOG.md has ${version} as a release it may be written anew; from then on nothing in it changes.`,
    ];
    writeFileSync(fileOf(version, built), `${about.join("\n")}\n${printFacts(facts)}`);
    console.log(`${built.processor.padEnd(7)} ${facts.size} promises of ${version} written`);
  }
}

function checkAgainst(release: string, builds: readonly Built[]): void {
  const broken: string[] = [];
  for (const built of builds) {
    const file = fileOf(release, built);
    if (!existsSync(file)) throw new BuildError(`there is no ${file}`, "npm run client-c -- abi --write");
    const promised = parseFacts(readFileSync(file, "utf8"));
    const found = compareFacts(promised, factsOf(built));
    broken.push(...found.broken.map((text) => `${built.processor}: ${text}`));
    console.log(
      `${built.processor.padEnd(7)} ${promised.size} promises of ${release}, ${found.broken.length} broken`,
    );
    for (const text of found.added) console.log(`        new: ${text}`);
  }
  if (broken.length === 0) return;
  const remedy = isReleased(release)
    ? "programs out there break: add a new name beside the old one, or make it another series"
    : `${release} is not out yet: if it is meant, npm run client-c -- abi --write`;
  throw new BuildError(`broken:\n  ${broken.join("\n  ")}`, remedy);
}

function fileOf(version: string, { processor }: Built): string {
  return join(PROMISES, version, `${processor}.txt`);
}

function factsOf({ library, prefix }: Built): Map<string, string> {
  const header = readFileSync(HEADER, "utf8");
  return new Map([...libraryFacts(library, prefix), ...headerFacts(header, `${prefix}gcc`)]);
}

/** Oldest first. */
function releases(): string[] {
  if (!existsSync(PROMISES)) return [];
  return readdirSync(PROMISES).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function isReleased(version: string): boolean {
  return readFileSync(join(ROOT, "CHANGELOG.md"), "utf8").includes(`\n## [${version}]`);
}
