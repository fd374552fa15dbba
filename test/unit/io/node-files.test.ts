import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StoreError } from "../../../src/base/errors.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { systemClock } from "../../../src/io/clock.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import { NodeFiles } from "../../../src/io/node-files.ts";
import { WorkDirectory } from "../../../src/store/account.ts";

const files = new NodeFiles();
let folder = "";
const at = (...names: string[]): string => join(folder, ...names);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aranya-edge-files-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const errno = (code: string): unknown => expect.objectContaining({ code });

describe("NodeFiles", () => {
  test("counts bytes that were written, and every fsync and fdatasync", () => {
    const counted = new NodeFiles();
    const file = counted.open(at("counted"), "create");
    expect(file.write(new Uint8Array(100), 0)).toBe(100);
    expect(file.write(new Uint8Array(23), 100)).toBe(23);
    expect(counted.counts).toEqual({ writtenBytes: 123, syncs: 0 });
    file.sync();
    file.dataSync();
    counted.syncDirectory(folder);
    file.read(new Uint8Array(10), 0);
    file.close();
    expect(counted.counts).toEqual({ writtenBytes: 123, syncs: 3 });
  });

  test("creates private files, and never over another", () => {
    const old = process.umask(0);
    try {
      files.open(at("a"), "create").close();
      files.makeDirectory(at("d"));
    } finally {
      process.umask(old);
    }
    expect(files.status(at("a"))).toEqual({ type: "file", mode: 0o600, uid: files.userId(), size: 0 });
    expect(files.status(at("d"))).toMatchObject({ type: "directory", mode: 0o700, uid: files.userId() });
    expect(() => files.open(at("a"), "create")).toThrow(errno("EEXIST"));
    expect(() => files.makeDirectory(at("d"))).toThrow(errno("EEXIST"));
    expect(() => files.open(at("missing"), "read")).toThrow(errno("ENOENT"));
    expect(() => files.open(at("missing"), "readWrite")).toThrow(errno("ENOENT"));
  });

  test("reads, writes and cuts at positions", () => {
    const file = files.open(at("a"), "create");
    expect(file.write(Uint8Array.of(1, 2, 3, 4), 0)).toBe(4);
    expect(file.write(Uint8Array.of(9, 9), 6)).toBe(2);
    expect(file.size()).toBe(8);
    const into = new Uint8Array(4);
    expect(file.read(into, 3)).toBe(4);
    expect(into).toEqual(Uint8Array.of(4, 0, 0, 9));
    expect(file.read(into, 7)).toBe(1);
    expect(file.read(into, 8)).toBe(0);
    file.dataSync();
    file.truncate(2);
    file.sync();
    file.close();
    expect([...readFileSync(at("a"))]).toEqual([1, 2]);
    const again = files.open(at("a"), "readWrite");
    again.write(Uint8Array.of(7), 1);
    again.close();
    expect([...readFileSync(at("a"))]).toEqual([1, 7]);
    const reader = files.open(at("a"), "read");
    expect(() => reader.write(Uint8Array.of(7), 1)).toThrow(errno("EBADF"));
    reader.close();
  });

  test("takes views of larger buffers for what they are", () => {
    const file = files.open(at("a"), "create");
    const large = Uint8Array.from({ length: 100 }, (_, i) => i);
    expect(file.write(large.subarray(10, 13), 0)).toBe(3);
    const into = new Uint8Array(100);
    expect(file.read(into.subarray(50, 52), 1)).toBe(2);
    expect([...into.subarray(49, 53)]).toEqual([0, 11, 12, 0]);
    file.close();
  });

  test("follows no symbolic link to a file", () => {
    writeFileSync(at("a"), "x");
    symlinkSync(at("a"), at("link"));
    symlinkSync(at("nowhere"), at("dangling"));
    for (const mode of ["read", "readWrite"] as const) {
      expect(() => files.open(at("link"), mode)).toThrow(errno("ELOOP"));
    }
    expect(() => files.open(at("dangling"), "create")).toThrow(errno("EEXIST"));
    expect(files.status(at("link"))?.type).toBe("symlink");
    expect(files.status(at("dangling"))?.type).toBe("symlink");
  });

  test("waits for nobody where a pipe was put in a file's place", () => {
    execFileSync("mkfifo", [at("pipe")]);
    const pipe = files.open(at("pipe"), "read");
    expect(() => pipe.read(new Uint8Array(1), 0)).toThrow(errno("ESPIPE"));
    pipe.close();
  });

  test("lists, renames and removes", () => {
    files.makeDirectory(at("d"));
    files.open(at("d", "a"), "create").close();
    files.rename(at("d", "a"), at("d", "b"));
    files.syncDirectory(at("d"));
    expect(files.list(at("d"))).toEqual(["b"]);
    expect(() => files.removeDirectory(at("d"))).toThrow(errno("ENOTEMPTY"));
    files.unlink(at("d", "b"));
    files.removeDirectory(at("d"));
    expect(files.status(at("d"))).toBeUndefined();
    expect(() => files.list(at("d"))).toThrow(errno("ENOENT"));
    expect(() => files.syncDirectory(at("d"))).toThrow(errno("ENOENT"));
    writeFileSync(at("f"), "");
    expect(() => files.syncDirectory(at("f"))).toThrow(errno("ENOTDIR"));
    expect(() => files.list(at("f"))).toThrow(errno("ENOTDIR"));
  });

  test("says what is neither file, directory nor link", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at("s"), resolve));
    expect(files.status(at("s"))?.type).toBe("other");
    await new Promise((resolve) => server.close(resolve));
  });

  test("checks a directory without writing to it", () => {
    files.makeDirectory(at("d"));
    const before = statSync(at("d")).mtimeMs;
    files.checkWritable(at("d"));
    expect(files.list(at("d"))).toEqual([]);
    expect(statSync(at("d")).mtimeMs).toBe(before);
    expect(() => files.checkWritable(at("missing"))).toThrow(errno("ENOENT"));
  });
});

