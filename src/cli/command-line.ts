/** Every command but a daemon's plain start, and whatever needs to be explained. */
import { CommanderError } from "commander";
import type { DaemonRunner } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { reportFailure } from "./failure.ts";
import { makeProgram } from "./program.ts";

const READER_GONE = 128 + 13;

/** Resolves with the exit code; a daemon ends the process itself. */
export async function runCommandLine(args: readonly string[], runDaemon: DaemonRunner): Promise<number> {
  let code: number = EXIT.ok;
  // Whoever reads may go away: `aranya-edge watch | head -1`. As a shell says of a program that died of SIGPIPE.
  process.stdout.on("error", () => process.exit(READER_GONE));
  const program = makeProgram({ setExitCode: (of) => (code = of), runDaemon }, args[0]);
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
