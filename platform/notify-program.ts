/**
 * Messages to the service manager where there is no `node:ffi`: another program sends them, so the manager must accept messages
 * from more than the main process (`NotifyAccess=all`). Either the helper that the unit names, which keeps running and costs
 * 10 µs a message, or `systemd-notify`, started for each message, 10 ms. The package of that name sends READY with STATUS, which
 * is all it can; the program is called directly for everything else, above all for the watchdog's beats.
 */
import type * as ChildProcess from "node:child_process";
import { createRequire } from "node:module";
import type { Notify } from "./notify-socket.ts";

/** Path of the program made from notify-helper.c. */
const NOTIFY_HELPER_VARIABLE = "ARANYA_EDGE_NOTIFY_HELPER";

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
    const readiness = readinessOf(lines);
    if (readiness !== undefined) {
      notifyByPackage(readiness).catch((error: unknown) => onFailure(`systemd-notify: ${reasonOf(error)}`));
      return true;
    }
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

interface Readiness {
  readonly ready: true;
  readonly status: string;
}

/** Undefined for a message that says anything but READY and STATUS. */
function readinessOf([first, second, ...more]: readonly string[]): Readiness | undefined {
  if (first !== "READY=1" || second?.startsWith(STATUS) !== true || more.length > 0) return undefined;
  return { ready: true, status: second.slice(STATUS.length) };
}

const STATUS = "STATUS=";

/** The package reads the environment of this process. */
async function notifyByPackage(readiness: Readiness): Promise<void> {
  // Imported when it is first needed, because it loads child_process.
  const { default: notify } = await import("systemd-notify");
  await notify(readiness);
}

/** The package rejects with what the program printed, which may be nothing. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error) || "it failed";
}
