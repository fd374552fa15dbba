/** What a change to a log looks like. Who cannot use the device's key cannot make one that does not show, up to the last seal. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { CHAIN_START, decodeLine, encodeLine, hashOfLine, lineAfter } from "../../../src/audit/line.ts";
import type { AuditHead } from "../../../src/audit/line.ts";
import { sealAfter } from "../../../src/audit/seal.ts";
import { fromHex, toHex } from "../../../src/base/bytes.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import {
  codes,
  device,
  entry,
  logOf,
  openJournal,
  other,
  suite,
  text,
  times,
  verifyDisk,
  verifyText,
} from "./support.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";

const LOG = text(logOf(40));
const LINES = LOG.trimEnd().split("\n");
const join = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

test("a log as it was written is sound, and says from where to where", () => {
  const found = verifyText(LOG);
  // 40 entries, the line that begins the file with its seal, one seal after 32, one at the end.
  expect(found).toMatchObject({
    isSound: true,
    lines: 44,
    seals: 3,
    sealedTo: 44,
    unsealed: 0,
    tornBytes: 0,
  });
  expect(found).toMatchObject({
    from: { seq: 1 },
    to: { seq: 44 },
    deviceId: device.deviceId,
    findingCount: 0,
  });
});

test("each flipped bit is found", () => {
  const sealed = Buffer.from(text(logOf(2)), "latin1");
  // But the last line end's: a line that is not finished yet.
  for (let bit = 0; bit < 8 * (sealed.length - 1); bit++) {
    sealed[bit >> 3]! ^= 1 << (bit & 7);
    const found = verifyText(sealed);
    sealed[bit >> 3]! ^= 1 << (bit & 7);
    // A seal that is made none leaves what it sealed without one: that is told too.
    if (found.isSound && found.unsealed === 0) throw new Error(`bit ${bit} does not show`);
  }
  expect(verifyText(sealed).isSound).toBe(true);
}, 120_000);

test("a line changed, taken out, put in, doubled or moved is found at its place", () => {
  const changed = [...LINES];
  changed[4] = changed[4]!.replace("label 2", "label 9");
  expect(verifyText(join(changed)).findings[0]).toMatchObject({ code: "broken-chain", line: 6, seq: 6 });
  for (let i = 0; i < LINES.length; i++) {
    const without = LINES.filter((_, at) => at !== i);
    if (i < LINES.length - 1) expect([i, verifyText(join(without)).isSound]).toEqual([i, false]);
    const doubled = LINES.flatMap((line, at) => (at === i ? [line, line] : [line]));
    expect(codes(verifyText(join(doubled)))).toEqual(["out-of-sequence"]);
  }
  fc.assert(
    fc.property(fc.nat(LINES.length - 1), fc.nat(LINES.length - 1), (a, b) => {
      const swapped = [...LINES];
      [swapped[a], swapped[b]] = [swapped[b]!, swapped[a]!];
      expect(verifyText(join(swapped)).isSound).toBe(a === b);
    }),
  );
});

/** What an attacker without the key does: everything from a line on, written anew so that it follows. */
function rewritten(lines: readonly string[], from: number, change: (line: string) => string): string[] {
  let head: AuditHead = CHAIN_START;
  return lines.map((line, i) => {
    const read = decodeLine(Buffer.from(i >= from ? change(line) : line, "latin1"));
    const next = { ...read, seq: head.seq + 1, prev: toHex(head.hash) };
    const bytes = encodeLine(next);
    head = { seq: next.seq, hash: hashOfLine(suite, fromHex(next.prev)!, bytes) };
    return Buffer.from(bytes).toString("latin1");
  });
}

