/** The way a service file starts a daemon, read without the parser that explains every other way. */
import type { RunOptions } from "./run-daemon.ts";

const OPTIONS = ["--work-dir", "--socket", "--config"] as const;
type OptionName = (typeof OPTIONS)[number];

/**
 * What `daemon --work-dir DIR --socket PATH [--config FILE]` says, in any order. Undefined for anything else, right or wrong:
 * the parser takes it, or says what is the matter with it.
 */
export function plainDaemonOptions(args: readonly string[]): RunOptions | undefined {
  if (args[0] !== "daemon" || args.length % 2 === 0) return undefined;
  const values = new Map<OptionName, string>();
  for (let i = 1; i < args.length; i += 2) {
    const name = OPTIONS.find((option) => option === args[i]);
    const value = args[i + 1]!;
    if (name === undefined || values.has(name) || value === "" || value.startsWith("-")) return undefined;
    values.set(name, value);
  }
  const [workDir, socketPath] = [values.get("--work-dir"), values.get("--socket")];
  if (workDir === undefined || socketPath === undefined) return undefined;
  return { workDir, socketPath, configPath: values.get("--config") };
}
