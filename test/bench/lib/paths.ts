/** The three ways a message goes from one process to another, set up and measured alike. */
import { DATAGRAM_HEADER_BYTES } from "../../../src/afc/wire.ts";
import type { ChannelId } from "../../../src/client/index.ts";
import { AEAD_TAG_BYTES } from "../../../src/crypto/cipher-suite.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { MESSAGE_HEADER_BYTES } from "../../../src/dgram-reliability/wire.ts";
import type { CoreAddress } from "../peers/afc.ts";
import type { Bench } from "./bench.ts";
import type { Arrivals, Latency } from "./meters.ts";
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

export type PathName = "floor" | "core-reliable" | "core-unreliable" | "whole-reliable" | "whole-unreliable";

export async function openPaths(bench: Bench): Promise<Map<PathName, Path>> {
  const [dgramFrom, dgramTo] = [bench.peer("dgram"), bench.peer("dgram")];
  await dgramFrom.call("listen");
  await dgramFrom.call("connect", { port: await dgramTo.call<number>("listen") });

  const [coreFrom, coreTo] = [bench.peer("afc"), bench.peer("afc")];
  await coreFrom.call("listen");
  const to = await coreTo.call<CoreAddress>("listen");
  const core = async (delivery: string): Promise<Path> =>
    new Path(coreFrom, coreTo, await coreFrom.call<number>("connect", { to, delivery }));

  const pair = await startPair(bench, 0);
  const [wholeFrom, wholeTo] = [bench.peer("client"), bench.peer("client")];
  await wholeFrom.call("attach", { socketPath: pair.caller.socketPath });
  await wholeTo.call("attach", { socketPath: pair.callee.socketPath });
  const { teamId, calleeName: name, label } = pair;
  const daemons = [pair.caller.pid!, pair.callee.pid!];
  const whole = async (delivery: string): Promise<Path> =>
    new Path(
      wholeFrom,
      wholeTo,
      await wholeFrom.call<ChannelId>("connect", { teamId, name, label, delivery }),
      daemons,
    );

  return new Map([
    ["floor", new Path(dgramFrom, dgramTo)],
    ["core-reliable", await core("reliable")],
    ["core-unreliable", await core("unreliable")],
    ["whole-reliable", await whole("reliable")],
    ["whole-unreliable", await whole("unreliable")],
  ]);
}

/** In words. */
export function describe(path: PathName): string {
  const [part, delivery] = path.split("-");
  return part === "core"
    ? `two processes with AFC and a UDP socket, ${delivery!}`
    : `client → daemon → daemon → client, ${delivery!}`;
}
