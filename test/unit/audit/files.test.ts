/** What is on the disk: after a restart, when it is full, when the power goes, when somebody was at it. */
import { expect, test } from "vitest";
import { decodeLine } from "../../../src/audit/line.ts";
import type { AuditHead, AuditLine } from "../../../src/audit/line.ts";
import { StoreError } from "../../../src/base/errors.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { Crash, FaultyFiles, seeded } from "../../support/faulty-files.ts";
import { codes, DIRECTORY, entry, logOf, names, openJournal, times, verifyDisk } from "./support.ts";

const lines = (disk: FaultyFiles): AuditLine[] =>
  names(disk)
    .flatMap((name) =>
      Buffer.from(disk.contents(`${DIRECTORY}/${name}`))
        .toString("latin1")
        .split("\n"),
    )
    .flatMap((line) => {
      try {
        return [decodeLine(Buffer.from(line, "latin1"))];
      } catch {
        return [];
      }
    });
const acts = (disk: FaultyFiles): string[] => lines(disk).map(({ act }) => act);
const sizes = (disk: FaultyFiles): number[] =>
  names(disk).map((name) => disk.contents(`${DIRECTORY}/${name}`).length);

function append(disk: FaultyFiles, ...numbers: number[]): void {
  const { journal } = openJournal(disk);
  for (const n of numbers) journal.record(entry(n), times());
  journal.close();
}

