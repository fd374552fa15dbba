/**
 * What is written of all that happens, so that nobody can fill or wear the flash: a device that polls every second is one line,
 * a storm of strangers a few. What is not written is counted, and the next line of its kind says how many there were.
 */
import { LIMITS } from "../base/limits.ts";
import { LruMap } from "../base/lru-map.ts";
import type { Instant } from "../base/time.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import type { AuditEntry } from "./line.ts";

/** `always`: each costs whoever does it more than its line. The others by whom they are about. */
export type AuditBudget = "always" | "client" | "member" | "stranger";

const BUCKETS = {
  client: () => new TokenBucket(LIMITS.auditClientsBurst, 10_000),
  member: () => new TokenBucket(LIMITS.auditMembersBurst, 60_000),
  stranger: () => new TokenBucket(LIMITS.auditStrangersBurst, 10 * 60_000),
} as const;

/** Not written so far. */
interface Held {
  readonly budget: Exclude<AuditBudget, "always">;
  readonly last: AuditEntry;
  readonly count: number;
}

export class AuditLimiter {
  /** Of strangers one for all, of others one an act: a flood of one kind hides no other. */
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #held = new Map<string, Held>();
  readonly #states = new LruMap<string>(LIMITS.auditSubjectsMax);

  /** Whether the state of a subject is another than the last one. */
  isNews(subject: string, state: string): boolean {
    if (this.#states.get(subject) === state) return false;
    this.#states.set(subject, state);
    return true;
  }

  /** The entry to write now, with how many like it were not; undefined where it is counted only. */
  admit(entry: AuditEntry, budget: AuditBudget, now: Instant): AuditEntry | undefined {
    if (budget === "always") return entry;
    const cause = this.#causeOf(entry);
    const held = this.#held.get(cause);
    if (!this.#take(entry.act, budget, now)) {
      this.#held.set(cause, { budget, last: entry, count: (held?.count ?? 0) + 1 });
      return undefined;
    }
    this.#held.delete(cause);
    return held === undefined ? entry : { ...entry, detail: { more: held.count, ...entry.detail } };
  }

  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** What was counted only and may be written by now; all of it at the end. */
  release(now: Instant, isEnd = false): AuditEntry[] {
    const released: AuditEntry[] = [];
    for (const [cause, { budget, last, count }] of this.#held) {
      if (!isEnd && !this.#take(last.act, budget, now)) continue;
      this.#held.delete(cause);
      released.push(count === 1 ? last : { ...last, detail: { more: count - 1, ...last.detail } });
    }
    return released;
  }

  #causeOf({ act, outcome }: AuditEntry): string {
    const cause = `${act} ${outcome}`;
    return this.#held.has(cause) || this.#held.size < LIMITS.auditCausesMax ? cause : act;
  }

  #take(act: string, budget: Exclude<AuditBudget, "always">, now: Instant): boolean {
    const name = budget === "stranger" ? budget : `${budget} ${act}`;
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      bucket = BUCKETS[budget]();
      this.#buckets.set(name, bucket);
    }
    return bucket.take(now);
  }
}
