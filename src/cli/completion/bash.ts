import { nodesOf } from "../tree.ts";
import type { CommandNode } from "../tree.ts";
import { namesFile, quote, takes } from "./common.ts";

/** bash 4 and later; needs no bash-completion package. */
export function bashCompletion(tree: CommandNode): string {
  const nodes = [...nodesOf(tree)];
  return `# bash completion for aranya-edge, made by: aranya-edge completion bash
_aranya_edge() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local path= positional=0 word i skip=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$path:$word" in
${nodes.flatMap(valueCases).join("\n")}
      *:-*) continue ;;
    esac
    case "$path:$word" in
${nodes.flatMap((node) => node.commands.map((child) => `      ${quote(`${key(node)}:${name(child)}`)}) path=${quote(key(child))} ;;`)).join("\n")}
      *) positional=$((positional + 1)) ;;
    esac
  done
  local words=
  COMPREPLY=()
  if [[ -n $skip ]]; then
    case "$path:$prev" in
${nodes.flatMap(choiceCases).join("\n")}
      *) return ;;
    esac
  elif [[ $cur == -* ]]; then
    case "$path" in
${nodes.map((node) => `      ${quote(key(node))}) words=${quote(node.options.map((o) => o.flag).join(" "))} ;;`).join("\n")}
    esac
  else
    case "$path:$positional" in
${nodes.flatMap(positionalCases).join("\n")}
      *) return ;;
    esac
  fi
  local IFS=$' \\n'
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -F _aranya_edge aranya-edge
`;
}

/** The path of a command in one word. */
function key(node: CommandNode): string {
  return node.path.join(" ");
}

function name(node: CommandNode): string {
  return node.path.at(-1)!;
}

/** Options that take the word after them. */
function valueCases(node: CommandNode): string[] {
  return node.options
    .filter((option) => takes(option) !== "nothing")
    .map((option) => `      ${quote(`${key(node)}:${option.flag}`)}) skip=$word; continue ;;`);
}

const COMPLETE_FILES =
  "compopt -o filenames; local IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$cur\")); return";

function choiceCases(node: CommandNode): string[] {
  return node.options.flatMap((option) => {
    const pattern = quote(`${key(node)}:${option.flag}`);
    if (takes(option) === "choice") return [`      ${pattern}) words=${quote(option.choices.join(" "))} ;;`];
    return takes(option) === "file" ? [`      ${pattern}) ${COMPLETE_FILES} ;;`] : [];
  });
}

function positionalCases(node: CommandNode): string[] {
  if (node.commands.length > 0) {
    return [`      ${quote(`${key(node)}:0`)}) words=${quote(node.commands.map(name).join(" "))} ;;`];
  }
  return node.arguments.flatMap((argument, i) => {
    const pattern = quote(`${key(node)}:${i}`);
    if (argument.choices.length > 0)
      return [`      ${pattern}) words=${quote(argument.choices.join(" "))} ;;`];
    return namesFile(argument.name) ? [`      ${pattern}) ${COMPLETE_FILES} ;;`] : [];
  });
}
