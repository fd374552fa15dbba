import { setTimeout as sleep } from "node:timers/promises";
import type { Client, DaemonConfig } from "../../../src/client/index.ts";
import type { DaemonCommand, DaemonProcess, LogLine } from "../../support/daemon-process.ts";
import { freePort } from "../../support/daemon-process.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import { cpuOf, memoryOf, sleepsOf } from "../lib/process-files.ts";
import { figure } from "../lib/report.ts";

const LABEL = "bench";
/** A peer may have 256 channels with one other. */
const PER_PEER_MAX = 250;
/** At once; more would only wait for cookies. */
const AT_ONCE = 16;
const OPEN_TIMEOUT_MS = 30_000;
const SETTLE_MS = 18_000;
const COLLECTIONS = 4;

interface State {
  /** Bytes, as the daemon leaves it when nothing happens any more. */
  readonly anonymous: number;
  /** Bytes, garbage collected. */
  readonly live: number;
  /** A second. */
  readonly wakeUps: number;
  /** Of a second, in millionths. */
  readonly cpuPpm: number;
  readonly timers: number;
}

/**
 * A daemon with many channels nobody uses, against itself before it had any: what each takes in memory, and how often all of
 * them together wake it. After 5 and then every 25 seconds a channel asks its peer whether it is there.
 */
export const idleChannels: Scenario = {
  id: "idle-channels",
  async run(bench) {
    const { idleChannels: count, idleMs } = bench.budget;
    const { caller, client, open } = await startStar(bench, Math.ceil(count / PER_PEER_MAX));
    bench.say("idle-channels: without");
    const before = await stateOf(caller, bench);
    // A heap grows with work and stays grown: what opening costs once is in both of the two that are compared.
    const first = Math.ceil(count / 4);
    bench.say(`idle-channels: opening ${first}`);
    await open(first);
    const some = await stateOf(caller, bench);
    bench.say(`idle-channels: opening ${count - first} more`);
    await open(count - first);
    const after = await stateOf(caller, bench);
    if ((await client.channels()).length !== count) throw new Error("a channel is missing");
    await client.close();

    const channels = `${count} idle channels of one daemon`;
    const watched = `${channels}, over ${idleMs / 1000} s; floor: before they were opened`;
    const each = (of: (state: State) => number): number[] => [(of(after) - of(some)) / (count - first)];
    return [
      figure(
        {
          id: "idle-channels/anonymous",
          unit: "B each",
          what: `memory not backed by a file: ${channels}, the last ${count - first} of them`,
        },
        each((state) => state.anonymous),
      ),
      figure(
        {
          id: "idle-channels/live",
          unit: "B each",
          what: `of that what JavaScript keeps: ${channels}, the last ${count - first} of them`,
        },
        each((state) => state.live),
      ),
      figure(
        {
          id: "idle-channels/wake-ups",
          unit: "per second",
          what: `times a thread of the daemon was woken: ${watched}`,
        },
        [after.wakeUps],
        [before.wakeUps],
      ),
      figure(
        { id: "idle-channels/cpu", unit: "ppm", what: `processor time, of one processor: ${watched}` },
        [after.cpuPpm],
        [before.cpuPpm],
      ),
      figure(
        { id: "idle-channels/timers", unit: "timers", what: `of the process: ${watched}` },
        [after.timers],
        [before.timers],
      ),
    ];
  },
};

async function stateOf(daemon: DaemonProcess, bench: Bench): Promise<State> {
  const { idleMs, settleMs, rounds } = bench.budget;
  // A daemon that has become idle gives memory back within ten seconds.
  await sleep(rounds > 1 ? SETTLE_MS : settleMs);
  const { anonymous } = memoryOf(daemon.pid!);
  // What one collection makes unreachable or too old to keep, the next takes.
  let told: LogLine | undefined;
  for (let i = 0; i < COLLECTIONS; i++) {
    const seen = daemon.log.length;
    process.kill(daemon.pid!, "SIGUSR2");
    told = await daemon.logged("memory", (line) => daemon.log.indexOf(line) >= seen);
    await sleep(settleMs / 2);
  }
  const [wakeUps, cpuUs, startedAt] = [sleepsOf(daemon.pid!), cpuOf(daemon.pid!), performance.now()];
  await sleep(idleMs);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    anonymous,
    live: Number(told!["liveBytes"]),
    wakeUps: (sleepsOf(daemon.pid!) - wakeUps) / seconds,
    cpuPpm: (cpuOf(daemon.pid!) - cpuUs) / seconds,
    timers: Number(told!["timers"]),
  };
}

/** One daemon that may call so many others. */
async function startStar(
  bench: Bench,
  peers: number,
): Promise<{
  caller: DaemonProcess;
  client: Client;
  open: (count: number) => Promise<void>;
}> {
  bench.say(`idle-channels: ${1 + peers} daemons`);
  const collector = new URL("../../support/collector.ts", import.meta.url).href;
  const [program, ...rest] = bench.daemonCommand;
  const command: DaemonCommand = [program, "--import", collector, ...rest];
  const start = async (daemon: DaemonProcess): Promise<{ client: Client; name: string }> => {
    const name = `127.0.0.1:${await freePort()}`;
    const config: DaemonConfig = { sync: { listen: name }, afc: { listen: name } };
    daemon.start();
    return { client: await daemon.connect(config), name };
  };
  const caller = bench.daemon(command);
  const { client, name } = await start(caller);
  const own = await client.initDevice();
  const teamId = await client.createTeam();
  await client.createLabel(teamId, LABEL);
  await client.assignLabel(teamId, own, LABEL);
  await client.assignNetworkName(teamId, own, name);
  const callees: { client: Client; name: string }[] = [];
  for (let i = 0; i < peers; i++) {
    const callee = await start(bench.daemon());
    callees.push(callee);
    const id = await callee.client.initDevice();
    await client.addDevice(teamId, await callee.client.getKeyBundle(), `callee ${i}`);
    await client.assignRole(teamId, id, "user");
    await client.assignLabel(teamId, id, LABEL);
    await client.assignNetworkName(teamId, id, callee.name);
  }
  // Channels are for users: the owner steps down.
  await client.assignRole(teamId, own, "user");
  for (const callee of callees) {
    await callee.client.addTeam(teamId);
    await callee.client.syncNow(name, teamId);
    await callee.client.pollData(0); // registers for incoming channels
  }

  const open = async (count: number): Promise<void> => {
    let opened = 0;
    const worker = async (): Promise<void> => {
      while (opened < count) {
        const callee = callees[opened++ % peers]!;
        await client.createChannel(teamId, callee.name, LABEL, { timeoutMs: OPEN_TIMEOUT_MS });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  return { caller, client, open };
}
