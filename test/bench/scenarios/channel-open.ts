import type { ChannelId } from "../../../src/client/index.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import { startPair } from "../lib/pair.ts";
import type { Latency } from "../lib/meters.ts";
import { Path } from "../lib/paths.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns, median } from "../lib/statistics.ts";

const WAYS = {
  loopback: { delayMs: 0, words: "over loopback" },
  "30ms": { delayMs: 15, words: "over a path of 30 ms there and back" },
} as const;
type WayName = keyof typeof WAYS;

/** In each round. */
const OPENS = 5;
const MESSAGE = new Uint8Array(64);
const TIMEOUT_MS = 10_000;

/** Milliseconds. */
interface Opened {
  readonly open: number;
  /** Until the first message was acknowledged, the opening included. */
  readonly first: number;
}

/** From `createChannel` until it has a channel, handshake and both daemons included; the floor is one round trip of the path. */
export const channelOpen: Scenario = {
  id: "channel-open",
  async run(bench) {
    const figures: Figure[] = [];
    const names = (Object.keys(WAYS) as WayName[]).filter((name) => bench.wants(`channel-open/${name}`));
    const arms = new Map<string, () => Promise<Opened>>();
    for (const name of names) {
      const { open, roundTrip } = await overWay(bench, name);
      arms.set(name, open);
      arms.set(`${name}/floor`, roundTrip);
    }
    const samples = await inTurns(arms, bench.budget);
    for (const name of names) {
      const values = samples.get(name)!;
      const floors = samples.get(`${name}/floor`)!.map(({ open }) => open);
      const { words } = WAYS[name];
      const floor = "floor: one round trip of a datagram of 64 B";
      figures.push(
        figure(
          { id: `channel-open/${name}/open`, unit: "ms", what: `a channel opened, ${words}; ${floor}` },
          values.map(({ open }) => open),
          floors,
        ),
        figure(
          {
            id: `channel-open/${name}/first`,
            unit: "ms",
            what: `a channel opened and its first message acknowledged, ${words}; ${floor}`,
          },
          values.map(({ first }) => first),
          floors,
        ),
      );
    }
    return figures;
  },
};

async function overWay(
  bench: Bench,
  name: WayName,
): Promise<{ open: () => Promise<Opened>; roundTrip: () => Promise<Opened> }> {
  bench.say(`channel-open/${name}: two daemons`);
  const { delayMs } = WAYS[name];
  const between = async (port: number): Promise<number> => {
    if (delayMs === 0) return port;
    return await bench.peer("bad-path").call<number>("open", { to: port, conditions: { delayMs } });
  };
  const pair = await startPair(bench, 0, between);
  const { callerClient, calleeClient, teamId, label } = pair;
  await calleeClient.pollData(0); // registers for incoming channels
  const [from, to] = [bench.peer("dgram"), bench.peer("dgram")];
  await from.call("listen");
  await from.call("connect", { port: await between(await to.call<number>("listen")) });
  const ping = new Path(from, to);

  return {
    open: async () => {
      bench.say(`channel-open/${name}`);
      const opened: Opened[] = [];
      for (let i = 0; i < OPENS; i++) {
        const startedAt = performance.now();
        const channel: ChannelId = await callerClient.createChannel(teamId, pair.calleeName, label);
        const open = performance.now() - startedAt;
        if (!(await callerClient.sendData(MESSAGE, channel, TIMEOUT_MS))) throw new Error("not acknowledged");
        opened.push({ open, first: performance.now() - startedAt });
        await callerClient.deleteChannel(teamId, channel);
      }
      return { open: median(opened.map((o) => o.open)), first: median(opened.map((o) => o.first)) };
    },
    roundTrip: async () => {
      const { p50 } = (await ping.latency(MESSAGE.length, bench.budget.sliceMs)) satisfies Latency;
      return { open: p50 / 1000, first: p50 / 1000 };
    },
  };
}
