/**
 * When what peers send is judged: at once as long as that is cheap. A member that writes beside a long history makes each of
 * its commands cost a judgement of all of it. So after one that took long the next has to wait, and deals with everything
 * taken meanwhile; what is taken is durable all the same. Actions of this device do not wait.
 */
import type { Clock, Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { NOTHING_ADMITTED } from "../team/admitted.ts";
import type { Admitted } from "../team/admitted.ts";
import type { Team } from "../team/team.ts";
import type { Teams } from "./teams.ts";

/** Of the time, judging takes this part at most: one tenth. */
const REST_FOR_WORK = 9;
/** What takes less is not worth a rest, nor is any rest longer than that worth its delay. */
const CHEAP_MS = 20;
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

  /** Nothing where it is not due yet. */
  judgeIfDue(team: Team): Admitted {
    return this.restMs(team) > 0 ? NOTHING_ADMITTED : this.judge(team);
  }

  /** At once where it is due, else as soon as it is: for who does not stay to see it. */
  judgeSoon(team: Team): Admitted {
    const restMs = this.restMs(team);
    if (restMs === 0 || team.isJudged) return this.judge(team);
    setTimeout(() => this.judgeSoon(team), restMs).unref();
    return NOTHING_ADMITTED;
  }

  judge(team: Team): Admitted {
    // What costs nothing says nothing about what the next one costs.
    if (team.isJudged) return NOTHING_ADMITTED;
    const startedAt = this.#clock.now();
    const admitted = this.#teams.judge(team);
    const tookMs = this.#clock.now() - startedAt;
    if (tookMs < CHEAP_MS) this.#dueAt.delete(team);
    else this.#dueAt.set(team, after(this.#clock.now(), Math.min(tookMs * REST_FOR_WORK, REST_MS_MAX)));
    return admitted;
  }
}
