import { LIMITS } from "../../base/limits.ts";
import type { ChannelId, ChannelOptions, Client, TeamId } from "../../client/index.ts";
import { cpuOf, memoryOf } from "../process-files.ts";
import type { EdgeDaemon } from "../process.ts";
import type { ProcessMemory } from "../kernel.ts";
import type { Rig } from "../rig.ts";
import type { Bench, Section } from "../section.ts";
import { addMemory, lookAt } from "./memory-figures.ts";

const LABEL = "measured";
/** With one peer; the device may have 256. */
const CHANNELS_PER_PEER = 250;
/** Handshakes at once with one peer; it takes eight. */
const OPENING = 4;
/** Messages the application has in flight. */
const IN_FLIGHT = 128;
const MESSAGE_TIMEOUT_MS = 60_000;
const LOOK_MS = 100;
/** An emulator or a busy board may take that long over its first message. */
const PATIENCE_MS = 30_000;
/** Small ones share datagrams where several wait; a large one needs its own. */
const MESSAGES = [
  { name: "small", bytes: 64, what: "a message of 64 B" },
  { name: "datagram", bytes: 1024, what: "a datagram, a message of 1,024 B in it" },
] as const;

/** With fewer the heap's own ups and downs are all one sees. */
const CHANNELS_THAT_SHOW = 500;

interface Peer {
  readonly daemon: EdgeDaemon;
  readonly client: Client;
  readonly address: string;
}

/** A device with more and more channels to several others; then under load on one of them. */
export const channels: Section = {
  name: "channels",
  what: "memory by channels and under load, CPU per datagram",
  daemons: 6,
  async run(bench) {
    const { rig, plan, add } = bench;
    const most = plan.channelSteps.at(-1)!;
    bench.say("channels: making a team");
    const world = await makeTeam(bench, Math.ceil(most / CHANNELS_PER_PEER));
    const { measured, peers, teamId } = world;

    const looks = new Map<number, ProcessMemory>();
    const what = "daemon, one team";
    looks.set(0, await lookAt(bench, "channels-0", `${what}, no channel`, measured.daemon.pid));
    let open = 0;
    const opening = { count: 0, ms: 0 };
    for (const step of plan.channelSteps) {
      bench.say(`channels: opening ${step}`);
      const startedAt = performance.now();
      await openChannels(rig, world, open, step);
      opening.ms += performance.now() - startedAt;
      opening.count += step - open;
      open = step;
      const is = (await measured.client.channels()).length;
      if (is !== step) throw new Error(`${is} channels are open instead of ${step}`);
      const named = `${what}, ${step} ${step === 1 ? "channel" : "channels"}`;
      looks.set(step, await lookAt(bench, `channels-${step}`, named, measured.daemon.pid));
    }
    // From many to more: the first ones bring code and buffers that the others share.
    const [few, many] = [plan.channelSteps.at(-2) ?? 0, most];
    const [low, high] = [looks.get(few)?.anonymous, looks.get(many)?.anonymous];
    if (low !== undefined && high !== undefined && many - few >= CHANNELS_THAT_SHOW) {
      add({
        id: "memory/per-channel",
        value: Math.max(0, (high - low) / (many - few)),
        unit: "B",
        what: `anonymous memory for each idle channel, from ${few} to ${many}`,
      });
    }
    add({
      id: "cpu/channel-open",
      value: opening.ms / opening.count,
      unit: "ms",
      what: `each channel, handshake included, several at once, ${opening.count} in all`,
      note: "by the clock, all daemons on this machine",
    });

    await measured.client.close();
    await measured.daemon.stop();
    measured.daemon.start();
    const again = await rig.listening(measured.daemon);
    // The name that the team knows is the old address; only who is called needs to be there.
    const sender: Peer = { ...measured, ...again };
    await underLoad(bench, sender, peers[0]!, teamId);
  },
};

/** To all peers at once, so that after `from` channels there are `to`. */
async function openChannels(
  rig: Rig,
  { measured, peers, teamId }: World,
  from: number,
  to: number,
): Promise<void> {
  await Promise.all(
    peers.map(async (peer, i) => {
      const last = share(to, peers.length, i);
      for (let n = share(from, peers.length, i); n < last; n += OPENING) {
        await Promise.all(
          Array.from({ length: Math.min(OPENING, last - n) }, () =>
            measured.client.createChannel(teamId, peer.address, LABEL),
          ),
        );
        await rig.breathe();
      }
    }),
  );
}

/** How many of all are the i-th peer's. */
function share(all: number, peers: number, i: number): number {
  return Math.floor(all / peers) + (i < all % peers ? 1 : 0);
}

