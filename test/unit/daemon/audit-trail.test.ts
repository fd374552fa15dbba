/** What becomes of lines: waiting, on disk, refused by it, for journald alone, off. */
import { expect, test, vi } from "vitest";
import { decodeLine } from "../../../src/audit/line.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";
import { AuditTrail } from "../../../src/daemon/audit-trail.ts";
import type { SealingKeys } from "../../../src/audit/seal.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { device, DIRECTORY, entry, suite, text, verifyDisk } from "../audit/support.ts";

interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function trailOn(disk: FaultyFiles, keys: SealingKeys | undefined = device) {
  const logged: Logged[] = [];
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void logged.push({ level, message, fields: fields as Logged["fields"] });
  let now = 1000;
  const trail = new AuditTrail({
    files: disk,
    directory: DIRECTORY,
    suite,
    clock: { now: () => instant(now) },
    log: {
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: write("debug"),
      record: write("record"),
      setLevel: () => undefined,
    },
    keys: () => keys,
    wallClock: () => -5,
  });
  const pass = (ms: number): void => void (now += ms);
  return { trail, logged, pass };
}

const acts = (disk: FaultyFiles): string[] =>
  text(disk)
    .trimEnd()
    .split("\n")
    .map((line) => decodeLine(Buffer.from(line, "latin1")).act);

test("nothing is written until somebody has said whether this device writes flash; then all of it, sealed", () => {
  const disk = new FaultyFiles();
  const { trail, logged } = trailOn(disk);
  trail.record(entry(1));
  expect(disk.trace).toEqual([]);
  expect(trail.status).toEqual({ state: "waiting", seq: 0, lost: 0 });
  trail.use({});
  expect(acts(disk)).toEqual(["audit.file", "audit.seal", "call.createLabel", "audit.seal"]);
  const { seq, head } = trail.status;
  expect(logged.at(-1)).toEqual({ level: "record", message: "audit seal", fields: { seq, head } });
  expect(verifyDisk(disk)).toMatchObject({ isSound: true, head, to: { seq: 4, at: 0 } });
});

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("opened soon: nothing is written in this turn of the loop, in the next one what waited is, sealed", async () => {
  const disk = new FaultyFiles();
  const { trail } = trailOn(disk);
  trail.record(entry(1));
  trail.useSoon({});
  await Promise.resolve();
  expect(disk.trace).toEqual([]);
  await nextTurn();
  expect(acts(disk)).toEqual(["audit.file", "audit.seal", "call.createLabel", "audit.seal"]);
  const { length } = disk.trace;
  await nextTurn();
  expect(disk.trace).toHaveLength(length);
});

test.each<[string, (trail: AuditTrail) => unknown, string[]]>([
  ["a line", (trail) => trail.record(entry(2)), ["call.createLabel"]],
  ["news", (trail) => trail.news("x", entry(2), "client"), ["call.createLabel"]],
  ["an answer that waits for its line", (trail) => trail.durable(), []],
  ["a seal", (trail) => trail.seal("keys"), []],
  ["the end", (trail) => trail.stop(), ["daemon.stop", "audit.seal"]],
  ["other settings", (trail) => trail.use({ audit: { log: "off" } }), ["audit.off", "audit.seal"]],
])("[SEC-7] opened soon, it is open before what comes first: %s", async (_, step, wanted) => {
  const disk = new FaultyFiles();
  const { trail } = trailOn(disk);
  trail.record({ who: "daemon", act: "daemon.start", outcome: "done" });
  trail.useSoon({});
  const result = step(trail);
  expect(acts(disk)).toEqual(["audit.file", "audit.seal", "daemon.start", "audit.seal", ...wanted]);
  await result;
  await nextTurn();
  trail.stop();
  expect(acts(disk).filter((act) => act === "daemon.start")).toHaveLength(1);
  expect(verifyDisk(disk)).toMatchObject({ isSound: true });
  expect(disk.openHandles).toBe(0);
});

