/**
 * The daemon's log with a limit for each cause, so that nobody outside can fill it: of warnings and errors with the same
 * message, code and team, a few are written at once and then one a minute. The next line written says how many were left out
 * before it; counts not told yet are written when the daemon stops. Needs no timer.
 */
import { LIMITS } from "../base/limits.ts";
import type { Clock } from "../base/time.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import type { Logger, LogLevel } from "./log.ts";

/** Of one cause: so many lines at once, then one in so long. */
const BURST = 8;
const EVERY_MS = 60_000;

interface Cause {
  readonly message: string;
  readonly bucket: TokenBucket;
  leftOut: number;
}

export interface LogCounts {
  readonly error: number;
  readonly warn: number;
  readonly leftOut: number;
}

type Severity = "error" | "warn";

export class LimitedLog implements Logger {
  readonly #log: Logger;
  readonly #clock: Clock;
  /** The cause used longest ago first. */
  readonly #causes = new Map<string, Cause>();
  readonly #counts = { error: 0, warn: 0, leftOut: 0 };

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Warnings and errors that were written, and how many lines were left out. */
  get counts(): LogCounts {
    return this.#counts;
  }

  error(fields: object, message: string): void {
    this.#limited("error", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#limited("warn", fields, message);
  }

  info(fields: object, message: string): void {
    this.#log.info(fields, message);
  }

  debug(fields: object, message: string): void {
    this.#log.debug(fields, message);
  }

  record(fields: object, message: string): void {
    this.#log.record(fields, message);
  }

  setLevel(level: LogLevel): void {
    this.#log.setLevel(level);
  }

  /** Writes how many lines were left out where no line has said so yet. */
  flush(): void {
    for (const { message, leftOut } of this.#causes.values()) {
      if (leftOut > 0) this.#log.warn({ of: message, leftOut }, "lines were left out");
    }
    this.#causes.clear();
  }

  #limited(severity: Severity, fields: object, message: string): void {
    const cause = this.#causeOf(fields, message);
    if (!cause.bucket.take(this.#clock.now())) {
      cause.leftOut++;
      this.#counts.leftOut++;
      return;
    }
    this.#counts[severity]++;
    const { leftOut } = cause;
    cause.leftOut = 0;
    this.#log[severity](leftOut === 0 ? fields : { ...fields, leftOut }, message);
  }

  /** Messages and codes are the program's own, and teams this device's own: nothing that others choose makes a new cause. */
  #causeOf(fields: object, message: string): Cause {
    const { code, teamId } = fields as { readonly code?: unknown; readonly teamId?: unknown };
    const key = `${message} ${String(code)} ${String(teamId)}`;
    const known = this.#causes.get(key);
    const cause = known ?? { message, bucket: new TokenBucket(BURST, EVERY_MS), leftOut: 0 };
    this.#causes.delete(key);
    this.#causes.set(key, cause);
    if (this.#causes.size > LIMITS.logCausesMax) this.#forgetOldest();
    return cause;
  }

  #forgetOldest(): void {
    const [key, { message, leftOut }] = this.#causes.entries().next().value!;
    this.#causes.delete(key);
    if (leftOut > 0) this.#log.warn({ of: message, leftOut }, "lines were left out");
  }
}
