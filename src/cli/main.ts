/**
 * The `aranya-edge` command. `daemon` runs in the foreground; everything else is looked up in a tree of commands that a daemon
 * has no use for: its code is neither compiled nor kept where a daemon is started with nothing to explain.
 */
import { plainDaemonOptions } from "./daemon-arguments.ts";
import type { RunOptions } from "./run-daemon.ts";

async function runDaemon(options: RunOptions): Promise<number> {
  return (await import("./run-daemon.ts")).runDaemon(options);
}

async function main(args: readonly string[]): Promise<number> {
  const options = plainDaemonOptions(args);
  if (options === undefined) return (await import("./command-line.ts")).runCommandLine(args, runDaemon);
  // At once: a name that is being resolved cannot be given up, and would hold the process for as long as that takes.
  process.exit(await runDaemon(options));
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
