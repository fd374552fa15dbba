/** When sync counts as standing still. Time is passed in: no calendar, no waiting. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";
import { SyncStall } from "../../../src/daemon/sync-stall.ts";
import type { PeersAtStall } from "../../../src/daemon/sync-stall.ts";

const peers = (more: Partial<PeersAtStall> = {}): PeersAtStall => ({
  rateMsMax: 1000,
  progressAt: undefined,
  anyWithoutProgress: false,
  behindSince: undefined,
  ...more,
});
const at = (seconds: number) => instant(seconds * 1000);

test("a minute without being level, or three intervals of the slowest peer, whichever is longer", () => {
  const stall = new SyncStall(at(10));
  expect(stall.at(peers(), at(70))).toBeUndefined();
  expect(stall.at(peers(), at(70.001))).toEqual({ cause: "notLevel", since: at(10) });
  const slow = peers({ rateMsMax: 600_000 });
  expect(stall.at(slow, at(1810))).toBeUndefined();
  expect(stall.at(slow, at(1810.001))).toMatchObject({ cause: "notLevel" });
  stall.level(at(1800));
  expect(stall.at(peers(), at(1860))).toBeUndefined();
});

test("commands that arrive are progress, for as long as one pull may take and no longer", () => {
  const stall = new SyncStall(at(0));
  expect(stall.at(peers({ progressAt: at(50) }), at(100))).toBeUndefined();
  expect(stall.at(peers({ progressAt: at(50) }), at(111))).toMatchObject({ cause: "notLevel" });
  const end = 60 + LIMITS.syncPullTimeoutMs / 1000;
  expect(stall.at(peers({ progressAt: at(end) }), at(end))).toBeUndefined();
  expect(stall.at(peers({ progressAt: at(end) }), at(end + 0.001))).toEqual({
    cause: "noProgress",
    since: at(0),
  });
  expect(stall.at(peers({ anyWithoutProgress: true }), at(61))).toMatchObject({ cause: "noProgress" });
});

test("heads that were announced and do not arrive are a stall, even where pulls go well", () => {
  const stall = new SyncStall(at(0));
  stall.level(at(100));
  expect(stall.at(peers({ behindSince: at(60) }), at(120))).toBeUndefined();
  expect(stall.at(peers({ behindSince: at(60) }), at(120.5))).toEqual({
    cause: "headsMissing",
    since: at(60),
  });
});

test("who is told hears of the beginning once and of the end once", () => {
  const stall = new SyncStall(at(0));
  expect(stall.check(peers(), at(60))).toBeUndefined();
  expect(stall.check(peers(), at(61))).toEqual({ began: { cause: "notLevel", since: at(0) } });
  expect(stall.check(peers({ anyWithoutProgress: true }), at(500))).toBeUndefined();
  stall.level(at(600));
  expect(stall.check(peers(), at(600))).toEqual({ ended: { cause: "notLevel", since: at(0) } });
  expect(stall.check(peers(), at(601))).toBeUndefined();
  // A team that loses its last peer syncs no more, which is no stall.
  expect(stall.check(peers(), at(700))).toMatchObject({ began: {} });
  expect(stall.check(undefined, at(701))).toMatchObject({ ended: {} });
});
