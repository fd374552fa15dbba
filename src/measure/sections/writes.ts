import type { Client, TeamId } from "../../client/index.ts";
import { cpuOf, ioOf, treeOf } from "../process-files.ts";
import type { EdgeDaemon } from "../process.ts";
import type { Bench, Section } from "../section.ts";
import { median, quantile, quantiles } from "../statistics.ts";

const LABEL = "measured";
/** Peers tell of what is new at once; asking is for when that got lost. */
const POLL_MS = 10_000;
/** The audit log seals its last lines five seconds after them, and is quiet then. */
const SETTLE_MS = 7000;
/** Actions between two looks at the bounds of the run. */
const ACTIONS_PER_BREATH = 16;

interface Party {
  readonly daemon: EdgeDaemon;
  readonly client: Client;
  readonly address: string;
}

/** What each action writes, and that a device with a peer and an open channel and nothing new writes nothing. */
export const writes: Section = {
  name: "writes",
  what: "writes per command and while idle, CPU while idle",
  daemons: 2,
  async run(bench) {
    const { rig, plan } = bench;
    bench.say("writes: making a team");
    const [daemon, peerDaemon] = [rig.daemon(), rig.daemon()];
    daemon.start();
    peerDaemon.start();
    const device: Party = { daemon, ...(await rig.listening(daemon)) };
    const peer: Party = { daemon: peerDaemon, ...(await rig.listening(peerDaemon)) };
    const owner = device.client;
    const [ownId, peerId] = [await owner.initDevice(), await peer.client.initDevice()];
    const teamId = await owner.createTeam();
    await owner.addDevice(teamId, await peer.client.getKeyBundle(), "peer");
    await owner.assignRole(teamId, peerId, "user");
    await owner.createLabel(teamId, LABEL);
    for (const [id, { address }] of [
      [ownId, device],
      [peerId, peer],
    ] as const) {
      await owner.assignLabel(teamId, id, LABEL);
      await owner.assignNetworkName(teamId, id, address);
    }

    await measureActions(bench, device, teamId);

    // Channels are for users: the owner steps down.
    await owner.assignRole(teamId, ownId, "user");
    await peer.client.addTeam(teamId);
    await peer.client.syncNow(device.address, teamId);
    await peer.client.pollData(0); // registers for incoming channels
    await owner.createChannel(teamId, peer.address, LABEL);
    await owner.addSyncPeer(peer.address, teamId, POLL_MS);
    bench.say("writes: settling");
    await rig.sleep(Math.max(plan.settleMs, SETTLE_MS));

    await measureIdle(bench, daemon);
  },
};

/** One action after the other, each durable before the next. */
async function measureActions(
  { rig, plan, add, say }: Bench,
  { daemon, client }: Party,
  teamId: TeamId,
): Promise<void> {
  say("writes: one action after the other");
  const look = (): { io: ReturnType<typeof ioOf>; cpu: number; log: number } => ({
    io: ioOf(daemon.pid),
    cpu: cpuOf(daemon.pid),
    log: treeOf(daemon.workDir).size,
  });
  const before = look();
  const times: number[] = [];
  for (let i = 0; i < plan.actions; i++) {
    const startedAt = performance.now();
    if (i % 2 === 0) await client.createLabel(teamId, "spare");
    else await client.deleteLabel(teamId, "spare");
    times.push(performance.now() - startedAt);
    if ((i + 1) % ACTIONS_PER_BREATH === 0) await rig.breathe();
  }
  const after = look();
  add({
    id: "disk/written/per-command",
    value: ((after.io?.written ?? 0) - (before.io?.written ?? 0)) / plan.actions,
    unit: "B",
    what: "given to storage for each action, durable one by one",
    ...uncounted(after.io !== undefined && after.io.written > (before.io?.written ?? 0)),
  });
  add({
    id: "disk/log-per-command",
    value: (after.log - before.log) / plan.actions,
    unit: "B",
    what: "the log grows by, for each action",
  });
  add({
    id: "cpu/action",
    value: (after.cpu - before.cpu) / plan.actions,
    unit: "us",
    what: "processor time of the daemon for each action, durable one by one",
  });
  add({
    id: "disk/action/p50",
    value: median(times),
    unit: "ms",
    what: "an action from call to answer, durable: median",
    quantiles: quantiles(times),
  });
  add({
    id: "disk/action/p99",
    value: quantile(times, 0.99),
    unit: "ms",
    what: "an action from call to answer, durable: one in a hundred takes longer",
  });
}

async function measureIdle({ rig, plan, add, say, skip, note }: Bench, daemon: EdgeDaemon): Promise<void> {
  const seconds = Math.round(plan.idleMs / 1000);
  say(`writes: idle for ${seconds} s`);
  const look = (): { written: number | undefined; cpu: number; files: string } => ({
    written: ioOf(daemon.pid)?.written,
    cpu: cpuOf(daemon.pid),
    files: treeOf(daemon.workDir).state,
  });
  const [from, startedAt] = [look(), performance.now()];
  await rig.sleep(plan.idleMs);
  const to = look();
  const ms = performance.now() - startedAt;
  const isSame = from.files === to.files;
  if (from.written !== undefined && to.written !== undefined) {
    add({
      id: "disk/idle/written",
      value: to.written - from.written,
      unit: "B",
      what: `given to storage in ${seconds} s idle: a sync every 10 s, a channel open`,
      note: isSame ? "no file changed its size or times" : "a file changed its size or times",
    });
  } else skip("disk/idle/written", "this kernel does not count what a process writes");
  if (!isSame) note("an idle daemon changed a file: report this");
  add({
    id: "cpu/idle",
    value: ((to.cpu - from.cpu) / 1000 / ms) * 100,
    unit: "%",
    what: `of one processor in ${seconds} s idle: a sync every 10 s, a channel open`,
  });
}

function uncounted(isCounted: boolean): { note?: string } {
  return isCounted ? {} : { note: "this file system does not count what is written" };
}
