/** What there is to say of each team in one line. */
import { AranyaError } from "../client/index.ts";
import type { Client, Role, TeamId, TeamState } from "../client/index.ts";

export interface TeamSummary {
  readonly teamId: TeamId;
  /** `unsynced`: nothing fetched yet. `stopped`: made under a policy this daemon does not know. */
  readonly state: "open" | "closed" | "unsynced" | "stopped";
  /** Of this device; missing where it is not on the team, or nothing is known yet. */
  readonly role?: Role | undefined;
  readonly netIdentifier?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly devices?: number;
  readonly commandCount?: number;
  readonly stateDigest?: string;
  /** Devices whose commands are not taken any more. */
  readonly unheard?: TeamState["unheard"];
  /** How long its sync has stood still. */
  readonly stalledForMs?: number | undefined;
}

export async function teamSummaries(client: Client): Promise<TeamSummary[]> {
  const summaries: TeamSummary[] = [];
  const me = await client.getDeviceId();
  for (const teamId of await client.teams()) {
    try {
      const { closed, commandCount, stateDigest, unheard, stalledForMs } = await client.team(teamId);
      const devices = await client.devices(teamId);
      const own = devices.find((device) => device.deviceId === me);
      summaries.push({
        teamId,
        state: closed ? "closed" : "open",
        role: own?.role,
        netIdentifier: own?.netIdentifier,
        labels: own?.labels,
        devices: devices.length,
        commandCount,
        stateDigest,
        unheard,
        stalledForMs,
      });
    } catch (error) {
      const state = stateOfError(error);
      // It was removed meanwhile.
      if (state === undefined) continue;
      summaries.push({ teamId, state });
    }
  }
  return summaries;
}

function stateOfError(error: unknown): "unsynced" | "stopped" | undefined {
  if (!(error instanceof AranyaError)) throw error;
  switch (error.code) {
    case "TeamNotSynced":
      return "unsynced";
    case "UnknownPolicy":
      return "stopped";
    case "UnknownTeam":
      return undefined;
    default:
      throw error;
  }
}
