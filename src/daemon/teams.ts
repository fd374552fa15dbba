/**
 * The teams of this device: opened from the work directory, founded, added and removed. Every change to a team goes through
 * here, so that what it caused reaches channels and applications in the order in which it happened.
 */
import { AranyaError, DecodeError, StoreError } from "../base/errors.ts";
import type { TeamId } from "../base/ids.ts";
import { limitReached } from "../base/limit-reached.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entropy } from "../base/time.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { INIT_NONCE_BYTES } from "../graph/command.ts";
import type { Storage } from "../graph/storage.ts";
import { defaultPolicy } from "../policy/default/policy.ts";
import { devicesOf, isClosed, rankOf } from "../policy/default/tables.ts";
import type { WorkDirectory } from "../store/account.ts";
import type { AppendLog, LogReport } from "../store/append-log.ts";
import { MemoryStorage } from "../store/memory-storage.ts";
import { Actions, createTeamCommand } from "../team/actions.ts";
import type { Acted } from "../team/actions.ts";
import type { TeamEvent } from "../team/events.ts";
import { Team } from "../team/team.ts";
import { NOTHING_ADMITTED } from "../team/admitted.ts";
import type { Admitted, Refused } from "../team/admitted.ts";
import type { Logger } from "./log.ts";
import { isNotUnderstood } from "./not-understood.ts";
import { SwitchedStorage } from "./switched-storage.ts";

const POLICIES = [defaultPolicy];

export type TeamListener = (teamId: TeamId, events: readonly TeamEvent[]) => void;

interface Entry {
  readonly team: Team;
  readonly storage: SwitchedStorage;
  /** The file behind it, while there is one. */
  log: AppendLog | undefined;
  /**
   * Whether commands of this device may be missing here: a log that is new, damaged or only in memory. Authoring on top of
   * such a graph would fork the device.
   */
  mayBeBehind: boolean;
  /** Why it will never be synced: its first command, which nobody can forge, names a policy that is not here. */
  stoppedBy?: AranyaError;
}

export interface TeamsOptions {
  /** A log that was damaged has been set aside, or its end cut off. */
  readonly onDamage?: (teamId: TeamId, report: LogReport) => void;
  readonly suite: CipherSuite;
  readonly entropy: Entropy;
  readonly work: WorkDirectory;
  readonly log: Logger;
}

/** For metrics. */
export interface TeamFigures {
  readonly teamId: TeamId;
  /** Missing where the team could not be opened. */
  readonly team: Team | undefined;
  readonly devices: number;
  readonly isClosed: boolean;
  /** Of its log; missing where it is in memory. */
  readonly logBytes: number | undefined;
  readonly damagedLogs: number;
  readonly isStopped: boolean;
  readonly mayBeBehind: boolean;
}

/** Devices named in one line, the latest. More at once are there only where somebody makes them up. */
const UNHEARD_NAMED_MAX = 8;

export class Teams {
  readonly #options: TeamsOptions;
  readonly #entries = new Map<TeamId, Entry>();
  /** Teams on disk that could not be opened, and why. */
  readonly #stopped = new Map<TeamId, AranyaError>();
  readonly #listeners: TeamListener[] = [];
  readonly #commitListeners: ((teamId: TeamId) => void)[] = [];
  readonly #refusedListeners: ((teamId: TeamId, refused: readonly Refused[]) => void)[] = [];
  readonly #stopListeners: ((teamId: TeamId, error: AranyaError) => void)[] = [];
  #store: "disk" | "memory" = "disk";

  constructor(options: TeamsOptions) {
    this.#options = options;
  }

  /** Opens every team of the work directory. One that cannot be opened does not keep the others down. */
  load(): void {
    for (const teamId of this.#options.work.teams()) {
      try {
        this.#open(teamId, this.#options.work.openLog(teamId));
      } catch (cause) {
        if (!(cause instanceof AranyaError || cause instanceof StoreError || cause instanceof DecodeError))
          throw cause;
        const code = isNotUnderstood(cause) ? "UnknownPolicy" : "StorageFailed";
        const message = `the team cannot be opened: ${cause.message}`;
        const error =
          cause instanceof AranyaError
            ? cause
            : new AranyaError(code, message, { teamId, reason: cause.code }, { cause });
        this.#stopped.set(teamId, error);
        this.#options.log.error({ teamId, code: error.code, reason: error.message }, "team not opened");
      }
    }
  }

  onEvents(listener: TeamListener): void {
    this.#listeners.push(listener);
  }

  /** After anything was added to a team's graph, also what the policy refuses and what raises no event. */
  onCommit(listener: (teamId: TeamId) => void): void {
    this.#commitListeners.push(listener);
  }

  /** When a team has turned out to be one that this daemon cannot follow, once. */
  onStopped(listener: (teamId: TeamId, error: AranyaError) => void): void {
    this.#stopListeners.push(listener);
  }

  /** When commands were taken that the policy does not let count. */
  onRefused(listener: (teamId: TeamId, refused: readonly Refused[]) => void): void {
    this.#refusedListeners.push(listener);
  }

