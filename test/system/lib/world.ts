import assert from "node:assert/strict";
import type { DeviceId, TeamId } from "../../../src/base/ids.ts";
import type { Client } from "../../../src/client/index.ts";
import type { Machine } from "./machine.ts";

export type Check = (title: string, run: () => Promise<void>) => Promise<void>;

export interface World {
  readonly machine: Machine;
  readonly check: Check;
  /** In the container, the older first. */
  readonly packages: readonly [string, string];
  readonly archives: readonly [string, string];
  readonly version: string;
  readonly nextVersion: string;
  readonly idleSeconds: number;
  /** Leaves out what takes long and is not the unit's doing. */
  readonly quick: boolean;
}

export const UNIT = "aranya-edge.service";
export const HUB = "aranya-edge@hub.service";
export const STATE = "/var/lib/aranya-edge";
export const CONFIG = "/etc/aranya-edge/config.json";
const SOCKET = "/run/aranya-edge/socket";
export const HUB_SOCKET = "/run/aranya-edge-hub/socket";
export const HUB_ADDRESS = "127.0.0.1:4400";

/** Who the device is and what its teams are like. */
export interface Identity {
  readonly deviceId: DeviceId;
  readonly digests: Readonly<Record<TeamId, string>>;
}

export async function withClient<T>(
  machine: Machine,
  use: (client: Client) => Promise<T>,
  socket = SOCKET,
): Promise<T> {
  const client = await machine.until(
    "the socket answers",
    () => machine.client(socket),
    () => true,
  );
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

export function identity(machine: Machine): Promise<Identity> {
  return withClient(machine, async (client) => {
    const digests: Record<TeamId, string> = {};
    for (const teamId of await client.teams()) digests[teamId] = (await client.team(teamId)).stateDigest;
    return { deviceId: await client.getDeviceId(), digests };
  });
}

export async function isActive(machine: Machine, unit = UNIT): Promise<boolean> {
  return (await machine.sh(`systemctl is-active --quiet ${unit}`)).code === 0;
}

/** Until another process than `before` is ready. */
export async function restarted(machine: Machine, before: number, unit = UNIT): Promise<void> {
  await machine.until(
    `${unit} runs again`,
    async () => [await machine.show("ActiveState", unit), await machine.mainPid(unit)] as const,
    ([state, pid]) => state === "active" && pid > 0 && pid !== before,
  );
}

export async function failed(machine: Machine, unit = UNIT): Promise<void> {
  await machine.until(
    `${unit} has failed`,
    () => machine.show("ActiveState", unit),
    (state) => state === "failed",
  );
}

/** Set right again, and running: what the next check begins with. */
export async function mended(machine: Machine): Promise<void> {
  await machine.dropIn([]);
  await machine.ok(`systemctl reset-failed ${UNIT}; systemctl restart ${UNIT}`);
}

export { assert };
