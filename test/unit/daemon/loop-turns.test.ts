import { expect, test } from "vitest";
import { LoopTurns } from "../../../src/daemon/loop-turns.ts";

test("[SYN-8] of several who have more to do each has its turn, and none two in one", async () => {
  const turns = new LoopTurns();
  const ran: string[] = [];
  let turn = 0;
  const ranIn = new Set<number>();
  const work = (name: string, left: number): void => {
    ran.push(name);
    expect(ranIn.has(turn)).toBe(false);
    ranIn.add(turn);
    if (left > 1) turns.take(() => work(name, left - 1));
  };
  expect(turns.isIdle).toBe(true);
  for (const name of ["a", "b", "c"]) turns.take(() => work(name, 3));
  expect(turns.isIdle).toBe(false);
  expect(ran).toEqual([]);
  for (; turn < 12; turn++) await new Promise((done) => setImmediate(done));
  expect(ran.join("")).toBe("abcabcabc");
  expect(turns.isIdle).toBe(true);
});
