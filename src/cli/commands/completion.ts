/** `aranya-edge completion`: what a shell needs to complete command lines. */
import { Argument } from "commander";
import type { Command } from "commander";
import { newCommand } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { treeOf } from "../tree.ts";
import type { CommandNode } from "../tree.ts";

export const SHELLS: Readonly<Record<string, (tree: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function completionCommand(makeProgram: () => Command): Command {
  return newCommand({
    path: "completion",
    summary: "print what bash, zsh or fish needs to complete command lines",
    description:
      "Prints what a shell needs to complete command lines: commands, options, and what they take.",
    examples: [
      "completion bash > /etc/bash_completion.d/aranya-edge",
      'completion zsh > "${fpath[1]}/_aranya-edge"',
      "completion fish > ~/.config/fish/completions/aranya-edge.fish",
    ],
    exitCodes: "0, 64 bad usage",
  })
    .addArgument(new Argument("<shell>", "which").choices(Object.keys(SHELLS)))
    .action((shell: string) => {
      process.stdout.write(SHELLS[shell]!(treeOf(makeProgram())));
    });
}
