/** Manual pages, in the man(7) macros that man-db, groff and mandoc all know, from the tree of commands. */
import { wrappedCommand } from "../src/base/wrap.ts";
import { NO_CLI } from "../src/cli/command.ts";
import { configSettings } from "../src/cli/commands/config.ts";
import { exitCodeTable } from "../src/cli/exit-codes.ts";
import { makeProgram } from "../src/cli/program.ts";
import { help as measureHelp } from "../src/measure/help.ts";
import { treeOf } from "../src/cli/tree.ts";
import type { CommandNode, OptionNode } from "../src/cli/tree.ts";

const PROGRAM = "aranya-edge";
/** Of 80, less the indents of text and example. */
const EXAMPLE_COLUMNS = 66;
const TEXT_COLUMNS = 72;

/** By file name: one for the program, one for each command of it. */
export function manPages(version: string): Map<string, string> {
  const tree = treeOf(makeProgram(NO_CLI));
  const pages = new Map([[`${PROGRAM}.1`, programPage(tree, version)]]);
  for (const node of tree.commands)
    pages.set(`${PROGRAM}-${node.path[0]!}.1`, commandPage(node, tree, version));
  return pages;
}

function programPage(tree: CommandNode, version: string): string {
  return lines(
    title(PROGRAM, version),
    ".SH NAME",
    `${roff(PROGRAM)} \\- ${roff(tree.summary)}`,
    ".SH SYNOPSIS",
    `${bold(PROGRAM)} ${italic("command")} [...]`,
    ".SH DESCRIPTION",
    paragraph(tree.description),
    ".SH COMMANDS",
    ...tree.commands.flatMap((node) => [
      ".TP",
      bold(node.path.join(" ")),
      `${paragraph(node.summary)}; ${reference(node)}`,
    ]),
    ".SH OPTIONS",
    ...optionLines(tree.options),
    ".SH EXIT STATUS",
    ...exitCodeTable().flatMap(([code, meaning]) => [".TP", bold(String(code)), paragraph(meaning)]),
    ".TP",
    bold("141"),
    "whoever read stdout has gone",
    ".PP",
    "From 81 on each is 80 and the number of an error code of the API; 69 is DaemonUnavailable.",
    ".SH ENVIRONMENT",
    ".TP",
    bold("ARANYA_EDGE_SOCKET"),
    "the daemon's Unix socket, where --socket is not given",
    ".TP",
    bold("ARANYA_EDGE_TEAM"),
    "the team, where --team is not given",
    ".TP",
    bold("ARANYA_EDGE_DAEMON_WAIT"),
    "how long to wait for a daemon that is just being started, where --daemon-wait is not given; 0s for not at all",
    ".TP",
    bold("NO_COLOR"),
    "no colours, if it is set to anything; there are none anyway where output is no terminal",
    ...exampleLines(tree),
    ".SH SEE ALSO",
    tree.commands.map(reference).join(",\n"),
  );
}

function commandPage(node: CommandNode, tree: CommandNode, version: string): string {
  const name = `${PROGRAM}-${node.path[0]!}`;
  const leaves = node.commands.length === 0 ? [node] : node.commands;
  return lines(
    title(name, version),
    ".SH NAME",
    `${roff(name)} \\- ${roff(node.summary)}`,
    ".SH SYNOPSIS",
    ...leaves.flatMap((leaf, i) => [...(i === 0 ? [] : [".br"]), synopsis(leaf)]),
    ".SH DESCRIPTION",
    paragraph(node.description),
    ...(node.text === undefined
      ? []
      : [".PP", ".nf", ...measureHelp(TEXT_COLUMNS).trimEnd().split("\n").map(roffLine), ".fi"]),
    ...(node.commands.length === 0
      ? node.text === undefined
        ? leafLines(node, ".SH")
        : []
      : [".SH COMMANDS", ...node.commands.flatMap((leaf) => subsection(leaf))]),
    ...(node.path[0] === "config" ? [".SH SETTINGS", ...settingLines()] : []),
    ".SH SEE ALSO",
    [bold(PROGRAM) + "(1)", ...tree.commands.filter((other) => other !== node).map(reference)].join(",\n"),
  );
}

