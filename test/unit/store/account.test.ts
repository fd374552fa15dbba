import { describe, expect, test } from "vitest";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import type { StoreNote } from "../../../src/store/account.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { errorOf } from "../../support/store-error.ts";

const ids = [9, 3, 200].map((n) => idFromBytes<TeamId>(new Uint8Array(32).fill(n)));
const [a, b, c] = ids as [TeamId, TeamId, TeamId];
const records = [Uint8Array.of(1), Uint8Array.of(2, 2)];

function openWork(files: FaultyFiles, path = "/w"): { work: WorkDirectory; notes: StoreNote[] } {
  const notes: StoreNote[] = [];
  return { work: WorkDirectory.open(files, path, (note) => notes.push(note)), notes };
}

describe("opening", () => {
  test("[SYS-3] makes what is missing, private and durable, and nothing else", () => {
    const files = new FaultyFiles();
    openWork(files, "/var/lib/w/");
    expect(files.trace).toEqual([
      "makeDirectory /var",
      "syncDirectory /",
      "makeDirectory /var/lib",
      "syncDirectory /var",
      "makeDirectory /var/lib/w",
      "syncDirectory /var/lib",
      "makeDirectory /var/lib/w/keystore",
      "syncDirectory /var/lib/w",
      "makeDirectory /var/lib/w/teams",
      "syncDirectory /var/lib/w",
    ]);
    for (const path of ["/var/lib/w", "/var/lib/w/keystore", "/var/lib/w/teams"]) {
      expect(files.status(path)).toMatchObject({ type: "directory", mode: 0o700 });
    }
    files.trace.length = 0;
    openWork(files, "/var/lib/w");
    expect(files.trace).toEqual([]);
  });

  test("refuses what is no directory, naming it and the remedy", () => {
    for (const path of ["/w", "/w/keystore", "/w/teams"]) {
      const files = new FaultyFiles();
      if (path !== "/w") files.makeDirectory("/w");
      files.put(path, Uint8Array.of(1));
      const error = errorOf(() => openWork(files));
      expect(error.code).toBe("not-a-directory");
      expect(error.message).toBe(
        `cannot list ${path}: ENOTDIR; move away what is in the way or choose another path`,
      );
    }
  });

  test("refuses what cannot be written to, naming it and the remedy", () => {
    for (const path of ["/w", "/w/keystore", "/w/teams"]) {
      const files = new FaultyFiles();
      openWork(files);
      files.alter(path, { mode: 0o500 });
      const error = errorOf(() => openWork(files));
      expect(error.code).toBe("permission-denied");
      expect(error.message).toContain(
        `cannot write in ${path}: EACCES; give the user the daemon runs as access`,
      );
    }
    const readOnly = new FaultyFiles();
    readOnly.fault = { at: 0, kind: "EROFS" };
    expect(errorOf(() => openWork(readOnly))).toMatchObject({
      code: "read-only",
      message: expect.stringMatching(/^cannot make \/w: EROFS; mount the file system writable/) as string,
    });
  });

  test("removes what a crash left and says so, and leaves what is not ours", () => {
    const files = new FaultyFiles();
    const { work } = openWork(files);
    work.createLog(a, records).close();
    const leave = (path: string): void => files.put(path, Uint8Array.of(1));
    leave("/w/keystore/device.keys.new");
    leave(`/w/teams/${a}/log.new`);
    for (const name of [`new-${b}`, `removed-${c}`, "new-thing"]) {
      files.makeDirectory(`/w/teams/${name}`);
      leave(`/w/teams/${name}/log`);
    }
    files.makeDirectory(`/w/teams/removed-${b}`);
    files.makeDirectory(`/w/teams/removed-${b}/deeper`);
    files.putSpecial(`/w/teams/removed-${a}`, "symlink");
    leave("/w/notes.txt");
    leave("/w/teams/new-file");
    const again = openWork(files);
    expect(again.notes.map((n) => `${n.kind} ${n.path}`).sort()).toEqual(
      [
        "cleaned /w/keystore/device.keys.new",
        `cleaned /w/teams/${a}/log.new`,
        `cleaned /w/teams/new-${b}`,
        `cleaned /w/teams/removed-${c}`,
        `not-cleaned /w/teams/removed-${b}`,
      ].sort(),
    );
    expect([...files.snapshot().keys()].sort()).toEqual(
      [
        "/w/",
        "/w/keystore/",
        "/w/notes.txt",
        "/w/teams/",
        `/w/teams/${a}/`,
        `/w/teams/${a}/log`,
        "/w/teams/new-file",
        "/w/teams/new-thing/",
        "/w/teams/new-thing/log",
        `/w/teams/removed-${a}`,
        `/w/teams/removed-${b}/`,
        `/w/teams/removed-${b}/deeper/`,
      ].sort(),
    );
    expect([...again.work.openLog(a).load()]).toEqual(records);
  });
});

