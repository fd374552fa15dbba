/** A page for each command, from the same tree as the manual pages and the completions. */
import { NO_CLI } from "../../src/cli/command.ts";
import { exitCodeTable } from "../../src/cli/exit-codes.ts";
import { makeProgram } from "../../src/cli/program.ts";
import { treeOf } from "../../src/cli/tree.ts";
import type { CommandNode, OptionNode } from "../../src/cli/tree.ts";
import { code, escapeMarkdown, table } from "./html.ts";
import type { Source } from "./page.ts";

const PROGRAM = "aranya-edge";

export function cliPages(): Source[] {
  const tree = treeOf(makeProgram(NO_CLI));
  return [overview(tree), ...tree.commands.map(commandPage)];
}

function overview(tree: CommandNode): Source {
  const rows = tree.commands.map((node) => [
    `[${node.path.join(" ")}](${node.path[0]!}.md)`,
    escapeMarkdown(node.summary),
  ]);
  return {
    path: "docs/cli/index.md",
    markdown: `# Command line

${escapeMarkdown(tree.description)} One program: the daemon, and commands that ask it over its Unix socket. Every command has
\`--help\`; those that ask the daemon have \`--json\`, whose [shapes](../cli-json.md) do not change.

${table(["Command", "What it does"], rows)}

## Environment

- \`ARANYA_EDGE_SOCKET\`: the daemon's Unix socket, where \`--socket\` is not given.
- \`ARANYA_EDGE_TEAM\`: the team, where \`--team\` is not given.
- \`ARANYA_EDGE_DAEMON_WAIT\`: how long to wait for a daemon that is just being started, where \`--daemon-wait\` is not given;
  \`0s\` for not at all.
- \`NO_COLOR\`: no colours, if it is set to anything; there are none anyway where output is no terminal.

## Exit codes

From 81 on each is 80 and the number of an [error code](../reference/errors.md); 69 is DaemonUnavailable; 141 means that whoever
read stdout has gone.

${table(
  ["Exit code", "Meaning"],
  exitCodeTable().map(([exitCode, meaning]) => [
    String(exitCode),
    /^[A-Z]/.test(meaning) ? `[${meaning}](../reference/errors.md#${meaning.toLowerCase()})` : meaning,
  ]),
)}
`,
  };
}

function commandPage(node: CommandNode): Source {
  const body =
    node.commands.length === 0
      ? node.text === undefined
        ? leaf(node, "##")
        : `\`\`\`text\n${node.text.trimEnd()}\n\`\`\``
      : node.commands
          .map(
            (child) => `## ${child.path.join(" ")}\n\n${words(child.description)}\n\n${leaf(child, "###")}`,
          )
          .join("\n\n");
  return {
    path: `docs/cli/${node.path[0]!}.md`,
    markdown: `# ${PROGRAM} ${node.path.join(" ")}\n\n${words(node.description)}\n\n${body}\n`,
  };
}

function leaf(node: CommandNode, level: string): string {
  const title = (text: string): string => (level === "##" ? `## ${text}` : `**${text}**`);
  const examples = (node.notes?.examples ?? []).map((example) => `${PROGRAM} ${example}`);
  const exitCodes = node.notes?.exitCodes.trim().replace(/\n\s*/g, "; ");
  const parts = [
    `\`\`\`sh\n${usage(node)}\n\`\`\``,
    ...(node.arguments.length === 0
      ? []
      : [
          title("Arguments"),
          table(
            ["Argument", "Meaning"],
            node.arguments.map(({ name, description, choices, isRequired }) => [
              code(name),
              `${words(description)}${choices.length === 0 ? "" : `: ${choices.map(code).join(", ")}`}${isRequired ? "" : " (optional)"}`,
            ]),
          ),
        ]),
    ...(node.options.length === 0
      ? []
      : [title("Options"), table(["Option", "Meaning"], node.options.map(option))]),
    ...(examples.length === 0 ? [] : [title("Examples"), `\`\`\`sh\n${examples.join("\n")}\n\`\`\``]),
    ...(exitCodes === undefined
      ? []
      : [
          title("Exit codes"),
          `${words(exitCodes.replace(/: aranya-edge --help$/, ""))}. [All of them](index.md#exit-codes)`,
        ]),
  ];
  return parts.join("\n\n");
}

function usage(node: CommandNode): string {
  const required = node.options
    .filter((option) => option.isRequired)
    .map((option) => `${option.flag} ${option.value ?? ""}`.trim());
  const args = node.arguments.map(({ name, isRequired }) => (isRequired ? `<${name}>` : `[${name}]`));
  return [PROGRAM, ...node.path, ...required, "[options]", ...args].join(" ");
}

function option({ flag, value, description, choices, isRequired, defaultValue, env }: OptionNode): string[] {
  const facts = [
    ...(isRequired ? ["required"] : []),
    ...(choices.length === 0 ? [] : [`one of ${choices.map(code).join(", ")}`]),
    ...(defaultValue === undefined ? [] : [`default ${code(defaultValue)}`]),
    ...(env === undefined ? [] : [`or by ${code(env)}`]),
  ];
  const text = facts.length === 0 ? words(description) : `${words(description)} (${facts.join("; ")})`;
  return [code(value === undefined ? flag : `${flag} ${value}`), text];
}

/** Descriptions quote commands as Markdown does, but not options; what is a page here is linked. */
function words(text: string): string {
  return escapeMarkdown(text)
    .replaceAll("\\`", "`")
    .replace(/(?<![\w`-])--[a-z][a-z-]*/g, (name) => code(name))
    .replaceAll("docs/cli-json.md", "[JSON of the commands](../cli-json.md)");
}
