/** How much of what others do is written. */
import { expect, test } from "vitest";
import { AuditLimiter } from "../../../src/audit/limiter.ts";
import type { AuditBudget } from "../../../src/audit/limiter.ts";
import type { AuditEntry } from "../../../src/audit/line.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";

const entry = (act: string, outcome = "refused", who = "address:192.0.2.1"): AuditEntry => ({
  who,
  act,
  outcome,
});

function written(
  limiter: AuditLimiter,
  count: number,
  budget: AuditBudget,
  now: number,
  act = "a.b",
): AuditEntry[] {
  const out: AuditEntry[] = [];
  for (let i = 0; i < count; i++) {
    const admitted = limiter.admit(entry(act), budget, instant(now));
    if (admitted !== undefined) out.push(admitted);
  }
  return out;
}

test.each([
  ["stranger", LIMITS.auditStrangersBurst, 600_000],
  ["member", LIMITS.auditMembersBurst, 60_000],
  ["client", LIMITS.auditClientsBurst, 10_000],
] as const)("%s: %i at once and one more every %i ms; the rest is counted", (budget, burst, everyMs) => {
  const limiter = new AuditLimiter();
  expect(written(limiter, burst + 1, budget, 0)).toHaveLength(burst);
  expect(written(limiter, 99, budget, everyMs - 1)).toEqual([]);
  const [next, ...more] = written(limiter, 5, budget, everyMs);
  expect(next).toMatchObject({ detail: { more: 100 } });
  expect(more).toEqual([]);
  // After a long pause there is no more than the first time.
  expect(written(limiter, 10 * burst, budget, 1000 * everyMs)).toHaveLength(burst);
});

test("strangers share what there is, whatever they do; members and clients do not take it from each other's acts", () => {
  const limiter = new AuditLimiter();
  written(limiter, 1000, "stranger", 0, "sync.handshake");
  expect(written(limiter, 1, "stranger", 0, "sync.serve")).toEqual([]);
  written(limiter, 1000, "member", 0, "graph.labelCreated");
  expect(written(limiter, 1, "member", 0, "graph.roleChanged")).toHaveLength(1);
  expect(written(limiter, 1000, "always", 0)).toHaveLength(1000);
});

test("a year of strangers is a bounded number of lines", () => {
  const limiter = new AuditLimiter();
  let count = 0;
  const day = 24 * 3600 * 1000;
  for (let now = 0; now < 365 * day; now += 20_000) {
    if (limiter.admit(entry("sync.handshake", "no-certificate", `address:${now}`), "stranger", instant(now)))
      count++;
  }
  expect(count).toBeLessThanOrEqual(LIMITS.auditStrangersBurst + 365 * 144);
});

test("what was counted comes out once there is room, and all of it at the end", () => {
  const limiter = new AuditLimiter();
  written(limiter, LIMITS.auditStrangersBurst + 3, "stranger", 0);
  expect(limiter.isHolding).toBe(true);
  expect(limiter.release(instant(1000))).toEqual([]);
  expect(limiter.release(instant(600_000))).toEqual([{ ...entry("a.b"), detail: { more: 2 } }]);
  expect(limiter.isHolding).toBe(false);
  written(limiter, 1, "stranger", 600_000);
  expect(limiter.release(instant(600_001), true)).toEqual([entry("a.b")]);
});

test("more kinds of causes than are counted apart are counted together", () => {
  const limiter = new AuditLimiter();
  written(limiter, LIMITS.auditStrangersBurst, "stranger", 0);
  for (let i = 0; i <= LIMITS.auditCausesMax + 50; i++) {
    limiter.admit(entry("a.b", `c${i}`), "stranger", instant(0));
  }
  expect(limiter.release(instant(0), true).length).toBeLessThanOrEqual(LIMITS.auditCausesMax + 1);
});

test("a state is news where it is another than the last; the subject used longest ago is forgotten", () => {
  const limiter = new AuditLimiter();
  expect(["done", "done", "refused", "refused", "done"].map((state) => limiter.isNews("a", state))).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
  for (let i = 0; i < LIMITS.auditSubjectsMax - 1; i++) limiter.isNews(`s${i}`, "done");
  expect(limiter.isNews("a", "done")).toBe(false);
  for (let i = 0; i < LIMITS.auditSubjectsMax; i++) limiter.isNews(`t${i}`, "done");
  expect(limiter.isNews("a", "done")).toBe(true);
});