  list(): TeamId[] {
    return [...this.#entries.keys(), ...this.#stopped.keys()].sort();
  }

  /** Files of all logs that were damaged and are kept aside. */
  get damagedLogs(): number {
    let sum = 0;
    for (const { log } of this.#entries.values()) sum += log?.damagedLogs ?? 0;
    return sum;
  }

  figures(): TeamFigures[] {
    const stopped = [...this.#stopped.keys()].map((teamId) => ({
      teamId,
      team: undefined,
      devices: 0,
      isClosed: false,
      logBytes: undefined,
      damagedLogs: 0,
      isStopped: true,
      mayBeBehind: true,
    }));
    const open = [...this.#entries].map(([teamId, { team, log, mayBeBehind, stoppedBy }]) => ({
      teamId,
      team,
      devices: team.isSynced ? devicesOf(team.facts).length : 0,
      isClosed: team.isSynced && isClosed(team.facts),
      logBytes: log?.bytes,
      damagedLogs: log?.damagedLogs ?? 0,
      isStopped: stoppedBy !== undefined,
      mayBeBehind,
    }));
    return [...open, ...stopped];
  }

  has(teamId: TeamId): boolean {
    return this.#entries.has(teamId);
  }

  /** Throws `UnknownTeam`, or why the team was not opened. */
  get(teamId: TeamId): Team {
    return this.#entry(teamId).team;
  }

  /** A team some of whose commands have arrived. Throws `TeamNotSynced` or `UnknownPolicy` as well. */
  synced(teamId: TeamId): Team {
    const { team, stoppedBy } = this.#entry(teamId);
    if (team.isSynced) return team;
    if (stoppedBy !== undefined) throw stoppedBy;
    throw new AranyaError(
      "TeamNotSynced",
      "no command of the team has arrived yet; add a sync peer that is a member of it",
      { teamId },
    );
  }

  /** Founds a team with this device as its owner: durable when it returns. */
  create(keys: DeviceKeys): TeamId {
    this.#checkRoom();
    const nonce = this.#options.entropy.bytes(INIT_NONCE_BYTES);
    const init = createTeamCommand(this.#options.suite, keys, nonce);
    if (this.#store === "disk") {
      this.#open(init.teamId, this.#options.work.createLog(init.teamId, [init.bytes]));
    } else {
      this.#open(init.teamId, new MemoryStorage());
      this.get(init.teamId).admit([init.bytes]);
    }
    this.#entry(init.teamId).mayBeBehind = false;
    return init.teamId;
  }

  /** Makes room for a team this device was added to; false when it is there already. */
  add(teamId: TeamId): boolean {
    if (this.#entries.has(teamId) || this.#stopped.has(teamId)) return false;
    this.#checkRoom();
    this.#open(teamId, this.#store === "disk" ? this.#options.work.createLog(teamId) : new MemoryStorage());
    return true;
  }

  /** Forgets the team and its log for good; false when there was none. */
  remove(teamId: TeamId): boolean {
    const entry = this.#entries.get(teamId);
    if (entry === undefined && !this.#stopped.has(teamId)) return false;
    // In this order: what the disk refuses can be asked for again, and does not come back with the next start.
    storing(teamId, () => {
      entry?.team.close();
      this.#options.work.removeTeam(teamId);
    });
    this.#entries.delete(teamId);
    this.#stopped.delete(teamId);
    return true;
  }

  /** An action of this device. Throws `NotReady` while commands it made earlier may be missing. */
  act<T extends Acted>(teamId: TeamId, keys: DeviceKeys, action: (actions: Actions) => T): T {
    const entry = this.#entry(teamId);
    const team = this.synced(teamId);
    if (entry.mayBeBehind) {
      throw new AranyaError(
        "NotReady",
        "the graph here may lack commands this device made itself; it authors nothing before it has been level with a sync peer",
        { teamId },
      );
    }
    this.judge(team);
    const acted = this.#committing(team, () => action(new Actions(this.#options.suite, keys, team)));
    this.#tell(teamId, acted.events);
    return acted;
  }

  /** `take`, then `judge`. */
  admit(team: Team, batch: readonly Uint8Array[]): Admitted {
    try {
      const added = this.take(team, batch);
      return { ...this.judge(team), added };
    } catch (error) {
      // Applications hear of what was taken before, whatever becomes of the rest.
      this.judge(team);
      throw error;
    }
  }

  /**
   * Commands from a peer, as `Team.take`. Throws `DecodeError` if one of them is no command of this team, `UnknownTeam` where
   * the team was removed since `get` gave it out, even if it was added again, and `UnknownPolicy`.
   */
  take(team: Team, batch: readonly Uint8Array[]): number {
    return this.takeSome(team, batch, () => false).added;
  }

  /** The same, as `Team.takeSome`. */
  takeSome(team: Team, batch: readonly Uint8Array[], isTimeUp: () => boolean): ReturnType<Team["takeSome"]> {
    const entry = this.#entryOf(team);
    try {
      return this.#committing(team, () => team.takeSome(batch, isTimeUp));
    } catch (error) {
      if (error instanceof AranyaError && error.code === "UnknownPolicy") this.#stop(entry, error);
      throw error;
    }
  }

  /** Brings facts, channels and applications up to what was taken; of a team removed meanwhile nothing. */
  judge(team: Team): Admitted {
    if (this.#entries.get(team.teamId)?.team !== team) return NOTHING_ADMITTED;
    const admitted = team.judge();
    this.#tell(team.teamId, admitted.events);
    const { refused } = admitted;
    if (refused !== undefined) for (const listener of this.#refusedListeners) listener(team.teamId, refused);
    return admitted;
  }

  /** A sync of this team has ended level with a member of it. Throws as `admit` does, and `StorageFailed`. */
  markLevel(team: Team, deviceIsMember: boolean): void {
    const entry = this.#entryOf(team);
    if (!deviceIsMember) return;
    storing(team.teamId, () => entry.log?.markComplete());
    entry.mayBeBehind = false;
  }

  isMember(teamId: TeamId, deviceId: DeviceKeys["deviceId"]): boolean {
    const team = this.#entries.get(teamId)?.team;
    return team !== undefined && rankOf(team.facts, deviceId) !== undefined;
  }

  /** `graphStore`: from now on; with "memory" open logs are left as they are. */
  useStore(store: "disk" | "memory"): void {
    if (store === this.#store) return;
    this.#store = store;
    for (const entry of this.#entries.values()) {
      if (entry.log === undefined) continue;
      const memory = new MemoryStorage();
      memory.load();
      entry.storage.switchTo(memory);
      entry.log = undefined;
      // The file may be older than what this device authored in memory before it was restarted.
      entry.mayBeBehind = true;
    }
  }

  close(): void {
    for (const { team } of this.#entries.values()) team.close();
    this.#entries.clear();
  }

  #entryOf(team: Team): Entry {
    const entry = this.#entry(team.teamId);
    if (entry.team === team) return entry;
    throw new AranyaError("UnknownTeam", "the team was removed meanwhile", { teamId: team.teamId });
  }

  #entry(teamId: TeamId): Entry {
    const entry = this.#entries.get(teamId);
    if (entry !== undefined) return entry;
    const stopped = this.#stopped.get(teamId);
    if (stopped !== undefined) throw stopped;
    throw new AranyaError("UnknownTeam", "this device does not hold the team; add it with AddTeam", {
      teamId,
    });
  }

  #open(teamId: TeamId, source: AppendLog | MemoryStorage): void {
    const storage = new SwitchedStorage(source);
    const { suite } = this.#options;
    const team = closedUnless(storage, () => new Team({ suite, teamId, storage, policies: POLICIES }));
    const log = source instanceof MemoryStorage ? undefined : source;
    if (log !== undefined && (log.report.damage !== undefined || log.report.tornBytes > 0)) {
      this.#options.log.warn({ teamId, report: log.report }, "the team's log was damaged or cut short");
      this.#options.onDamage?.(teamId, log.report);
    }
    const mayBeBehind = log === undefined || log.incomplete || !team.isSynced;
    this.#entries.set(teamId, { team, storage, log, mayBeBehind });
    if (team.unheardDevices().size > 0) this.#warnOfUnheard(team);
  }

  #stop(entry: Entry, error: AranyaError): void {
    if (entry.stoppedBy !== undefined) return;
    entry.stoppedBy = error;
    const { teamId } = entry.team;
    this.#options.log.error({ teamId, code: error.code, reason: error.message }, "team stopped");
    for (const listener of this.#stopListeners) listener(teamId, error);
  }

  #checkRoom(): void {
    if (this.#entries.size + this.#stopped.size < LIMITS.teamsMax) return;
    const message = `a device is in at most ${LIMITS.teamsMax} teams; remove one first`;
    throw limitReached("teamsMax", message);
  }

  #committing<T>(team: Team, work: () => T): T {
    const { teamId, source } = team;
    const before = source.size;
    const unheardBefore = team.unheardDevices().size;
    try {
      return storing(teamId, work);
    } finally {
      if (team.unheardDevices().size > unheardBefore) this.#warnOfUnheard(team);
      // An action of several commands may have failed after the first.
      if (source.size > before) for (const listener of this.#commitListeners) listener(teamId);
    }
  }

  #warnOfUnheard(team: Team): void {
    const devices = [...team.unheardDevices()].slice(-UNHEARD_NAMED_MAX);
    const remedy = "its keys may be in use elsewhere: remove the device, and add it again with new ones";
    this.#options.log.warn({ teamId: team.teamId, devices, remedy }, "devices are heard no more");
  }

  #tell(teamId: TeamId, events: readonly TeamEvent[]): void {
    if (events.length === 0) return;
    for (const listener of this.#listeners) listener(teamId, events);
  }
}

/** A log that holds no team is not kept open. */
function closedUnless<T>(storage: Storage, work: () => T): T {
  try {
    return work();
  } catch (error) {
    storage.close();
    throw error;
  }
}

/** What the disk refuses is the caller's to know, not only the log's. */
function storing<T>(teamId: TeamId, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new AranyaError("StorageFailed", cause.message, { teamId, reason: cause.code }, { cause });
  }
}