test("opened soon by a disk that refuses: what waited and what comes is told to the daemon's log, as ever", async () => {
  const disk = new FaultyFiles();
  const { trail, logged } = trailOn(disk);
  trail.record(entry(1));
  disk.fault = { at: 0, kind: "ENOSPC", times: 1e9 };
  trail.useSoon({});
  trail.record(entry(2));
  await nextTurn();
  expect(trail.status).toMatchObject({ state: "failing", lost: 2 });
  expect(
    logged.filter(({ message }) => message === "audit line not kept").map(({ fields }) => fields),
  ).toEqual([{ audit: entry(1) }, { audit: entry(2) }]);
});

test("a daemon that cannot start leaves nothing, neither in files nor in the log", () => {
  const disk = new FaultyFiles();
  const failing = trailOn(disk);
  failing.trail.record(entry(1));
  failing.trail.stop(false);
  expect([disk.trace, failing.logged]).toEqual([[], []]);
  const { trail, logged } = trailOn(disk);
  trail.record(entry(1));
  trail.stop();
  expect(logged.map(({ message }) => message)).toContain("audit");
});

test("of what waits there is a bound, and one more is told to the log alone", () => {
  const disk = new FaultyFiles();
  const { trail, logged } = trailOn(disk);
  for (let n = 0; n <= LIMITS.auditWaitingMax; n++) trail.record(entry(n));
  expect(logged).toHaveLength(1);
  expect(logged[0]).toMatchObject({ level: "record", message: "audit line not kept" });
  trail.use({});
  expect(acts(disk).filter((act) => act === "call.createLabel")).toHaveLength(LIMITS.auditWaitingMax);
  expect(text(disk)).toContain('"act":"audit.lost","outcome":"lost","detail":{"lines":1}');
});

test("[SEC-7] graphStore memory: nothing is written to flash, each line goes to the daemon's log and verifies", () => {
  const disk = new FaultyFiles();
  const { trail, logged } = trailOn(disk);
  trail.record(entry(1));
  trail.use({ graphStore: "memory" });
  trail.record(entry(2));
  trail.stop();
  expect(disk.trace).toEqual([]);
  const lines = logged
    .filter(({ message }) => message === "audit")
    .map(({ fields }) => `${fields["audit"] as string}\n`);
  expect(lines).toHaveLength(5);
  const copied = new FaultyFiles();
  copied.makeDirectory(DIRECTORY);
  copied.put(`${DIRECTORY}/audit-1.jsonl`, Buffer.from(lines.join(""), "latin1"));
  expect(verifyDisk(copied)).toMatchObject({ isSound: true, seals: 2, unsealed: 0 });
});

test("turned off, or to memory, later: a sealed line says so, and nothing follows on the disk", () => {
  for (const config of [{ audit: { log: "off" } }, { graphStore: "memory" }] as const) {
    const disk = new FaultyFiles();
    const { trail, logged } = trailOn(disk);
    trail.use({});
    trail.record(entry(1));
    trail.use(config);
    trail.use({});
    trail.record(entry(2));
    trail.stop();
    expect(acts(disk).slice(-2)).toEqual(["audit.off", "audit.seal"]);
    expect(logged.some(({ message }) => message === "audit")).toBe("graphStore" in config);
    expect(disk.openHandles).toBe(0);
  }
  const disk = new FaultyFiles();
  const { trail, logged } = trailOn(disk);
  trail.record(entry(1));
  trail.use({ audit: { log: "off" } });
  trail.record(entry(2));
  trail.stop();
  expect([disk.trace, logged]).toEqual([[], []]);
});

