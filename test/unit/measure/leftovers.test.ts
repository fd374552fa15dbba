import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DIRECTORY_PREFIX, OWNER_FILE, ownerMark, removeLeftovers } from "../../../src/measure/leftovers.ts";

let parent: string;
beforeEach(() => (parent = mkdtempSync(join(tmpdir(), "leftovers-"))));
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function directory(name: string, owner?: string): string {
  const path = join(parent, name);
  mkdirSync(path);
  writeFileSync(join(path, "file"), "x");
  if (owner !== undefined) writeFileSync(join(path, OWNER_FILE), owner);
  return path;
}

test("what a run that is gone left is removed", () => {
  const gone = directory(`${DIRECTORY_PREFIX}a`, "4194305 77\n"); // above the largest process id
  // A number used again: this process has it now, and began at another time.
  const reused = directory(`${DIRECTORY_PREFIX}b`, `${process.pid} 1\n`);
  expect(removeLeftovers(parent).sort()).toEqual([gone, reused]);
  expect(existsSync(gone)).toBe(false);
});

test("what a run that goes on has is not touched, nor what only looks like one", () => {
  const kept = [
    directory(`${DIRECTORY_PREFIX}mine`, ownerMark()),
    directory(`${DIRECTORY_PREFIX}without`),
    directory(`${DIRECTORY_PREFIX}odd`, "everybody\n"),
    directory("somebody-else", "4194305 77\n"),
  ];
  const link = join(parent, `${DIRECTORY_PREFIX}link`);
  symlinkSync(directory("target", "4194305 77\n"), link);
  expect(removeLeftovers(parent)).toEqual([]);
  for (const path of [...kept, link, join(parent, "target/file")]) expect(existsSync(path)).toBe(true);
});

test("daemons it left behind are ended, others are not", async () => {
  const gone = directory(`${DIRECTORY_PREFIX}a`, "4194305 77\n");
  const pretend = (workDir: string): ReturnType<typeof spawn> =>
    spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "daemon", "--work-dir", workDir], {
      stdio: "ignore",
    });
  const [left, other] = [pretend(join(gone, "0/w")), pretend(join(parent, "elsewhere"))];
  await Promise.all([left, other].map((child) => new Promise((done) => child.once("spawn", done))));
  const ended = new Promise((done) => left.once("exit", (_, signal) => done(signal)));
  removeLeftovers(parent);
  expect(await ended).toBe("SIGKILL");
  expect(other.exitCode).toBeNull();
  expect(other.kill("SIGKILL")).toBe(true);
});
