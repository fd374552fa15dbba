/**
 * When commands from peers are judged: at once, as long as that is cheap. A member that writes beside a long history makes
 * each of its commands cost a judgement of the whole history. So after a judgement that took long the next has to wait, and
 * then judges everything taken meanwhile. What is taken is durable at once. Actions of this device do not wait.
 */
import type { Clock, Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { NOTHING_ADMITTED } from "../team/admitted.ts";
import type { Admitted } from "../team/admitted.ts";
import type { Team } from "../team/team.ts";
import type { Teams } from "./teams.ts";

/** Rest per time spent judging: so that judging takes at most a tenth of the time. */
const REST_FOR_WORK = 9;
/** A judgement that takes less needs no rest. */
const CHEAP_MS = 20;
/** No rest is worth a longer delay than this. */
const REST_MS_MAX = 10_000;

export class Judging {
  readonly #teams: Teams;
  readonly #clock: Clock;
  readonly #dueAt = new WeakMap<Team, Instant>();

  constructor(teams: Teams, clock: Clock) {
    this.#teams = teams;
    this.#clock = clock;
  }

  /** Milliseconds until the next judgement of the team is due; 0 where it is. */
  restMs(team: Team): number {
    const dueAt = this.#dueAt.get(team);
    return dueAt === undefined ? 0 : Math.max(0, dueAt - this.#clock.now());
  }

  /** Admits nothing where judging is not due yet. */
  judgeIfDue(team: Team): Admitted {
    return this.restMs(team) > 0 ? NOTHING_ADMITTED : this.judge(team);
  }

  /** Judges at once where that is due, else as soon as it is, for callers that do not come back to it. */
  judgeSoon(team: Team): Admitted {
    const restMs = this.restMs(team);
    if (restMs === 0 || team.isJudged) return this.judge(team);
    setTimeout(() => this.judgeSoon(team), restMs).unref();
    return NOTHING_ADMITTED;
  }

  judge(team: Team): Admitted {
    // Nothing to judge: its time says nothing about the next judgement.
    if (team.isJudged) return NOTHING_ADMITTED;
    const startedAt = this.#clock.now();
    const admitted = this.#teams.judge(team);
    const tookMs = this.#clock.now() - startedAt;
    if (tookMs < CHEAP_MS) this.#dueAt.delete(team);
    else this.#dueAt.set(team, after(this.#clock.now(), Math.min(tookMs * REST_FOR_WORK, REST_MS_MAX)));
    return admitted;
  }
}
