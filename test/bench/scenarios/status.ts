import { spawn } from "node:child_process";
import type { DaemonCommand, DaemonProcess } from "../../support/daemon-process.ts";
import { BARE_ENVIRONMENT } from "../lib/bench.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import { copyOfExecutable } from "../lib/bundle.ts";
import { figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

/** One is short: more of them than of other things. */
const RUNS_PER_ROUND = 5;

/** A field engineer's first command, from the moment the process is made until it has ended. */
export const status: Scenario = {
  id: "status",
  async run(bench) {
    const executable = copyOfExecutable(bench.directory());
    const command: DaemonCommand = executable === undefined ? bench.daemonCommand : [executable];
    const daemon = await running(bench, command);
    bench.say("status");
    const { rounds, warmUps } = bench.budget;
    const samples = await inTurns(
      new Map([
        ["floor", () => timeToEnd([process.execPath, "-e", "0"])],
        ["whole", () => timeToEnd([...command, "status", "--socket", daemon.socketPath])],
        ["version", () => timeToEnd([...command, "version"])],
      ]),
      { rounds: rounds * RUNS_PER_ROUND, warmUps },
    );
    const by = executable === undefined ? "the bundle" : "the executable";
    const from = `by ${by}, spawn to exit; floor: the same Node, -e 0`;
    const about = (name: string, what: string) => ({
      id: `status/${name}`,
      unit: "ms",
      what: `${what}, ${from}`,
    });
    const floor = samples.get("floor");
    return [
      figure(about("whole", "status of a daemon on one team"), samples.get("whole")!, floor),
      figure(about("version", "version, which asks no daemon"), samples.get("version")!, floor),
    ];
  },
};

/** On a team, listening nowhere. */
async function running(bench: Bench, command: DaemonCommand): Promise<DaemonProcess> {
  const daemon = bench.daemon(command);
  daemon.start();
  const client = await daemon.connect();
  await client.initDevice();
  await client.createTeam();
  await client.close();
  return daemon;
}

/** Fails where it ends with anything but 0. */
function timeToEnd([program, ...args]: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program!, args, { env: BARE_ENVIRONMENT, stdio: "ignore" });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => {
      if (code === 0) done(performance.now() - startedAt);
      else failed(new Error(`${program!} ${args.join(" ")} ended with ${code}`));
    });
  });
}
