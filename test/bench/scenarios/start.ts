import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../../../src/client/index.ts";
import type { DaemonCommand } from "../../support/daemon-process.ts";
import type { DaemonProcess } from "../../support/daemon-process.ts";
import { BARE_ENVIRONMENT } from "../lib/bench.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

const RETRY_MS = 1;
/** A start is short: more of them than of other things. */
const STARTS_PER_ROUND = 3;

/** From the moment the process is made until its socket has answered a client's first request. */
export const start: Scenario = {
  id: "start",
  async run(bench) {
    const commands = new Map<string, DaemonCommand>([["source", bench.sourceCommand]]);
    if (bench.bundle !== undefined) commands.set("bundle", bench.daemonCommand);
    const arms = new Map<string, () => Promise<number>>([["floor", bareStart]]);
    for (const [name, command] of commands) {
      if (!bench.wants(`start/${name}`)) continue;
      const daemon = await prepared(bench, command);
      arms.set(name, () => {
        bench.say(`start/${name}`);
        return timeToAnswer(daemon);
      });
    }
    const { rounds, warmUps } = bench.budget;
    const samples = await inTurns(arms, { rounds: rounds * STARTS_PER_ROUND, warmUps });
    const figures: Figure[] = [];
    for (const [name, times] of samples) {
      if (name === "floor") continue;
      const what = `spawn to first answer, with keys and no team, from ${name}; floor: node -e 0, spawn to exit`;
      figures.push(figure({ id: `start/${name}`, unit: "ms", what }, times, samples.get("floor")));
    }
    return figures;
  },
};

/** Its keys are made. */
async function prepared(bench: Bench, command: DaemonCommand): Promise<DaemonProcess> {
  const daemon = bench.daemon(command);
  daemon.start();
  const client = await daemon.connect();
  await client.initDevice();
  await client.close();
  await daemon.stop();
  return daemon;
}

async function timeToAnswer(daemon: DaemonProcess): Promise<number> {
  const startedAt = performance.now();
  daemon.start();
  let client: Client | undefined;
  while (client === undefined) {
    client = await Client.connect({ socketPath: daemon.socketPath }).catch(() => undefined);
    if (client === undefined) await sleep(RETRY_MS);
    if (performance.now() - startedAt > 30_000)
      throw new Error(`the daemon never answered: ${daemon.stderr}`);
  }
  const ms = performance.now() - startedAt;
  await client.close();
  await daemon.stop();
  return ms;
}

function bareStart(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["-e", "0"], { env: BARE_ENVIRONMENT, stdio: "ignore" });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", () => done(performance.now() - startedAt));
  });
}
