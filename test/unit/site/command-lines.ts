/** Whether command lines in documents are what the program takes, by its own tree of commands. Nothing is run. */
import { NO_CLI } from "../../../src/cli/command.ts";
import { makeProgram } from "../../../src/cli/program.ts";
import { treeOf } from "../../../src/cli/tree.ts";
import type { CommandNode } from "../../../src/cli/tree.ts";

const TREE = treeOf(makeProgram(NO_CLI));

/** Each `aranya-edge …` of a shell text, with pipes, redirections, substitutions and comments around it. */
export function checkCommandLines(shell: string): string[] {
  const commands = shell
    .split("\n")
    .flatMap((line) => line.replace(/(^|\s)#.*$/, "").split(/\||&&|;|\$\(|\)|&$/))
    .map((part) => part.replace(/\d?>>?\s*\S+|<\s*\S+/g, "").trim())
    .filter((part) => part.startsWith("aranya-edge"));
  return commands.length === 0 ? ["no aranya-edge in it"] : commands.flatMap(checkCommand);
}

function checkCommand(line: string): string[] {
  const words = (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).slice(1);
  let node: CommandNode = TREE;
  while (node.commands.length > 0) {
    const name = words.shift();
    const next = node.commands.find((child) => child.path.at(-1) === name);
    if (next === undefined) return [`${line}: no command ${name ?? ""}`];
    node = next;
  }
  return checkArguments(line, node, words);
}

function checkArguments(line: string, node: CommandNode, words: string[]): string[] {
  const found: string[] = [];
  const given: string[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith("--")) {
      given.push(word);
      continue;
    }
    const flag = word.split("=")[0]!;
    const option = node.options.find((candidate) => candidate.flag === flag);
    if (option === undefined) return [`${line}: no option ${flag}`];
    const value = option.value === undefined || word.includes("=") ? undefined : words.shift();
    if (value !== undefined && option.choices.length > 0 && !option.choices.includes(value))
      found.push(`${line}: ${value} is none of ${option.choices.join(", ")}`);
  }
  for (const [i, { name, isRequired, choices }] of node.arguments.entries()) {
    const value = given[i];
    if (value === undefined && isRequired) found.push(`${line}: ${name} is missing`);
    if (value !== undefined && choices.length > 0 && !choices.includes(value))
      found.push(`${line}: ${value} is none of ${choices.join(", ")}`);
  }
  const isOpenEnded = node.text !== undefined;
  if (given.length > node.arguments.length && !isOpenEnded) found.push(`${line}: too many arguments`);
  return found;
}