test("sealed history written anew breaks the next seal; behind the last seal it does not show but against a noted head", () => {
  const anew = rewritten(LINES, 10, (line) => line.replace('"label 8"', '"label X"'));
  expect(anew[10]).toContain("label X");
  expect(codes(verifyText(join(anew)))).toEqual(["bad-seal", "unsealed-stretch"]);
  expect(verifyText(join(rewritten(LINES, 3, (line) => line)))).toMatchObject({ isSound: true });

  const cut = LINES.slice(0, -1);
  const head = verifyText(LOG).head!;
  const changed = rewritten(cut, 40, (line) => line.replace("label 3", "LABEL 3"));
  expect(join(changed)).toContain("LABEL 3");
  const found = verifyText(join(changed));
  expect(found).toMatchObject({ isSound: true, unsealed: 8 });
  for (const noted of [{ hash: fromHex(head)! }, { seq: 44 }, { hash: fromHex(head)!, seq: 44 }]) {
    expect(codes(verifyText(join(changed), { noted }))).toEqual(["head-missing"]);
    expect(verifyText(LOG, { noted }).isSound).toBe(true);
  }
  expect(codes(verifyText(LOG, { noted: { hash: fromHex(head)!, seq: 43 } }))).toEqual(["head-missing"]);
});

test("a log of another device, or of nobody, is not this device's", () => {
  const disk = new FaultyFiles();
  const { journal } = openJournal(disk, { keys: other });
  journal.record(entry(1), times());
  journal.seal("stop", times());
  expect(codes(verifyDisk(disk))).toEqual(["other-device", "no-seal"]);
  expect(verifyDisk(disk, { deviceId: undefined })).toMatchObject({
    isSound: true,
    deviceId: other.deviceId,
  });

  const unsealed = new FaultyFiles();
  openJournal(unsealed, { keys: undefined }).journal.record(entry(1), times());
  expect(codes(verifyDisk(unsealed))).toEqual(["no-seal"]);
  expect(verifyDisk(unsealed, { deviceId: undefined })).toMatchObject({
    isSound: true,
    seals: 0,
    unsealed: 2,
  });
});

test("seals taken out of a log that was written anew leave a stretch without, which is found", () => {
  const without = LINES.filter((line, i) => i < 2 || !line.includes("audit.seal"));
  expect(codes(verifyText(join(rewritten(without, 2, (line) => line))))).toEqual(["unsealed-stretch"]);
});

test("a seal moved to another place, or of a line that is none, does not hold", () => {
  const head = { seq: 0, hash: CHAIN_START.hash };
  const seal = sealAfter(suite, device, head, "start", { at: 1, up: 2 });
  const spelled = (line: typeof seal): string => `${Buffer.from(encodeLine(line)).toString("latin1")}\n`;
  expect(verifyText(spelled(seal))).toMatchObject({ isSound: true, seals: 1 });
  const { signature: _, ...unsigned } = seal.detail!;
  for (const forged of [
    { ...seal, up: 3 },
    { ...seal, detail: unsigned },
    { ...seal, detail: { ...seal.detail, key: "00".repeat(32) } },
    { ...seal, detail: { ...seal.detail, signature: "00".repeat(64) } },
    { ...seal, detail: { ...seal.detail, signature: 7 } },
  ]) {
    expect(codes(verifyText(spelled(forged)))).toContain("bad-seal");
  }
});

test("a beginning that is gone must have been removed, by a sealed line that says so", () => {
  const disk = logOf(900);
  expect(verifyDisk(disk)).toMatchObject({ isSound: true });
  const kept = verifyDisk(disk).from!.seq;
  expect(kept).toBeGreaterThan(1);
  const files = disk.list("/audit").sort();
  disk.unlink(`/audit/${files[0]}`);
  expect(codes(verifyDisk(disk))).toEqual(["beginning-missing"]);
  expect(verifyDisk(disk, { isPart: true }).isSound).toBe(true);
  // A line that claims it, without the key to seal it.
  const last = text(disk).trimEnd().split("\n").at(-1)!;
  const read = decodeLine(Buffer.from(last, "latin1"));
  const head = { seq: read.seq, hash: hashOfLine(suite, fromHex(read.prev)!, Buffer.from(last, "latin1")) };
  const claim = {
    who: "daemon",
    act: "audit.file",
    outcome: "done",
    detail: { file: "audit-9.jsonl", keptFrom: read.seq, removes: 1 },
  };
  disk.put(
    "/audit/audit-99.jsonl",
    Buffer.concat([encodeLine(lineAfter(head, claim, times())), Buffer.from("\n")]),
  );
  expect(codes(verifyDisk(disk))).toEqual(["beginning-missing"]);
});

