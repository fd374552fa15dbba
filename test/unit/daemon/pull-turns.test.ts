import { expect, test } from "vitest";
import { PullTurns } from "../../../src/daemon/pull-turns.ts";

/** Pulls that end when told to. */
function turns(): {
  pulls: { end: (value: number) => void; fail: (error: Error) => void; signal: AbortSignal }[];
  taken: PullTurns<number>;
} {
  const pulls: { end: (value: number) => void; fail: (error: Error) => void; signal: AbortSignal }[] = [];
  const taken = new PullTurns<number>(
    (signal) => new Promise((end, fail) => pulls.push({ end, fail, signal })),
  );
  return { pulls, taken };
}

const { signal: forever } = new AbortController();
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test("[SYN-8] who asks while one pull runs gets the next, all together", async () => {
  const { pulls, taken } = turns();
  const first = taken.take(forever);
  await turn();
  const more = [1, 2, 3].map(() => taken.take(forever));
  pulls[0]!.end(1);
  expect(await first).toBe(1);
  await turn();
  expect(pulls).toHaveLength(2);
  pulls[1]!.fail(new Error("down"));
  for (const each of more) await expect(each).rejects.toThrow("down");
  await taken.settled();
  expect(taken.isIdle).toBe(true);
});

test("a pull goes on while anybody waits for it, and is given up with the last", async () => {
  const { pulls, taken } = turns();
  const first = taken.take(forever);
  await turn();
  const [a, b] = [new AbortController(), new AbortController()];
  const [forA, forB] = [taken.take(a.signal), taken.take(b.signal)];
  pulls[0]!.end(1);
  await first;
  await turn();
  a.abort(new Error("a"));
  await expect(forA).rejects.toThrow("a");
  expect(pulls[1]!.signal.aborted).toBe(false);
  b.abort(new Error("b"));
  await expect(forB).rejects.toThrow("b");
  expect(pulls[1]!.signal.aborted).toBe(true);
});

test("a pull that was given up before it began is not begun, and does not become somebody else's", async () => {
  const { pulls, taken } = turns();
  const first = taken.take(forever);
  await turn();
  const stop = new AbortController();
  const second = taken.take(stop.signal);
  stop.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  const third = taken.take(forever);
  pulls[0]!.end(1);
  await first;
  await turn();
  expect(pulls).toHaveLength(2);
  pulls[1]!.end(3);
  expect(await third).toBe(3);
});
