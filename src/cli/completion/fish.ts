import { nodesOf } from "../tree.ts";
import type { CommandNode } from "../tree.ts";
import { namesFile, takes } from "./common.ts";

/** For a directory of fish_complete_path, as aranya-edge.fish. */
export function fishCompletion(tree: CommandNode): string {
  return `# fish completion for aranya-edge, made by: aranya-edge completion fish
# True where the words before the cursor, options and what they take left out, begin with these; the count of the rest is in
# the first argument, or * for any.
function __aranya_edge_at
    set -l rest $argv[1]
    set -l path $argv[2..-1]
    set -l words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word ${valueFlags(tree).join(" ")}
            set skip 1
        else if not string match -q -- '-*' $word
            set -a words $word
        end
    end
    set -l n (count $path)
    test (count $words) -ge $n; or return 1
    if test $n -gt 0
        test "$words[1..$n]" = "$path"; or return 1
    end
    test "$rest" = '*'; or test (math (count $words) - $n) = $rest
end
complete -c aranya-edge -f
${[...nodesOf(tree)].flatMap(linesOf).join("\n")}
`;
}

/** They take a value, wherever they are. */
function valueFlags(tree: CommandNode): string[] {
  const options = [...nodesOf(tree)].flatMap((node) => node.options);
  return [...new Set(options.filter((o) => takes(o) !== "nothing").map((o) => o.flag))].sort();
}

function linesOf(node: CommandNode): string[] {
  const at = (rest: number | "*"): string =>
    quote(`__aranya_edge_at ${rest === "*" ? "'*'" : String(rest)} ${node.path.join(" ")}`.trimEnd());
  const children = node.commands.map(
    (child) => `complete -c aranya-edge -n ${at(0)} -a ${child.path.at(-1)!} -d ${quote(child.summary)}`,
  );
  const files = node.arguments.flatMap((argument, i) => {
    if (argument.choices.length > 0) {
      return [`complete -c aranya-edge -n ${at(i)} -a ${quote(argument.choices.join(" "))}`];
    }
    return namesFile(argument.name) ? [`complete -c aranya-edge -n ${at(i)} -F`] : [];
  });
  const isLeaf = node.commands.length === 0;
  const options = node.options.map((option) => {
    const kind = takes(option);
    const value =
      kind === "nothing"
        ? ""
        : kind === "choice"
          ? ` -x -a ${quote(option.choices.join(" "))}`
          : kind === "file"
            ? " -r -F"
            : " -x";
    const flag = option.flag.slice(2);
    return `complete -c aranya-edge -n ${at(isLeaf ? "*" : 0)} -l ${flag}${value} -d ${quote(option.description)}`;
  });
  return [...children, ...files, ...options];
}

/** fish knows two escapes between single quotes. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
