/**
 * A whole life of a work directory, cut off at every call that changes something, many times each with another part of
 * the volatile state lost; and the same life with calls failing. What was acknowledged must be there afterwards.
 */
import { describe, expect, test } from "vitest";
import { StoreError } from "../../../src/base/errors.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { AppendLog } from "../../../src/store/append-log.ts";
import { Crash, FaultyFiles, seeded } from "../../support/faulty-files.ts";
import type { Fault } from "../../support/faulty-files.ts";

const WORK = "/var/work";
const teamIds = [1, 2].map((n) => idFromBytes<TeamId>(new Uint8Array(32).fill(n)));
const secrets = {
  identitySecret: new Uint8Array(32).fill(0xa1),
  signingSecret: new Uint8Array(32).fill(0xb2),
  encryptionSecret: new Uint8Array(32).fill(0xc3),
};

/** Sizes around the model's sectors; no two alike. */
function batch(n: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    Uint8Array.from({ length: 3 + ((n * 29 + i * 17) % 60) }, (_, j) => (n * 16 + i * 5 + j) & 0xff),
  );
}

/** What callers were told, and what they were waiting for when the power went. */
interface Told {
  keys: "none" | "asked" | "made";
  teams: Map<
    TeamId,
    { acknowledged: Uint8Array[]; asked: Uint8Array[]; beganEmpty: boolean; being?: "made" | "removed" }
  >;
}

