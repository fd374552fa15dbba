/**
 * Messages to the service manager where there is no `node:ffi`: a program sends them, so the manager has to listen to more
 * than the main process (`NotifyAccess=all`). Either the helper that the unit names, which stays and costs 10 µs a message,
 * or `systemd-notify`, started for each, 10 ms.
 */
import type * as ChildProcess from "node:child_process";
import { createRequire } from "node:module";
import type { Notify } from "./notify-socket.ts";

/** Path of the program made from notify-helper.c. */
export const NOTIFY_HELPER_VARIABLE = "ARANYA_EDGE_NOTIFY_HELPER";

export function notifyByProgram(environment: NodeJS.ProcessEnv, onFailure: (reason: string) => void): Notify {
  // Not an import: it is 1.5 MB of memory, and only needed here.
  const { spawn } = createRequire("/")("node:child_process") as typeof ChildProcess;
  const helperPath = environment[NOTIFY_HELPER_VARIABLE];
  let helper = helperPath === undefined ? undefined : startHelper(spawn, helperPath, environment);
  const lost = (reason: string): void => {
    helper = undefined; // from now on by systemd-notify
    onFailure(reason);
  };
  helper?.once("error", (error) => lost(`${helperPath!}: ${error.message}`));
  helper?.once("exit", (code, signal) => lost(`${helperPath!} ended with ${signal ?? code}`));
  helper?.stdin?.on("error", () => undefined); // "exit" follows
  return (lines) => {
    if (helper !== undefined) return helper.stdin!.write(`${lines.join("\n")}\0`) || true;
    const program = spawn("systemd-notify", lines, { stdio: "ignore", env: environment });
    program.once("error", (error) => onFailure(`systemd-notify: ${error.message}`));
    program.once("exit", (code) => {
      if (code !== 0) onFailure(`systemd-notify ended with ${code}`);
    });
    program.unref();
    return true;
  };
}

function startHelper(
  spawn: typeof ChildProcess.spawn,
  path: string,
  environment: NodeJS.ProcessEnv,
): ChildProcess.ChildProcess {
  const child = spawn(path, [], { stdio: ["pipe", "ignore", "ignore"], env: environment });
  child.unref();
  return child;
}
