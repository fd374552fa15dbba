import type { Client, TeamId } from "../../client/index.ts";
import { memoryOf, cpuOf, ioOf, treeOf } from "../process-files.ts";
import type { ProcessMemory } from "../kernel.ts";
import type { Section } from "../section.ts";
import { bareMemory, bareNode } from "./bare.ts";
import { addMemory, lookAt } from "./memory-figures.ts";

/** Requests a client has in flight. */
const IN_FLIGHT = 64;
/** With fewer the heap's own ups and downs are all one sees. */
const COMMANDS_THAT_SHOW = 5000;
/** The label that comes and goes. */
const LABEL = "spare";

/**
 * A device with more and more commands: its memory, its disk, and what each command cost to get. They are made by a device
 * that keeps them in memory, and come by sync, so that making them wears no flash.
 */
export const commands: Section = {
  name: "commands",
  what: "memory and disk by commands, CPU per synced command",
  daemons: 2,
  async run(bench) {
    const { rig, plan, add } = bench;
    const bare = bareNode(rig.command);
    let floor: ProcessMemory | undefined;
    if (bare !== undefined) {
      bench.say("memory: bare node");
      floor = await bareMemory(bare, plan.settleMs);
      addMemory(bench, "bare-node", `node doing nothing (${process.version})`, floor);
    }

    const daemon = rig.daemon();
    daemon.start();
    let device = await rig.connect(daemon);
    await device.initDevice();
    const bundle = await device.getKeyBundle();
    const restart = async (): Promise<void> => {
      await device.close();
      await daemon.stop();
      daemon.start();
      device = (await rig.listening(daemon)).client;
    };
    await restart();
    const idle = await lookAt(bench, "idle", "daemon, no team", daemon.pid, floor);

    bench.say("commands: making a team");
    const author = rig.daemon();
    author.start();
    const { client: owner, address } = await rig.listening(author, { graphStore: "memory" });
    await owner.initDevice();
    const teamId = await owner.createTeam();
    await owner.addDevice(teamId, bundle, "measured");
    await device.addTeam(teamId);
    await device.syncNow(address, teamId);
    await restart();
    const team = await lookAt(bench, "team", "daemon, one team", daemon.pid, floor);
    const before = { count: (await device.team(teamId)).commandCount, disk: treeOf(daemon.workDir) };

    for (const [i, step] of plan.commandSteps.entries()) {
      bench.say(`commands: making ${step}`);
      const cpuBefore = cpuOf(author.pid);
      const made = await fill(owner, teamId, step, () => rig.breathe());
      const authored = cpuOf(author.pid) - cpuBefore;
      bench.say(`commands: syncing ${step}`);
      const from = { cpu: cpuOf(daemon.pid), server: cpuOf(author.pid), io: ioOf(daemon.pid) };
      const { received } = await device.syncNow(address, teamId);
      const is = { cpu: cpuOf(daemon.pid), server: cpuOf(author.pid), io: ioOf(daemon.pid) };
      const syncPeak = memoryOf(daemon.pid).peak;
      const count = (await device.team(teamId)).commandCount;
      if (count !== (await owner.team(teamId)).commandCount) throw new Error("not all commands arrived");
      await restart();
      rig.checkDisk();
      const state = `commands-${step}`;
      const memory = await lookAt(bench, state, `daemon, one team of ${step} commands`, daemon.pid);
      const disk = treeOf(daemon.workDir);
      add({
        id: `disk/${state}`,
        value: disk.allocated,
        unit: "B",
        what: `work directory with a team of ${step} commands, in blocks of the file system`,
      });
      if (i < plan.commandSteps.length - 1) continue;
      add({
        id: "cpu/command/authored",
        value: authored / made,
        unit: "us",
        what: "processor time of the daemon for each action of its own, kept in memory",
      });
      add({
        id: "cpu/command/synced",
        value: (is.cpu - from.cpu) / received,
        unit: "us",
        what: `processor time for each command got by sync, ${received} at once, checked and made durable`,
      });
      add({
        id: "cpu/command/served",
        value: (is.server - from.server) / received,
        unit: "us",
        what: "processor time of the peer that served them, for each",
      });
      if (from.io !== undefined && is.io !== undefined) {
        add({
          id: "disk/written/per-synced-command",
          value: (is.io.written - from.io.written) / received,
          unit: "B",
          what: "given to storage for each command got by sync",
        });
      }
      if (syncPeak !== undefined) {
        add({
          id: "memory/sync/peak",
          value: syncPeak,
          unit: "B",
          what: `the most resident while it got ${received} commands by sync`,
        });
      }
      add({
        id: "disk/per-1000-commands",
        value: ((disk.size - before.disk.size) / (count - before.count)) * 1000,
        unit: "B",
        what: "state on disk for each 1,000 commands",
      });
      if (
        memory.anonymous !== undefined &&
        team.anonymous !== undefined &&
        count - before.count >= COMMANDS_THAT_SHOW
      ) {
        add({
          id: "memory/per-1000-commands",
          value: Math.max(0, ((memory.anonymous - team.anonymous) / (count - before.count)) * 1000),
          unit: "B",
          what: "anonymous memory for each 1,000 commands",
        });
      }
    }
    if (idle.anonymous === undefined) bench.note("this kernel does not tell anonymous memory apart");
  },
};

/** Commands until there are `count`. Returns how many that took. */
async function fill(
  owner: Client,
  teamId: TeamId,
  count: number,
  breathe: () => Promise<void>,
): Promise<number> {
  const missing = Math.max(0, count - (await owner.team(teamId)).commandCount);
  let isThere = (await owner.labels(teamId)).includes(LABEL);
  for (let done = 0; done < missing;) {
    const batch: Promise<boolean>[] = [];
    for (; done < missing && batch.length < IN_FLIGHT; done++) {
      batch.push(isThere ? owner.deleteLabel(teamId, LABEL) : owner.createLabel(teamId, LABEL));
      isThere = !isThere;
    }
    const changed = await Promise.all(batch);
    if (!changed.every(Boolean)) throw new Error("a command changed nothing");
    await breathe();
  }
  return missing;
}
