/** The three ways a message goes from one process to another, set up and measured alike. */
import { DATAGRAM_HEADER_BYTES } from "../../../src/afc/wire.ts";
import { PLATFORM_VARIABLE } from "../../../platform/platform.ts";
import type { ChannelId } from "../../../src/client/index.ts";
import { AEAD_TAG_BYTES } from "../../../src/crypto/cipher-suite.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { MESSAGE_HEADER_BYTES } from "../../../src/dgram-reliability/wire.ts";
import type { CoreAddress } from "../peers/afc.ts";
import type { Bench } from "./bench.ts";
import type { Arrivals, Latency, Span } from "./meters.ts";
import { startPair } from "./pair.ts";
import type { Peer } from "./peer.ts";
import { cpuOf } from "./process-files.ts";

/** What one message alone in a datagram costs: header, frame type, message header, tag. */
export const OVERHEAD_BYTES = DATAGRAM_HEADER_BYTES + 1 + MESSAGE_HEADER_BYTES + AEAD_TAG_BYTES;
/** Bytes of the message: a small one, and one that fills a datagram of 1200. */
export const MESSAGES = [
  { name: "64", bytes: 64 },
  { name: "1200", bytes: LIMITS.datagramBytesMax - OVERHEAD_BYTES },
] as const;

export interface Throughput {
  /** Messages at the receiver. */
  readonly perSecond: number;
  /** Microseconds of processor time for each, in all processes on the way. */
  readonly cpuUs: number;
}

export interface Transfer {
  /** At the receiver; a megabyte is a million bytes. */
  readonly megabytesPerSecond: number;
  /** Milliseconds of processor time for each, in all processes on the way. */
  readonly cpuMsPerMegabyte: number;
}

/** Two processes, and a way between them. */
export class Path {
  readonly #from: Peer;
  readonly #to: Peer;
  readonly #channel: number | string | undefined;
  readonly #pids: readonly number[];

  /** `between`: the processes on the way besides the two. */
  constructor(from: Peer, to: Peer, channel?: number | string, between: readonly number[] = []) {
    this.#from = from;
    this.#to = to;
    this.#channel = channel;
    this.#pids = [from.pid, to.pid, ...between];
  }

  /** Once the sender has got going. */
  async throughput(bytes: number, sliceMs: number): Promise<Throughput> {
    const cpu = (): number => this.#pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
    await this.#from.call("start", { bytes, channel: this.#channel });
    await this.#to.call("watch", { ms: sliceMs / 4 });
    const before = cpu();
    const { count, ms } = await this.#to.call<Arrivals>("watch", { ms: sliceMs });
    const cpuUs = (cpu() - before) / count;
    await this.#from.call("stop");
    return { perSecond: (count * 1000) / ms, cpuUs };
  }

  /** That many messages of that length, or as many as arrive in that time. */
  async transfer(bytes: number, until: { count?: number; ms?: number }): Promise<Transfer> {
    const cpu = (): number => this.#pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
    const before = cpu();
    const arriving = this.#to.call<Span>("span", until);
    await this.#from.call("start", { bytes, channel: this.#channel });
    const { count, ms, total } = await arriving;
    const cpuMs = (cpu() - before) / 1000;
    await this.#from.call("stop");
    return {
      megabytesPerSecond: (count * bytes) / ms / 1000,
      cpuMsPerMegabyte: cpuMs / ((total * bytes) / 1e6),
    };
  }

  async latency(bytes: number, sliceMs: number): Promise<Latency> {
    await this.#to.call("echo", { on: true });
    const latency = await this.#from.call<Latency>("roundTrips", {
      bytes,
      ms: sliceMs,
      channel: this.#channel,
    });
    await this.#to.call("echo", { on: false });
    return latency;
  }
}

const PRODUCT_PATHS = [
  "core-reliable",
  "core-unreliable",
  "core-reliable-fast",
  "core-unreliable-fast",
  "whole-reliable",
  "whole-unreliable",
] as const;
export type PathName = "floor" | (typeof PRODUCT_PATHS)[number];

/** The floor, and what is wanted. Cores come on both paths; the daemons of the whole take what the platform has. */
export async function openPaths(
  bench: Bench,
  isWanted: (name: PathName) => boolean,
): Promise<Map<PathName, Path>> {
  const paths = new Map<PathName, Path>();
  const wanted = PRODUCT_PATHS.filter(isWanted);
  if (wanted.length === 0) return paths;
  const [dgramFrom, dgramTo] = [bench.peer("dgram"), bench.peer("dgram")];
  await dgramFrom.call("listen");
  await dgramFrom.call("connect", { port: await dgramTo.call<number>("listen") });
  paths.set("floor", new Path(dgramFrom, dgramTo));

  for (const way of ["plain", "fast"] as const) {
    const ofThis = wanted.filter(
      (name) => name.startsWith("core-") && name.endsWith("-fast") === (way === "fast"),
    );
    if (ofThis.length === 0) continue;
    const environment = way === "plain" ? { [PLATFORM_VARIABLE]: "plain" } : {};
    const [coreFrom, coreTo] = [bench.peer("afc", environment), bench.peer("afc", environment)];
    await coreFrom.call("listen");
    const to = await coreTo.call<CoreAddress>("listen");
    for (const name of ofThis) {
      const delivery = deliveryOf(name);
      const channel = await coreFrom.call<number>("connect", { to, delivery });
      paths.set(name, new Path(coreFrom, coreTo, channel));
    }
  }

  const wholes = wanted.filter((name) => name.startsWith("whole-"));
  if (wholes.length === 0) return paths;
  const pair = await startPair(bench, 0);
  const [wholeFrom, wholeTo] = [bench.peer("client"), bench.peer("client")];
  await wholeFrom.call("attach", { socketPath: pair.caller.socketPath });
  await wholeTo.call("attach", { socketPath: pair.callee.socketPath });
  const { teamId, calleeName: name, label } = pair;
  const daemons = [pair.caller.pid!, pair.callee.pid!];
  for (const way of wholes) {
    const delivery = deliveryOf(way);
    const channel = await wholeFrom.call<ChannelId>("connect", { teamId, name, label, delivery });
    paths.set(way, new Path(wholeFrom, wholeTo, channel, daemons));
  }
  return paths;
}

function deliveryOf(path: PathName): string {
  return path.split("-")[1]!;
}

/** In words. */
export function describe(path: PathName): string {
  const [part, delivery, way] = path.split("-");
  return part === "core"
    ? `two processes with AFC and a UDP socket, ${delivery!}, ${way === "fast" ? "what the platform has" : "plain"}`
    : `client → daemon → daemon → client, ${delivery!}`;
}
