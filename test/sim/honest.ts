/**
 * A device that does as the daemon does: the product's own `Teams` over its own store, on a disk that can fail and a power
 * supply that can be cut. Whatever ends its process ends everything but the disk.
 */
import { AranyaError, DecodeError, StoreError } from "../../src/base/errors.ts";
import type { CommandId, DeviceId, TeamId } from "../../src/base/ids.ts";
import { instant } from "../../src/base/time.ts";
import type { Instant } from "../../src/base/time.ts";
import type { DeviceKeys } from "../../src/crypto/key-bundle.ts";
import { Teams } from "../../src/daemon/teams.ts";
import { WorkDirectory } from "../../src/store/account.ts";
import type { Acted, Actions } from "../../src/team/actions.ts";
import type { Team } from "../../src/team/team.ts";
import type { Prng } from "../property/model/generate.ts";
import { Crash, FaultyFiles } from "../support/faulty-files.ts";
import type { Simulation } from "./simulation.ts";
import { Violation } from "./violation.ts";
import { SILENT_LOG } from "../support/silent-log.ts";

const PATH = "/var";
/** The length field in front of each record of the log, and the header in front of them all (src/store/log-format.ts). */
const LOG_HEADER_BYTES = 48;
const RECORD_HEADER_BYTES = 8;
/** Clocks begin anywhere. */
const CLOCK_START_MS_MAX = 2 ** 41;
const YEAR_MS = 365 * 24 * 3600 * 1000;

export class HonestDevice {
  readonly index: number;
  readonly keys: DeviceKeys;
  files = new FaultyFiles();
  /** Of the process that runs; undefined while it is down. */
  teams: Teams | undefined;
  /** Who is told when something was added to the team. */
  readonly commitListeners = new Set<() => void>();
  /** Counts processes, so that what an earlier one began is not carried on. */
  process = 0;
  /** What was ever said to be durable here. */
  readonly acknowledged = new Set<CommandId>();
  /** Own commands that a damaged medium took: the device cannot know of them until somebody brings them back. */
  readonly lost = new Set<CommandId>();
  /** Something was taken from the disk, and no pull has ended level since: it must author nothing. */
  mustNotAuthor = false;
  readonly #sim: Simulation;
  readonly #rng: Prng;
  #clockOffset = 0;
  /** The medium was tampered with since the last start. */
  #damaged = false;

  constructor(sim: Simulation, index: number, keys: DeviceKeys, rng: Prng) {
    this.#sim = sim;
    this.index = index;
    this.keys = keys;
    this.#rng = rng;
    sim.prepareFiles(this.files);
    this.files.makeDirectory(PATH);
    this.files.syncDirectory("/");
  }

  get id(): DeviceId {
    return this.keys.deviceId;
  }

