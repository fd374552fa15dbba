/** What every `Storage` does, whatever it is kept on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { BugError, StoreError } from "../../src/base/errors.ts";
import { idFromBytes } from "../../src/base/ids.ts";
import type { TeamId } from "../../src/base/ids.ts";
import type { Storage } from "../../src/graph/storage.ts";
import { NodeFiles } from "../../src/io/node-files.ts";
import { AppendLog } from "../../src/store/append-log.ts";
import type { Files } from "../../src/store/files.ts";
import { RECORD_BYTES_MAX } from "../../src/store/log-format.ts";
import { MemoryStorage } from "../../src/store/memory-storage.ts";
import { FaultyFiles } from "../support/faulty-files.ts";

const teamId = idFromBytes<TeamId>(new Uint8Array(32).fill(7));
const folders: string[] = [];

interface Subject {
  storage: Storage;
  /** The same storage as the next process finds it; undefined where it does not outlive one. */
  reopen?: () => Storage;
}

function onDisk(files: Files, directory: string): Subject {
  return {
    storage: AppendLog.create(files, directory, teamId),
    reopen: () => AppendLog.open(files, directory, teamId),
  };
}

const subjects: Record<string, () => Subject> = {
  MemoryStorage: () => ({ storage: new MemoryStorage() }),
  "AppendLog on a file system in memory": () => onDisk(new FaultyFiles(), "/log-of-a-team"),
  "AppendLog on a file system that writes little at a time": () => {
    const files = new FaultyFiles();
    files.shortWrites = true;
    return onDisk(files, "/log-of-a-team");
  },
  "AppendLog on disk": () => {
    const folder = mkdtempSync(join(tmpdir(), "aranya-edge-storage-"));
    folders.push(folder);
    return onDisk(new NodeFiles(), join(folder, "team"));
  },
};

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Sizes at both bounds and around a read's worth, contents that tell records apart. */
const records = [1, 2, 7, 8, 9, 255, 256, 1000, RECORD_BYTES_MAX - 1, RECORD_BYTES_MAX].map((length, i) =>
  Uint8Array.from({ length }, (_, j) => (i * 31 + j) & 0xff),
);

describe.each(Object.entries(subjects))("%s", (_, make) => {
  test("is empty at first", () => {
    const { storage } = make();
    expect([...storage.load()]).toEqual([]);
  });

  test("[SYS-5] gives back what was appended, in order, in later processes too", () => {
    const { storage, reopen } = make();
    expect([...storage.load()]).toEqual([]);
    storage.append(records.slice(0, 1));
    storage.append(records.slice(1, 6));
    storage.append(records.slice(6));
    storage.close();
    if (reopen === undefined) return;
    let expected = records;
    for (let i = 0; i < 3; i++) {
      const again = reopen();
      expect([...again.load()]).toEqual(expected);
      again.append([records[i]!]);
      again.close();
      expected = [...expected, records[i]!];
    }
  });

  test("takes nothing at all as a batch", () => {
    const { storage, reopen } = make();
    expect([...storage.load()]).toEqual([]);
    storage.append([]);
    storage.append([records[3]!]);
    storage.append([]);
    storage.close();
    if (reopen !== undefined) expect([...reopen().load()]).toEqual([records[3]]);
  });

  test("keeps equal records apart", () => {
    const { storage, reopen } = make();
    expect([...storage.load()]).toEqual([]);
    storage.append([records[4]!, records[4]!]);
    storage.append([records[4]!]);
    storage.close();
    if (reopen !== undefined) expect([...reopen().load()]).toEqual([records[4], records[4], records[4]]);
  });

  test.each([
    ["an empty record", new Uint8Array()],
    ["a record over the limit", new Uint8Array(RECORD_BYTES_MAX + 1)],
  ])("refuses %s and keeps nothing of its batch", (_, bad) => {
    const { storage, reopen } = make();
    expect([...storage.load()]).toEqual([]);
    expect(() => storage.append([records[0]!, bad])).toThrow(BugError);
    expect(() => storage.append([bad, records[0]!])).toThrow(BugError);
    storage.append([records[1]!]);
    storage.close();
    if (reopen !== undefined) expect([...reopen().load()]).toEqual([records[1]]);
  });

  test("neither aliases what it is given nor what it gives", () => {
    const { storage, reopen } = make();
    expect([...storage.load()]).toEqual([]);
    const mine = records[5]!.slice();
    storage.append([mine]);
    mine.fill(0);
    const read = (): Storage => {
      if (reopen === undefined) return storage;
      storage.close();
      return reopen();
    };
    const [theirs] = [...read().load()];
    expect(theirs).toEqual(records[5]);
    theirs!.fill(0);
    if (reopen === undefined) expect([...storage.load()]).toEqual([records[5]]);
  });

  test("is loaded before it is appended to", () => {
    const { storage } = make();
    expect(() => storage.append([records[0]!])).toThrow(BugError);
  });

  test("takes no more once closed, and can be closed twice", () => {
    const { storage } = make();
    expect([...storage.load()]).toEqual([]);
    storage.close();
    storage.close();
    expect(() => storage.append([records[0]!])).toThrow(StoreError);
  });
});
