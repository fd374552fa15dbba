/** The tree of commands as data: completions and manual pages are made from it, so they cannot tell another story. */
import type { Command } from "commander";
import { help as measureHelp, MEASURE_OPTIONS } from "../measure/help.ts";
import { notesOf } from "./command.ts";
import type { Notes } from "./command.ts";

export interface OptionNode {
  /** With two hyphens. */
  readonly flag: string;
  /** What it takes, as help has it: `<path>`; missing where it takes nothing. */
  readonly value: string | undefined;
  readonly description: string;
  readonly choices: readonly string[];
  readonly isRequired: boolean;
  readonly defaultValue: string | undefined;
  readonly env: string | undefined;
}

export interface ArgumentNode {
  readonly name: string;
  readonly isRequired: boolean;
  readonly description: string;
  readonly choices: readonly string[];
}

export interface CommandNode {
  /** From the program on: `["team", "create"]`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ArgumentNode[];
  readonly commands: readonly CommandNode[];
  readonly notes: Notes | undefined;
  /** Help of its own, in place of all that. */
  readonly text: string | undefined;
}

export function treeOf(command: Command, path: readonly string[] = []): CommandNode {
  const isMeasure = path.length === 1 && path[0] === "measure";
  const text = isMeasure ? measureHelp() : undefined;
  return {
    path,
    summary: command.summary(),
    description: command.description(),
    options: text === undefined ? optionsOf(command) : optionsOfMeasure(),
    arguments: isMeasure
      ? []
      : command.registeredArguments.map((argument) => ({
          name: argument.name(),
          isRequired: argument.required,
          description: argument.description,
          choices: argument.argChoices ?? [],
        })),
    commands: command.commands.map((child) => treeOf(child, [...path, child.name()])),
    notes: notesOf(command),
    text,
  };
}

function optionsOf(command: Command): OptionNode[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      flag: option.long!,
      value: /[<[].*$/.exec(option.flags)?.[0],
      description: option.description,
      choices: option.argChoices ?? [],
      isRequired: option.mandatory,
      defaultValue:
        typeof option.defaultValueDescription === "string"
          ? option.defaultValueDescription
          : typeof option.defaultValue === "string"
            ? option.defaultValue
            : undefined,
      env: option.envVar,
    }));
}

function optionsOfMeasure(): OptionNode[] {
  return MEASURE_OPTIONS.map(([shown, description]) => {
    const [flag, value] = shown.split(" ");
    return {
      flag: flag!,
      value: value === undefined ? undefined : `<${value.toLowerCase()}>`,
      description,
      choices: [],
      isRequired: false,
      defaultValue: undefined,
      env: undefined,
    };
  });
}

/** The node and all below it, top first. */
export function* nodesOf(node: CommandNode): Generator<CommandNode> {
  yield node;
  for (const child of node.commands) yield* nodesOf(child);
}
