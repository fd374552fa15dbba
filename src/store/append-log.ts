/**
 * One team's commands in one file, `log` (see log-format.ts), written at its end only.
 *
 * What reading finds:
 * - **A torn tail**: something at the end that is no whole record, and no whole record anywhere behind it. That is what
 *   a crash leaves of a batch nobody was told was durable: cut short, zeros where data never arrived, a length that
 *   means nothing. It is cut off; whole records at the beginning of the batch stay.
 * - **Damage**: a bad header, or a whole record behind a bad one. Something once acknowledged may be gone. The records
 *   before it go on in a new log, the old file is kept as `log.damaged-<n>`, and the report says so; the rest comes from
 *   peers. (A crash can leave this too, on file systems that write a large batch out of order. It is not told apart from
 *   damage: keeping a file aside for nothing is cheaper than dropping commands in silence.)
 *
 * On damage the steps are: write `log.new`, rename `log` to `log.damaged-<n>`, sync the directory, rename `log.new` to
 * `log`, sync again. A crash in between leaves no `log`; opening then reads the newest damaged one again.
 */
import { assert } from "../base/assert.ts";
import { StoreError } from "../base/errors.ts";
import type { TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Storage } from "../graph/storage.ts";
import {
  attempt,
  ignoreErrors,
  join,
  readUpTo,
  removeFlatDirectory,
  toStoreError,
  writeAll,
  writeNewFile,
} from "./files.ts";
import type { Files, OpenFile } from "./files.ts";
import {
  assertRecord,
  encodeHeader,
  encodeRecords,
  HEADER_BYTES,
  headerIsWhole,
  isFollowedByRecord,
  RECORD_HEADER_BYTES,
  recordAt,
  Window,
} from "./log-format.ts";

const LOG = "log";
/** A crash can leave it; nobody reads it. */
export const LOG_NEW = "log.new";
/** An empty file beside a log of a team that was perhaps here before: it has not been level with a peer yet. */
const LOG_BEHIND = "log.behind";
/** `damaged` until the log is known to be whole again, `recovered` afterwards. */
const ASIDE = /^log\.(damaged|recovered)-([1-9][0-9]{0,8})$/;

/** What `load` met. */
export interface LogReport {
  /** Records yielded. */
  readonly records: number;
  /** Bytes of a batch cut short by a crash, now cut off; 0 nearly always. */
  readonly tornBytes: number;
  readonly damage?: LogDamage;
}

export interface LogDamage {
  /** The old file, as it was. */
  readonly keptAs: string;
  /** Where in it the first bad byte may be: what is before is whole. */
  readonly offset: number;
  /** From there to its end. */
  readonly bytes: number;
}

/** Reads strictly once, then appends. Not shared: one `AppendLog` for a file. */
export class AppendLog implements Storage {
  readonly #files: Files;
  readonly #directory: string;
  readonly #teamId: TeamId;
  readonly #path: string;
  #file: OpenFile;
  /** `log`, or the `log.damaged-<n>` whose rescue a crash interrupted. */
  #source: string;
  /** Where the next record goes: the end of the last whole one. */
  #end = 0;
  #state: "opened" | "loading" | "ready" | "broken" | "closed" = "opened";
  #report: LogReport | undefined;
  #incomplete: boolean;
  /** A process that ended between a write and its sync leaves whole records that only look durable. */
  #mayBeUnsynced = true;
  #damagedLogs = 0;

  /**
   * A new team, in a directory of its own that must not exist. Durable, with these records in it, or not there at all:
   * it is made under another name, `new-…`, and renamed. `behind`: it is `incomplete` until `markComplete`, over restarts.
   */
  static create(
    files: Files,
    directory: string,
    teamId: TeamId,
    records: readonly Uint8Array[] = [],
    behind = false,
  ): AppendLog {
    const slash = directory.lastIndexOf("/");
    const parent = directory.slice(0, slash);
    const temporary = join(parent, `new-${directory.slice(slash + 1)}`);
    for (const record of records) assertRecord(record);
    if (attempt("look at", directory, () => files.status(directory)) !== undefined) {
      throw new StoreError("exists", `cannot make ${directory}: it exists; remove the team first`);
    }
    attempt("make", directory, () => {
      if (files.status(temporary) === undefined) files.makeDirectory(temporary);
      try {
        writeNewFile(files, join(temporary, LOG), [encodeHeader(teamId), encodeRecords(records)]);
        const marker = join(temporary, LOG_BEHIND);
        if (behind) writeNewFile(files, marker, []);
        // A creation that failed, and could not be tidied up after either.
        else if (files.status(marker) !== undefined) files.unlink(marker);
        files.syncDirectory(temporary);
        files.rename(temporary, directory);
        files.syncDirectory(parent);
      } catch (error) {
        ignoreErrors(() => {
          if (files.status(temporary) === undefined) {
            // Emptied only once it is durably no team: a directory with an id and no log would look like a loss.
            files.rename(directory, temporary);
            files.syncDirectory(parent);
          }
          removeFlatDirectory(files, temporary);
        });
        throw error;
      }
    });
    const log = AppendLog.open(files, directory, teamId);
    log.#mayBeUnsynced = false;
    return log;
  }

