/**
 * A daemon and the first command after it are often started in one go, by a hand that pastes or by a script, and the socket
 * is there a moment later than the command. So a missing daemon is waited for, for a while; the same for all who ask, looked
 * on or not: what works at a prompt works in a script. What waiting does not mend is told at once.
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AranyaError } from "../base/errors.ts";
import { Client } from "../client/index.ts";
import { printable } from "./terminal.ts";

/** Below that nobody wonders what the command is doing. */
const SILENT_MS = 500;
const RETRY_MS = 50;

interface Wish {
  readonly socket: string;
  /** Of any answer. A shorter one shortens the wait. */
  readonly timeout: number;
  readonly daemonWait: number;
}

/** So that a test decides what time it is, and who looks. */
interface Surroundings {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
  /** Undefined where nobody looks. */
  readonly tell: ((text: string) => void) | undefined;
}

function ownSurroundings(): Surroundings {
  const tell = (text: string): void => console.error(`aranya-edge: ${printable(text)}`);
  return { now: () => performance.now(), pause: sleep, tell: process.stderr.isTTY ? tell : undefined };
}

/** Rejects with DaemonUnavailable once the wait is over, with anything else at once. */
export async function connectPatiently(
  { socket, timeout, daemonWait }: Wish,
  { now, pause, tell }: Surroundings = ownSurroundings(),
): Promise<Client> {
  const waitMs = Math.min(daemonWait, timeout);
  const begun = now();
  for (let isTold = tell === undefined; ;) {
    try {
      return await Client.connect({ socketPath: socket, timeoutMs: timeout });
    } catch (error) {
      const waited = now() - begun;
      if (waited >= waitMs || !mayComeYet(error, socket)) throw error;
      if (!isTold && waited >= SILENT_MS) {
        isTold = true;
        tell?.(`no daemon at ${socket} yet: waiting up to ${Math.ceil(waitMs / 1000)} s for it`);
      }
      await pause(Math.min(RETRY_MS, waitMs - waited));
    }
  }
}

/** No socket, or one whose daemon is gone and may be on its way back. Daemons do not make the directory: a path mistyped there is told at once. */
function mayComeYet(error: unknown, socket: string): boolean {
  if (!(error instanceof AranyaError) || error.code !== "DaemonUnavailable") return false;
  const { reason } = error.fields;
  if (reason === "ECONNREFUSED") return true;
  return reason === "ENOENT" && statSync(dirname(socket), { throwIfNoEntry: false })?.isDirectory() === true;
}
