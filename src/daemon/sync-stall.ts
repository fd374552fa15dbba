/**
 * Whether the sync of one team stands still: the team has peers, and for too long it was level with none of them, or one of
 * them announced heads that do not arrive. Time is monotonic, so a wrong calendar, or setting it, changes nothing.
 *
 * Sets no timer. `check` after each pull decides when a stall begins and ends for applications and the log; `at` tells how it
 * is now.
 */
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";

/** How many intervals of the team's slowest peer may pass: two polls may be lost, and the third late. */
const INTERVALS = 3;
const STALL_MS_MIN = 60_000;

export type StallCause = "notLevel" | "noProgress" | "headsMissing";

/** What `SyncStall` has to know of the team's peers. */
export interface PeersAtStall {
  readonly rateMsMax: number;
  /** When one of them last sent new commands: a slow path does not stand still. */
  readonly progressAt: Instant | undefined;
  /** The last pull from one of them failed because it brought nothing or took too long. */
  readonly anyWithoutProgress: boolean;
  /** Since when the first of them has announced heads that are not here. */
  readonly behindSince: Instant | undefined;
}

export interface Stall {
  readonly cause: StallCause;
  readonly since: Instant;
}

export class SyncStall {
  #levelAt: Instant;
  #told: Stall | undefined;

  /** Of a team that has just got its first peer. */
  constructor(now: Instant) {
    this.#levelAt = now;
  }

  get levelAt(): Instant {
    return this.#levelAt;
  }

  level(now: Instant): void {
    this.#levelAt = now;
  }

  /** The stall there is now. A team that makes progress may take as long as one pull may, and no longer. */
  at(peers: PeersAtStall, now: Instant): Stall | undefined {
    const allowedMs = Math.max(INTERVALS * peers.rateMsMax, STALL_MS_MIN);
    const standsStill = now - Math.max(this.#levelAt, peers.progressAt ?? 0) > allowedMs;
    if (standsStill || now - this.#levelAt > allowedMs + LIMITS.syncPullTimeoutMs) {
      const cause = peers.anyWithoutProgress || !standsStill ? "noProgress" : "notLevel";
      return { cause, since: this.#levelAt };
    }
    const { behindSince } = peers;
    if (behindSince === undefined || now - behindSince <= allowedMs) return undefined;
    return { cause: "headsMissing", since: behindSince };
  }

  /** A stall that began or ended since the last `check`; undefined where neither did. */
  check(
    peers: PeersAtStall | undefined,
    now: Instant,
  ): { readonly began?: Stall; readonly ended?: Stall } | undefined {
    const stall = peers && this.at(peers, now);
    const told = this.#told;
    if ((stall === undefined) === (told === undefined)) return undefined;
    this.#told = stall;
    return stall === undefined ? { ended: told! } : { began: stall };
  }
}
