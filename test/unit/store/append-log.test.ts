import { describe, expect, test, vi } from "vitest";
import { crc32c } from "../../../src/base/crc32c.ts";
import { BugError, StoreError } from "../../../src/base/errors.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { AppendLog } from "../../../src/store/append-log.ts";
import type { LogReport } from "../../../src/store/append-log.ts";
import { RECORD_BYTES_MAX } from "../../../src/store/log-format.ts";
import { FaultyFiles, seeded } from "../../support/faulty-files.ts";

const teamId = idFromBytes<TeamId>(new Uint8Array(32).fill(7));
const HEADER_BYTES = 48;
const LOG = "/team/log";

/** Of many sizes, none a part of another. */
const records = [5, 1, 70, 12, 300, 33].map((length, i) =>
  Uint8Array.from({ length }, (_, j) => 0x40 + ((i * 37 + j * 11) & 0x7f)),
);
/** Where each record begins, and the end. */
const bounds = records.reduce((at, r) => [...at, at.at(-1)! + 8 + r.length], [HEADER_BYTES]);

function logOf(...batches: Uint8Array[][]): FaultyFiles {
  const files = new FaultyFiles();
  const log = AppendLog.create(files, "/team", teamId);
  expect([...log.load()]).toEqual([]);
  for (const batch of batches) log.append(batch);
  log.close();
  return files;
}

const image = logOf(records).contents(LOG);

function fileSystemWith(log: Uint8Array): FaultyFiles {
  const files = new FaultyFiles();
  files.makeDirectory("/team");
  files.put(LOG, log);
  files.trace.length = 0;
  return files;
}

interface Loaded {
  records: Uint8Array[];
  report: LogReport;
  incomplete: boolean;
}

function load(files: FaultyFiles): Loaded {
  const log = AppendLog.open(files, "/team", teamId);
  const found = [...log.load()];
  const { report, incomplete } = log;
  log.close();
  expect(files.openHandles).toBe(0);
  expect(report.records).toBe(found.length);
  return { records: found, report, incomplete };
}

/** Loads what may be broken; then a second load must find the same, whole, and write nothing. */
function loadTwice(log: Uint8Array): Loaded & { files: FaultyFiles } {
  const files = fileSystemWith(log);
  const first = load(files);
  const writes = files.trace.length;
  const second = load(files);
  expect(second.records).toEqual(first.records);
  expect(second.report).toEqual({ records: first.records.length, tornBytes: 0 });
  expect(second.incomplete).toBe(first.incomplete);
  expect(files.trace.slice(writes)).toEqual([
    ...(first.incomplete ? ["syncDirectory /team"] : []),
    ...(second.records.length > 0 ? [`dataSync ${LOG}`] : []),
  ]);
  return { ...first, files };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice();
  out[bit >> 3]! ^= 1 << (bit & 7);
  return out;
}

