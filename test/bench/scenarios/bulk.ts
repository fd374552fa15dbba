import { LIMITS } from "../../../src/base/limits.ts";
import type { PathConditions } from "../../support/bad-path.ts";
import type { Scenario } from "../lib/bench.ts";
import { cubicMegabytesPerSecond } from "../lib/loss-rate.ts";
import type { Latency } from "../lib/meters.ts";
import { describe, OVERHEAD_BYTES, openPaths, Path } from "../lib/paths.ts";
import type { PathName, Transfer } from "../lib/paths.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";
import type { CoreAddress } from "../peers/afc.ts";
import type { Passed } from "../peers/bad-path.ts";
import { wantedPaths } from "./afc-one-way.ts";

const MESSAGE_BYTES = 64 * 1024;
const MEBIBYTE = 2 ** 20;

/** 64 MiB one way in messages of 64 KiB, and what each megabyte costs; the floor moves as much in datagrams of 1200 bytes. */
export const bulk: Scenario = {
  id: "bulk",
  async run(bench) {
    const names = new Set<PathName>(["core-reliable", "core-reliable-fast", "whole-reliable"]);
    const isWanted = (path: PathName): boolean => names.has(path) && bench.wants(`bulk/${path}`);
    const paths = await openPaths(bench, isWanted);
    const { bulkBytes } = bench.budget;
    const arms = new Map(
      wantedPaths(bench, paths, "bulk").map(([path, way]) => {
        const bytes = path === "floor" ? LIMITS.datagramBytesMax : MESSAGE_BYTES;
        return [
          path,
          () => {
            bench.say(`bulk/${path}`);
            return way.transfer(bytes, { count: Math.ceil(bulkBytes / bytes) });
          },
        ];
      }),
    );
    const samples = await inTurns(arms, bench.budget);
    const floors = samples.get("floor") ?? [];
    const figures: Figure[] = [];
    for (const [path, taken] of samples) {
      if (path === "floor") continue;
      const what = `${bulkBytes / MEBIBYTE} MiB in messages of 64 KiB, ${describe(path)}`;
      const rate = (from: readonly Transfer[]): number[] => from.map((t) => t.megabytesPerSecond);
      const cpu = (from: readonly Transfer[]): number[] => from.map((t) => t.cpuMsPerMegabyte);
      const cpuWhat = `processor time for each MB, all processes, ${what}`;
      figures.push(
        figure({ id: `bulk/${path}/rate`, unit: "MB/s", what }, rate(taken), rate(floors)),
        figure({ id: `bulk/${path}/cpu`, unit: "ms/MB", what: cpuWhat }, cpu(taken), cpu(floors)),
      );
    }
    return figures;
  },
};

const LOSS_PERCENT = 2;
const DELAY_MS = 15;
/** IP and UDP off an Ethernet's 1500. */
const DATAGRAM_BYTES_MAX = 1472;
const CONDITIONS: PathConditions = {
  delayMs: DELAY_MS,
  lossPercent: LOSS_PERCENT,
  latePercent: 10,
  lateMs: 10,
  datagramBytesMax: DATAGRAM_BYTES_MAX,
};
/** A window of nine packets meets a loss six times a second: it takes seconds to see what they do to it on average. */
const SLICES = 20;
const ROUNDS_MAX = 3;

/** The same over a path that loses, delays and reorders, as long as the time for it lasts. */
export const bulkBadPath: Scenario = {
  id: "bulk-bad-path",
  async run(bench) {
    const [from, to] = [bench.peer("afc"), bench.peer("afc")];
    await from.call("listen");
    const address = await to.call<CoreAddress>("listen");
    const lossy = bench.peer("bad-path");
    const port = await lossy.call<number>("open", { to: address.port, conditions: CONDITIONS });
    const channel = await from.call<number>("connect", { to: { ...address, port }, delivery: "reliable" });
    const path = new Path(from, to, channel);

    // The same delay and nothing else: the round trip the formula is about.
    const [pingFrom, pingTo, delay] = [bench.peer("dgram"), bench.peer("dgram"), bench.peer("bad-path")];
    const pingPort = await pingTo.call<number>("listen");
    const delayed = await delay.call<number>("open", { to: pingPort, conditions: { delayMs: DELAY_MS } });
    await pingFrom.call("listen");
    await pingFrom.call("connect", { port: delayed });
    const ping = new Path(pingFrom, pingTo);

    const { sliceMs } = bench.budget;
    const ms = sliceMs * SLICES;
    const arms = new Map<"round-trip" | "path", () => Promise<number>>([
      [
        "round-trip",
        async () => {
          bench.say("bulk-bad-path: its round trip");
          return ((await ping.latency(64, sliceMs)) satisfies Latency).p50;
        },
      ],
      [
        "path",
        async () => {
          bench.say("bulk-bad-path");
          return (await path.transfer(MESSAGE_BYTES, { ms })).megabytesPerSecond;
        },
      ],
    ]);
    if (bench.budget.warmUps > 0) {
      bench.say("bulk-bad-path: past its slow start");
      await path.transfer(MESSAGE_BYTES, { ms: ms / 2 });
    }
    const rounds = Math.min(ROUNDS_MAX, bench.budget.rounds);
    const samples = await inTurns(arms, { rounds, warmUps: 0 });
    const { longestBytes } = await lossy.call<Passed>("passed");
    const floors = samples
      .get("round-trip")!
      .map((us) => cubicMegabytesPerSecond(LOSS_PERCENT / 100, us / 1000, longestBytes - OVERHEAD_BYTES));
    const what =
      `messages of 64 KiB for ${ms / 1000} s, two processes with AFC and a UDP socket, what the platform has; 2 % lost, 10 % up to ` +
      `10 ms late, 30 ms round trip, datagrams of ${longestBytes} B; floor: CUBIC's formula for that loss and round trip`;
    return [figure({ id: "bulk-bad-path", unit: "MB/s", what }, samples.get("path")!, floors)];
  },
};
