/** Whether programs made for one version of the library go on working with another. */
import type { Facts } from "./abi-facts.ts";

export interface Comparison {
  /** What such a program would notice, in words. */
  readonly broken: readonly string[];
  readonly added: readonly string[];
}

/**
 * Nothing that was there may be gone or be another. What is new is new to old programs too, with one exception: a field in what was
 * padding of a structure. There old programs have whatever was in memory. Members of a union stand where others stand, and are
 * welcome as long as it does not grow.
 */
export function compareFacts(promised: Facts, built: Facts): Comparison {
  const broken: string[] = [];
  const added: string[] = [];
  for (const [key, value] of promised) {
    const now = built.get(key);
    if (now === undefined) broken.push(`${key} is gone (${value})`);
    else if (now !== value) broken.push(`${key} was ${value}, is ${now}`);
  }
  for (const [key, value] of built) {
    if (promised.has(key)) continue;
    const field = /^field (\w+)\.(\w+)(\.\w+)?$/.exec(key);
    const isInPadding = field !== null && field[3] === undefined && promised.has(`struct ${field[1]!}`);
    if (isInPadding) broken.push(`${key} is new, in a structure that programs have (${value})`);
    else added.push(`${key} ${value}`);
  }
  return { broken, added };
}

/** A program made for one version of it runs with all later ones: docs/c-porting.md. */
export function seriesOf(version: string): string {
  const [major, minor] = version.split(".");
  return major === "0" ? `0.${minor!}` : major!;
}

/** Lines of text, those that begin with # left out. */
export function parseFacts(text: string): Map<string, string> {
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line): [string, string] => {
        const [, key, value] = /^(soname|\w+ \S+) (.*)$/.exec(line)!;
        return [key!, value!];
      }),
  );
}

export function printFacts(facts: Facts): string {
  return [...facts].map(([key, value]) => `${key} ${value}\n`).join("");
}
