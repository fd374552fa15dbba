import { PLATFORM_VARIABLE, probePlatform } from "../../../platform/platform.ts";
import type { Address } from "../../../src/base/address.ts";
import { AEADS, AEAD_TAG_BYTES } from "../../../src/crypto/cipher-suite.ts";
import type { AeadFactory, AeadName } from "../../../src/crypto/cipher-suite.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import type { Arrivals } from "../lib/meters.ts";
import { cpuOf } from "../lib/process-files.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

/** Of the whole datagram. */
const SIZES = [116, 1200] as const;
const HEADER_BYTES = 16;
/** Calls between two looks at the clock. */
const CALLS = 256;

/**
 * What a datagram costs at each stage of its way by itself, in processor time, on the path every Node has; the floor is the
 * path the platform has.
 */
export const stages: Scenario = {
  id: "stages",
  async run(bench) {
    return [...(await aeads(bench)), ...(await sockets(bench))];
  },
};

async function aeads(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  const suite = nodeSuite();
  const plain: AeadFactory = (name, key) => suite.aead(name, key);
  const fast = probePlatform().aeads;
  for (const bytes of SIZES) {
    for (const name of Object.keys(AEADS) as AeadName[]) {
      for (const stage of ["seal", "open"] as const) {
        const id = `stages/${bytes}/${stage}-${name}`;
        if (!bench.wants(id)) continue;
        bench.say(id);
        const arm = (aead: AeadFactory | undefined) => (): number =>
          aead === undefined ? 0 : microseconds(aead, name, stage, bytes, bench.budget.sliceMs / 2);
        const arms = new Map([
          ["floor", arm(fast)],
          ["plain", arm(plain)],
        ]);
        const samples = await inTurns(arms, bench.budget);
        const what = `${stage} in place, ${name}, datagram of ${bytes} B; floor: as the platform does it`;
        figures.push(figure({ id, unit: "µs", what }, samples.get("plain")!, samples.get("floor")));
      }
    }
  }
  return figures;
}

/** Of processor time, for each. */
function microseconds(
  factory: AeadFactory,
  name: AeadName,
  stage: "seal" | "open",
  bytes: number,
  ms: number,
): number {
  const aead = factory(name, new Uint8Array(32).fill(1));
  const nonce = new Uint8Array(12);
  const buffer = new Uint8Array(bytes);
  const end = bytes - AEAD_TAG_BYTES;
  const sealed = new Uint8Array(bytes);
  aead.sealInPlace(nonce, sealed, 0, HEADER_BYTES, end);
  let count = 0;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  do {
    for (let i = 0; i < CALLS; i++) {
      if (stage === "seal") aead.sealInPlace(nonce, buffer, 0, HEADER_BYTES, end);
      else {
        buffer.set(sealed);
        if (!aead.openInPlace(nonce, buffer, 0, HEADER_BYTES, bytes)) throw new Error("it does not open");
      }
    }
    count += CALLS;
  } while (performance.now() < startedAt + ms);
  const { user, system } = process.cpuUsage(before);
  aead.destroy();
  return (user + system) / count;
}

interface Costs {
  readonly send: number;
  readonly receive: number;
}

async function sockets(bench: Bench): Promise<Figure[]> {
  const wanted = SIZES.filter((bytes) =>
    ["send", "receive"].some((stage) => bench.wants(`stages/${bytes}/${stage}`)),
  );
  if (wanted.length === 0) return [];
  const pairs = new Map<"floor" | "plain", (bytes: number) => Promise<Costs>>();
  for (const way of ["floor", "plain"] as const) {
    const environment = way === "plain" ? { [PLATFORM_VARIABLE]: "plain" } : {};
    const [from, to] = [bench.peer("udp", environment), bench.peer("udp", environment)];
    await from.call("listen");
    await from.call("connect", { address: await to.call<Address>("listen") });
    pairs.set(way, async (bytes) => {
      await from.call("start", { bytes });
      const [sentBefore, fromBefore, toBefore] = [
        await from.call<number>("sent"),
        cpuOf(from.pid),
        cpuOf(to.pid),
      ];
      const { count } = await to.call<Arrivals>("watch", { ms: bench.budget.sliceMs });
      const [send, receive] = [cpuOf(from.pid) - fromBefore, cpuOf(to.pid) - toBefore];
      const sent = (await from.call<number>("sent")) - sentBefore;
      await from.call("stop");
      return { send: send / sent, receive: receive / count };
    });
  }
  const figures: Figure[] = [];
  for (const bytes of wanted) {
    bench.say(`stages/${bytes}/send and receive`);
    const arms = new Map([...pairs].map(([way, run]) => [way, () => run(bytes)]));
    const samples = await inTurns(arms, bench.budget);
    for (const stage of ["send", "receive"] as const) {
      const of = (way: "floor" | "plain"): number[] => samples.get(way)!.map((costs) => costs[stage]);
      const what = `${stage}, datagram of ${bytes} B, kernel included; floor: many a system call`;
      figures.push(figure({ id: `stages/${bytes}/${stage}`, unit: "µs", what }, of("plain"), of("floor")));
    }
  }
  return figures;
}
