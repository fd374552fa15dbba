/**
 * Whether the sync of one team has come to a standstill: it has peers, and for too long it was level with none of them, or
 * one of them announced heads that do not arrive. Time is monotonic: a calendar that is wrong, or set, changes nothing.
 *
 * Never sets a timer. Whoever polls says what became of it, which is when a stall begins and ends for applications and the
 * log; who only asks is told how it is at that moment.
 */
import { LIMITS } from "../base/limits.ts";
import type { Instant } from "../base/time.ts";

/** Of the slowest of the team's peers: two polls may be lost, and the third late. */
const INTERVALS = 3;
const STALL_MS_MIN = 60_000;

export type StallCause = "notLevel" | "noProgress" | "headsMissing";

/** What there is to know of the team's peers. */
export interface PeersAtStall {
  readonly rateMsMax: number;
  /** When new commands came from one of them last: a slow path is none that stands still. */
  readonly progressAt: Instant | undefined;
  /** A pull ended because it brought nothing, or took too long. */
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

  /** As it is. With progress it may take as long as one pull may, and no longer. */
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

  /** What changed for those who are told: a stall that began, or the one that ended. */
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