test("a chain goes on over restarts, private to the user, and opening a whole one writes nothing", () => {
  const disk = new FaultyFiles();
  for (let run = 0; run < 5; run++) append(disk, run);
  expect(lines(disk).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(verifyDisk(disk)).toMatchObject({ isSound: true, sealedTo: 2, unsealed: 5 });
  expect(disk.status(DIRECTORY)!.mode).toBe(0o700);
  expect(disk.status(`${DIRECTORY}/audit-1.jsonl`)!.mode).toBe(0o600);
  disk.trace.length = 0;
  openJournal(disk).journal.close();
  expect(disk.trace).toEqual([]);
  expect(disk.openHandles).toBe(0);
});

test("every 32 lines are sealed; a seal is durable before its head is told", () => {
  const disk = new FaultyFiles();
  const { journal, heads } = openJournal(disk, { bytesMax: 1024 * 1024 });
  for (let n = 0; n < LIMITS.auditLinesPerSealMax; n++) journal.record(entry(n), times());
  expect(heads).toHaveLength(2);
  expect(journal.unsealed).toBe(0);
  disk.fault = { at: disk.trace.length, kind: "EIO", calls: ["dataSync"], times: 999 };
  for (let n = 1; n < LIMITS.auditLinesPerSealMax; n++) journal.record(entry(n), times());
  expect(() => journal.record(entry(0), times())).toThrow(StoreError);
  expect(heads).toHaveLength(2);
});

test("[SEC-7] a log that is full goes on in the next file; the oldest goes, a sealed line says so, and it stays within its bound", () => {
  const bytesMax = 64 * 1024;
  const disk = new FaultyFiles();
  const { journal } = openJournal(disk, { bytesMax });
  const seen = new Set<string>();
  for (let n = 0; n < 2000; n++) {
    journal.record(entry(n), times());
    for (const name of names(disk)) seen.add(name);
    const all = sizes(disk).reduce((a, b) => a + b, 0);
    if (all > bytesMax) throw new Error(`${all} bytes after ${n}`);
  }
  expect(seen.size).toBeGreaterThan(20);
  expect(names(disk).length).toBeLessThanOrEqual(4);
  const found = verifyDisk(disk);
  expect(found).toMatchObject({ isSound: true, findings: [] });
  const begun = lines(disk).findLast(({ act }) => act === "audit.file")!;
  expect(begun.detail).toMatchObject({ removes: 1, keptFrom: found.from!.seq });
});

test("a smaller bound takes effect with the next file", () => {
  const disk = logOf(1500, { bytesMax: 1024 * 1024 });
  expect(sizes(disk).length).toBeGreaterThan(1);
  const { journal } = openJournal(disk, { bytesMax: 64 * 1024 });
  journal.record(entry(1), times());
  journal.seal("stop", times());
  expect(sizes(disk).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(64 * 1024);
  expect(verifyDisk(disk).isSound).toBe(true);
});

test("a torn tail is cut off and told; every whole line stays", () => {
  const whole = logOf(3);
  const path = `${DIRECTORY}/audit-1.jsonl`;
  const bytes = whole.contents(path);
  const seqs = lines(whole).length;
  for (const tail of ["{", '{"seq":7,"at":1', "\0".repeat(4096), "x".repeat(70_000)]) {
    const disk = new FaultyFiles();
    disk.makeDirectory(DIRECTORY);
    disk.put(path, Buffer.concat([bytes, Buffer.from(tail, "latin1")]));
    append(disk, 9);
    expect(lines(disk)).toHaveLength(seqs + 2);
    expect(lines(disk)[seqs]).toMatchObject({
      act: "audit.torn",
      detail: { file: "audit-1.jsonl", bytes: tail.length },
    });
    expect(verifyDisk(disk)).toMatchObject({ isSound: true });
  }
});

test("[SEC-7] a changed line stays as it is: the log goes on in the next file, says so, and is not sound", () => {
  const disk = logOf(10);
  const path = `${DIRECTORY}/audit-1.jsonl`;
  const changed = Buffer.from(disk.contents(path)).toString("latin1").replace("label 4", "label X");
  disk.put(path, Buffer.from(changed, "latin1"));
  append(disk, 11);
  expect(Buffer.from(disk.contents(path)).toString("latin1")).toBe(changed);
  expect(names(disk)).toEqual(["audit-1.jsonl", "audit-2.jsonl"]);
  const told = lines(disk).find(({ outcome }) => outcome === "damaged")!;
  expect(told).toMatchObject({
    act: "audit.file",
    detail: { damaged: "audit-1.jsonl", line: 8, code: "broken-chain" },
  });
  const found = verifyDisk(disk);
  expect(codes(found)).toEqual(["broken-chain"]);
  expect(found.findings[0]).toMatchObject({ file: "audit-1.jsonl", line: 8 });
  // Once: the next start finds the newest file whole.
  append(disk, 12);
  expect(names(disk)).toHaveLength(2);
  expect(acts(disk).filter((act) => act === "audit.file")).toHaveLength(2);
});

test("a newest file with nothing whole in it: the chain goes on from the one before, or begins anew", () => {
  for (const junk of ["", "nonsense\n", "\0".repeat(5000), `${"y".repeat(200_000)}\n`]) {
    const disk = logOf(4);
    const before = lines(disk).at(-1)!;
    disk.put(`${DIRECTORY}/audit-2.jsonl`, Buffer.from(junk, "latin1"));
    append(disk, 5);
    const next = lines(disk).find(({ outcome }) => outcome === "damaged")!;
    expect(next.seq).toBe(before.seq + 1);
    expect(names(disk).at(-1)).toBe("audit-3.jsonl");

    const alone = new FaultyFiles();
    alone.makeDirectory(DIRECTORY);
    alone.put(`${DIRECTORY}/audit-7.jsonl`, Buffer.from(junk, "latin1"));
    append(alone, 5);
    expect(lines(alone)[0]).toMatchObject({ seq: 1, outcome: "damaged" });
  }
});

test("files of others beside it are left alone; a directory that others can use, or a link, is refused", () => {
  const disk = logOf(2);
  disk.put(`${DIRECTORY}/audit-01.jsonl`, Buffer.from("not ours"));
  disk.put(`${DIRECTORY}/notes`, Buffer.from("not ours"));
  append(disk, 3);
  expect(Buffer.from(disk.contents(`${DIRECTORY}/audit-01.jsonl`)).toString()).toBe("not ours");
  disk.alter(DIRECTORY, { mode: 0o750 });
  expect(() => openJournal(disk)).toThrow(/chmod 700/);
  disk.alter(DIRECTORY, { mode: 0o700, uid: 0 });
  expect(() => openJournal(disk)).toThrow(StoreError);
  const linked = new FaultyFiles();
  linked.makeDirectory(DIRECTORY);
  linked.putSpecial(`${DIRECTORY}/audit-1.jsonl`, "symlink");
  expect(() => openJournal(linked)).toThrow(StoreError);
});

test("what the disk refuses is not in the chain: opened anew, it goes on where it stood", () => {
  for (const kind of ["ENOSPC", "EIO", "EROFS"] as const) {
    for (let at = 0; at < 12; at++) {
      const disk = logOf(2);
      const sound = lines(disk).length;
      const { journal } = openJournal(disk);
      disk.shortWrites = true;
      disk.fault = { at: disk.trace.length + at, kind, times: 3 };
      let refused = 0;
      for (let n = 0; n < 3 && refused === 0; n++) {
        try {
          journal.record(entry(n), times());
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          refused++;
        }
      }
      try {
        journal.close();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
      disk.fault = undefined;
      disk.shortWrites = false;
      append(disk, 7);
      const found = verifyDisk(disk);
      expect([kind, at, found.findings]).toEqual([kind, at, []]);
      expect(found.lines).toBeGreaterThan(sound);
    }
  }
});

/** What a run does: lines, some durable; enough of them that files follow each other. */
function run(disk: FaultyFiles, told: { durable?: AuditHead }): void {
  const { journal } = openJournal(disk);
  for (let n = 0; n < 120; n++) {
    journal.record({ ...entry(n), detail: { label: "x".repeat(200) } }, times());
    if (n % 4 !== 0) continue;
    journal.sync();
    told.durable = journal.head;
  }
  journal.seal("stop", times());
  told.durable = journal.head;
  journal.close();
}

test("[SEC-7] wherever the power goes, what was durable is there, and what is there is sound", () => {
  const calls = ((): number => {
    const disk = new FaultyFiles();
    run(disk, {});
    run(disk, {});
    return disk.trace.length;
  })();
  let [torn, disordered] = [0, 0];
  for (let at = 0; at < calls; at++) {
    let disk = new FaultyFiles();
    disk.fault = { at, kind: "crash" };
    const told: { durable?: AuditHead } = {};
    try {
      run(disk, told);
      run(disk, told);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    disk = disk.afterCrash(seeded(at));
    append(disk, 1);
    const found = verifyDisk(disk, { noted: told.durable });
    expect([at, found.findings]).toEqual([at, []]);
    if (found.damages.length > 0) disordered++;
    if (acts(disk).includes("audit.torn")) torn++;
    append(disk, 2);
    expect(disk.openHandles).toBe(0);
  }
  expect(torn).toBeGreaterThan(0);
  expect(disordered).toBeGreaterThan(0);
}, 60_000);

test("a disk that cannot even be looked at is a StoreError, as one that cannot be written", () => {
  const disk = new FaultyFiles();
  const { journal } = openJournal(disk);
  const broken = (): never => {
    throw Object.assign(new Error("EIO: planted"), { code: "EIO" });
  };
  for (const call of ["status", "list", "open"] as const) {
    const fill = (): void => {
      for (let n = 0; n < 200; n++) journal.record(entry(n), times());
    };
    Object.assign(disk, { [call]: broken });
    expect(fill).toThrow(StoreError);
    expect(() => openJournal(disk)).toThrow(StoreError);
    Reflect.deleteProperty(disk, call);
  }
});

test("[SEC-7] files taken away at the beginning are missed still when the log goes on in the next", () => {
  const disk = logOf(400, { bytesMax: 256 * 1024 });
  expect(names(disk)).toHaveLength(2);
  disk.unlink(`${DIRECTORY}/audit-1.jsonl`);
  expect(codes(verifyDisk(disk))).toEqual(["beginning-missing"]);
  const { journal } = openJournal(disk, { bytesMax: 256 * 1024 });
  for (let n = 0; n < 300; n++) journal.record(entry(n), times());
  journal.seal("stop", times());
  expect(names(disk)).toEqual(["audit-2.jsonl", "audit-3.jsonl"]);
  expect(codes(verifyDisk(disk))).toEqual(["beginning-missing"]);
});

test("lines that a start finds without a seal count towards the next: no stretch is longer than one may be", () => {
  const disk = new FaultyFiles();
  for (let run = 0; run < 3; run++) {
    const { journal } = openJournal(disk, { bytesMax: 1024 * 1024 });
    for (let n = 1; n < LIMITS.auditLinesPerSealMax; n++) journal.record(entry(n), times());
    journal.close();
  }
  expect(verifyDisk(disk)).toMatchObject({ isSound: true, findings: [] });
});

test("behind a file of the highest number none is begun that nobody would read", () => {
  const disk = logOf(1, { bytesMax: 256 * 1024 });
  const highest = `${DIRECTORY}/audit-999999999.jsonl`;
  disk.rename(`${DIRECTORY}/audit-1.jsonl`, highest);
  const { journal } = openJournal(disk, { bytesMax: 256 * 1024 });
  expect(() => {
    for (let n = 0; n < 400; n++) journal.record(entry(n), times());
  }).toThrow(StoreError);
  expect(names(disk)).toEqual(["audit-999999999.jsonl"]);
  expect(verifyDisk(disk).isSound).toBe(true);
});