/** Every step may fail with a `StoreError`, after which life goes on; a `Crash` ends it. */
function live(files: FaultyFiles, told: Told): void {
  const attempt = (step: () => void): boolean => {
    try {
      step();
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  };
  let work: WorkDirectory | undefined;
  attempt(() => (work = WorkDirectory.open(files, WORK)));
  if (work === undefined) return;
  const { keystore } = work;
  told.keys = "asked";
  told.keys = attempt(() => keystore.create(secrets)) ? "made" : "none";

  const logs = new Map<TeamId, AppendLog>();
  const create = (id: TeamId, records: Uint8Array[]): void => {
    if (told.teams.has(id)) return;
    const beganEmpty = records.length === 0;
    told.teams.set(id, { acknowledged: [], asked: records, beganEmpty, being: "made" });
    attempt(() => {
      const log = work!.createLog(id, records);
      logs.set(id, log);
      told.teams.set(id, { acknowledged: records, asked: [], beganEmpty });
      expect([...log.load()]).toEqual(records);
    });
  };
  const append = (id: TeamId, records: Uint8Array[]): void => {
    const team = told.teams.get(id);
    const log = logs.get(id);
    if (team === undefined || log === undefined) return;
    team.asked = records;
    if (attempt(() => log.append(records))) team.acknowledged = [...team.acknowledged, ...records];
    // A log that could not be cut back takes nothing more; what it failed on may or may not be there.
    else if (!attempt(() => log.append([]))) {
      log.close();
      logs.delete(id);
      return;
    }
    team.asked = [];
  };
  const remove = (id: TeamId): void => {
    const team = told.teams.get(id);
    if (team === undefined) return;
    logs.get(id)?.close();
    logs.delete(id);
    team.being = "removed";
    if (attempt(() => void work!.removeTeam(id))) told.teams.delete(id);
  };

  create(teamIds[0]!, batch(1, 1));
  append(teamIds[0]!, batch(2, 1));
  create(teamIds[1]!, []);
  append(teamIds[0]!, batch(3, 4));
  append(teamIds[1]!, batch(4, 2));
  append(teamIds[0]!, batch(5, 1));
  remove(teamIds[1]!);
  append(teamIds[0]!, batch(6, 7));
  create(teamIds[1]!, batch(7, 2));
  append(teamIds[1]!, batch(8, 1));
  append(teamIds[0]!, batch(9, 1));
  for (const log of logs.values()) attempt(() => log.close());
}

const nothingTold = (): Told => ({ keys: "none", teams: new Map() });

/** Starts again and compares. Throws where something acknowledged is missing or something else is there. */
function checkLife(files: FaultyFiles, told: Told): void {
  const work = WorkDirectory.open(files, WORK);
  const keys = work.keystore.open();
  if (told.keys === "made") expect(keys).toEqual(secrets);
  if (told.keys === "none") expect(keys).toBeUndefined();
  if (keys !== undefined) expect(keys).toEqual(secrets);

  const found = work.teams();
  for (const [id, team] of told.teams) {
    if (team.being === undefined) expect(found).toContain(id);
  }
  for (const id of found) {
    const team = told.teams.get(id);
    expect(team).toBeDefined();
    const { acknowledged, asked } = team!;
    const all = [...acknowledged, ...asked];
    const log = work.openLog(id);
    const records = [...log.load()];
    expect(records.length).toBeGreaterThanOrEqual(
      team!.being === "made" ? asked.length : acknowledged.length,
    );
    expect(records).toEqual(all.slice(0, records.length));
    // Only a batch of several can look damaged, and then the file is kept.
    if (team!.beganEmpty) expect(log.incomplete).toBe(true);
    else if (asked.length < 2) expect(log.incomplete).toBe(false);
    const damage = log.report.damage;
    if (damage !== undefined) expect(files.status(damage.keptAs)).toBeDefined();
    log.append(batch(15, 1));
    log.close();

    const again = work.openLog(id);
    const writes = files.trace.length;
    expect([...again.load()]).toEqual([...records, ...batch(15, 1)]);
    again.close();
    expect(files.trace.slice(writes).filter((call) => !call.startsWith("dataSync"))).toEqual([]);
  }
  const writes = files.trace.length;
  expect(WorkDirectory.open(files, WORK).teams()).toEqual(found);
  expect(files.trace.length).toBe(writes);
  expect(files.openHandles).toBe(0);
}

/** Undefined once the fault lies behind the end. */
function lifeWith(fault: Fault): { files: FaultyFiles; told: Told } | undefined {
  const files = new FaultyFiles();
  const told = nothingTold();
  files.fault = fault;
  try {
    live(files, told);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return { files, told };
  }
  return files.trace.length > fault.at ? { files, told } : undefined;
}

const callsInALife = (() => {
  const files = new FaultyFiles();
  live(files, nothingTold());
  return files.trace.length;
})();

function crashEverywhere(seeds: number, skips?: FaultyFiles["skips"]): void {
  for (let at = 0; at < callsInALife; at++) {
    for (let seed = 0; seed < seeds; seed++) {
      const files = new FaultyFiles();
      const told = nothingTold();
      files.skips = skips;
      files.fault = { at, kind: "crash" };
      expect(() => live(files, told)).toThrow(Crash);
      checkLife(files.afterCrash(seeded(at * 1000 + seed)), told);
    }
  }
}

describe("power cuts", () => {
  test("a life without any", () => {
    const files = new FaultyFiles();
    const told = nothingTold();
    live(files, told);
    expect(told.keys).toBe("made");
    expect([...told.teams.values()].map((t) => t.acknowledged.length)).toEqual([15, 3]);
    expect(callsInALife).toBeGreaterThan(50);
    checkLife(files, told);
  });

  test("[SYS-5] what was acknowledged is there after a crash at any call", () => {
    crashEverywhere(30);
  });

  test("a crash after the last call loses nothing at all", () => {
    for (let seed = 0; seed < 50; seed++) {
      const files = new FaultyFiles();
      const told = nothingTold();
      live(files, told);
      checkLife(files.afterCrash(seeded(seed)), told);
    }
  });

  test("a second crash at any call of the start after the first", () => {
    for (let at = 0; at < callsInALife; at++) {
      for (let seed = 0; seed < 2; seed++) {
        const random = seeded(at * 100 + seed);
        const told = nothingTold();
        const files = new FaultyFiles();
        files.fault = { at, kind: "crash" };
        expect(() => live(files, told)).toThrow(Crash);
        for (let second = 0; ; second++) {
          const restarted = files.afterCrash(seeded(at * 100 + seed));
          restarted.fault = { at: second, kind: "crash" };
          try {
            const work = WorkDirectory.open(restarted, WORK);
            for (const id of work.teams())
              expect([...work.openLog(id).load()].length).toBeGreaterThanOrEqual(0);
            break;
          } catch (error) {
            if (!(error instanceof Crash)) throw error;
          }
          checkLife(restarted.afterCrash(random), told);
        }
      }
    }
  });

  test.each(["sync", "dataSync", "syncDirectory"] as const)("the check notices a forgotten %s", (skips) => {
    expect(() => crashEverywhere(30, skips)).toThrow();
  });
});

describe("power cuts while a damaged log is put aside", () => {
  const image = (() => {
    const files = new FaultyFiles();
    const log = AppendLog.create(files, "/team", teamIds[0]!, batch(1, 9));
    log.close();
    const bytes = files.contents("/team/log");
    bytes[bytes.length - 100]! ^= 1;
    return bytes;
  })();

  test("at any call, the whole records and the old file survive, and the log stays incomplete", () => {
    for (let at = 0, isOver = false; !isOver; at++) {
      for (let seed = 0; seed < 60; seed++) {
        const files = new FaultyFiles();
        files.makeDirectory("/team");
        files.syncDirectory("/");
        files.put("/team/log", image);
        files.fault = { at: files.trace.length + at, kind: "crash" };
        const start = (on: FaultyFiles): AppendLog => {
          const log = AppendLog.open(on, "/team", teamIds[0]!);
          expect([...log.load()]).toEqual(batch(1, 9).slice(0, 6));
          return log;
        };
        try {
          start(files);
          isOver = true;
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
        }
        const next = files.afterCrash(seeded(seed));
        expect(start(next).incomplete).toBe(true);
        const aside = next.list("/team").filter((name) => name.startsWith("log.damaged-"));
        expect(aside).toHaveLength(1);
        expect(next.contents(`/team/${aside[0]!}`)).toEqual(image);
        expect(next.list("/team")).not.toContain("log.new");
      }
    }
  });

  test("after its last step failed, what the next process appends stays all the same", () => {
    for (let seed = 0; seed < 60; seed++) {
      const files = new FaultyFiles();
      files.makeDirectory("/team");
      files.syncDirectory("/");
      files.put("/team/log", image);
      files.trace.length = 0;
      files.fault = { at: 12, kind: "EIO" };
      const failed = AppendLog.open(files, "/team", teamIds[0]!);
      expect(() => [...failed.load()]).toThrow(StoreError);
      expect(files.trace.slice(-2)).toEqual(["rename /team/log.new", "syncDirectory /team"]);
      const log = AppendLog.open(files, "/team", teamIds[0]!);
      expect([...log.load()]).toHaveLength(6);
      log.append(batch(2, 2));
      const again = AppendLog.open(files.afterCrash(seeded(seed)), "/team", teamIds[0]!);
      expect([...again.load()]).toEqual([...batch(1, 9).slice(0, 6), ...batch(2, 2)]);
    }
  });

  test("once it is done, what is appended to the new log stays", () => {
    for (let seed = 0; seed < 60; seed++) {
      const files = new FaultyFiles();
      files.makeDirectory("/team");
      files.syncDirectory("/");
      files.put("/team/log", image);
      const log = AppendLog.open(files, "/team", teamIds[0]!);
      expect([...log.load()]).toHaveLength(6);
      log.append(batch(2, 2));
      const again = AppendLog.open(files.afterCrash(seeded(seed)), "/team", teamIds[0]!);
      expect([...again.load()]).toEqual([...batch(1, 9).slice(0, 6), ...batch(2, 2)]);
      expect(again.incomplete).toBe(true);
    }
  });
});

describe("failing calls", () => {
  const kinds: Omit<Fault, "at">[] = [
    { kind: "EIO" },
    { kind: "ENOSPC" },
    { kind: "EIO", times: 2 },
    { kind: "EIO", times: 4 },
    { kind: "EIO", times: Infinity },
    { kind: "ENOSPC", times: Infinity, calls: ["write", "create", "makeDirectory"] },
    { kind: "EIO", times: Infinity, calls: ["sync", "dataSync", "syncDirectory"] },
    { kind: "EIO", times: Infinity, calls: ["rename"] },
    { kind: "EIO", times: Infinity, calls: ["truncate", "dataSync"] },
  ];

  test.each(kinds)("%o at any call: what was acknowledged, no more, is there afterwards", (fault) => {
    for (let at = 0; at < callsInALife; at++) {
      const life = lifeWith({ ...fault, at });
      if (life === undefined) continue;
      const { files, told } = life;
      // Keys and teams that failed half way may be there or not once no call could clean up after them.
      if (told.keys === "none") told.keys = "asked";
      const afterwards = files.afterCrash(seeded(at));
      files.fault = undefined;
      checkLife(files, told);
      checkLife(afterwards, told);
    }
  });

  test("a power cut while calls fail", () => {
    for (let at = 0; at < callsInALife; at++) {
      for (let seed = 0; seed < 20; seed++) {
        const { files, told } = lifeWith({ kind: "EIO", at, times: 1 + (seed % 4) })!;
        if (told.keys === "none") told.keys = "asked";
        checkLife(files.afterCrash(seeded(seed * 1000 + at)), told);
      }
    }
  });

  // The call that fails is the sync of `teams`, after the rename: counted from the first call of each.
  test.each([
    ["made", 7],
    ["removed", 1],
  ] as const)("a power cut after a team could not be %s: it is whole or not there", (what, failing) => {
    const id = teamIds[0]!;
    for (let seed = 0; seed < 600; seed++) {
      const files = new FaultyFiles();
      const work = WorkDirectory.open(files, WORK);
      const make = (): void => work.createLog(id, batch(1, 3)).close();
      if (what === "removed") make();
      const at = files.trace.length + failing;
      files.fault = { at, times: 1 + (seed % 3), kind: "EIO" };
      expect(what === "made" ? make : () => work.removeTeam(id)).toThrow(StoreError);
      expect(files.trace[at]).toBe(`syncDirectory ${WORK}/teams`);
      // The next process starts without a power cut, on a disk that may still fail.
      files.fault = { at: 0, times: seed % 2 === 0 ? 0 : Infinity, kind: "EIO", calls: ["syncDirectory"] };
      WorkDirectory.open(files, WORK);
      const next = WorkDirectory.open(files.afterCrash(seeded(seed)), WORK);
      for (const found of next.teams()) expect([...next.openLog(found).load()]).toEqual(batch(1, 3));
    }
  });
});
