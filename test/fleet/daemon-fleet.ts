/** Many real daemons in one team, each with sync peers of its own, and when a new label is at which of them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, TeamId } from "../../src/client/index.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import type { DaemonProcess } from "../support/daemon-process.ts";
import { besides, peersOf } from "./wiring.ts";
import type { Shape } from "./wiring.ts";

export interface FleetOptions {
  readonly shape: Shape;
  readonly members: number;
  /** Daemons beside a ring, frozen until `befriend`: members of the team that are nobody's peers. */
  readonly asides: number;
  readonly hello: boolean;
  /** Of polling. */
  readonly rateMs: number;
  /** Not started, in a directory of its own. */
  readonly newDaemon: () => DaemonProcess;
  readonly say: (text: string) => void;
}

interface Node {
  readonly daemon: DaemonProcess;
  readonly address: string;
  readonly client: Client;
  /** When it told of each label, in milliseconds by this process's clock. */
  readonly seen: Map<string, number>;
  isFrozen: boolean;
}

const ARRIVAL_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 20;
/** At once: more only wait for a processor. */
const STARTS_AT_ONCE = 4;

export class DaemonFleet {
  readonly #options: FleetOptions;
  readonly #nodes: Node[] = [];
  #teamId: TeamId | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Starts, founds and wires. On return all are level and each member has pulled from all its peers. */
  async start(): Promise<void> {
    const { members, asides, say } = this.#options;
    const count = members + asides;
    await inParallel(count, async (i) => {
      say(`starting ${count} daemons`);
      this.#nodes[i] = await this.#startOne();
    });
    const owner = this.#nodes[0]!;
    const teamId = (this.#teamId = await owner.client.createTeam());
    for (const [i, { client }] of this.#nodes.entries()) {
      if (i > 0) await owner.client.addDevice(teamId, await client.getKeyBundle(), `node ${i}`);
    }
    // From the owner itself: whoever asks a peer that does not know the team yet is refused, and backs off.
    await inParallel(count, async (i) => {
      const { client } = this.#nodes[i]!;
      if (i === 0) return;
      await client.addTeam(teamId);
      await client.syncNow(owner.address, teamId);
    });
    say("wiring");
    await this.#wire(peersOf(this.#options.shape, members));
    for (const place of this.asides) this.freeze(place);
  }

  /** Places of the daemons beside the ring. */
  get asides(): number[] {
    const { members, asides } = this.#options;
    return Array.from({ length: asides }, (_, i) => members + i);
  }

  /** The daemons beside the ring become peers of their neighbours in it, and these theirs. All that are thawed are then level. */
  async befriend(): Promise<void> {
    for (const place of this.asides) this.thaw(place);
    await this.#wire(this.#friendships());
  }

  /** The reverse of `befriend`, after which they are frozen. */
  async part(): Promise<void> {
    for (const place of this.asides) this.thaw(place);
    await this.#eachPeer(this.#friendships(), (client, address, teamId) =>
      client.removeSyncPeer(address, teamId),
    );
    for (const place of this.asides) this.freeze(place);
  }

  /**
   * Makes a label at the first member. Milliseconds until each of the other members has told its application of it, those
   * frozen left out.
   */
  async label(name: string, timeoutMs = ARRIVAL_TIMEOUT_MS): Promise<Map<number, number>> {
    const madeAt = performance.now();
    await this.#nodes[0]!.client.createLabel(this.#teamId!, name);
    await this.arrived(name, timeoutMs);
    const others = [...this.#nodes.entries()].slice(1, this.#options.members);
    return new Map(
      others.filter(([, { isFrozen }]) => !isFrozen).map(([i, { seen }]) => [i, seen.get(name)! - madeAt]),
    );
  }

  /** At all members that run. */
  async arrived(name: string, timeoutMs = ARRIVAL_TIMEOUT_MS): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const members = this.#nodes.slice(0, this.#options.members);
    for (;;) {
      const missing = members.filter(({ isFrozen, seen }) => !isFrozen && !seen.has(name)).length;
      if (missing === 0) return;
      if (performance.now() > deadline) throw new Error(`${name} has not arrived at ${missing} daemons`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Whether that one has told of the label. */
  has(index: number, label: string): boolean {
    return this.#nodes[index]!.seen.has(label);
  }

  /** Stops a daemon in its tracks: connections stay, nobody answers. */
  freeze(index: number): void {
    this.#signal(index, "SIGSTOP");
  }

  thaw(index: number): void {
    this.#signal(index, "SIGCONT");
  }

  async close(): Promise<void> {
    for (const { daemon } of this.#nodes) daemon.kill();
    await Promise.all(this.#nodes.map(({ daemon }) => daemon.exited()));
    await Promise.all(this.#nodes.map(({ client }) => client.close().catch(() => undefined)));
  }

  /** By place, of those on either side. */
  #friendships(): number[][] {
    const { members, asides } = this.#options;
    const peers: number[][] = this.#nodes.map(() => []);
    for (const [i, beside] of besides(members, asides).entries()) {
      for (const member of beside) peers[member]!.push(members + i);
      peers[members + i]!.push(...beside);
    }
    return peers;
  }

  /** Returns when each has pulled from all its peers. */
  async #wire(peers: readonly (readonly number[])[]): Promise<void> {
    await this.#eachPeer(peers, (client, address, teamId) =>
      client.addSyncPeer(address, teamId, this.#options.rateMs),
    );
    for (const [i] of peers.entries()) {
      await eventually(
        "a pull from each peer",
        () => this.#nodes[i]!.client.syncPeers(),
        (infos) => infos.every(({ lastSuccess }) => lastSuccess !== undefined),
        ARRIVAL_TIMEOUT_MS,
      );
    }
  }

  async #eachPeer(
    peers: readonly (readonly number[])[],
    act: (client: Client, address: string, teamId: TeamId) => Promise<unknown>,
  ): Promise<void> {
    for (const [i, others] of peers.entries()) {
      for (const other of others) {
        await act(this.#nodes[i]!.client, this.#nodes[other]!.address, this.#teamId!);
      }
    }
  }

  #signal(index: number, signal: "SIGSTOP" | "SIGCONT"): void {
    const node = this.#nodes[index]!;
    node.isFrozen = signal === "SIGSTOP";
    process.kill(node.daemon.pid!, signal);
  }

  async #startOne(): Promise<Node> {
    const daemon = this.#options.newDaemon();
    const address = `127.0.0.1:${await freePort()}`;
    daemon.start();
    const hello = this.#options.hello ? "on" : "off";
    const client = await daemon.connect({ sync: { listen: address, hello }, logLevel: "error" });
    await client.initDevice();
    const seen = new Map<string, number>();
    void note(client, seen);
    return { daemon, address, client, seen, isFrozen: false };
  }
}

async function note(client: Client, seen: Map<string, number>): Promise<void> {
  try {
    for await (const effect of client.effects()) {
      if (effect.type === "labelCreated") seen.set(effect.label, performance.now());
    }
  } catch {
    // The daemon was killed.
  }
}

/** `count` pieces of work, a few at a time. */
async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, worker));
}
