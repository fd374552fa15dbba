import { closeSync, fdatasyncSync, openSync, statSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { TeamId } from "../../../src/base/ids.ts";
import { eventually } from "../../support/daemon-process.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import { startPair } from "../lib/pair.ts";
import { writtenBy } from "../lib/process-files.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { RECORD_HEADER_BYTES, HEADER_BYTES } from "../../../src/store/log-format.ts";

const COMMANDS = 1000;
const SYNC_EVERY_MS = 1000;
const SEALED_MS_MAX = 30_000;

/** What a team takes on storage, what each command writes there, and that an idle daemon writes nothing. */
export const disk: Scenario = {
  id: "disk",
  async run(bench) {
    bench.say("disk: a team of 1,000 commands");
    const pair = await startPair(bench, COMMANDS);
    await pair.calleeClient.pollData(0); // registers for incoming channels
    const { caller, calleeClient, teamId } = pair;
    const { commandCount } = await calleeClient.team(teamId);
    const logBytes = statSync(`${caller.workDir}/teams/${teamId}/log`).size;
    const commandBytes = logBytes - HEADER_BYTES - commandCount * RECORD_HEADER_BYTES;
    const perThousand = (bytes: number): number => (bytes / commandCount) * 1000;
    const written = plainWrites(bench, commandBytes / commandCount);
    const idle = await writtenIdle(bench, pair, teamId);
    if (pair.writtenPerCommand === 0) {
      bench.say("this file system does not count what is written: disk/idle and disk/written say nothing");
    } else if (idle > 0) {
      bench.say(`an idle daemon wrote ${idle} bytes`);
      process.exitCode = 1;
    }
    await pair.callerClient.close();
    await calleeClient.close();
    const figures: Figure[] = [
      figure(
        { id: "disk/log", unit: "B per 1,000", what: "the log of a team; floor: the commands themselves" },
        [perThousand(logBytes)],
        [perThousand(commandBytes)],
      ),
      figure(
        {
          id: "disk/written",
          unit: "B per command",
          what: "given to storage for each action, durable one by one; floor: append and fdatasync of as many bytes",
        },
        [pair.writtenPerCommand],
        [written],
      ),
      figure(
        {
          id: "disk/idle",
          unit: "B",
          what: `given to storage in ${bench.budget.idleMs / 1000} s, a channel open and a sync every second; must be 0`,
        },
        [idle],
      ),
    ];
    return figures;
  },
};

/** Bytes this process causes to be written for each record appended and made durable. */
function plainWrites(bench: Bench, recordBytes: number): number {
  const record = Buffer.alloc(Math.round(recordBytes), 1);
  const file = openSync(`${bench.directory()}/plain`, "a");
  const before = writtenBy("self");
  for (let i = 0; i < COMMANDS; i++) {
    writeSync(file, record);
    fdatasyncSync(file);
  }
  const bytes = writtenBy("self") - before;
  closeSync(file);
  return bytes / COMMANDS;
}

async function writtenIdle(
  bench: Bench,
  { caller, callerClient, calleeName, label }: Awaited<ReturnType<typeof startPair>>,
  teamId: TeamId,
): Promise<number> {
  bench.say("disk/idle");
  await callerClient.createChannel(teamId, calleeName, label);
  await callerClient.addSyncPeer(calleeName, teamId, SYNC_EVERY_MS);
  await eventually(
    "it syncs",
    () => callerClient.syncPeers(),
    ([peer]) => peer?.lastSuccess !== undefined,
  );
  // The audit log has something to say of both, and the last of it when it is sealed, within five seconds.
  const { seq } = (await callerClient.status()).audit;
  await caller.logged("audit seal", (line) => Number(line["seq"]) >= seq, SEALED_MS_MAX);
  await sleep(bench.budget.settleMs);
  const before = writtenBy(caller.pid!);
  await sleep(bench.budget.idleMs);
  return writtenBy(caller.pid!) - before;
}
