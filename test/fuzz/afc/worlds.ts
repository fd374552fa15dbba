/**
 * Two endpoints on a network that loses, doubles, reorders and delays, whose peers change address and whose clock jumps
 * when the device sleeps. Whatever happens, reliable messages arrive once and in order, unreliable ones at most once, no
 * key seals two datagrams under one number, and what is closed is closed at both ends, with nothing left.
 */
import type { AfcEvent } from "../../../src/afc/index.ts";
import { instant } from "../../../src/base/time.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";
import { Net, Peer } from "../../unit/afc/harness.ts";

export interface WorldsReport {
  worlds: number;
  channels: number;
  messages: number;
  datagrams: number;
  moves: number;
  jumps: number;
  rekeys: number;
  closed: number;
  readonly findings: string[];
}

interface Direction {
  readonly from: Peer;
  readonly to: Peer;
  readonly reliable: boolean;
  readonly handle: number;
  far: number | undefined;
  sent: number;
  readonly delivered: number[];
}

const STEPS = 120;
const HEAL_MS = 60_000;
const REKEY_BYTES = 65_536;
/** Longer than anybody waits for a fresh handshake. */
const OVERDUE_MS = 300_000;

/** Each world has a seed of its own. */
export function runWorlds(firstSeed: number, count: number, plant?: (peers: Peer[]) => void): WorldsReport {
  const report: WorldsReport = {
    worlds: 0,
    channels: 0,
    messages: 0,
    datagrams: 0,
    moves: 0,
    jumps: 0,
    rekeys: 0,
    closed: 0,
    findings: [],
  };
  for (let seed = firstSeed; seed < firstSeed + count && report.findings.length < 20; seed++) {
    try {
      world(seed, report, plant);
    } catch (error) {
      report.findings.push(`world ${seed}: thrown: ${String((error as Error).stack)}`);
    }
    report.worlds++;
  }
  return report;
}

function world(seed: number, report: WorldsReport, plant: ((peers: Peer[]) => void) | undefined): void {
  const random = seededRandom(seed);
  const chance = (percent: number): boolean => random(100) < percent;
  // By bytes the ends do not count alike: what is lost counts at one of them only.
  const byBytes = chance(25);
  const options = {
    rotateAfterDatagrams: 1 + random(60),
    ...(byBytes ? { rekeyAfterBytes: REKEY_BYTES } : { rekeyAfterMs: 10_000 + random(20_000) }),
    ciphers: chance(50) ? (["chacha20-poly1305"] as const) : (["aes-256-gcm", "chacha20-poly1305"] as const),
  };
  const [a, b] = [new Peer(1, options), new Peer(2, options)];
  plant?.([a, b]);
  const [loss, copies, jitterMs] = [random(30), random(20), [0, 10, 200][random(3)]!];
  let isPerfect = true;
  const net = new Net([a, b], () => {
    if (isPerfect) return [5];
    const delays: number[] = [];
    for (let again = true; again; again = chance(copies)) {
      if (!chance(loss)) delays.push(2 + random(jitterMs + 1));
    }
    return delays;
  });
  const find = (what: string): void => {
    report.findings.push(`world ${seed}: ${what}`);
  };

  const directions: Direction[] = [];
  for (let i = 0; i <= random(3); i++) {
    const [from, to] = chance(50) ? [a, b] : [b, a];
    const reliable = chance(70);
    const opened = to.of("opened").length;
    const handle = net.connect(from, to, {
      delivery: reliable ? "reliable" : "unreliable",
      timeoutMs: 20_000,
    });
    net.run(50);
    const far = to.of("opened")[opened]?.handle;
    if (far === undefined) {
      find("a channel does not open");
      return;
    }
    const parts = { reliable, sent: 0 };
    directions.push({ ...parts, from, to, handle, far, delivered: [] });
    directions.push({ ...parts, from: to, to: from, handle: far, far: handle, delivered: [] });
    report.channels++;
  }
  isPerfect = false;
  // One of them: two that move before the other has heard of it lose each other for good.
  const mover = chance(50) ? a : b;
  const end = net.now + 600_000;
  for (let step = 0; step < STEPS && net.now < end; step++) {
    const direction = directions[random(directions.length)]!;
    for (let burst = random(4); burst > 0; burst--) {
      const message = new Uint8Array(4 + random(byBytes ? 4000 : 600));
      new DataView(message.buffer).setUint32(0, direction.sent);
      const id = direction.from.endpoint.send(direction.handle, message, net.later(1e9));
      if (typeof id === "number") direction.sent++;
    }
    if (chance(4)) {
      mover.at = { host: `192.0.2.${100 + random(100)}`, port: 1024 + step };
      report.moves++;
    }
    if (chance(2)) {
      // The device slept: timers are late, and what was on the way arrives with them.
      net.now = instant(net.now + 1000 * 10 ** random(4));
      report.jumps++;
    }
    net.run(chance(50) ? random(20) : random(2000));
    report.datagrams += net.log.length;
    net.log.length = 0;
  }
  isPerfect = true;
  net.run(byBytes ? OVERDUE_MS : HEAL_MS);

  for (const d of directions) {
    const events = d.to.events.filter(
      (e): e is Extract<AfcEvent, { kind: "message" }> => e.kind === "message",
    );
    const numbers = events
      .filter((e) => e.handle === d.far)
      .map((e) => new DataView(e.bytes.buffer, e.bytes.byteOffset).getUint32(0));
    report.messages += numbers.length;
    const name = `${d.reliable ? "reliable" : "unreliable"} channel ${d.handle}`;
    if (new Set(numbers).size !== numbers.length) find(`${name}: a message twice`);
    if (numbers.some((n) => n >= d.sent)) find(`${name}: a message that was never sent`);
    const closed = [d.from, d.to].some((p) =>
      p.of("closed").some((e) => e.handle === (p === d.from ? d.handle : d.far)),
    );
    if (closed) report.closed++;
    if (closed) find(`${name}: closed, and the network was never away`);
    if (!d.reliable) continue;
    if (numbers.some((n, i) => n !== i)) find(`${name}: out of order`);
    if (!closed && numbers.length !== d.sent)
      find(`${name}: ${numbers.length} of ${d.sent} messages arrived`);
  }
  for (const p of [a, b]) {
    report.rekeys += p.of("rekey").length;
    if (p.watched.reused > 0) find(`${p.watched.reused} datagrams under a number used before`);
    p.endpoint.closeAll(1, net.now);
  }
  net.run(HEAL_MS);
  for (const p of [a, b]) {
    const left = [
      p.watched.liveKeys,
      p.endpoint.channelCount,
      p.endpoint.indexCount,
      p.endpoint.nextTimeout() ?? 0,
    ];
    if (left.some((n) => n !== 0))
      find(`left after the close: keys, channels, indexes, timer ${left.join(", ")}`);
    if ([...p.watched.keys].some((okm) => okm.some((x) => x !== 0))) find("a key that was not erased");
  }
  if ([...a.watched.seals].some((pair) => b.watched.seals.has(pair))) find("one key for both directions");
}