test("an unfinished line is told at the very end, and found anywhere else", () => {
  expect(verifyText(`${LOG}{"seq":45,`)).toMatchObject({ isSound: true, tornBytes: 10 });
  const disk = new FaultyFiles();
  disk.makeDirectory("/audit");
  disk.put("/audit/audit-1.jsonl", Buffer.from(`${join(LINES.slice(0, 9))}{"seq"`, "latin1"));
  disk.put("/audit/audit-2.jsonl", Buffer.from(join(LINES.slice(9)), "latin1"));
  expect(codes(verifyDisk(disk))).toEqual(["torn"]);
});

test("nothing is not sound, and a flood of nonsense is told in part", () => {
  expect(codes(verifyText("", { deviceId: undefined }))).toEqual(["no-lines"]);
  const count = LIMITS.auditFindingsMax + 1;
  const found = verifyText(`${LOG}${"nonsense\n".repeat(count)}`);
  expect(found.findings).toHaveLength(LIMITS.auditFindingsMax);
  expect(found.findingCount).toBe(count);
  expect(codes(verifyText(`${"x".repeat(3_000_000)}\n${LOG}`))).toEqual(["bad-line"]);
});

/** A log whose newest file a power cut left in disorder behind its last seal, which the device found at its next start. */
function damagedLog(): { readonly disk: FaultyFiles; readonly lines: string[]; readonly told: string } {
  const disk = new FaultyFiles();
  const before = openJournal(disk, { bytesMax: 1024 * 1024 }).journal;
  for (let n = 0; n < 100; n++) before.record(entry(n), times());
  before.close();
  const lines = text(disk).trimEnd().split("\n");
  lines.splice(-1, 0, "what a power cut leaves");
  disk.put("/audit/audit-1.jsonl", Buffer.from(join(lines), "latin1"));
  const after = openJournal(disk, { bytesMax: 1024 * 1024 }).journal;
  after.record(entry(100), times());
  after.seal("stop", times());
  after.close();
  return { disk, lines, told: Buffer.from(disk.contents("/audit/audit-2.jsonl")).toString("latin1") };
}

test("[SEC-7] what the device told as lost excuses no line before that: sealed ones taken out since are found", () => {
  const { disk, lines } = damagedLog();
  const honest = verifyDisk(disk);
  expect([honest.isSound, honest.damages.map(({ code }) => code)]).toEqual([true, ["bad-line"]]);
  // Two seals are gone with them; the last line, which the next file follows from, stays.
  const cut = [...lines.slice(0, 40), ...lines.slice(-1)];
  disk.put("/audit/audit-1.jsonl", Buffer.from(join(cut), "latin1"));
  expect(codes(verifyDisk(disk))).toEqual(["out-of-sequence"]);
});

test("[SEC-7] that the device told something as lost is believed under its seal alone", () => {
  const { lines, told } = damagedLog();
  const [claim, seal] = told.trimEnd().split("\n");
  expect(verifyText(join([...lines, claim!, seal!]))).toMatchObject({ isSound: true, seals: 5 });
  expect(codes(verifyText(join([...lines, claim!])))).toEqual(["bad-line"]);
  // Disorder between the claim and the seal: the seal is not of that claim.
  expect(codes(verifyText(join([...lines, claim!, "made up", seal!])))).toEqual(["bad-line"]);
});
