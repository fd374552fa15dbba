/** Whatever peers and strangers do, the log grows by a few lines a minute. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";
import { LimitedLog } from "../../../src/daemon/limited-log.ts";
import type { Logger } from "../../../src/daemon/log.ts";

const BURST = 8;

function setUp() {
  const lines: { level: string; msg: string; [field: string]: unknown }[] = [];
  const at = (level: string) => (fields: object, msg: string) => void lines.push({ ...fields, level, msg });
  const levels: string[] = [];
  const inner: Logger = {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    record: at("record"),
    setLevel: (level) => void levels.push(level),
  };
  const clock = { ms: 0, now: () => instant(clock.ms) };
  return { log: new LimitedLog(inner, clock), lines, levels, clock };
}

test("of one cause a few come at once, then one a minute, which says how many were left out", () => {
  const { log, lines, clock } = setUp();
  for (let i = 0; i < 1000; i++) log.warn({ code: "PeerUnreachable", i }, "sync failed");
  expect(lines).toHaveLength(BURST);
  expect(lines.map(({ i }) => i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  clock.ms = 59_999;
  log.warn({ code: "PeerUnreachable" }, "sync failed");
  expect(lines).toHaveLength(BURST);
  clock.ms = 60_000;
  for (let i = 0; i < 5; i++) log.warn({ code: "PeerUnreachable", i }, "sync failed");
  expect(lines.slice(BURST)).toEqual([
    { level: "warn", msg: "sync failed", code: "PeerUnreachable", i: 0, leftOut: 993 },
  ]);
  expect(log.counts).toEqual({ warn: BURST + 1, error: 0, leftOut: 997 });
  // After a quiet hour as many as at first.
  clock.ms = 3_600_000;
  for (let i = 0; i < 100; i++) log.warn({ code: "PeerUnreachable" }, "sync failed");
  expect(lines).toHaveLength(2 * BURST + 1);
});

test("another message, code or team is another cause; what a peer chose is none", () => {
  const { log, lines } = setUp();
  const flood = (fields: object, message: string): number => {
    const before = lines.length;
    for (let i = 0; i < 100; i++)
      log.error({ ...fields, address: `peer-${i}`, reason: `reason ${i}` }, message);
    return lines.length - before;
  };
  expect(flood({ code: "a", teamId: "t" }, "m")).toBe(BURST);
  expect(flood({ code: "a", teamId: "t" }, "m")).toBe(0);
  expect(flood({ code: "b", teamId: "t" }, "m")).toBe(BURST);
  expect(flood({ code: "a", teamId: "u" }, "m")).toBe(BURST);
  expect(flood({ code: "a", teamId: "t" }, "n")).toBe(BURST);
});

test("causes are bounded, and what was left out of a forgotten one is told then, or at the end", () => {
  const { log, lines } = setUp();
  for (let i = 0; i < BURST + 3; i++) log.warn({ teamId: 0 }, "m");
  for (let i = 1; i < LIMITS.logCausesMax; i++) log.warn({ teamId: i }, "m");
  expect(lines.filter(({ msg }) => msg === "lines were left out")).toEqual([]);
  log.warn({ teamId: "one over" }, "m");
  expect(lines.filter(({ msg }) => msg === "lines were left out")).toEqual([
    { level: "warn", msg: "lines were left out", of: "m", leftOut: 3 },
  ]);
  for (let i = 0; i < BURST + 1; i++) log.error({}, "last");
  log.flush();
  expect(lines.at(-1)).toEqual({ level: "warn", msg: "lines were left out", of: "last", leftOut: 2 - 1 });
});

test("what only the daemon itself says is not limited", () => {
  const { log, lines, levels } = setUp();
  for (let i = 0; i < 50; i++) {
    log.info({}, "i");
    log.debug({}, "d");
  }
  expect(lines).toHaveLength(100);
  log.setLevel("debug");
  expect(levels).toEqual(["debug"]);
});