  /** Throws `StoreError` where there is no log, or one this version must not touch. Writes nothing to a log. */
  static open(files: Files, directory: string, teamId: TeamId): AppendLog {
    const path = join(directory, LOG);
    return attempt("open", path, () => {
      const kept = keptAside(files, directory);
      const newest = kept.findLast((aside) => aside.damaged);
      const isThere = files.status(path) !== undefined;
      const source = isThere || newest === undefined ? path : join(directory, newest.name);
      // Putting damage aside may have failed at its last step: what is appended now must not hang on that rename.
      if (newest !== undefined) files.syncDirectory(directory);
      const behind = newest !== undefined || files.status(join(directory, LOG_BEHIND)) !== undefined;
      const file = files.open(source, "readWrite");
      return new AppendLog(files, directory, teamId, source, file, behind);
    });
  }

  private constructor(
    files: Files,
    directory: string,
    teamId: TeamId,
    source: string,
    file: OpenFile,
    incomplete: boolean,
  ) {
    this.#files = files;
    this.#directory = directory;
    this.#teamId = teamId;
    this.#path = join(directory, LOG);
    this.#source = source;
    this.#file = file;
    this.#incomplete = incomplete;
    try {
      const header = new Uint8Array(HEADER_BYTES);
      const length = attempt("read", source, () => readUpTo(file, header, 0));
      if (headerIsWhole(header.subarray(0, length), teamId, source)) this.#end = HEADER_BYTES;
    } catch (error) {
      ignoreErrors(() => file.close());
      throw error;
    }
  }