function subsection(leaf: CommandNode): string[] {
  return [`.SS ${roff(leaf.path.join(" "))}`, paragraph(leaf.description), ...leafLines(leaf, ".PP")];
}

function settingLines(): string[] {
  return configSettings().flatMap(([path, text]) => [".TP", bold(path), paragraph(text)]);
}

function leafLines(leaf: CommandNode, heading: ".SH" | ".PP"): string[] {
  const head = (text: string): string[] => (heading === ".SH" ? [`.SH ${text}`] : []);
  const rows = leaf.arguments.flatMap(({ name, description, choices }) => {
    const words = choices.length === 0 ? "" : ` (${choices.join(", ")})`;
    return [".TP", italic(name), paragraph(description + words)];
  });
  const exitCodes = leaf.notes?.exitCodes;
  return [
    ...(rows.length === 0 ? [] : head("ARGUMENTS")),
    ...rows,
    ...head("OPTIONS"),
    ...optionLines(leaf.options),
    ...(exitCodes === undefined
      ? []
      : [...(heading === ".SH" ? head("EXIT STATUS") : [".PP"]), paragraph(`Exit codes: ${exitCodes}.`)]),
    ...(heading === ".SH" ? exampleLines(leaf) : examplesOf(leaf, ["For example:"])),
  ];
}

function synopsis(leaf: CommandNode): string {
  const args = leaf.arguments.map(({ name, isRequired }) =>
    isRequired ? italic(name) : `[${italic(name)}]`,
  );
  const required = leaf.options
    .filter((option) => option.isRequired)
    .map((option) => `${bold(option.flag)} ${valueOf(option)}`);
  return [bold(`${PROGRAM} ${leaf.path.join(" ")}`), ...required, "[options]", ...args].join(" ");
}

function optionLines(options: readonly OptionNode[]): string[] {
  return options.flatMap((option) => {
    const { flag, value, description, choices, defaultValue, env } = option;
    const facts = [
      ...(choices.length === 0 ? [] : [`one of ${choices.join(", ")}`]),
      ...(defaultValue === undefined ? [] : [`default ${defaultValue}`]),
      ...(env === undefined ? [] : [`or by the environment variable ${env}`]),
    ];
    const text = facts.length === 0 ? description : `${description} (${facts.join("; ")})`;
    return [".TP", value === undefined ? bold(flag) : `${bold(flag)} ${valueOf(option)}`, paragraph(text)];
  });
}

function valueOf({ value }: OptionNode): string {
  return italic((value ?? "").replace(/[<>[\]]/g, ""));
}

function exampleLines(node: CommandNode): string[] {
  return examplesOf(node, [".SH EXAMPLES"]);
}

function examplesOf(node: CommandNode, before: readonly string[]): string[] {
  const examples = node.notes?.examples ?? [];
  if (examples.length === 0) return [];
  const intro = before[0]!.startsWith(".") ? before : [".PP", ...before, ".PP"];
  const shown = examples.flatMap((example) =>
    wrappedCommand(`${PROGRAM} ${example}`, 0, EXAMPLE_COLUMNS).split("\n").map(roffLine),
  );
  return [...intro, ".RS 4", ".nf", ...shown, ".fi", ".RE"];
}

function reference(node: CommandNode): string {
  return `${bold(`${PROGRAM}-${node.path[0]!}`)}(1)`;
}

function title(name: string, version: string): string {
  // No date: the same source gives the same page.
  return `.\\" Made by npm run man from src/cli; not to be edited.\n.TH ${roff(name).toUpperCase()} 1 "" "${PROGRAM} ${version}" "aranya-edge manual"`;
}

const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

function paragraph(text: string): string {
  return roffLine(text);
}

/** A line that is text, whatever it begins with. */
function roffLine(text: string): string {
  const escaped = roff(text);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replace(
      /[^\x00-\x7f]/g,
      (character) => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}

function lines(...of: readonly string[]): string {
  return `${of.join("\n")}\n`;
}
