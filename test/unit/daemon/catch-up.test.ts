import { describe, expect, test } from "vitest";
import type { TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { after, instant } from "../../../src/base/time.ts";
import { CatchUp, CATCH_UP_DEVICE_MS } from "../../../src/daemon/catch-up.ts";

const TEAM = "team" as TeamId;
/** Its key. */
const device = (n: number): Uint8Array => Uint8Array.of(n >> 8, n);

/** Pulls that end when told to, on a clock that stands still. */
function world(): {
  catchUp: CatchUp;
  pulls: { team: TeamId; end: () => void }[];
  pass: (ms: number) => void;
} {
  let now = instant(1000);
  const pulls: { team: TeamId; end: () => void }[] = [];
  const catchUp = new CatchUp({
    clock: { now: () => now },
    everyMs: 1,
    refresh: (team) => new Promise((end) => pulls.push({ team, end })),
  });
  return { catchUp, pulls, pass: (ms) => (now = after(now, ms)) };
}

const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

describe("[AFC-12] bringing the graph up to date for who asks for a channel", () => {
  test("all who ask before a pull begins share it; who asks later gets the next", async () => {
    const { catchUp, pulls } = world();
    const done: string[] = [];
    void catchUp.forDevice(TEAM, device(1))!.then(() => done.push("1"));
    void catchUp.forDevice(TEAM, device(2))!.then(() => done.push("2"));
    await turn();
    expect(pulls).toHaveLength(1);
    void catchUp.forDevice(TEAM, device(3))!.then(() => done.push("3"));
    await turn();
    expect(pulls).toHaveLength(2);
    expect(done).toEqual([]);
    pulls[0]!.end();
    await turn();
    expect(done).toEqual(["1", "2"]);
    pulls[1]!.end();
    await turn();
    expect(done).toEqual(["1", "2", "3"]);
  });

  test("once for each device and team in a while", async () => {
    const { catchUp, pulls, pass } = world();
    expect(catchUp.forDevice(TEAM, device(1))).toBeDefined();
    expect(catchUp.forDevice(TEAM, device(1))).toBeUndefined();
    expect(catchUp.forDevice("other" as TeamId, device(1))).toBeDefined();
    await turn();
    expect(pulls.map((p) => p.team)).toEqual([TEAM, "other"]);
    pass(CATCH_UP_DEVICE_MS - 1);
    expect(catchUp.forDevice(TEAM, device(1))).toBeUndefined();
    pass(1);
    expect(catchUp.forDevice(TEAM, device(1))).toBeDefined();
  });

  test("no more than so many wait at once", async () => {
    const { catchUp, pulls } = world();
    for (let i = 0; i < LIMITS.catchUpRequestsMax; i++)
      expect(catchUp.forDevice(TEAM, device(i))).toBeDefined();
    expect(catchUp.forDevice(TEAM, device(1000))).toBeUndefined();
    await turn();
    expect(pulls).toHaveLength(1);
    pulls[0]!.end();
    await turn();
    expect(catchUp.forDevice(TEAM, device(1000))).toBeDefined();
  });
});
