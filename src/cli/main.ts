/** The `aranya-edge` command. `daemon` runs in the foreground; `doctor` and `version` look at where it runs. */
import { CommanderError } from "commander";
import { EXIT } from "./exit-codes.ts";
import { makeProgram } from "./program.ts";

async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram((of) => {
    code = of;
  });
  try {
    if (args.length === 0) program.error("give a command");
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    // Help and --version come this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  return code;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
