/** The `aranya-edge` command. `daemon` runs in the foreground; the others are its clients, or look at where it runs. */
import { CommanderError } from "commander";
import { EXIT } from "./exit-codes.ts";
import { reportFailure } from "./failure.ts";
import { makeProgram } from "./program.ts";

const READER_GONE = 128 + 13;

async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  // Whoever reads may go away: `aranya-edge watch | head -1`. As a shell says of a program that died of SIGPIPE.
  process.stdout.on("error", () => process.exit(READER_GONE));
  const program = makeProgram({ setExitCode: (of) => (code = of) }, args[0]);
  try {
    if (args.length === 0) program.error("error: give a command");
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    // Help and --version come this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, args.includes("--json"));
  }
  return code;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
