/** The C driver, told what to call, as a function: each line it printed, once it has ended well. */
import { expect } from "vitest";
import { run } from "./toolchain.ts";

export async function drive(socketPath: string, ...commands: readonly string[]): Promise<string[]> {
  const { code, signal, stdout, stderr } = await run("test/client-c/driver.c", [socketPath, ...commands]);
  expect({ code, signal, stderr }, stdout).toEqual({ code: 0, signal: null, stderr: "" });
  return stdout.trimEnd().split("\n");
}
