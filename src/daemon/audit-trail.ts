/**
 * The audit log of a running daemon: what happens comes in, lines go to the disk, and what cannot be kept there to the daemon's
 * own log.
 *
 *     waiting ──settings──► disk ◄──► failing         graphStore "disk", which is the default
 *                      └──► journal                   graphStore "memory": nothing is written to flash
 *                      └──► off
 *
 * A disk that fails stops nothing: an administrator who cannot revoke a device because its log is full is worse off than one
 * whose line is in journald alone.
 */
import { fromLatin1, toHex } from "../base/bytes.ts";
import { StoreError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Clock, Instant } from "../base/time.ts";
import { AuditFiles } from "../audit/files.ts";
import { AuditJournal } from "../audit/journal.ts";
import { AuditLimiter } from "../audit/limiter.ts";
import type { AuditBudget } from "../audit/limiter.ts";
import type { AuditEntry, AuditHead, AuditTimes } from "../audit/line.ts";
import type { SealCause, SealingKeys } from "../audit/seal.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import type { DaemonStatus } from "../ipc/info.ts";
import { ignoreErrors } from "../store/files.ts";
import type { Files } from "../store/files.ts";
import type { Logger } from "./log.ts";

export interface AuditTrailOptions {
  readonly files: Files;
  readonly directory: string;
  readonly suite: CipherSuite;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keys: () => SealingKeys | undefined;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
}

/** What services are given of it. */
export type Auditor = Pick<AuditTrail, "record" | "news">;

/**
 * At the latest so long after a line it is sealed: before the kernel writes the line by itself, so that both are one write, and
 * before anybody calls the device idle.
 */
const SEAL_AFTER_MS = 5000;
/** At the latest so long after it what was counted only is told. */
const RELEASE_AFTER_MS = 5 * 60_000;
/** A disk that refused is left alone for as long. */
const RETRY_MS = 10_000;

export class AuditTrail {
  readonly #options: AuditTrailOptions;
  readonly #limiter = new AuditLimiter();
  readonly #startedAt: number;
  #state: DaemonStatus["audit"]["state"] = "waiting";
  #bytesMax: number = LIMITS.auditBytesMax;
  #journal: AuditJournal | undefined;
  #planned: { readonly config: DaemonConfig; readonly turn: NodeJS.Immediate } | undefined;
  #waiting: { readonly entry: AuditEntry; readonly times: AuditTimes }[] = [];
  /** Since the last line that says how many. */
  #lostUntold = 0;
  #lost = 0;
  #failedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wakeAt = 0 as Instant;
  /** What was counted only may be told then. */
  #releaseAt: Instant | undefined;
  #syncing: Promise<void> | undefined;

  constructor(options: AuditTrailOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  get status(): DaemonStatus["audit"] {
    const { seq = 0, hash } = this.#journal?.head ?? {};
    return {
      state: this.#state,
      seq,
      ...(hash !== undefined && seq > 0 && { head: toHex(hash) }),
      lost: this.#lost,
    };
  }

  /**
   * `use` at the next turn of the loop, so that what is done in this one, such as telling the service manager, waits for no
   * disk; or when the first line comes, before it is taken: nothing happens that is not recorded as it would have been.
   */
  useSoon(config: DaemonConfig): void {
    this.#planned = { config, turn: setImmediate(() => this.#settle()) };
  }

  /** Whoever may say so has said what this device writes to flash. From then on it can become less, and not more. */
  use(config: DaemonConfig): void {
    this.#settle();
    this.#use(config);
  }

  #settle(): void {
    const planned = this.#planned;
    if (planned === undefined) return;
    this.#planned = undefined;
    clearImmediate(planned.turn);
    this.#use(planned.config);
  }