  /** There once `load` has run to its end. */
  get report(): LogReport {
    assert(this.#report !== undefined, "a log is loaded before its report is read");
    return this.#report;
  }

  /**
   * True while commands of this device may be missing: damage was met, or the log was made `behind`, in this process or an
   * earlier one, and `markComplete` has not been called since. A device must author nothing on top of such a log, or it forks itself.
   */
  get incomplete(): boolean {
    return this.#incomplete;
  }

  /** Of the log file as it is, without what is kept aside. */
  get bytes(): number {
    return this.#end;
  }

  /** Files kept aside since they were damaged: `damaged` and `recovered` ones. As last seen, where the storage fails now. */
  get damagedLogs(): number {
    ignoreErrors(() => (this.#damagedLogs = keptAside(this.#files, this.#directory).length));
    return this.#damagedLogs;
  }

  /** Level with a peer again. The files kept aside stay, under the name `log.recovered-<n>`. */
  markComplete(): void {
    this.#assertReady();
    if (!this.#incomplete) return;
    attempt("mark as whole what is in", this.#directory, () => {
      for (const aside of keptAside(this.#files, this.#directory)) {
        if (!aside.damaged) continue;
        this.#files.rename(
          join(this.#directory, aside.name),
          join(this.#directory, `log.recovered-${aside.n}`),
        );
      }
      const behind = join(this.#directory, LOG_BEHIND);
      if (this.#files.status(behind) !== undefined) this.#files.unlink(behind);
      this.#files.syncDirectory(this.#directory);
    });
    this.#incomplete = false;
  }

  /**
   * In bounded memory, if what is not kept is let go: records read together share a buffer. The log can be appended to once this has run to its end, where a torn tail is cut off
   * and damage put aside; an undamaged log is synced and not written to.
   */
  *load(): Generator<Uint8Array, void, undefined> {
    assert(this.#state === "opened", "a log is loaded once");
    this.#state = "loading";
    const headerIsBad = this.#end === 0;
    const size = this.#read(() => this.#file.size());
    const window = new Window(this.#file, size);
    let records = 0;
    while (!headerIsBad && this.#end < size) {
      const record = this.#read(() => recordAt(window, this.#end));
      if (record === undefined) break;
      this.#end += RECORD_HEADER_BYTES + record.length;
      records++;
      yield record;
    }
    const rest = size - this.#end;
    const isDamaged = headerIsBad || (rest > 0 && this.#read(() => isFollowedByRecord(window, this.#end)));
    if (isDamaged || this.#source !== this.#path) {
      const damage = { keptAs: this.#startAnew(), offset: this.#end, bytes: rest };
      this.#report = { records, tornBytes: 0, damage };
      if (headerIsBad) this.#end = HEADER_BYTES;
    } else {
      if (rest > 0) this.#cutBack();
      else if (this.#mayBeUnsynced && records > 0) attempt("sync", this.#path, () => this.#file.dataSync());
      this.#report = { records, tornBytes: rest };
    }
    this.#state = "ready";
  }

  append(records: readonly Uint8Array[]): void {
    this.#assertReady();
    if (records.length === 0) return;
    for (const record of records) assertRecord(record);
    const batch = encodeRecords(records);
    try {
      writeAll(this.#file, batch, this.#end);
      this.#file.dataSync();
    } catch (error) {
      // The caller will be told that nothing was kept, and may author something else in its place: what did reach the
      // disk must be gone for good, and if that cannot be had, nothing may follow it.
      try {
        this.#cutBack();
      } catch {
        this.#state = "broken";
      }
      throw toStoreError("append to", this.#path, error);
    }
    this.#end += batch.length;
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    attempt("close", this.#path, () => this.#file.close());
  }

  #assertReady(): void {
    if (this.#state === "closed") throw new StoreError("closed", `${this.#path} is closed`);
    if (this.#state === "broken") {
      throw new StoreError(
        "broken",
        `${this.#path} could not be cut back after a failed write; restart to reread it`,
      );
    }
    assert(this.#state === "ready", "a log is loaded to its end before it is used");
  }

  #read<T>(step: () => T): T {
    return attempt("read", this.#source, step);
  }

  #cutBack(): void {
    attempt("cut back", this.#path, () => {
      this.#file.truncate(this.#end);
      this.#file.sync();
    });
  }

  /** Carries the whole records over into a new log and returns the name the old one is kept under. */
  #startAnew(): string {
    const files = this.#files;
    const temporary = join(this.#directory, LOG_NEW);
    const kept = keptAside(files, this.#directory);
    let keptAs = this.#source;
    attempt("start anew", this.#path, () => {
      writeNewFile(files, temporary, this.#wholePart());
      if (this.#source === this.#path) {
        keptAs = join(this.#directory, `log.damaged-${(kept.at(-1)?.n ?? 0) + 1}`);
        files.rename(this.#path, keptAs);
        this.#incomplete = true;
        files.syncDirectory(this.#directory);
      }
      files.rename(temporary, this.#path);
      files.syncDirectory(this.#directory);
      const file = files.open(this.#path, "readWrite");
      this.#file.close();
      this.#file = file;
      this.#source = this.#path;
    });
    for (const aside of kept.slice(0, Math.max(0, kept.length + 1 - LIMITS.damagedLogsKeptMax))) {
      const path = join(this.#directory, aside.name);
      if (path !== keptAs) ignoreErrors(() => files.unlink(path));
    }
    return keptAs;
  }

  *#wholePart(): Generator<Uint8Array, void, undefined> {
    yield encodeHeader(this.#teamId);
    const window = new Window(this.#file, this.#end);
    for (let at = HEADER_BYTES; at < this.#end;) {
      const record = recordAt(window, at);
      // Read a moment ago: a medium that answers differently now is not one to copy from.
      if (record === undefined) throw Object.assign(new Error("read differs"), { code: "EIO" });
      yield encodeRecords([record]);
      at += RECORD_HEADER_BYTES + record.length;
    }
  }
}

interface Aside {
  readonly name: string;
  readonly n: number;
  readonly damaged: boolean;
}

/** Logs kept aside, oldest first. */
function keptAside(files: Files, directory: string): Aside[] {
  const found: Aside[] = [];
  for (const name of files.list(directory)) {
    const match = ASIDE.exec(name);
    if (match !== null) found.push({ name, n: Number(match[2]), damaged: match[1] === "damaged" });
  }
  return found.sort((a, b) => a.n - b.n);
}
