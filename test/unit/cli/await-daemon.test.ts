/** How long a command waits for a daemon that is not there yet. */
import { linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { AranyaError } from "../../../src/base/errors.ts";
import { connectPatiently } from "../../../src/cli/await-daemon.ts";

const directory = mkdtempSync(join(tmpdir(), "await-daemon-"));
afterAll(() => rmSync(directory, { recursive: true }));
const file = (name: string): string => join(directory, name);

/** With time that passes only in pauses; how it ended, how long that took, and what was told. */
async function ended(socket: string, daemonWait: number, { timeout = 30_000, isWatched = true } = {}) {
  let ms = 0;
  const told: string[] = [];
  const surroundings = {
    now: () => ms,
    pause: (pauseMs: number) => Promise.resolve((ms += pauseMs)),
    tell: isWatched ? (text: string) => void told.push(text) : undefined,
  };
  const error: unknown = await connectPatiently({ socket, timeout, daemonWait }, surroundings).catch(
    (e: unknown) => e,
  );
  if (!(error instanceof AranyaError)) throw new Error(`not refused: ${String(error)}`);
  return { code: error.code, ms, told };
}

test("a daemon that never comes is waited for as long as was said, and told about once", async () => {
  const { code, ms, told } = await ended(file("nobody.sock"), 5000);
  expect({ code, ms }).toEqual({ code: "DaemonUnavailable", ms: 5000 });
  expect(told).toEqual([`no daemon at ${file("nobody.sock")} yet: waiting up to 5 s for it`]);
  expect((await ended(file("nobody.sock"), 5000, { isWatched: false })).told).toEqual([]);
});

test("it is not told about before somebody would wonder", async () => {
  expect((await ended(file("nobody.sock"), 400)).told).toEqual([]);
});

test("nobody waits who said 0s, and none longer than an answer may take", async () => {
  const code = "DaemonUnavailable";
  expect(await ended(file("nobody.sock"), 0)).toEqual({ code, ms: 0, told: [] });
  expect(await ended(file("nobody.sock"), 5000, { timeout: 120 })).toEqual({ code, ms: 120, told: [] });
});

test("a socket whose daemon is gone is waited for", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(file("left.sock"), resolve));
  // A second name for it stays when the server takes its own away.
  linkSync(file("left.sock"), file("kept.sock"));
  await new Promise((resolve) => server.close(resolve));
  expect(await ended(file("kept.sock"), 1000)).toMatchObject({ code: "DaemonUnavailable", ms: 1000 });
});

test("what waiting does not mend is told at once", async () => {
  writeFileSync(file("plain"), "");
  expect(await ended(file("not-there/x.sock"), 5000)).toMatchObject({ code: "DaemonUnavailable", ms: 0 });
  expect(await ended(file("plain/x.sock"), 5000)).toMatchObject({ code: "DaemonUnavailable", ms: 0 });
  expect(await ended("x".repeat(200), 5000)).toMatchObject({ code: "InvalidArgument", ms: 0 });
});