describe("teams", () => {
  test("are listed in the order of their ids; names that are none are ignored and reported", () => {
    const files = new FaultyFiles();
    const { work, notes } = openWork(files);
    for (const id of ids) work.createLog(id).close();
    const odd = ["lost+found", "..log", a.slice(1), `${a}1`, `0${a.slice(1)}`, "team é"];
    for (const name of odd) files.makeDirectory(`/w/teams/${name}`);
    const elsewhere = idFromBytes<TeamId>(new Uint8Array(32).fill(1));
    files.putSpecial(`/w/teams/${elsewhere}`, "symlink");
    const file = idFromBytes<TeamId>(new Uint8Array(32).fill(2));
    files.put(`/w/teams/${file}`, Uint8Array.of());
    expect(work.teams()).toEqual([...ids].sort());
    expect(new Set(notes.map((n) => n.path))).toEqual(
      new Set([...odd, elsewhere, file].map((name) => `/w/teams/${name}`)),
    );
    expect(notes.every((n) => n.kind === "ignored")).toBe(true);
  });

  test("[CLI-4] are made with their first records, kept apart, and opened again", () => {
    const files = new FaultyFiles();
    const { work } = openWork(files);
    const log = work.createLog(a, records);
    expect([...log.load()]).toEqual(records);
    log.append(records);
    log.close();
    work.createLog(b).close();
    const later = openWork(files).work;
    expect(later.teams()).toEqual([a, b].sort());
    expect([...later.openLog(a).load()]).toEqual([...records, ...records]);
    expect([...later.openLog(b).load()]).toEqual([]);
    expect(errorOf(() => later.createLog(a)).code).toBe("exists");
    expect(errorOf(() => later.openLog(c)).code).toBe("not-found");
  });

  test("a log that is gone is an error, not a new team", () => {
    const files = new FaultyFiles();
    const { work } = openWork(files);
    work.createLog(a, records).close();
    files.unlink(`/w/teams/${a}/log`);
    const again = openWork(files).work;
    expect(again.teams()).toEqual([a]);
    expect(errorOf(() => again.openLog(a)).code).toBe("not-found");
    expect(again.removeTeam(a)).toBe(true);
    again.createLog(a).close();
  });

  test("the log of one team under the name of another is refused", () => {
    const files = new FaultyFiles();
    const { work } = openWork(files);
    work.createLog(a, records).close();
    files.rename(`/w/teams/${a}`, `/w/teams/${b}`);
    expect(errorOf(() => work.openLog(b)).code).toBe("wrong-team");
  });

  test("[CLI-4] are removed with all that belongs to them: first the name, durably, then the rest", () => {
    const files = new FaultyFiles();
    const { work, notes } = openWork(files);
    work.createLog(a, records).close();
    files.put(`/w/teams/${a}/log.damaged-1`, Uint8Array.of(1));
    files.trace.length = 0;
    expect(work.removeTeam(a)).toBe(true);
    expect(files.trace).toEqual([
      `rename /w/teams/${a}`,
      "syncDirectory /w/teams",
      `unlink /w/teams/removed-${a}/log`,
      `unlink /w/teams/removed-${a}/log.damaged-1`,
      `removeDirectory /w/teams/removed-${a}`,
    ]);
    expect(notes).toEqual([]);
    expect(work.teams()).toEqual([]);
    expect(work.removeTeam(a)).toBe(false);
    expect(work.removeTeam(b)).toBe(false);
  });

  test("a removal that failed half way is taken up again", () => {
    for (let at = 0; at < 4; at++) {
      const files = new FaultyFiles();
      const { work } = openWork(files);
      work.createLog(a, records).close();
      files.fault = { at: files.trace.length + at, kind: "EIO" };
      if (at < 2) {
        expect(errorOf(() => work.removeTeam(a)).code).toBe("io-failed");
        expect(work.removeTeam(a)).toBe(true);
      } else {
        expect(work.removeTeam(a)).toBe(true);
      }
      work.createLog(a).close();
      expect(openWork(files).work.teams()).toEqual([a]);
      expect(work.removeTeam(a)).toBe(true);
      expect(files.list("/w/teams")).toEqual([]);
    }
  });
});
