/** The C driver, told what to call, as a function: each line it printed, once it has ended well. */
import { expect } from "vitest";
import { run } from "./toolchain.ts";
import type { OnLine } from "./toolchain.ts";

export function drive(socketPath: string, ...commands: readonly string[]): Promise<string[]> {
  return driveWatched(() => undefined, socketPath, ...commands);
}

/** `onLine` hears what came of each command while the driver goes on. */
export async function driveWatched(
  onLine: OnLine,
  socketPath: string,
  ...commands: readonly string[]
): Promise<string[]> {
  const args = [socketPath, ...commands];
  const { code, signal, stdout, stderr } = await run("test/client-c/driver.c", args, onLine);
  expect({ code, signal, stderr }, stdout).toEqual({ code: 0, signal: null, stderr: "" });
  return stdout.trimEnd().split("\n");
}
