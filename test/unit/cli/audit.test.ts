/** Files of an audit log as they are given to the command: in any order, of any kind, by anybody. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decodeLine, readLine } from "../../../src/audit/line.ts";
import type { AuditLine } from "../../../src/audit/line.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { lineText, matches, showLines } from "../../../src/cli/audit/show.ts";
import { auditSources } from "../../../src/cli/audit/sources.ts";
import { verificationText, verifySources } from "../../../src/cli/audit/verify.ts";
import { CliError } from "../../../src/cli/failure.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { vectors } from "../../support/vectors.ts";
import { device, DIRECTORY, logOf, names } from "../audit/support.ts";

const root = mkdtempSync(join(tmpdir(), "aranya-edge-audit-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const suite = nodeSuite();
const { lines: VECTORS } = vectors<{ lines: { line: string }[] }>("audit-0.1.0.json");
const LINES = VECTORS.map(({ line }) => decodeLine(Buffer.from(line, "latin1")));

/** A log of several files, under the names given. */
function copied(name: string): string[] {
  const directory = join(root, name, "audit");
  mkdirSync(directory, { recursive: true });
  const disk = logOf(200);
  return names(disk).map((file) => {
    const path = join(directory, file);
    writeFileSync(path, disk.contents(`${DIRECTORY}/${file}`));
    return path;
  });
}

const refusalOf = (step: () => unknown): CliError => {
  try {
    step();
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error("not refused");
};

test("files are read in the order of their lines, named in any order or found in the work directory", () => {
  const paths = copied("device");
  expect(paths.length).toBeGreaterThan(2);
  for (const sources of [
    auditSources(paths.toReversed(), "/nowhere"),
    auditSources([], join(root, "device")),
  ]) {
    expect(sources.map(({ name }) => name)).toEqual(paths);
    const found = verifySources(sources, { suite, deviceId: device.deviceId });
    expect(found).toMatchObject({ isSound: true, findings: [] });
    expect(verificationText(found, sources.length, true)).toContain(`in ${paths.length} files`);
  }
  const [first, , ...rest] = paths;
  const gap = verifySources(auditSources([first!, ...rest], ""), { suite, deviceId: device.deviceId });
  expect(gap.findings.map(({ code }) => code)).toEqual(["out-of-sequence"]);
  expect(verificationText(gap, 2, true)).toMatch(/^NOT SOUND\n/);
});

test("what is no regular file, or not there, is refused with the code for files", () => {
  const [path] = copied("kinds");
  const link = join(root, "link");
  symlinkSync(path!, link);
  const fifo = join(root, "fifo");
  execFileSync("mkfifo", [fifo]);
  for (const bad of [link, fifo, root, join(root, "gone"), "/dev/zero"]) {
    expect(refusalOf(() => auditSources([bad], ""))).toMatchObject({ code: "Unreadable", exitCode: 71 });
  }
  expect(refusalOf(() => auditSources([], root)).exitCode).toBe(71);
  mkdirSync(join(root, "empty", "audit"), { recursive: true });
  expect(refusalOf(() => auditSources([], join(root, "empty"))).message).toContain("no audit log");
});

test("as many files as there may be, and not one more", () => {
  const path = join(root, "small.jsonl");
  writeFileSync(path, "");
  const many = Array<string>(LIMITS.auditFilesMax).fill(path);
  expect(auditSources(many, "")).toHaveLength(LIMITS.auditFilesMax);
  expect(refusalOf(() => auditSources([...many, path], "")).code).toBe("LimitReached");
});

test("filters: since, act by its beginning, team and device by the beginning of the id, outcome or refused", () => {
  const seqs = (filter: Parameters<typeof matches>[1]): number[] =>
    LINES.filter((line) => matches(line, filter)).map(({ seq }) => seq);
  expect(seqs({})).toEqual([1, 2, 3, 4, 5, 6]);
  expect(seqs({ since: 1_700_000_000_011 })).toEqual([3, 4, 5, 6]);
  expect(seqs({ act: "call." })).toEqual([2, 4]);
  expect(seqs({ team: "J9xV" })).toEqual([2, 4]);
  expect(seqs({ device: "53gH" })).toEqual([4, 5]);
  expect(seqs({ outcome: "done" })).toEqual([1, 2, 3, 6]);
  expect(seqs({ outcome: "refused" })).toEqual([4, 5]);
  expect(seqs({ outcome: "not-served", act: "sync" })).toEqual([5]);
});

test("what others chose does nothing to a terminal, and lines that are none are counted", () => {
  const text = lineText(LINES[3]!);
  expect(text).toContain("Köln \\u001b");
  expect(text).not.toContain("\u001b");
  expect(lineText({ ...LINES[3]!, at: 9e15 })).toContain("9000000000000000");
  const path = join(root, "junk.jsonl");
  writeFileSync(path, `junk\n${VECTORS[0]!.line}\n\u0000\n${VECTORS[1]!.line}\n{"torn`);
  const shown: AuditLine[] = [];
  expect(showLines(auditSources([path], ""), {}, (line) => shown.push(line))).toBe(2);
  expect(shown.map(({ seq }) => seq)).toEqual([1, 2]);
});

test("a file of empty lines is gone through, and no error is made for each", () => {
  const path = join(root, "empty-lines.jsonl");
  const lines = 4 * 1024 * 1024;
  writeFileSync(path, Buffer.alloc(lines, "\n"));
  const sources = auditSources([path], "");
  expect(verifySources(sources, { suite })).toMatchObject({
    isSound: false,
    lines: 0,
    findingCount: lines + 1,
    findings: expect.objectContaining({ length: LIMITS.auditFindingsMax }) as unknown,
  });
  expect(showLines(sources, {}, () => undefined)).toBe(lines);
  // The longest that is still none by its length alone is the same one, so a megabyte makes a few thousand at most.
  expect(readLine(new Uint8Array(127))).toBe(readLine(new Uint8Array(0)));
});
