import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { machineOf, needsOf, parseElf, strip } from "../../../cross/elf.ts";

const directory = mkdtempSync(join(tmpdir(), "aranya-edge-elf-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const image = readFileSync(process.execPath);

test("a stripped Node is smaller, has what it is loaded with unchanged, and runs", () => {
  const stripped = strip(image);
  expect(stripped.length).toBeLessThan(image.length);
  expect(strip(image).equals(stripped)).toBe(true);
  const [before, after] = [parseElf(image), parseElf(stripped)];
  expect(after.segments).toEqual(before.segments);
  const loaded = before.sections.filter((section) => (section.flags & 2) !== 0);
  expect(after.sections.slice(1, -1).map((s) => [s.name, s.offset, s.size])).toEqual(
    loaded.map((s) => [s.name, s.offset, s.size]),
  );
  expect(after.sections.at(-1)!.name).toBe(".shstrtab");
  // Links between sections still lead to the same ones.
  const linkOf = (elf: typeof before, name: string): string =>
    elf.sections[elf.sections.find((s) => s.name === name)!.link]!.name;
  expect(linkOf(after, ".dynsym")).toBe(linkOf(before, ".dynsym"));

  const file = join(directory, "node");
  writeFileSync(file, stripped, { mode: 0o755 });
  expect(execFileSync(file, ["-p", "6 * 7"], { encoding: "utf8" })).toBe("42\n");
});

test("what a file needs is what this machine's loader gave it", () => {
  expect(machineOf(image)).toBe(process.arch);
  const { libraries, versions } = needsOf(image);
  expect(libraries).toContain("libc.so.6");
  expect(versions["GLIBC"]).toMatch(/^2\.\d+$/);
  expect(needsOf(strip(image))).toEqual({ libraries, versions });
});

test.each([
  ["empty", Buffer.alloc(0)],
  ["a script", Buffer.from("#!/bin/sh\n".padEnd(100))],
  ["big-endian", Buffer.concat([image.subarray(0, 5), Buffer.from([2]), image.subarray(6, 100)])],
])("%s is no file for us", (_, bytes) => {
  expect(() => parseElf(bytes)).toThrow(/not/);
  expect(() => machineOf(bytes)).toThrow(/not/);
});
