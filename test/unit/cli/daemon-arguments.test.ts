import { expect, test } from "vitest";
import { plainDaemonOptions } from "../../../src/cli/daemon-arguments.ts";
import { makeProgram } from "../../../src/cli/program.ts";
import type { RunOptions } from "../../../src/cli/run-daemon.ts";

/** What the parser makes of it; undefined where it refuses. */
async function parsed(args: readonly string[]): Promise<RunOptions | undefined> {
  let seen: RunOptions | undefined;
  const program = makeProgram({
    setExitCode: () => undefined,
    runDaemon: (options) => {
      seen = options;
      throw new Error("enough");
    },
  });
  program.commands
    .find((command) => command.name() === "daemon")!
    .configureOutput({ writeErr: () => undefined });
  await program.parseAsync(args, { from: "user" }).catch(() => undefined);
  return seen;
}

const PLAIN = [
  ["--work-dir", "/w", "--socket", "/s"],
  ["--socket", "s", "--work-dir", "w"],
  ["--config", "/c", "--work-dir", "/w", "--socket", "/s"],
  ["--work-dir", "a b", "--socket", "ü=1"],
];

test.each(PLAIN)("a plain start means what the parser makes of it: %s %s %s %s", async (...args) => {
  const options = plainDaemonOptions(["daemon", ...args]);
  expect(options).toBeDefined();
  expect(options).toEqual(await parsed(["daemon", ...args]));
});

test.each([
  [[]],
  [["--version"]],
  [["status", "--work-dir", "/w", "--socket", "/s"]],
  [["daemon"]],
  [["daemon", "--help"]],
  [["daemon", "--work-dir", "/w"]],
  [["daemon", "--work-dir", "/w", "--socket"]],
  [["daemon", "--work-dir", "", "--socket", "/s"]],
  [["daemon", "--work-dir", "/w", "--socket", "/s", "more"]],
  [["daemon", "--work-dir", "/w", "--socket", "/s", "--config", "--help"]],
  [["daemon", "--work-dir", "/w", "--socket", "/s", "--socket", "/t"]],
  [["daemon", "--work-dir=/w", "--socket=/s", "--config"]],
  [["daemon", "--work-dir", "/w", "--socket", "/s", "--unknown", "x"]],
])("anything else is the parser's: %j", (args) => {
  expect(plainDaemonOptions(args)).toBeUndefined();
});
