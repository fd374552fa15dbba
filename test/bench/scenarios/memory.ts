import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { BARE_ENVIRONMENT } from "../lib/bench.ts";
import type { Scenario } from "../lib/bench.ts";
import { startPair } from "../lib/pair.ts";
import { memoryOf } from "../lib/process-files.ts";
import type { Memory } from "../lib/process-files.ts";
import { figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

const COMMANDS = 1000;
const MEBIBYTE = 2 ** 20;
const KINDS = {
  anonymous: "not backed by a file",
  pss: "shared pages in parts",
  rss: "shared pages in full",
} as const;

/** Of an idle daemon, started anew each time: one team, listening for sync and AFC, one channel open. */
export const memory: Scenario = {
  id: "memory",
  async run(bench) {
    bench.say("memory: a team of 1,000 commands");
    const pair = await startPair(bench, COMMANDS);
    await pair.calleeClient.pollData(0); // registers for incoming channels
    const { settleMs } = bench.budget;
    let client = pair.callerClient;
    const daemon = async (): Promise<Memory> => {
      bench.say("memory");
      await client.close();
      await pair.caller.stop();
      pair.caller.start();
      client = await pair.caller.connect(pair.callerConfig);
      await client.createChannel(pair.teamId, pair.calleeName, pair.label);
      await sleep(settleMs);
      return memoryOf(pair.caller.pid!);
    };
    const bare = async (): Promise<Memory> => {
      const args = ["-e", "setInterval(() => {}, 1e6)"];
      const child = spawn(process.execPath, args, { env: BARE_ENVIRONMENT, stdio: "ignore" });
      try {
        await sleep(settleMs / 2);
        return memoryOf(child.pid!);
      } finally {
        child.kill("SIGKILL");
      }
    };
    const samples = await inTurns(
      new Map([
        ["bare", bare],
        ["daemon", daemon],
      ]),
      { rounds: Math.min(3, bench.budget.rounds), warmUps: 0 },
    );
    await client.close();
    await pair.calleeClient.close();
    return (["anonymous", "pss", "rss"] as const).map((kind) => {
      const what = `idle daemon (${bench.bundle === undefined ? "source" : "bundle"}), a team of 1,000 commands, a channel: ${KINDS[kind]}; floor: bare node`;
      const of = (name: string): number[] => samples.get(name)!.map((m) => m[kind] / MEBIBYTE);
      return figure({ id: `memory/${kind}`, unit: "MiB", what }, of("daemon"), of("bare"));
    });
  },
};
