/**
 * One endpoint with an honest peer and open channels, among strangers, eavesdroppers and a member gone bad. What the
 * honest peer sends must arrive exactly once; nobody else gets an answer but as `Attacker` says; nothing may throw or grow.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { equalBytes } from "../../../src/base/bytes.ts";
import { idToBytes } from "../../../src/base/ids.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";
import { Net, Peer, device } from "../../unit/afc/harness.ts";
import { HostileDatagrams } from "./hostile-datagrams.ts";
import type { Attacker } from "./hostile-datagrams.ts";
import { Rogue } from "./rogue.ts";

export interface EndpointReport {
  readonly datagrams: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly answers: number;
  readonly delivered: number;
  readonly grownBytes: number;
  readonly findings: string[];
}

export const GROWTH_BYTES_MAX = 2 * 1024 * 1024;
/** Of virtual time, between two datagrams. */
const STEP_MS = 1;
const BATCH = 50;
const HOSTS: Readonly<Record<Attacker, string>> = {
  stranger: "198.51.100.1",
  key: "203.0.113.1",
  replay: "192.0.2.200",
};
const FACTOR: Readonly<Record<Attacker, number>> = { stranger: 0, key: 1, replay: 3 };

/** `plant` breaks the target, to see whether that is noticed. */
export function fuzzEndpoint(
  options: { seed: number; datagrams: number },
  plant: (target: Peer) => void = () => undefined,
): EndpointReport {
  const { seed, datagrams } = options;
  const findings: string[] = [];
  const random = seededRandom(seed);
  const plain = { suite: nodeSuite(), rotateAfterDatagrams: 200, rekeyAfterMs: 20_000 };
  const [honest, target] = [new Peer(1, plain), new Peer(2, plain)];
  plant(target);
  const rogue = new Rogue(device(7), target.device, seed);
  target.onRequest = (request, now) => {
    const isKnown = [honest.device.key, rogue.device.key].some((key) =>
      equalBytes(key, request.initiatorEncryptionKey),
    );
    if (isKnown) target.endpoint.accept(request.request, now);
    else target.endpoint.ignore(request.request);
  };
  const net = new Net([honest, target]);
  const hostile = new HostileDatagrams(
    { encryptionKey: target.device.key, deviceId: idToBytes(target.device.id) },
    seed,
  );
  net.fate = (w) => {
    hostile.saw(w.datagram);
    return random(50) === 0 ? [] : [2 + random(20)];
  };
  const bytesOut = new Map<string, number>();
  net.elsewhere = (w) => {
    bytesOut.set(w.to.host, (bytesOut.get(w.to.host) ?? 0) + w.datagram.length);
    if (w.to.host === rogue.device.address.host) rogue.hear(w.datagram, net.now);
  };
  const channels = [
    net.connect(honest, target, { timeoutMs: 60_000 }),
    net.connect(honest, target, { delivery: "unreliable", timeoutMs: 60_000 }),
  ];
  net.run(3000);
  if (honest.of("opened").length !== 2) findings.push("the honest peer does not get in");
  const far = target.of("opened").map((e) => e.handle);

  let sent = 0;
  let delivered = 0;
  let grownFrom = 0;
  const unreliable = new Set<number>();
  const bytesIn = new Map<string, number>();
  const check = (): void => {
    for (const e of target.events.splice(0)) {
      if (e.kind === "closed" && far.includes(e.handle))
        findings.push(`an honest channel closed: ${e.reason}`);
      if (e.kind !== "message" || !far.includes(e.handle)) continue;
      const n = new DataView(e.bytes.buffer, e.bytes.byteOffset).getUint32(0);
      if (e.bytes[4] === 1) {
        if (unreliable.has(n)) findings.push(`unreliable message ${n} twice`);
        unreliable.add(n);
      } else if (n !== delivered++) findings.push(`message ${n} instead of ${delivered - 1}`);
    }
    for (const e of honest.events.splice(0))
      if (e.kind === "closed") findings.push(`closed at the honest end: ${e.reason}`);
    net.log.length = 0;
    for (const attacker of ["stranger", "key", "replay"] as const) {
      const host = HOSTS[attacker];
      const [input, output] = [bytesIn.get(host) ?? 0, bytesOut.get(host) ?? 0];
      if (output > FACTOR[attacker] * input)
        findings.push(`${output} bytes to a ${attacker} that sent ${input}`);
    }
  };
  const handle = (bytes: Uint8Array, host: string, port: number): void => {
    bytesIn.set(host, (bytesIn.get(host) ?? 0) + bytes.length);
    try {
      target.endpoint.handle(bytes, { host, port }, net.now);
    } catch (error) {
      findings.push(`thrown by ${Buffer.from(bytes).toString("hex").slice(0, 200)}: ${String(error)}`);
    }
  };

  const run = (ms: number): void => {
    try {
      net.run(ms);
    } catch (error) {
      findings.push(`thrown: ${String(error)}`);
    }
  };

  let rogueSince = 0;
  for (let n = 0; n < datagrams && findings.length < 20; n++) {
    const wantsRogue = random(10) === 0;
    if (wantsRogue && (!rogue.isOpen || n - rogueSince > 2000)) {
      rogueSince = n;
      handle(rogue.begin(), rogue.device.address.host, rogue.device.address.port);
    } else if (wantsRogue) {
      handle(rogue.next(), rogue.device.address.host, rogue.device.address.port);
    } else {
      const { attacker, bytes } = hostile.next();
      handle(bytes, HOSTS[attacker], 1 + random(65_535));
    }
    if (n % BATCH === BATCH - 1) {
      const message = new Uint8Array(5 + random(200));
      new DataView(message.buffer).setUint32(0, sent);
      if (typeof honest.endpoint.send(channels[0]!, message, net.later(1e7)) === "number") sent++;
      const newest = message.slice();
      newest[4] = 1;
      honest.endpoint.send(channels[1]!, newest, net.later(1000));
      run(BATCH * STEP_MS);
      check();
      if (unreliable.size > 1000) unreliable.clear();
    }
    // What is kept for good, and the code itself, is there by then.
    if (n === Math.floor(datagrams / 4)) grownFrom = liveBytes();
  }
  const grownBytes = liveBytes() - grownFrom;
  if (grownBytes > GROWTH_BYTES_MAX) findings.push(`grown by ${grownBytes} bytes`);
  run(30_000);
  check();
  if (delivered !== sent) findings.push(`${delivered} of ${sent} messages arrived`);
  const answers = [...bytesOut.values()].reduce((sum, x) => sum + x, 0);
  return { datagrams, dropped: target.endpoint.dropped, answers, delivered, grownBytes, findings };
}

function liveBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
