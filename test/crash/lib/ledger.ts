/** What a device was asked to do and what it said was done, held against what its work directory has in the end. */
import { AranyaError } from "../../../src/base/errors.ts";
import type { DeviceId, TeamId } from "../../../src/base/ids.ts";
import type { Kept } from "./kept.ts";

/** Without one nobody knows what became of a call. */
export function isAnswer(error: unknown): boolean {
  return error instanceof AranyaError && error.code !== "DaemonUnavailable" && error.code !== "Timeout";
}

/** `leaving`: asked to be removed, no answer yet. */
type TeamState = "there" | "leaving" | "gone";

export class Ledger {
  deviceId: DeviceId | undefined;
  /** Every command asked for, under a name it alone has; true once its answer came. */
  readonly #commands: Map<string, boolean>;
  readonly #teams: Map<TeamId, TeamState>;
  /** Teams asked for whose ids nobody was told. */
  #teamsUnanswered = 0;

  constructor(copyOf?: Ledger) {
    this.deviceId = copyOf?.deviceId;
    this.#commands = new Map(copyOf === undefined ? [] : copyOf.#commands);
    this.#teams = new Map(copyOf === undefined ? [] : copyOf.#teams);
    this.#teamsUnanswered = copyOf === undefined ? 0 : copyOf.#teamsUnanswered;
  }

  get acknowledged(): number {
    return [...this.#commands.values()].filter((isAcknowledged) => isAcknowledged).length;
  }

  async command(name: string, call: Promise<unknown>): Promise<void> {
    this.#commands.set(name, false);
    try {
      await call;
    } catch (error) {
      // Refused is refused: nothing of it may be there.
      if (isAnswer(error)) this.#commands.delete(name);
      throw error;
    }
    this.#commands.set(name, true);
  }

  async newTeam(call: Promise<TeamId>): Promise<TeamId> {
    this.#teamsUnanswered++;
    try {
      const teamId = await call;
      this.#teams.set(teamId, "there");
      this.#teamsUnanswered--;
      return teamId;
    } catch (error) {
      if (isAnswer(error)) this.#teamsUnanswered--;
      throw error;
    }
  }

  async removeTeam(teamId: TeamId, call: Promise<unknown>): Promise<void> {
    this.#teams.set(teamId, "leaving");
    await call;
    this.#teams.set(teamId, "gone");
  }

  /**
   * What is missing of all that was acknowledged by then, and what is there that nobody had asked for by now. Empty when
   * all is well. `then` is this ledger, or a copy of it from before what is checked was taken.
   */
  faults(kept: Kept, then: Ledger = this): string[] {
    const faults: string[] = [...kept.auditFaults];
    if (then.deviceId !== undefined && kept.deviceId !== then.deviceId) {
      faults.push(`the device was ${then.deviceId} and is ${kept.deviceId ?? "nobody"}`);
    }
    const found = new Set<string>();
    for (const [teamId, team] of kept.teams) {
      if (team.damage !== undefined) faults.push(`the log of ${teamId} is damaged: ${team.damage}`);
      if (team.fork !== undefined) faults.push(`${teamId} forks at ${team.fork}`);
      for (const name of team.commands) {
        if (found.has(name)) faults.push(`${name} was done twice`);
        found.add(name);
        if (!this.#commands.has(name)) faults.push(`${name} was never asked for`);
      }
    }
    for (const [name, isAcknowledged] of then.#commands) {
      if (!isAcknowledged || found.has(name)) continue;
      // With its team.
      const teamId = name.slice(0, name.indexOf(" ")) as TeamId;
      if (this.#teams.get(teamId) === "there") faults.push(`${name} was acknowledged and is gone`);
    }
    for (const [teamId, state] of this.#teams) {
      const isThere = kept.teams.has(teamId);
      if (state === "there" && then.#teams.has(teamId) && !isThere) faults.push(`team ${teamId} is gone`);
      if (then.#teams.get(teamId) === "gone" && isThere) faults.push(`team ${teamId} is back`);
    }
    const strangers = [...kept.teams.keys()].filter((teamId) => !this.#teams.has(teamId)).length;
    if (strangers > this.#teamsUnanswered) faults.push(`${strangers} teams nobody asked for`);
    return faults;
  }

  /** After a restart: what is there now has to stay, whether or not anybody was told; the rest was never done. */
  settle(kept: Kept): void {
    this.deviceId = kept.deviceId;
    for (const [name, isAcknowledged] of this.#commands) if (!isAcknowledged) this.#commands.delete(name);
    for (const { commands } of kept.teams.values())
      for (const name of commands) this.#commands.set(name, true);
    for (const teamId of this.#teams.keys())
      this.#teams.set(teamId, kept.teams.has(teamId) ? "there" : "gone");
    for (const teamId of kept.teams.keys()) this.#teams.set(teamId, "there");
    this.#teamsUnanswered = 0;
  }
}
