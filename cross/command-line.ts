/** The command lines of the programs that build and test: each describes itself in the comment its file begins with. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ParseArgsOptionsConfig } from "node:util";

/** sysexits(3): EX_USAGE. */
const USAGE = 64;

type Values<T extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: T }>>["values"];

/** Prints that comment and ends at `--help`; ends with 64 and says why at an option there is none of. */
export function commandLine<T extends ParseArgsOptionsConfig>(file: string, options: T): Values<T> {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } });
    if (!("help" in values) || values.help !== true) return values;
  } catch (error) {
    console.error(`${(error as Error).message}\nTry --help`);
    process.exit(USAGE);
  }
  console.log(helpOf(readFileSync(file, "utf8")));
  process.exit(0);
}

/** The first comment of a source text, without its stars. */
function helpOf(source: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? "";
  return comment.replaceAll(/^ \* ?/gm, "").trim();
}
