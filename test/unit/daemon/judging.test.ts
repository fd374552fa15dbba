import { expect, test, vi } from "vitest";
import type { Instant } from "../../../src/base/time.ts";
import { Judging } from "../../../src/daemon/judging.ts";
import type { Teams } from "../../../src/daemon/teams.ts";
import { NOTHING_ADMITTED } from "../../../src/team/admitted.ts";
import type { Team } from "../../../src/team/team.ts";

/** Each judgement takes as long as it is told to. */
function world(): {
  judging: Judging;
  team: Team;
  judged: () => number;
  takes: (ms: number) => void;
  pass: (ms: number) => void;
} {
  let now = 1000;
  let takesMs = 0;
  let count = 0;
  const clock = { now: () => now as Instant };
  const teams = {
    judge: () => {
      now += takesMs;
      count++;
      return NOTHING_ADMITTED;
    },
  } as unknown as Teams;
  return {
    judging: new Judging(teams, clock),
    team: {} as unknown as Team,
    judged: () => count,
    takes: (ms) => (takesMs = ms),
    pass: (ms) => (now += ms),
  };
}

test("[SYN-8] what is cheap is judged at once, each time", () => {
  const { judging, team, judged, takes } = world();
  takes(19);
  for (let i = 0; i < 100; i++) judging.judgeIfDue(team);
  expect(judged()).toBe(100);
});

test("[SYN-8] judging takes a tenth of the time at most, however many commands come one by one", () => {
  const { judging, team, judged, takes, pass } = world();
  takes(300);
  let idleMs = 0;
  for (; idleMs < 27_000; idleMs += 10) {
    judging.judgeIfDue(team);
    pass(10);
  }
  // Judged for 0.3 s, then for 2.7 s not.
  expect(judged()).toBe(10);
});

test("the rest has an end, and one's own judgement does not wait for it", () => {
  const { judging, team, judged, takes, pass } = world();
  takes(60_000);
  judging.judgeIfDue(team);
  expect(judging.restMs(team)).toBe(10_000);
  judging.judgeIfDue(team);
  expect(judged()).toBe(1);
  judging.judge(team);
  expect(judged()).toBe(2);
  pass(10_000);
  takes(1);
  judging.judgeIfDue(team);
  expect(judging.restMs(team)).toBe(0);
});

test("[SYN-8] a judgement of nothing takes no rest away", () => {
  const { judging, team, judged, takes, pass } = world();
  takes(300);
  judging.judgeIfDue(team);
  Object.assign(team, { isJudged: true });
  judging.judge(team);
  judging.judgeSoon(team);
  expect(judged()).toBe(1);
  expect(judging.restMs(team)).toBe(2700);
  pass(2700);
  Object.assign(team, { isJudged: false });
  judging.judgeSoon(team);
  expect(judged()).toBe(2);
});

test("[SYN-8] who does not stay is judged when it is due, not before", () => {
  vi.useFakeTimers();
  try {
    const { judging, team, judged, takes, pass } = world();
    takes(300);
    judging.judgeIfDue(team);
    judging.judgeSoon(team);
    vi.advanceTimersByTime(2699);
    expect(judged()).toBe(1);
    pass(2700);
    vi.advanceTimersByTime(1);
    expect(judged()).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test("one team's rest is not another's", () => {
  const { judging, team, judged, takes } = world();
  takes(300);
  judging.judgeIfDue(team);
  judging.judgeIfDue({} as unknown as Team);
  expect(judged()).toBe(2);
});
