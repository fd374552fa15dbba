import type { Client, TeamId } from "../../client/index.ts";
import { memoryOf, cpuOf, ioOf, treeOf } from "../process-files.ts";
import type { ProcessMemory } from "../kernel.ts";
import type { EdgeDaemon } from "../process.ts";
import type { Rig } from "../rig.ts";
import type { Bench, Section } from "../section.ts";
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
    const { rig, plan } = bench;
    const floor = await lookAtBareNode(bench);
    const device = await Measured.start(rig);
    await device.client.initDevice();
    const bundle = await device.client.getKeyBundle();
    await device.restart();
    const idle = await lookAt(bench, "idle", "daemon, no team", device.daemon.pid, floor);

    bench.say("commands: making a team");
    const author = rig.daemon();
    author.start();
    const { client: owner, address } = await rig.listening(author, { graphStore: "memory" });
    await owner.initDevice();
    const teamId = await owner.createTeam();
    await owner.addDevice(teamId, bundle, "measured");
    await device.client.addTeam(teamId);
    await device.client.syncNow(address, teamId);
    await device.restart();
    const team = await lookAt(bench, "team", "daemon, one team", device.daemon.pid, floor);
    const before: Held = {
      count: (await device.client.team(teamId)).commandCount,
      diskBytes: treeOf(device.daemon.workDir).size,
      anonymous: team.anonymous,
    };

    let last: Grown | undefined;
    for (const step of plan.commandSteps) {
      last = await grow(bench, device, { author, owner, address, teamId }, step);
    }
    if (last !== undefined) addCosts(bench, before, last);
    if (idle.anonymous === undefined) bench.note("this kernel does not tell anonymous memory apart");
  },
};

async function lookAtBareNode(bench: Bench): Promise<ProcessMemory | undefined> {
  const bare = bareNode(bench.rig.command);
  if (bare === undefined) return undefined;
  bench.say("memory: bare node");
  const memory = await bareMemory(bare, bench.plan.settleMs);
  addMemory(bench, "bare-node", `node doing nothing (${process.version})`, memory);
  return memory;
}

/** The device that is measured. */
class Measured {
  readonly daemon: EdgeDaemon;
  readonly #rig: Rig;
  #client: Client;

  static async start(rig: Rig): Promise<Measured> {
    const daemon = rig.daemon();
    daemon.start();
    return new Measured(rig, daemon, await rig.connect(daemon));
  }

  private constructor(rig: Rig, daemon: EdgeDaemon, client: Client) {
    this.#rig = rig;
    this.daemon = daemon;
    this.#client = client;
  }

  get client(): Client {
    return this.#client;
  }

  /** So that memory shows what is held, and not what was needed to get there. */
  async restart(): Promise<void> {
    await this.#client.close();
    await this.daemon.stop();
    this.daemon.start();
    this.#client = (await this.#rig.listening(this.daemon)).client;
  }
}

interface Author {
  readonly author: EdgeDaemon;
  readonly owner: Client;
  readonly address: string;
  readonly teamId: TeamId;
}

/** What a device holds of a team. */
interface Held {
  readonly count: number;
  readonly diskBytes: number;
  /** Bytes; undefined where the kernel does not tell. */
  readonly anonymous: number | undefined;
}

interface Grown extends Held {
  /** Commands made, and processor time of their author for them, in microseconds. */
  readonly made: number;
  readonly authoredUs: number;
  /** Commands got by sync, and processor time for that at both ends. */
  readonly received: number;
  readonly syncedUs: number;
  readonly servedUs: number;
  /** Bytes; undefined where the kernel does not tell. */
  readonly written: number | undefined;
  readonly syncPeak: number | undefined;
}

/** Makes the team one of `step` commands, and lets the device fetch them. */
async function grow(
  bench: Bench,
  device: Measured,
  { author, owner, address, teamId }: Author,
  step: number,
): Promise<Grown> {
  const { rig } = bench;
  const { daemon } = device;
  bench.say(`commands: making ${step}`);
  const cpuBefore = cpuOf(author.pid);
  const made = await fill(owner, teamId, step, () => rig.breathe());
  const authoredUs = cpuOf(author.pid) - cpuBefore;
  bench.say(`commands: syncing ${step}`);
  const from = { cpu: cpuOf(daemon.pid), server: cpuOf(author.pid), io: ioOf(daemon.pid) };
  const { received } = await device.client.syncNow(address, teamId);
  const to = { cpu: cpuOf(daemon.pid), server: cpuOf(author.pid), io: ioOf(daemon.pid) };
  const syncPeak = memoryOf(daemon.pid).peak;
  const count = (await device.client.team(teamId)).commandCount;
  if (count !== (await owner.team(teamId)).commandCount) throw new Error("not all commands arrived");
  await device.restart();
  rig.checkDisk();
  const state = `commands-${step}`;
  const { anonymous } = await lookAt(bench, state, `daemon, one team of ${step} commands`, daemon.pid);
  const disk = treeOf(daemon.workDir);
  bench.add({
    id: `disk/${state}`,
    value: disk.allocated,
    unit: "B",
    what: `work directory with a team of ${step} commands, in blocks of the file system`,
  });
  return {
    count,
    diskBytes: disk.size,
    anonymous,
    made,
    authoredUs,
    received,
    syncedUs: to.cpu - from.cpu,
    servedUs: to.server - from.server,
    written: from.io === undefined || to.io === undefined ? undefined : to.io.written - from.io.written,
    syncPeak,
  };
}

/** What each command costs, by the largest step. */
function addCosts({ add }: Bench, before: Held, grown: Grown): void {
  const { received, count } = grown;
  add({
    id: "cpu/command/authored",
    value: grown.authoredUs / grown.made,
    unit: "us",
    what: "processor time of the daemon for each action of its own, kept in memory",
  });
  add({
    id: "cpu/command/synced",
    value: grown.syncedUs / received,
    unit: "us",
    what: `processor time for each command got by sync, ${received} at once, checked and made durable`,
  });
  add({
    id: "cpu/command/served",
    value: grown.servedUs / received,
    unit: "us",
    what: "processor time of the peer that served them, for each",
  });
  if (grown.written !== undefined) {
    add({
      id: "disk/written/per-synced-command",
      value: grown.written / received,
      unit: "B",
      what: "given to storage for each command got by sync",
    });
  }
  if (grown.syncPeak !== undefined) {
    add({
      id: "memory/sync/peak",
      value: grown.syncPeak,
      unit: "B",
      what: `the most resident while it got ${received} commands by sync`,
    });
  }
  const thousands = (count - before.count) / 1000;
  add({
    id: "disk/per-1000-commands",
    value: (grown.diskBytes - before.diskBytes) / thousands,
    unit: "B",
    what: "state on disk for each 1,000 commands",
  });
  const hasMemory = grown.anonymous !== undefined && before.anonymous !== undefined;
  if (hasMemory && count - before.count >= COMMANDS_THAT_SHOW) {
    add({
      id: "memory/per-1000-commands",
      value: Math.max(0, (grown.anonymous - before.anonymous) / thousands),
      unit: "B",
      what: "anonymous memory for each 1,000 commands",
    });
  }
}

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
