/** Every command but a daemon's plain start, and whatever needs to be explained. */
import { CommanderError } from "commander";
import { EXIT } from "./exit-codes.ts";
import { makeProgram } from "./program.ts";
import type { DaemonRunner } from "./program.ts";

/** Resolves with the exit code; a daemon ends the process itself. */
export async function runCommandLine(args: readonly string[], runDaemon: DaemonRunner): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram((of) => {
    code = of;
  }, runDaemon);
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
