/** Two daemons in one team, each a `user` with the label, so that either may call the other. Nobody listens yet. */
import type { Client, DaemonConfig, TeamId } from "../../../src/client/index.ts";
import { freePort } from "../../support/daemon-process.ts";
import type { DaemonProcess } from "../../support/daemon-process.ts";
import type { Bench } from "./bench.ts";
import { writtenBy } from "./process-files.ts";

export interface Pair {
  readonly caller: DaemonProcess;
  readonly callerConfig: DaemonConfig;
  readonly callerClient: Client;
  readonly callee: DaemonProcess;
  readonly calleeClient: Client;
  /** Where AFC reaches the callee. */
  readonly calleeName: string;
  readonly teamId: TeamId;
  readonly label: string;
  /** Bytes of storage written for each command that filled the team; 0 when none did. */
  readonly writtenPerCommand: number;
}

const LABEL = "bench";

/**
 * With at least that many commands in the team.
 * @param between makes what the name of the callee leads to, given its port, and returns the port; the callee itself if not given
 */
export async function startPair(
  bench: Bench,
  commands: number,
  between?: (port: number) => Promise<number>,
): Promise<Pair> {
  const [caller, callee] = [bench.daemon(), bench.daemon()];
  const calleePort = await freePort();
  const [callerName, calleeAddress] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${calleePort}`];
  const calleeName = between === undefined ? calleeAddress : `127.0.0.1:${await between(calleePort)}`;
  const config = (address: string): DaemonConfig => ({
    sync: { listen: address },
    afc: { listen: address },
  });
  caller.start();
  callee.start();
  const a = await caller.connect(config(callerName));
  const b = await callee.connect(config(calleeAddress));
  const [callerId, calleeId] = [await a.initDevice(), await b.initDevice()];
  const teamId = await a.createTeam();
  await a.addDevice(teamId, await b.getKeyBundle(), "callee");
  await a.assignRole(teamId, calleeId, "user");
  await a.createLabel(teamId, LABEL);
  for (const [id, name] of [
    [callerId, callerName],
    [calleeId, calleeName],
  ] as const) {
    await a.assignLabel(teamId, id, LABEL);
    await a.assignNetworkName(teamId, id, name);
  }
  const before = writtenBy(caller.pid!);
  const added = Math.max(0, commands - (await a.team(teamId)).commandCount);
  for (let i = 0; i < added; i++) {
    if (i % 2 === 0) await a.createLabel(teamId, "spare");
    else await a.deleteLabel(teamId, "spare");
  }
  const writtenPerCommand = added === 0 ? 0 : (writtenBy(caller.pid!) - before) / added;
  // Channels are for users: the owner steps down.
  await a.assignRole(teamId, callerId, "user");
  await b.addTeam(teamId);
  await b.syncNow(callerName, teamId);
  return {
    caller,
    callerConfig: config(callerName),
    callerClient: a,
    callee,
    calleeClient: b,
    calleeName,
    teamId,
    label: LABEL,
    writtenPerCommand,
  };
}
