import { cpuOf, ioOf, treeOf } from "../process-files.ts";
import type { Section } from "../section.ts";
import { median, quantile, quantiles } from "../statistics.ts";

const LABEL = "measured";
/** Peers tell of what is new at once; asking is for when that got lost. */
const POLL_MS = 10_000;
/** The audit log seals its last lines five seconds after them, and is quiet then. */
const SETTLE_MS = 7000;

/** What each action writes, and that a device with a peer and an open channel and nothing new writes nothing. */
export const writes: Section = {
  name: "writes",
  what: "writes per command and while idle, CPU while idle",
  daemons: 2,
  async run(bench) {
    const { rig, plan, add } = bench;
    bench.say("writes: making a team");
    const [daemon, peer] = [rig.daemon(), rig.daemon()];
    daemon.start();
    peer.start();
    const { client: a, address: own } = await rig.listening(daemon);
    const { client: b, address: other } = await rig.listening(peer);
    const [ownId, otherId] = [await a.initDevice(), await b.initDevice()];
    const teamId = await a.createTeam();
    await a.addDevice(teamId, await b.getKeyBundle(), "peer");
    await a.assignRole(teamId, otherId, "user");
    await a.createLabel(teamId, LABEL);
    for (const [id, name] of [
      [ownId, own],
      [otherId, other],
    ] as const) {
      await a.assignLabel(teamId, id, LABEL);
      await a.assignNetworkName(teamId, id, name);
    }

    bench.say("writes: one action after the other");
    const log = (): number => treeOf(daemon.workDir).size;
    const before = { io: ioOf(daemon.pid), cpu: cpuOf(daemon.pid), log: log() };
    const times: number[] = [];
    for (let i = 0; i < plan.actions; i++) {
      const startedAt = performance.now();
      if (i % 2 === 0) await a.createLabel(teamId, "spare");
      else await a.deleteLabel(teamId, "spare");
      times.push(performance.now() - startedAt);
      if (i % 16 === 15) await rig.breathe();
    }
    const after = { io: ioOf(daemon.pid), cpu: cpuOf(daemon.pid), log: log() };
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

    // Channels are for users: the owner steps down.
    await a.assignRole(teamId, ownId, "user");
    await b.addTeam(teamId);
    await b.syncNow(own, teamId);
    await b.pollData(0); // registers for incoming channels
    await a.createChannel(teamId, other, LABEL);
    await a.addSyncPeer(other, teamId, POLL_MS);
    bench.say("writes: settling");
    await rig.sleep(Math.max(plan.settleMs, SETTLE_MS));

    const seconds = Math.round(plan.idleMs / 1000);
    bench.say(`writes: idle for ${seconds} s`);
    const look = (): { written: number | undefined; cpu: number; files: string } => ({
      written: ioOf(daemon.pid)?.written,
      cpu: cpuOf(daemon.pid),
      files: treeOf(daemon.workDir).state,
    });
    const [from, startedAt] = [look(), performance.now()];
    await rig.sleep(plan.idleMs);
    const to = look();
    const ms = performance.now() - startedAt;
    if (from.written !== undefined && to.written !== undefined) {
      const isSame = from.files === to.files;
      add({
        id: "disk/idle/written",
        value: to.written - from.written,
        unit: "B",
        what: `given to storage in ${seconds} s idle: a sync every 10 s, a channel open`,
        note: isSame ? "no file changed its size or times" : "a file changed its size or times",
      });
    } else bench.skip("disk/idle/written", "this kernel does not count what a process writes");
    if (from.files !== to.files) bench.note("an idle daemon changed a file: report this");
    add({
      id: "cpu/idle",
      value: ((to.cpu - from.cpu) / 1000 / ms) * 100,
      unit: "%",
      what: `of one processor in ${seconds} s idle: a sync every 10 s, a channel open`,
    });
  },
};

function uncounted(isCounted: boolean): { note?: string } {
  return isCounted ? {} : { note: "this file system does not count what is written" };
}
