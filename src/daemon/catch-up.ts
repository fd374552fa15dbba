/**
 * A peer that asks for a channel may know more of the team than this device does. So before the peer is refused, the team is
 * pulled once from the sync peers: one pull for all who ask meanwhile, not more often than every `EVERY_MS`, and seldom for
 * one device.
 */
import { toHex } from "../base/bytes.ts";
import type { TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { LruMap } from "../base/lru-map.ts";
import type { Clock, Instant } from "../base/time.ts";
import { after } from "../base/time.ts";

export interface CatchUpOptions {
  readonly clock: Clock;
  /** Pulls within a bounded time, and never rejects. */
  readonly refresh: (teamId: TeamId) => Promise<void>;
  /** For tests. */
  readonly everyMs?: number;
}

/** Between the beginnings of two pulls of one team. With the pull itself it stays below the 10 s a request waits. */
const EVERY_MS = 3000;
/** A device that was refused after a pull is refused without one for this long. */
export const CATCH_UP_DEVICE_MS = 5000;

interface TeamPulls {
  /** The last. */
  begunAt: Instant | undefined;
  /** The one to come. */
  next: Promise<void> | undefined;
}

export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #everyMs: number;
  readonly #devices = new LruMap<Instant>(LIMITS.catchUpDevicesMax);
  readonly #teams = new LruMap<TeamPulls>(LIMITS.teamsMax);
  #waiting = 0;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? EVERY_MS;
  }

  /**
   * Resolves after a pull that begins later than this call; undefined where there is to be none. `encryptionKey`: what the
   * device has proved. By the id it claims, anybody could use up another's turn.
   */
  forDevice(teamId: TeamId, encryptionKey: Uint8Array): Promise<void> | undefined {
    const now = this.#options.clock.now();
    const key = `${teamId} ${toHex(encryptionKey)}`;
    const last = this.#devices.get(key);
    if (last !== undefined && now < after(last, CATCH_UP_DEVICE_MS)) return undefined;
    if (this.#waiting >= LIMITS.catchUpRequestsMax) return undefined;
    this.#devices.set(key, now);
    this.#waiting++;
    return this.#pull(teamId).finally(() => this.#waiting--);
  }

  #pull(teamId: TeamId): Promise<void> {
    let team = this.#teams.get(teamId);
    if (team === undefined) {
      team = { begunAt: undefined, next: undefined };
      this.#teams.set(teamId, team);
    }
    return (team.next ??= this.#begin(teamId, team));
  }

  async #begin(teamId: TeamId, team: TeamPulls): Promise<void> {
    const { clock, refresh } = this.#options;
    const waitMs = team.begunAt === undefined ? 0 : after(team.begunAt, this.#everyMs) - clock.now();
    await new Promise((done) => setTimeout(done, Math.max(0, waitMs)));
    team.begunAt = clock.now();
    team.next = undefined;
    await refresh(teamId);
  }
}