async function underLoad(bench: Bench, sender: Peer, receiver: Peer, teamId: TeamId): Promise<void> {
  const { rig, plan, add } = bench;
  const flow = new Flow(sender.client, receiver.client, teamId, receiver.address);
  const pids = [sender.daemon.pid, receiver.daemon.pid] as const;
  for (const { name, bytes, what } of MESSAGES) {
    bench.say(`cpu: ${what}`);
    const before = flow.received;
    await flow.begin(bytes, "unreliable");
    const patience = performance.now() + PATIENCE_MS;
    while (flow.received === before && performance.now() < patience) await rig.sleep(LOOK_MS);
    await rig.sleep(plan.loadMs / 4);
    const from = { cpu: pids.map(cpuOf), count: flow.received, at: performance.now() };
    await rig.sleep(plan.loadMs);
    while (flow.received === from.count && performance.now() < patience) await rig.sleep(LOOK_MS);
    const to = { cpu: pids.map(cpuOf), count: flow.received, at: performance.now() };
    await flow.end();
    const count = to.count - from.count;
    if (count === 0) {
      bench.skip(`cpu/${name}`, "no message arrived in time");
      continue;
    }
    for (const [i, end] of (["sent", "received"] as const).entries()) {
      add({
        id: `cpu/${name}/${end}`,
        value: (to.cpu[i]! - from.cpu[i]!) / count,
        unit: "us",
        what: `processor time of the daemon for ${what}, ${end}`,
      });
    }
    add({
      id: `cpu/${name}/rate`,
      value: (count * 1000) / (to.at - from.at),
      unit: "1/s",
      what: `delivered a second: ${what}`,
      note: "applications and both daemons on this machine",
    });
  }

  bench.say("memory: under load");
  await flow.begin(MESSAGES[1].bytes, "reliable");
  const looks: ProcessMemory[] = [];
  const until = performance.now() + plan.loadMs;
  while (performance.now() < until) {
    await rig.sleep(LOOK_MS);
    looks.push(memoryOf(sender.daemon.pid));
  }
  await flow.end();
  addMemory(bench, "load", "daemon sending as fast as it can, at its most", mostOf(looks));
}

/** The largest of each kind. */
function mostOf(looks: readonly ProcessMemory[]): ProcessMemory {
  return looks.reduce((most, look) => {
    const larger = (a: number | undefined, b: number | undefined): number => Math.max(a ?? 0, b ?? 0);
    return {
      rss: larger(most.rss, look.rss),
      ...(look.pss === undefined ? {} : { pss: larger(most.pss, look.pss) }),
      ...(look.anonymous === undefined ? {} : { anonymous: larger(most.anonymous, look.anonymous) }),
      ...(look.peak === undefined ? {} : { peak: larger(most.peak, look.peak) }),
    };
  });
}

/** Messages one way, as many as go. */
class Flow {
  received = 0;
  readonly #from: Client;
  readonly #to: Client;
  readonly #teamId: TeamId;
  readonly #address: string;
  #reading = false;
  #sending = false;
  #senders: Promise<unknown> = Promise.resolve();
  #channel: ChannelId | undefined;
  #failure: unknown;

  constructor(from: Client, to: Client, teamId: TeamId, address: string) {
    this.#from = from;
    this.#to = to;
    this.#teamId = teamId;
    this.#address = address;
  }

  async begin(bytes: number, delivery: NonNullable<ChannelOptions["delivery"]>): Promise<void> {
    if (!this.#reading) void this.#read();
    this.#reading = true;
    const channel = await this.#from.createChannel(this.#teamId, this.#address, LABEL, { delivery });
    this.#channel = channel;
    const message = new Uint8Array(bytes).fill(1);
    this.#sending = true;
    const send = async (): Promise<void> => {
      while (this.#sending) await this.#from.sendData(message, channel, MESSAGE_TIMEOUT_MS);
    };
    this.#senders = Promise.all(Array.from({ length: IN_FLIGHT }, send)).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Throws what went wrong meanwhile. */
  async end(): Promise<void> {
    this.#sending = false;
    await this.#senders;
    if (this.#failure !== undefined) throw this.#failure as Error;
    await this.#from.deleteChannel(this.#teamId, this.#channel!);
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(LIMITS.datagramBytesMax);
    try {
      for (;;) {
        if (!(await this.#to.pollData(MESSAGE_TIMEOUT_MS))) continue;
        this.#to.readData(buffer);
        this.received++;
      }
    } catch {
      // The connection was closed: it is over.
    }
  }
}

interface World {
  readonly measured: Peer;
  readonly peers: readonly Peer[];
  readonly teamId: TeamId;
}

/** One device that is measured, others it calls, and an owner, who is not needed any more afterwards. */
async function makeTeam({ rig }: Bench, count: number): Promise<World> {
  const begin = async (): Promise<Peer> => {
    const daemon = rig.daemon();
    daemon.start();
    return { daemon, ...(await rig.listening(daemon, { graphStore: "memory" })) };
  };
  const owner = await begin();
  await owner.client.initDevice();
  const teamId = await owner.client.createTeam();
  await owner.client.createLabel(teamId, LABEL);
  const devices: Peer[] = [];
  for (let i = 0; i <= count; i++) {
    // The measured one keeps its team on disk, as devices do.
    const daemon = rig.daemon();
    daemon.start();
    const graphStore = i === 0 ? "disk" : "memory";
    const device: Peer = { daemon, ...(await rig.listening(daemon, { graphStore })) };
    const id = await device.client.initDevice();
    await owner.client.addDevice(teamId, await device.client.getKeyBundle(), `device ${i}`);
    await owner.client.assignRole(teamId, id, "user");
    await owner.client.assignLabel(teamId, id, LABEL);
    await owner.client.assignNetworkName(teamId, id, device.address);
    devices.push(device);
    await rig.breathe();
  }
  for (const device of devices) {
    await device.client.addTeam(teamId);
    await device.client.syncNow(owner.address, teamId);
    await device.client.pollData(0); // registers for incoming channels
  }
  await owner.client.close();
  await owner.daemon.stop();
  const [measured, ...peers] = devices;
  return { measured: measured!, peers, teamId };
}