describe("a work directory on a real disk", () => {
  const teamId = idFromBytes<TeamId>(new Uint8Array(32).fill(5));
  const secrets = {
    identitySecret: systemEntropy.bytes(32),
    signingSecret: systemEntropy.bytes(32),
    encryptionSecret: systemEntropy.bytes(32),
  };

  test("[CLI-1] [SYS-5] keeps keys and teams from one process to the next", () => {
    const work = WorkDirectory.open(files, at("deep", "work"));
    expect(work.keystore.open()).toBeUndefined();
    work.keystore.create(secrets);
    const log = work.createLog(teamId, [Uint8Array.of(1)]);
    expect([...log.load()]).toEqual([Uint8Array.of(1)]);
    log.append([Uint8Array.of(2), Uint8Array.of(3)]);
    log.close();
    const modes = [
      "",
      "keystore",
      "keystore/device.keys",
      "teams",
      `teams/${teamId}`,
      `teams/${teamId}/log`,
    ].map((name) => statSync(at("deep", "work", name)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o700, 0o700, 0o600]);

    const next = WorkDirectory.open(files, at("deep", "work"));
    expect(next.keystore.open()).toEqual(secrets);
    expect(next.teams()).toEqual([teamId]);
    const again = next.openLog(teamId);
    expect([...again.load()]).toEqual([1, 2, 3].map((n) => Uint8Array.of(n)));
    again.close();
    expect(next.removeTeam(teamId)).toBe(true);
    expect(files.list(at("deep", "work", "teams"))).toEqual([]);
  });

  test("may be reached through a symbolic link, its keys may not", () => {
    files.makeDirectory(at("real"));
    symlinkSync(at("real"), at("work"));
    const work = WorkDirectory.open(files, at("work"));
    work.keystore.create(secrets);
    expect(WorkDirectory.open(files, at("real")).keystore.open()).toEqual(secrets);
    files.rename(at("real", "keystore", "device.keys"), at("elsewhere"));
    symlinkSync(at("elsewhere"), at("real", "keystore", "device.keys"));
    expect(() => work.keystore.open()).toThrow(
      expect.objectContaining({ code: "keystore-not-regular" }) as Error,
    );
  });

  test("[SEC-9] refuses keys that others may read", () => {
    const work = WorkDirectory.open(files, at("work"));
    work.keystore.create(secrets);
    chmodSync(at("work", "keystore", "device.keys"), 0o640);
    expect(() => work.keystore.open()).toThrow(/device\.keys has mode 0640.*chmod 0600/);
    chmodSync(at("work", "keystore", "device.keys"), 0o600);
    chmodSync(at("work", "keystore"), 0o755);
    expect(() => work.keystore.open()).toThrow(/keystore has mode 0755.*chmod 0700/);
    chmodSync(at("work", "keystore"), 0o700);
    expect(work.keystore.open()).toEqual(secrets);
  });

  test("puts a damaged log aside, the very same file", () => {
    const work = WorkDirectory.open(files, at("work"));
    work
      .createLog(
        teamId,
        [1, 2, 3].map((n) => new Uint8Array(50).fill(n)),
      )
      .close();
    const path = at("work", "teams", teamId, "log");
    const bytes = readFileSync(path);
    bytes[48 + 58 + 20]! ^= 1;
    writeFileSync(path, bytes);
    linkSync(path, at("witness"));
    const log = work.openLog(teamId);
    expect([...log.load()]).toEqual([new Uint8Array(50).fill(1)]);
    expect(log.report.damage).toEqual({ keptAs: `${path}.damaged-1`, offset: 48 + 58, bytes: 2 * 58 });
    log.append([Uint8Array.of(4)]);
    log.close();
    expect(statSync(`${path}.damaged-1`).ino).toBe(statSync(at("witness")).ino);
    expect(readFileSync(`${path}.damaged-1`)).toEqual(bytes);
    expect(readFileSync(path).subarray(0, 48 + 58)).toEqual(bytes.subarray(0, 48 + 58));
  });

  test("a file where the directory should be is an error that names it", () => {
    writeFileSync(at("work"), "");
    expect(() => WorkDirectory.open(files, at("work"))).toThrow(StoreError);
    expect(() => WorkDirectory.open(files, at("work"))).toThrow(`cannot list ${at("work")}: ENOTDIR`);
    expect(() => WorkDirectory.open(files, at("work", "below"))).toThrow(/ENOTDIR/);
  });
});

test("entropy: as many bytes as asked for, other ones each time, in plain arrays", () => {
  for (const length of [0, 1, 16, 32, 100_000]) expect(systemEntropy.bytes(length)).toHaveLength(length);
  const [a, b] = [systemEntropy.bytes(32), systemEntropy.bytes(32)];
  expect(a).not.toEqual(b);
  expect(Object.getPrototypeOf(a)).toBe(Uint8Array.prototype);
  expect(a.buffer.byteLength).toBe(32);
});

test("clock: never backwards, and not the calendar", () => {
  let last = systemClock.now();
  for (let i = 0; i < 1000; i++) {
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
  expect(last).toBeLessThan(Date.UTC(2000, 0));
});