function withBytes(...parts: (Uint8Array | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((p) => [...p]));
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

describe("writing", () => {
  test("[SYS-5] a batch is one write and one fdatasync, however many records", () => {
    const files = logOf();
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toEqual([]);
    files.trace.length = 0;
    log.append(records);
    expect(files.trace).toEqual([`write ${LOG}`, `dataSync ${LOG}`]);
  });

  test("opening and reading an undamaged log syncs it and writes nothing", () => {
    const files = fileSystemWith(image);
    expect(load(files).records).toEqual(records);
    expect(files.trace).toEqual([`dataSync ${LOG}`]);
  });

  test("a new log is made under another name, with its first records in it", () => {
    const files = new FaultyFiles();
    files.makeDirectory("/teams");
    AppendLog.create(files, "/teams/a", teamId, records).close();
    expect(files.contents("/teams/a/log")).toEqual(image);
    expect(files.trace).toEqual([
      "makeDirectory /teams",
      "makeDirectory /teams/new-a",
      "create /teams/new-a/log",
      "write /teams/new-a/log",
      "write /teams/new-a/log",
      "sync /teams/new-a/log",
      "syncDirectory /teams/new-a",
      "rename /teams/new-a",
      "syncDirectory /teams",
    ]);
    expect(codeOf(() => AppendLog.create(files, "/teams/a", teamId))).toBe("exists");
  });

  test.each(["ENOSPC", "EIO"])("a batch that meets %s leaves nothing, and the log goes on", (errno) => {
    for (const calls of [["write"], ["dataSync"]]) {
      const files = logOf([records[0]!]);
      const log = AppendLog.open(files, "/team", teamId);
      expect([...log.load()]).toEqual([records[0]]);
      const before = files.contents(LOG);
      files.fault = { at: files.trace.length, kind: errno, times: 2, calls };
      expect(() => log.append(records.slice(1))).toThrow(StoreError);
      expect(files.contents(LOG)).toEqual(before);
      files.fault = undefined;
      log.append([records[5]!]);
      log.close();
      expect(load(files).records).toEqual([records[0], records[5]]);
    }
  });

  test("a batch that fails is gone for good: the cut is synced before the error is told", () => {
    const files = logOf([records[0]!]);
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toHaveLength(1);
    files.trace.length = 0;
    files.fault = { at: 1, kind: "EIO" };
    expect(() => log.append(records.slice(1))).toThrow(/cannot append to \/team\/log: EIO; /);
    expect(files.trace).toEqual([`write ${LOG}`, `dataSync ${LOG}`, `truncate ${LOG}`, `sync ${LOG}`]);
  });

  test.each(["truncate", "sync"])("when the %s of the cut fails too, nothing may follow", (call) => {
    const files = logOf([records[0]!]);
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toHaveLength(1);
    files.fault = { at: 0, times: Infinity, kind: "EIO", calls: ["dataSync", call] };
    expect(codeOf(() => log.append([records[1]!]))).toBe("io-failed");
    files.fault = undefined;
    for (let i = 0; i < 3; i++) expect(codeOf(() => log.append([records[2]!]))).toBe("broken");
    log.close();
    expect(load(files).records.slice(0, 1)).toEqual([records[0]]);
  });

  test("a write that writes nothing is an error, not a loop", () => {
    const files = logOf();
    const open = files.open.bind(files);
    files.open = (path, mode) => ({ ...open(path, mode), write: () => 0 });
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toEqual([]);
    expect(codeOf(() => log.append(records))).toBe("io-failed");
  });

  test("nothing is appended before all is read", () => {
    const files = fileSystemWith(image);
    const log = AppendLog.open(files, "/team", teamId);
    const reader = log.load()[Symbol.iterator]();
    expect(reader.next().value).toEqual(records[0]);
    expect(() => log.append([records[0]!])).toThrow(BugError);
    expect(() => log.report).toThrow(BugError);
    expect(() => [...log.load()]).toThrow(BugError);
    expect(files.contents(LOG)).toEqual(image);
  });
});

describe("reading what a crash left", () => {
  test("every truncation keeps the whole records and cuts the rest", () => {
    for (let length = HEADER_BYTES; length <= image.length; length++) {
      const whole = bounds.findLastIndex((end) => end <= length);
      const { records: found, report, incomplete, files } = loadTwice(image.subarray(0, length));
      expect(found).toEqual(records.slice(0, whole));
      expect(report).toEqual({ records: whole, tornBytes: length - bounds[whole]! });
      expect(incomplete).toBe(false);
      expect(files.contents(LOG)).toEqual(image.subarray(0, bounds[whole]));
    }
  });

  test.each<[string, Uint8Array]>([
    ["zeros", new Uint8Array(5000)],
    ["one zero", new Uint8Array(1)],
    ["ones", new Uint8Array(5000).fill(0xff)],
    ["a length of zero with its checksum", withBytes([0, 0, 0, 0, 0x48, 0x67, 0x4b, 0xc7])],
    ["a length without bytes", withBytes([0, 0, 0, 9, 1, 2, 3, 4])],
    ["a length that reaches past the end", withBytes([0, 0, 8, 0], new Uint8Array(900))],
    ["a length over the limit", withBytes([0, 0, 8, 0x41], new Uint8Array(RECORD_BYTES_MAX + 9))],
    ["a length of 4 GB", withBytes([0xff, 0xff, 0xff, 0xff], new Uint8Array(100))],
    ["a record with zeros for its second half", withBytes(image.subarray(48, 56), new Uint8Array(5))],
    ["plausible lengths all along", new Uint8Array(100_000).map((_, i) => (i % 4 === 3 ? 5 : 0))],
  ])("%s at the end are a torn tail", (_, tail) => {
    const { records: found, report } = loadTwice(withBytes(image, tail));
    expect(found).toEqual(records);
    expect(report).toEqual({ records: records.length, tornBytes: tail.length });
  });

  test("what is cut off is followed by new records and does not come back", () => {
    const files = fileSystemWith(withBytes(image, new Uint8Array(700).fill(0x55)));
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toEqual(records);
    log.append([records[0]!]);
    log.close();
    expect(load(files).records).toEqual([...records, records[0]]);
  });

  test("a log of many chunks is read whole", () => {
    const random = seeded(1);
    const many = Array.from({ length: 1500 }, (_, i) =>
      new Uint8Array(1 + Math.floor(random() * RECORD_BYTES_MAX)).fill(i & 0xff),
    );
    const files = logOf(many.slice(0, 700), many.slice(700));
    expect(files.contents(LOG).length).toBeGreaterThan(1024 * 1024);
    expect(load(files).records).toEqual(many);
  });
});

describe("damage", () => {
  test("every flipped bit in the last record is a torn tail, before it damage, and nothing before it is lost", () => {
    for (let bit = HEADER_BYTES * 8; bit < image.length * 8; bit++) {
      const hit = bounds.findLastIndex((start) => start * 8 <= bit);
      const broken = flipped(image, bit);
      const { records: found, report, incomplete, files } = loadTwice(broken);
      expect(found).toEqual(records.slice(0, hit));
      const bytes = image.length - bounds[hit]!;
      if (hit === records.length - 1) {
        expect(report).toEqual({ records: hit, tornBytes: bytes });
      } else {
        const keptAs = "/team/log.damaged-1";
        expect(report).toEqual({
          records: hit,
          tornBytes: 0,
          damage: { keptAs, offset: bounds[hit], bytes },
        });
        expect(files.contents(keptAs)).toEqual(broken);
        expect(incomplete).toBe(true);
      }
      expect(files.contents(LOG)).toEqual(image.subarray(0, bounds[hit]));
    }
  });

  test("a whole record is found wherever it begins behind the bad byte", () => {
    const last = image.subarray(bounds[1], bounds[2]);
    for (let gap = 1; gap < 30; gap++) {
      const { records: found, report } = loadTwice(
        withBytes(image.subarray(0, bounds[1]), new Uint8Array(gap).fill(0xee), last),
      );
      expect(found).toEqual(records.slice(0, 1));
      expect(report.damage).toMatchObject({ offset: bounds[1], bytes: gap + last.length });
    }
  });

  test("every flipped bit and every truncation of the header puts the file aside", () => {
    const broken: Uint8Array[] = [];
    for (let bit = 0; bit < HEADER_BYTES * 8; bit++) broken.push(flipped(image, bit));
    for (let length = 0; length < HEADER_BYTES; length++) broken.push(image.subarray(0, length));
    for (const log of broken) {
      const { records: found, report, incomplete, files } = loadTwice(log);
      expect(found).toEqual([]);
      const damage = { keptAs: "/team/log.damaged-1", offset: 0, bytes: log.length };
      expect(report).toEqual({ records: 0, tornBytes: 0, damage });
      expect(files.contents("/team/log.damaged-1")).toEqual(log);
      expect(files.contents(LOG)).toEqual(image.subarray(0, HEADER_BYTES));
      expect(incomplete).toBe(true);
    }
  });

  test("10,000 random mutations never throw, never yield what was not written, and leave a sound log", () => {
    const random = seeded(20_26);
    const below = (n: number): number => Math.floor(random() * n);
    const known = new Set(records.map((r) => Buffer.from(r).toString("hex")));
    for (let i = 0; i < 10_000; i++) {
      let log: Uint8Array = image.slice();
      for (let n = 1 + below(3); n > 0; n--) {
        const at = below(log.length);
        const length = below(Math.min(60, log.length - at));
        const noise = Uint8Array.from({ length }, () => (random() < 0.5 ? 0 : below(256)));
        switch (below(5)) {
          case 0:
            log[at] = below(256);
            break;
          case 1:
            log = log.slice(0, at);
            break;
          case 2:
            log.set(noise, at);
            break;
          case 3:
            log = withBytes(log.subarray(0, at), noise, log.subarray(at));
            break;
          default:
            log = withBytes(log.subarray(0, at), log.subarray(at + length));
        }
      }
      for (const record of loadTwice(log).records)
        expect(known).toContain(Buffer.from(record).toString("hex"));
    }
  });

  test("a log of another version or another team is refused and left alone", () => {
    const reseal = (at: number, value: number): Uint8Array => {
      const log = image.slice();
      log[at] = value;
      new DataView(log.buffer).setUint32(44, crc32c(log.subarray(0, 44)));
      return log;
    };
    const cases: [Uint8Array, string, RegExp][] = [
      [
        reseal(11, 2),
        "unknown-version",
        /\/team\/log has format version 2, this program knows 1; use the newer/,
      ],
      [reseal(8, 0xff), "unknown-version", /4278190081/],
      [reseal(12, 8), "wrong-team", /\/team\/log is the log of team .+, not .+; move it back/],
    ];
    for (const [log, code, text] of cases) {
      const files = fileSystemWith(log);
      const open = (): unknown => AppendLog.open(files, "/team", teamId);
      expect(codeOf(open)).toBe(code);
      expect(open).toThrow(text);
      expect(files.trace).toEqual([]);
      expect(files.openHandles).toBe(0);
    }
  });

  test("an unreadable medium is an error, not damage", () => {
    const files = fileSystemWith(image);
    const open = files.open.bind(files);
    files.open = (path, mode) => {
      const file = open(path, mode);
      const read = (into: Uint8Array, position: number): number => {
        if (position >= 200) throw Object.assign(new Error(), { code: "EIO" });
        return file.read(into.subarray(0, 200 - position), position);
      };
      return { ...file, read };
    };
    const log = AppendLog.open(files, "/team", teamId);
    expect(codeOf(() => [...log.load()])).toBe("io-failed");
    expect(files.trace).toEqual([]);
  });

  test("what was read of a log is durable, although it was written by a process that ended before its sync", () => {
    const files = logOf(records.slice(0, 2));
    const first = AppendLog.open(files, "/team", teamId);
    expect([...first.load()]).toHaveLength(2);
    // The call that cuts it back fails too: the records stay in the file, and nothing has made them durable.
    files.fault = { at: files.trace.length + 1, kind: "EIO", times: 2 };
    expect(() => first.append(records.slice(2))).toThrow(StoreError);
    files.fault = undefined;
    first.close();
    expect(load(files).records).toEqual(records);
    for (let seed = 0; seed < 50; seed++) {
      expect(load(files.afterCrash(seeded(seed))).records).toEqual(records);
    }
  });

  test("a log made behind is incomplete until it is level with a peer, whatever restarts come between", () => {
    const files = new FaultyFiles();
    AppendLog.create(files, "/team", teamId, [], true).close();
    expect(load(files).incomplete).toBe(true);
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toEqual([]);
    log.append(records);
    expect(log.incomplete).toBe(true);
    log.close();
    expect(load(files)).toMatchObject({ records, incomplete: true });
    const again = AppendLog.open(files, "/team", teamId);
    expect([...again.load()]).toEqual(records);
    again.markComplete();
    again.close();
    expect(load(files)).toMatchObject({ records, incomplete: false });
    expect(files.list("/team")).toEqual(["log"]);
  });

  test("a log stays incomplete until it is level with a peer again, whatever restarts come between", () => {
    const files = fileSystemWith(flipped(image, 8 * bounds[2]!));
    expect(load(files).incomplete).toBe(true);
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toEqual(records.slice(0, 2));
    log.append(records.slice(2));
    expect(log.incomplete).toBe(true);
    log.markComplete();
    expect(log.incomplete).toBe(false);
    log.close();
    expect(load(files)).toMatchObject({ records, incomplete: false });
    expect(files.list("/team").sort()).toEqual(["log", "log.recovered-1"]);
    const writes = files.trace.length;
    const again = AppendLog.open(files, "/team", teamId);
    expect([...again.load()]).toHaveLength(records.length);
    again.markComplete();
    expect(files.trace.slice(writes)).toEqual([`dataSync ${LOG}`]);
  });

  test("how many are kept aside is said as it was last seen where the directory cannot be read any more", () => {
    const files = fileSystemWith(flipped(image, 8 * HEADER_BYTES));
    load(files);
    const log = AppendLog.open(files, "/team", teamId);
    expect(log.damagedLogs).toBe(1);
    const list = vi.spyOn(files, "list").mockImplementation(() => {
      throw Object.assign(new Error("no more files"), { code: "EMFILE" });
    });
    expect(log.damagedLogs).toBe(1);
    expect(list).toHaveBeenCalled();
    log.close();
  });

  test(`of the logs kept aside the newest damagedLogsKeptMax stay`, () => {
    const files = fileSystemWith(image);
    for (let n = 1; n <= 12; n++) {
      files.unlink(LOG);
      files.put(LOG, flipped(image, 8 * HEADER_BYTES + n));
      expect(load(files).report.damage!.keptAs).toBe(`/team/log.damaged-${n}`);
      expect(files.list("/team").length).toBe(1 + Math.min(n, LIMITS.damagedLogsKeptMax));
      const log = AppendLog.open(files, "/team", teamId);
      expect(log.damagedLogs).toBe(Math.min(n, LIMITS.damagedLogsKeptMax));
      expect([...log.load()]).toHaveLength(0);
      expect(log.bytes).toBe(files.contents(LOG).length);
      log.close();
    }
    expect(files.list("/team").sort()).toEqual([
      "log",
      "log.damaged-10",
      "log.damaged-11",
      "log.damaged-12",
      "log.damaged-9",
    ]);
  });

  test("a missing log is an error, unless a damaged one shows that its rescue was interrupted", () => {
    const files = fileSystemWith(image);
    files.unlink(LOG);
    expect(codeOf(() => AppendLog.open(files, "/team", teamId))).toBe("not-found");
    files.put("/team/log.recovered-1", image);
    expect(codeOf(() => AppendLog.open(files, "/team", teamId))).toBe("not-found");
    files.put("/team/log.damaged-2", image.subarray(0, bounds[1]));
    files.put("/team/log.damaged-10", flipped(image, 8 * bounds[3]!));
    const { records: found, report, incomplete } = load(files);
    expect(found).toEqual(records.slice(0, 3));
    expect(report.damage).toMatchObject({ keptAs: "/team/log.damaged-10", offset: bounds[3] });
    expect(incomplete).toBe(true);
    expect(files.contents(LOG)).toEqual(image.subarray(0, bounds[3]));
  });

  test("a full disk while starting anew leaves the damaged log where it is", () => {
    const broken = flipped(image, 8 * bounds[2]!);
    const files = fileSystemWith(broken);
    files.fault = { at: 0, times: Infinity, kind: "ENOSPC", calls: ["write"] };
    const log = AppendLog.open(files, "/team", teamId);
    expect(codeOf(() => [...log.load()])).toBe("disk-full");
    log.close();
    expect(files.list("/team")).toEqual(["log"]);
    expect(files.contents(LOG)).toEqual(broken);
    files.fault = undefined;
    expect(load(files).records).toEqual(records.slice(0, 2));
  });
});
