/** How an executable of dist/ is started on this machine, whichever processor it is for. */
import { closeSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { machineOf } from "../../cross/elf.ts";
import { commandOf, launcherFor } from "../../cross/emulate.ts";
import { readTargets } from "../../cross/targets.ts";
import type { DaemonCommand } from "./daemon-process.ts";

const HEADER_BYTES = 64;

/**
 * What stands for the program in tests of the command line where something else than the source is to be tested: the path of an
 * executable, in ARANYA_EDGE_PROGRAM. `npm run test:executables` sets it.
 */
export function programUnderTest(): DaemonCommand | undefined {
  const file = process.env["ARANYA_EDGE_PROGRAM"];
  return file === undefined ? undefined : commandOfExecutable(file);
}

/** Throws where it is no executable of ours, or nothing here runs it. */
export function commandOfExecutable(file: string): DaemonCommand {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, "r");
  readSync(descriptor, header);
  closeSync(descriptor);
  const machine = machineOf(header);
  const target = readTargets().find((t) => t.machine === machine);
  if (target === undefined) throw new Error(`${file} is for no target of cross/targets.json`);
  return commandOf(launcherFor(target), resolve(file));
}