test("[SEC-7] a full disk stops nothing: lines go to the daemon's log, loudly once, and the log says how many it lacks", async () => {
  const disk = new FaultyFiles();
  const { trail, logged, pass } = trailOn(disk);
  trail.use({});
  trail.record(entry(0));
  disk.fault = { at: disk.trace.length, kind: "ENOSPC", times: 1e9 };
  trail.record(entry(1));
  trail.record(entry(2));
  await trail.durable();
  expect(trail.status).toMatchObject({ state: "failing", lost: 2 });
  expect(logged.filter(({ level }) => level === "error")).toMatchObject([{ fields: { code: "disk-full" } }]);
  expect(
    logged.filter(({ message }) => message === "audit line not kept").map(({ fields }) => fields),
  ).toEqual([{ audit: entry(1) }, { audit: entry(2) }]);
  const attempts = disk.trace.length;
  trail.record(entry(3));
  expect(disk.trace).toHaveLength(attempts);
  pass(10_000);
  trail.record(entry(4));
  expect(disk.trace.length).toBeGreaterThan(attempts);
  expect(logged.filter(({ level }) => level === "error")).toHaveLength(1);
  disk.fault = undefined;
  pass(10_000);
  trail.record(entry(5));
  trail.stop();
  // Of line 1 a part was written that could not be cut off.
  expect(acts(disk).slice(-5)).toEqual([
    "audit.torn",
    "audit.lost",
    "call.createLabel",
    "daemon.stop",
    "audit.seal",
  ]);
  expect(text(disk)).toContain('"detail":{"lines":4}');
  expect(verifyDisk(disk)).toMatchObject({ isSound: true });
  expect(disk.openHandles).toBe(0);
});

test("a disk that was never to be had is tried again", () => {
  const disk = new FaultyFiles();
  disk.fault = { at: 0, kind: "EROFS", times: 1e9 };
  const { trail, pass } = trailOn(disk);
  trail.record(entry(0));
  trail.use({});
  expect(trail.status.state).toBe("failing");
  disk.fault = undefined;
  pass(10_000);
  trail.record(entry(1));
  expect(trail.status).toMatchObject({ state: "disk", lost: 1 });
  expect(acts(disk)).toEqual(["audit.file", "audit.seal", "audit.lost", "call.createLabel"]);
  trail.stop();
});

test("all that is recorded in one turn of the loop is one sync", async () => {
  const disk = new FaultyFiles();
  const { trail } = trailOn(disk);
  trail.use({});
  trail.record(entry(0));
  await trail.durable();
  disk.trace.length = 0;
  const waiting = [1, 2, 3].map((n) => {
    trail.record(entry(n));
    return trail.durable();
  });
  await Promise.all(waiting);
  expect(disk.trace.map((call) => call.split(" ")[0])).toEqual(["write", "write", "write", "dataSync"]);
  trail.stop();
});

test("what is not sealed is, five seconds later, once; an idle trail writes nothing", async () => {
  vi.useFakeTimers();
  try {
    const disk = new FaultyFiles();
    const { trail, pass } = trailOn(disk);
    trail.use({});
    trail.record(entry(0));
    trail.record(entry(1));
    pass(5000);
    await vi.advanceTimersByTimeAsync(5000);
    expect(acts(disk).at(-1)).toBe("audit.seal");
    const calls = disk.trace.length;
    for (let i = 0; i < 100; i++) trail.news("peer", entry(2), "member");
    expect(disk.trace.length - calls).toBe(1);
    await vi.advanceTimersByTimeAsync(300_000);
    const idle = disk.trace.length;
    for (let i = 0; i < 100; i++) trail.news("peer", entry(2), "member");
    await vi.advanceTimersByTimeAsync(24 * 3600_000);
    expect(disk.trace).toHaveLength(idle);
    trail.stop();
  } finally {
    vi.useRealTimers();
  }
});

test("lines are sealed in seconds; what was counted only is told in minutes, and sealed", async () => {
  vi.useFakeTimers();
  try {
    const disk = new FaultyFiles();
    const { trail, pass } = trailOn(disk);
    trail.use({});
    for (let i = 0; i < LIMITS.auditStrangersBurst + 3; i++) trail.record(entry(1), "stranger");
    const written = acts(disk).length;
    pass(5000);
    await vi.advanceTimersByTimeAsync(5000);
    expect(acts(disk).slice(written)).toEqual(["audit.seal"]);
    pass(295_000);
    await vi.advanceTimersByTimeAsync(295_000);
    expect(acts(disk)).toHaveLength(written + 1);
    pass(300_000);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(acts(disk).slice(written + 1)).toEqual(["call.createLabel", "audit.seal"]);
    expect(text(disk)).toContain(`"more":2`);
    trail.stop();
  } finally {
    vi.useRealTimers();
  }
});