  /** The team as the running process holds it. */
  get team(): Team | undefined {
    return this.teams?.has(this.#sim.teamId) === true ? this.teams.get(this.#sim.teamId) : undefined;
  }

  /** This device's own clock: any origin, and it may jump. */
  now(): Instant {
    return instant(this.#sim.scheduler.now + this.#clockOffset);
  }

  jumpClock(): void {
    this.#clockOffset += this.#rng.chance(0.5) ? YEAR_MS : -YEAR_MS;
  }

  isMember(device: DeviceId): boolean {
    return this.teams?.isMember(this.#sim.teamId, device) === true;
  }

  start(): void {
    if (this.teams !== undefined) return;
    this.process++;
    this.#clockOffset = this.#rng.between(0, CLOCK_START_MS_MAX) * this.#sim.clockScale;
    this.#run(() => {
      const teams = new Teams({
        suite: this.#sim.suite,
        entropy: { bytes: (length) => this.#bytes(length) },
        work: WorkDirectory.open(this.files, PATH),
        log: SILENT_LOG,
      });
      teams.load();
      teams.onCommit(() => {
        for (const listener of this.commitListeners) listener();
      });
      this.teams = teams;
      this.#replaceMissing();
      this.#afterStart();
    });
  }

  /** A clean stop: everything is durable anyway. */
  stop(): void {
    this.#run(() => this.teams?.close());
    this.#end();
  }

  /** The power goes now, or went within a call. */
  cutPower(): void {
    this.files = this.files.afterCrash(() => this.#rng.next());
    this.#sim.prepareFiles(this.files);
    this.#end();
  }

  /** As the owner of the team's first command. */
  createTeam(): TeamId {
    return this.teams!.create(this.keys);
  }

  join(): void {
    this.#run(() => this.teams?.add(this.#sim.teamId));
  }

  /** An action of an application; what the daemon answers with an error has changed nothing. */
  act(action: (actions: Actions) => Acted): "done" | "idle" | "refused" | "down" {
    const { teams, team } = this;
    if (teams === undefined || team === undefined) return "down";
    const before = team.commandCount;
    let answer: "done" | "idle" | "refused" | "down" = "down";
    this.#run(() => {
      answer = "refused";
      const { changed } = teams.act(team.teamId, this.keys, action);
      answer = changed ? "done" : "idle";
      this.#sim.checkers.authored(this, team, before);
      this.#acknowledge(team, before);
    });
    return answer;
  }

  /** A page from a peer. Throws `DecodeError` where the peer is to blame; undefined when nothing could be kept. */
  admit(team: Team, batch: readonly Uint8Array[]): number | undefined {
    const { teams } = this;
    if (teams === undefined) return undefined;
    const before = team.commandCount;
    let refusal: DecodeError | undefined;
    let added: number | undefined;
    this.#run(() => {
      try {
        added = teams.admit(team, batch).added;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        refusal = error;
      }
    });
    if (refusal !== undefined) throw refusal;
    if (added !== undefined) this.#acknowledge(team, before);
    return added;
  }

  markLevel(team: Team): void {
    this.#run(() => {
      const isMember = this.isMember(this.id);
      // Level it is, even if the power goes before the disk knows.
      if (isMember) this.mustNotAuthor = false;
      this.teams?.markLevel(team, isMember);
    });
  }

  /** Flips a bit of the log while nobody looks, before its last record: a bad last one is what a crash leaves as well. */
  rot(): boolean {
    const path = this.#logPath();
    if (this.teams !== undefined || this.files.status(path) === undefined) return false;
    const log = this.files.contents(path);
    const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
    let last = LOG_HEADER_BYTES;
    for (let at = last; at + RECORD_HEADER_BYTES < log.length;) {
      last = at;
      at += RECORD_HEADER_BYTES + view.getUint32(at);
    }
    const bit = this.#rng.between(0, last * 8 - 1);
    log[bit >> 3]! ^= 1 << (bit & 7);
    this.files.put(path, log);
    this.#damaged = true;
    return true;
  }

  loseLog(): boolean {
    const path = this.#logPath();
    if (this.teams !== undefined || this.files.status(path) === undefined) return false;
    this.files.unlink(path);
    this.files.syncDirectory(path.slice(0, path.lastIndexOf("/")));
    this.#damaged = true;
    return true;
  }

  #logPath(): string {
    return `${PATH}/teams/${this.#sim.teamId}/log`;
  }

  /** Runs something of the daemon's; what only the disk is to blame for is the caller's answer, a power cut the end. */
  #run(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof Crash) {
        this.#sim.tally.count("fault: power cut in a call");
        this.cutPower();
      } else if (error instanceof AranyaError) {
        this.#sim.tally.count(`answer: ${error.code}`);
      } else if (error instanceof StoreError) {
        // The daemon does not come up, or goes down; its supervisor tries again.
        this.#sim.tally.count(`store: ${error.code}`);
        this.#end();
      } else if (error instanceof Violation) {
        throw error;
      } else {
        throw new Violation("errors", `device ${this.index} threw ${String((error as Error).stack)}`);
      }
    }
  }

  #end(): void {
    this.teams = undefined;
    this.files.fault = undefined;
    // The system closes what a process had open.
    this.files.openHandles = 0;
    this.#sim.network.drop((a, b) => a === this.index || b === this.index);
  }

  /**
   * A log that is gone: whoever runs the device takes the team away and adds it again. One that only could not be read or
   * mended now is left for the next start.
   */
  #replaceMissing(): void {
    const { teamId } = this.#sim;
    const teams = this.teams!;
    if (teams.has(teamId) || !teams.list().includes(teamId)) return;
    if (this.files.status(this.#logPath()) !== undefined || !this.#damaged) {
      this.#sim.tally.count("reached: team not opened");
      this.#end();
      return;
    }
    teams.remove(teamId);
    teams.add(teamId);
    this.#sim.tally.count("reached: team added again");
  }

  #afterStart(): void {
    const { team } = this;
    if (team === undefined) return;
    if (this.#damaged) {
      this.#damaged = false;
      for (const id of this.acknowledged) {
        if (team.source.indexOf(id) !== undefined) continue;
        this.acknowledged.delete(id);
        this.mustNotAuthor = true;
        if (this.#sim.ledger.get(id)?.author === this.id) this.lost.add(id);
        this.#sim.tally.count("reached: command lost to damage");
      }
    }
    // A command whose storing the power cut short may be whole all the same.
    for (let i = 0; i < team.commandCount; i++) {
      if (this.#sim.ledger.get(team.source.idAt(i)) === undefined)
        this.#sim.ledger.addOwn(this.id, team.source.bytesAt(i));
    }
    this.#sim.checkers.started(this, team);
    this.#acknowledge(team, 0);
  }

  #acknowledge(team: Team, from: number): void {
    for (let i = from; i < team.commandCount; i++) {
      const id = team.source.idAt(i);
      this.acknowledged.add(id);
      this.lost.delete(id);
    }
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#rng.between(0, 255));
  }
}