  #use({ audit = {}, graphStore }: DaemonConfig): void {
    const { log = "on", bytesMax = LIMITS.auditBytesMax } = audit;
    const wanted = log === "off" ? "off" : graphStore === "memory" ? "journal" : "disk";
    if (this.#state === "waiting") {
      this.#bytesMax = bytesMax;
      this.#begin(wanted);
    } else if (this.#state !== "off" && this.#state !== wanted && wanted !== "disk") {
      // Nobody leaves the files, or all of it, in silence.
      this.record({ who: "daemon", act: "audit.off", outcome: "done", detail: { to: wanted } });
      this.#seal("off");
      this.#end(wanted);
      this.#begin(wanted);
    }
  }

  /** A line, or one more that is counted. */
  record(entry: AuditEntry, budget: AuditBudget = "always"): void {
    this.#settle();
    if (this.#state === "off") return;
    const admitted = this.#limiter.admit(entry, budget, this.#options.clock.now());
    if (admitted !== undefined) this.#write(admitted);
    this.#planSeal();
  }

  /** A line where what is to be said of this subject is not what was said last time. */
  news(subject: string, entry: AuditEntry, budget: AuditBudget, state = entry.outcome): void {
    if (this.#limiter.isNews(subject, state)) this.record(entry, budget);
  }

  /** Resolves once what was recorded is durable, or the disk has refused: one sync for all that ask in one turn of the loop. */
  durable(): Promise<void> {
    this.#settle();
    return (this.#syncing ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#syncing = undefined;
        this.#attempt((journal) => journal.sync());
        resolve();
      });
    }));
  }

  /** Everything before is under a seal when it returns. */
  seal(cause: SealCause): void {
    this.#settle();
    this.#seal(cause);
  }

  /** `hasRun`: its socket was there. Of one that cannot start, again and again, nothing is said that fills a journal. */
  stop(hasRun = true): void {
    this.#settle();
    if (!hasRun && this.#state === "waiting") {
      this.#waiting = [];
      this.#end("off");
      return;
    }
    for (const entry of this.#limiter.release(this.#options.clock.now(), true)) this.#write(entry);
    this.record({ who: "daemon", act: "daemon.stop", outcome: "done" });
    this.#seal("stop");
    // Of a daemon that nobody told anything: nothing has happened on it.
    if (this.#state === "waiting") this.#begin("journal");
    this.#end("off");
  }

  #begin(state: "disk" | "journal" | "off"): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#state = state;
    if (state === "off") return;
    if (state === "journal") this.#journal = this.#newJournal(undefined);
    for (const { entry, times } of waiting) this.#write(entry, times);
    this.#seal("start");
  }

  #end(state: "journal" | "off"): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#releaseAt = undefined;
    this.#attempt((journal) => journal.close());
    this.#journal = undefined;
    this.#state = state;
  }

  #times(): AuditTimes {
    const { clock, wallClock = Date.now } = this.#options;
    return { at: Math.max(0, wallClock()), up: Math.max(0, Math.floor(clock.now() - this.#startedAt)) };
  }

  #write(entry: AuditEntry, times = this.#times()): void {
    if (this.#state === "off") return;
    if (this.#state === "waiting") {
      if (this.#waiting.length < LIMITS.auditWaitingMax) this.#waiting.push({ entry, times });
      else this.#lose(entry);
      return;
    }
    if (!this.#isOpen() || !this.#attempt((journal) => journal.record(entry, times))) this.#lose(entry);
  }

  /** Opens what is to be open, unless it failed a moment ago. */
  #isOpen(): boolean {
    if (this.#journal !== undefined) return true;
    const now = this.#options.clock.now();
    if (this.#failedAt !== undefined && now - this.#failedAt < RETRY_MS) return false;
    const { files, directory, suite, log } = this.#options;
    const why = this.#lostUntold === 0 ? undefined : { lines: this.#lostUntold };
    return this.#try(() => {
      const opened = AuditFiles.open(files, directory, suite, this.#bytesMax);
      const { found } = opened;
      if (found.damage !== undefined) log.error(found.damage, "the audit log was changed or damaged");
      try {
        const journal = this.#newJournal(opened);
        if (why !== undefined) {
          journal.record({ who: "daemon", act: "audit.lost", outcome: "lost", detail: why }, this.#times());
          log.warn(why, "the audit log is written again");
        }
        this.#journal = journal;
      } catch (error) {
        ignoreErrors(() => opened.close());
        throw error;
      }
      this.#state = "disk";
      this.#failedAt = undefined;
      this.#lostUntold = 0;
    });
  }

  #newJournal(files: AuditFiles | undefined): AuditJournal {
    const { suite, keys } = this.#options;
    const isJournal = files === undefined;
    const told = (line: Uint8Array, sealed: AuditHead | undefined): void =>
      this.#told(line, sealed, isJournal);
    return new AuditJournal({ suite, files, keys, told }, this.#times());
  }

  /** A copy of every seal leaves the device with the daemon's log; without files, every line. */
  #told(line: Uint8Array, sealed: AuditHead | undefined, isJournal: boolean): void {
    const { log } = this.#options;
    if (isJournal) log.record({ audit: fromLatin1(line) }, "audit");
    if (sealed !== undefined) log.record({ seq: sealed.seq, head: toHex(sealed.hash) }, "audit seal");
  }

  #seal(cause: SealCause): void {
    this.#attempt((journal) => journal.seal(cause, this.#times()));
  }

  /** False where the disk refused, or did before. */
  #attempt(step: (journal: AuditJournal) => void): boolean {
    const journal = this.#journal;
    return journal !== undefined && this.#try(() => step(journal));
  }

  #try(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#failed(error);
      return false;
    }
  }

  #failed({ code, message }: StoreError): void {
    if (this.#state !== "failing") {
      this.#options.log.error(
        { code, reason: message },
        "the audit log cannot be written; its lines follow here",
      );
    }
    const journal = this.#journal;
    this.#journal = undefined;
    this.#state = "failing";
    this.#failedAt = this.#options.clock.now();
    ignoreErrors(() => journal?.close());
  }

  #lose(entry: AuditEntry): void {
    this.#lost++;
    this.#lostUntold++;
    this.#options.log.record({ audit: entry }, "audit line not kept");
  }

  /** Once for all that comes meanwhile: who is idle writes nothing. */
  #planSeal(): void {
    if ((this.#journal?.unsealed ?? 0) > 0) this.#wakeIn(SEAL_AFTER_MS);
    this.#planRelease();
  }

  #planRelease(): void {
    const now = this.#options.clock.now();
    if (!this.#limiter.isHolding) this.#releaseAt = undefined;
    else this.#wakeIn((this.#releaseAt ??= (now + RELEASE_AFTER_MS) as Instant) - now);
  }

  /** Or earlier, where that was planned. */
  #wakeIn(ms: number): void {
    const { clock } = this.#options;
    const at = (clock.now() + ms) as Instant;
    if (this.#timer !== undefined && this.#wakeAt <= at) return;
    clearTimeout(this.#timer);
    this.#wakeAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const now = clock.now();
      if (this.#releaseAt !== undefined && now >= this.#releaseAt) {
        this.#releaseAt = undefined;
        for (const entry of this.#limiter.release(now)) this.#write(entry);
      }
      this.#seal("time");
      // Without keys there is no seal, and what is written is to be durable all the same.
      this.#attempt((journal) => journal.sync());
      this.#planRelease();
    }, ms);
    this.#timer.unref();
  }
}
