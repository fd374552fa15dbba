/**
 * The work directory holds an account: the device's keys, and for each team added its log.
 *
 *     <work directory>/
 *       keystore/device.keys          three secret keys, see keystore.ts
 *       teams/<team-id>/log           the team's commands, see append-log.ts
 *       teams/<team-id>/log.behind    empty; until a team added by its id has been level with a peer
 *       teams/<team-id>/log.damaged-<n>, log.recovered-<n>     kept aside, at most LIMITS.damagedLogsKeptMax
 *       audit/audit-<n>.jsonl         what was done and by whom, see src/audit; no part of the account
 *
 * Names that exist for the length of a call, and after a crash until the next open: `keystore/device.keys.new`,
 * `teams/<team-id>/log.new`, `teams/new-<team-id>/` (a team not there yet), `teams/removed-<team-id>/` (one no longer
 * there). Neither of the last two is an id, so neither is ever taken for a team.
 */
import { assert } from "../base/assert.ts";
import { parseId } from "../base/ids.ts";
import type { TeamId } from "../base/ids.ts";
import { AppendLog, LOG_NEW } from "./append-log.ts";
import { attempt, ensureDirectory, join, removeFlatDirectory } from "./files.ts";
import type { Files } from "./files.ts";
import { Keystore, KEYS_NEW } from "./keystore.ts";

/** For the log of the daemon: nothing of it needs handling. */
export interface StoreNote {
  /** `ignored`: not ours, left alone. `cleaned`: what a crash or a failed call left, removed. */
  readonly kind: "ignored" | "cleaned" | "not-cleaned";
  readonly path: string;
}

const LEFTOVER = /^(?:new|removed)-(.*)$/;

export class WorkDirectory {
  readonly keystore: Keystore;
  readonly #files: Files;
  readonly #teams: string;
  readonly #note: (note: StoreNote) => void;

  /**
   * Makes what is missing, each directory 0700, and removes what a crash left. Throws `StoreError` naming the path and
   * the remedy where the directory cannot be used. Writes nothing when there is nothing to make or to remove.
   */
  static open(files: Files, path: string, note: (note: StoreNote) => void = () => undefined): WorkDirectory {
    const root = path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
    const keystore = join(root, "keystore");
    const teams = join(root, "teams");
    for (const directory of [root, keystore, teams]) {
      attempt("make", directory, () => ensureDirectory(files, directory));
      attempt("list", directory, () => files.list(directory));
      attempt("write in", directory, () => files.checkWritable(directory));
    }
    const work = new WorkDirectory(files, keystore, teams, note);
    work.#cleanUp(keystore);
    return work;
  }

  private constructor(files: Files, keystore: string, teams: string, note: (note: StoreNote) => void) {
    this.#files = files;
    this.#teams = teams;
    this.#note = note;
    this.keystore = new Keystore(files, keystore);
  }

  /** The teams of this account, in order of their ids. */
  teams(): TeamId[] {
    const ids: TeamId[] = [];
    for (const name of attempt("list", this.#teams, () => this.#files.list(this.#teams)).sort()) {
      const id = parseId<TeamId>(name);
      const path = join(this.#teams, name);
      const isTeam =
        id !== undefined && attempt("look at", path, () => this.#files.status(path))?.type === "directory";
      if (isTeam) ids.push(id);
      else this.#note({ kind: "ignored", path });
    }
    return ids;
  }

  /** To be loaded before use. `not-found` where there is no such team, or its log is gone. */
  openLog(teamId: TeamId): AppendLog {
    return AppendLog.open(this.#files, this.#directoryOf(teamId), teamId);
  }

  /**
   * A new team whose log begins with `records`: durable as a whole, or not there at all. To be loaded before use. Without
   * records it is a team of others, in which this device may have acted before: the log is incomplete until it is level.
   */
  createLog(teamId: TeamId, records: readonly Uint8Array[] = []): AppendLog {
    return AppendLog.create(this.#files, this.#directoryOf(teamId), teamId, records, records.length === 0);
  }

  /** False when there was no such team. Close its log first. The team is gone for good once the rename is durable. */
  removeTeam(teamId: TeamId): boolean {
    const files = this.#files;
    const directory = this.#directoryOf(teamId);
    const tombstone = join(this.#teams, `removed-${teamId}`);
    const existed = attempt("remove", directory, () => {
      const isThere = files.status(directory) !== undefined;
      const isHalfRemoved = files.status(tombstone) !== undefined;
      if (isThere) {
        if (isHalfRemoved) removeFlatDirectory(files, tombstone);
        files.rename(directory, tombstone);
      }
      if (isThere || isHalfRemoved) files.syncDirectory(this.#teams);
      return isThere || isHalfRemoved;
    });
    // Removed for good from here on: the rest is tidying.
    if (existed && !this.#tidy(() => removeFlatDirectory(files, tombstone))) {
      this.#note({ kind: "not-cleaned", path: tombstone });
    }
    return existed;
  }

  #directoryOf(teamId: TeamId): string {
    assert(parseId(teamId) !== undefined, "a team's directory is named by its id");
    return join(this.#teams, teamId);
  }

  #cleanUp(keystore: string): void {
    const files = this.#files;
    this.#unlinkIfThere(join(keystore, KEYS_NEW));
    for (const name of attempt("list", this.#teams, () => files.list(this.#teams))) {
      const path = join(this.#teams, name);
      if (attempt("look at", path, () => files.status(path))?.type !== "directory") continue;
      const leftoverOf = LEFTOVER.exec(name)?.[1];
      if (leftoverOf !== undefined && parseId(leftoverOf) !== undefined) {
        this.#clean(path, () => {
          // The rename that made it a leftover may not be durable yet; emptied before it is, it could be a team again.
          files.syncDirectory(this.#teams);
          removeFlatDirectory(files, path);
        });
      } else if (parseId(name) !== undefined) {
        this.#unlinkIfThere(join(path, LOG_NEW));
      }
    }
  }

  #unlinkIfThere(path: string): void {
    const isThere = attempt("look at", path, () => this.#files.status(path)) !== undefined;
    if (isThere) this.#clean(path, () => this.#files.unlink(path));
  }

  #clean(path: string, remove: () => void): void {
    this.#note({ kind: this.#tidy(remove) ? "cleaned" : "not-cleaned", path });
  }

  /** What cannot be removed is in nobody's way. */
  #tidy(remove: () => void): boolean {
    try {
      remove();
      return true;
    } catch {
      return false;
    }
  }
}
