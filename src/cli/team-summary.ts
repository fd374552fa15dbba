/** What there is to say of each team in one line. */
import { AranyaError } from "../client/index.ts";
import type { Client, Role, TeamId, TeamState } from "../client/index.ts";

export interface TeamSummary {
  readonly teamId: TeamId;
  /** `unsynced`: nothing fetched yet. `stopped`: this daemon does not know its policy, or cannot open its log. */
  readonly state: "open" | "closed" | "unsynced" | "stopped";
  /** Why, where it is stopped. */
  readonly stoppedBy?: { readonly code: "UnknownPolicy" | "StorageFailed"; readonly reason: string };
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
      summaries.push({ teamId, ...state });
    }
  }
  return summaries;
}

/** One team that is in trouble does not hide the others. */
function stateOfError(error: unknown): Pick<TeamSummary, "state" | "stoppedBy"> | undefined {
  if (!(error instanceof AranyaError)) throw error;
  const { code, message: reason } = error;
  switch (code) {
    case "TeamNotSynced":
      return { state: "unsynced" };
    case "UnknownPolicy":
    case "StorageFailed":
      return { state: "stopped", stoppedBy: { code, reason } };
    case "UnknownTeam":
      return undefined;
    default:
      throw error;
  }
}
