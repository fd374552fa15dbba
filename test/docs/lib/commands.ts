/** Commands of aranya-edge a page names, also where it does not run them: they and their options have to be there. */
import { NO_CLI } from "../../../src/cli/command.ts";
import { makeProgram } from "../../../src/cli/program.ts";
import { treeOf } from "../../../src/cli/tree.ts";
import type { CommandNode } from "../../../src/cli/tree.ts";

const TREE = treeOf(makeProgram(NO_CLI));

/** What is wrong, with the line. */
export function commandErrors(markdown: string): string[] {
  const found: string[] = [];
  /** Undefined outside of blocks. */
  let language: string | undefined;
  for (const [i, line] of markdown.split("\n").entries()) {
    const fence = /^ *```(\w*)/.exec(line);
    if (fence !== null) {
      language = language === undefined ? fence[1]! : undefined;
      continue;
    }
    if (language !== undefined && language !== "sh") continue;
    for (const command of language === "sh" ? commandsIn(line) : spansOf(line).flatMap(commandsIn)) {
      const wrong = errorIn(command);
      if (wrong !== undefined) found.push(`line ${i + 1}: ${wrong}: ${command.trim()}`);
    }
  }
  return found;
}

function spansOf(line: string): string[] {
  return [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

/** What follows the program's name where a shell would start it. */
function commandsIn(text: string): string[] {
  const starts = text.matchAll(/(?:^|[;&|(]) *aranya-edge ([^;&|<>#)'"]*)/g);
  return [...starts].map((match) => match[1]!);
}

function errorIn(command: string): string | undefined {
  const words = command.split(/\s+/).filter((word) => word !== "" && word !== "\\");
  let node: CommandNode = TREE;
  while (node.commands.length > 0 && words[0] !== undefined && !words[0].startsWith("-")) {
    const next = node.commands.find(({ path }) => path.at(-1) === words[0]);
    if (next === undefined) return "no such command";
    words.shift();
    node = next;
  }
  const flags = new Set([...node.options.map(({ flag }) => flag), "--help"]);
  const unknown = words.find((word) => word.startsWith("--") && !flags.has(word.replace(/=.*/, "")));
  return unknown === undefined ? undefined : `no option ${unknown}`;
}
