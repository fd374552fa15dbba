import { nodesOf } from "../tree.ts";
import type { ArgumentNode, CommandNode, OptionNode } from "../tree.ts";
import { namesFile, quote, takes } from "./common.ts";

/** For a directory of fpath, as _aranya-edge; or to be sourced after compinit. */
export function zshCompletion(tree: CommandNode): string {
  return `#compdef aranya-edge
# zsh completion for aranya-edge, made by: aranya-edge completion zsh
${[...nodesOf(tree)].map(functionOf).join("\n")}
if [[ $funcstack[1] == _aranya-edge ]]; then
  _aranya_edge "$@"
else
  compdef _aranya_edge aranya-edge
fi
`;
}

function functionName(node: CommandNode): string {
  return ["_aranya_edge", ...node.path].join("_").replaceAll("-", "_");
}

function functionOf(node: CommandNode): string {
  const specs = [...node.options.map(optionSpec), ...argumentSpecs(node)];
  const lines = [`${functionName(node)}() {`];
  if (node.commands.length > 0) {
    lines.push("  local context state state_descr line", "  typeset -A opt_args");
    lines.push(`  _arguments -C \\\n    ${specs.join(" \\\n    ")} && return`);
    lines.push("  case $state in", "    command)", "      local -a commands=(");
    for (const child of node.commands) {
      lines.push(`        ${quote(`${child.path.at(-1)!}:${child.summary.replaceAll(":", "\\:")}`)}`);
    }
    lines.push(
      "      )",
      "      _describe -t commands command commands ;;",
      "    rest)",
      "      case $line[1] in",
    );
    for (const child of node.commands) {
      lines.push(`        ${child.path.at(-1)!}) ${functionName(child)} ;;`);
    }
    lines.push("      esac ;;", "  esac");
  } else {
    lines.push(`  _arguments \\\n    ${specs.join(" \\\n    ")}`);
  }
  return [...lines, "}", ""].join("\n");
}

function optionSpec(option: OptionNode): string {
  const repeated = option.description.includes("may be repeated") ? "*" : "";
  return quote(`${repeated}${option.flag}[${escape(option.description)}]${valueSpec(option)}`);
}

function valueSpec(option: OptionNode): string {
  const what = (option.value ?? "").replace(/[<>[\]]/g, "");
  switch (takes(option)) {
    case "nothing":
      return "";
    case "choice":
      return `:${what}:(${option.choices.join(" ")})`;
    case "file":
      return `:${what}:_files`;
    case "other":
      return `:${what}:`;
  }
}

function argumentSpecs(node: CommandNode): string[] {
  if (node.commands.length > 0) return [quote("1:command:->command"), quote("*::argument:->rest")];
  return node.arguments.map((argument, i) =>
    quote(`${i + 1}:${argument.isRequired ? "" : ":"}${argument.name}:${wordsFor(argument)}`),
  );
}

function wordsFor(argument: ArgumentNode): string {
  if (argument.choices.length > 0) return `(${argument.choices.join(" ")})`;
  return namesFile(argument.name) ? "_files" : "";
}

function escape(text: string): string {
  return text.replace(/[\\[\]:]/g, "\\$&");
}
