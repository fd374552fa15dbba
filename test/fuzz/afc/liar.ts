/**
 * A member with the right keys that keeps to the protocol where that serves it and lies in any layer above the AEAD: an
 * honest endpoint whose frames are changed just before they are sealed. So it opens, rotates, makes fresh handshakes, moves
 * and closes like any other, and what it says in between is anything: acknowledgements, credit, fragments, pongs, rekeys.
 *
 * It may spoil its own channels. But each message given to one gets one outcome, in time; what waits stays within the
 * window; no address gets more than it may; nothing throws, or wakes without end; an honest peer's channel is as it was; and
 * what is closed leaves nothing.
 */
import { FRAME as PACKET } from "../../../src/dgram-reliability/wire.ts";
import { FRAME } from "../../../src/afc/wire.ts";
import type { Delivery } from "../../../src/afc/index.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import type { Instant } from "../../../src/base/time.ts";
import type { CipherSuite } from "../../../src/crypto/cipher-suite.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";
import { Net, Peer } from "../../unit/afc/harness.ts";

export interface LiarsReport {
  liars: number;
  lies: number;
  datagrams: number;
  messages: number;
  rekeys: number;
  closed: number;
  readonly findings: string[];
}

const STEPS = 100;
/** A channel's own window, and what one peer may borrow. */
const HELD_BYTES_MAX = LIMITS.channelReceiveBytesMax + LIMITS.channelsLentBytesMax / 8;
const OUT_OF_REACH = "198.51.100.77";

/** Each liar has a seed of its own. */
export function runLiars(firstSeed: number, count: number, plant?: (target: Peer) => void): LiarsReport {
  const report: LiarsReport = {
    liars: 0,
    lies: 0,
    datagrams: 0,
    messages: 0,
    rekeys: 0,
    closed: 0,
    findings: [],
  };
  for (let seed = firstSeed; seed < firstSeed + count && report.findings.length < 20; seed++) {
    try {
      lie(seed, report, plant);
    } catch (error) {
      report.findings.push(`liar ${seed}: thrown: ${String((error as Error).stack)}`);
    }
    report.liars++;
  }
  return report;
}

type Random = (below: number) => number;

/** Seals what `change` makes of it. */
function lyingSuite(change: (plaintext: Uint8Array) => void): CipherSuite {
  const honest = nodeSuite();
  return nodeSuite((name, key) => {
    const aead = honest.aead(name, key);
    return {
      name,
      seal: (...a) => aead.seal(...a),
      open: (...a) => aead.open(...a),
      sealInPlace: (nonce, buffer, aadAt, at, end) => {
        change(buffer.subarray(at, end));
        aead.sealInPlace(nonce, buffer, aadAt, at, end);
      },
      openInPlace: (...a) => aead.openInPlace(...a),
      destroy: () => aead.destroy(),
    };
  });
}

/** One lie, as long as what it takes the place of. */
function change(frame: Uint8Array, random: Random, tokens: readonly Uint8Array[]): void {
  const kind = random(10);
  if (kind === 0 && frame.length >= 9) {
    frame.fill(0, 9);
    frame[0] = FRAME.ping;
    return;
  }
  if (kind === 1 && frame.length === 9) {
    frame[0] = FRAME.pong;
    const token = tokens[random(tokens.length)];
    if (token !== undefined && random(2) === 0) frame.set(token, 1);
    return;
  }
  if (kind === 2) {
    frame[0] = random(8);
    return;
  }
  if (kind === 3) {
    for (let i = random(4); i >= 0; i--) frame[random(frame.length)] = random(256);
    return;
  }
  if (frame[0] === FRAME.reliability) changePacket(frame.subarray(1), random);
}

/** Its numbers: a little more or less, none, or all there is. */
function changePacket(packet: Uint8Array, random: Random): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const number = (at: number): void => {
    if (at + 4 > packet.length || random(3) > 0) return;
    const value = view.getUint32(at);
    const others = [
      value + 1,
      value - 1,
      value + random(64),
      value - random(64),
      0,
      0xffffffff,
      random(2 ** 20),
    ];
    view.setUint32(at, others[random(others.length)]! >>> 0);
  };
  for (let at = 0; at < packet.length;) {
    switch (packet[at]) {
      case PACKET.ack: {
        const runs = packet[at + 13]!;
        for (const field of [5, 9, 14]) number(at + field);
        for (let i = 0; i < 2 * runs; i++) number(at + 18 + 4 * i);
        at += 18 + 8 * runs;
        break;
      }
      case PACKET.credit:
        for (const field of [5, 9, 13]) number(at + field);
        at += 17;
        break;
      case PACKET.forward:
        number(at + 5);
        at += 9;
        break;
      case PACKET.ping:
        at += 1;
        break;
      case PACKET.blocked:
        number(at + 1);
        at += 5;
        break;
      case PACKET.reliable:
      case PACKET.unreliable:
      case PACKET.unordered: {
        const length = view.byteLength >= at + 19 ? view.getUint16(at + 17) : 0;
        for (const field of [5, 9, 13]) number(at + field);
        if (random(20) === 0) packet[at] = 5 + random(3);
        at += 19 + length;
        break;
      }
      default:
        return;
    }
  }
}

interface Sent {
  readonly deadline: Instant;
  readonly reliable: boolean;
}

function lie(seed: number, report: LiarsReport, plant: ((target: Peer) => void) | undefined): void {
  const random = seededRandom(seed);
  const found = (what: string): void => void report.findings.push(`liar ${seed}: ${what}`);
  const pick = <T>(...from: readonly T[]): T => from[random(from.length)]!;
  const delivery = pick<Delivery>("reliable", "unreliable");
  const liarBegins = random(2) === 0;
  const oftenness = pick(2, 5, 20, 100);
  let lies = false;
  const tokens: Uint8Array[] = [];
  const lying = lyingSuite((frame) => {
    if (frame[0] === FRAME.pong) tokens.push(frame.slice(1));
    if (!lies || frame[0] === FRAME.close || random(oftenness) > 0) return;
    report.lies++;
    change(frame, random, tokens);
  });
  const keys = { rotateAfterDatagrams: pick(1, 7, 1000), rekeyAfterMs: pick(10_000, 30_000, 3_600_000) };
  const probes = pick(undefined, 1472);
  const target = new Peer(1, { ...keys, probeBytesMax: probes });
  const liar = new Peer(2, {
    ...keys,
    suite: lying,
    rekeyAfterMs: pick(10_000, 60_000),
    probeBytesMax: probes,
  });
  const honest = new Peer(3);
  plant?.(target);
  const net = new Net([target, liar, honest]);
  if (liarBegins) net.connect(liar, target, { delivery });
  else net.connect(target, liar, { delivery });
  net.run(500);
  net.connect(honest, target);
  net.run(500);
  const openedAs = (peer: Peer): number[] => peer.of("opened").map((e) => e.handle);
  const [targetHandle, liarHandle, honestHandle] = [
    openedAs(target)[0],
    openedAs(liar)[0],
    openedAs(honest)[0],
  ];
  const honestFar = openedAs(target)[1];
  if (
    targetHandle === undefined ||
    liarHandle === undefined ||
    honestHandle === undefined ||
    honestFar === undefined
  ) {
    found("does not open");
    return;
  }

  const loss = pick(0, 5, 30);
  /** To and from where nobody is who reads. */
  let [bytesThere, bytesFrom] = [0, 0];
  net.fate = (w) => {
    report.datagrams++;
    if (w.to.host === OUT_OF_REACH) bytesThere += w.datagram.length;
    if (w.from.host === honest.device.address.host || w.to.host === honest.device.address.host) return [3];
    if (w.from.host === liar.device.address.host && random(15) === 0) {
      // From somewhere it cannot read.
      bytesFrom += w.datagram.length;
      net.post({ ...w, from: { host: OUT_OF_REACH, port: 1 + random(3) } }, random(20));
      if (random(2) === 0) return [];
    }
    if (random(100) < loss) return [];
    return random(20) === 0 ? [2, random(300)] : [2 + random(random(10) === 0 ? 200 : 5)];
  };
  lies = true;

  const waiting = new Map<number, Sent>();
  let [held, heldBytes, good, goodArrived] = [0, 0, 0, 0];
  let isOpen = true as boolean;
  target.consumes = false;
  target.events.length = 0;
  target.events.push = (e) => {
    if (e.kind === "rekey") report.rekeys++;
    if (!("handle" in e)) return 0;
    if (e.handle === honestFar) {
      if (e.kind === "closed") found("the honest peer's channel is closed");
      if (e.kind !== "message") return 0;
      target.endpoint.consumed(e.handle, 1);
      if (e.bytes[0] !== (goodArrived++ & 0xff)) found("the honest peer's messages are not what they were");
      return 0;
    }
    if (e.kind === "message") {
      held++;
      heldBytes += e.bytes.length;
    } else if (e.kind === "closed") {
      isOpen = false;
      report.closed++;
    } else if (e.kind === "acknowledged" || e.kind === "expired") {
      const one = waiting.get(e.messageId);
      if (one === undefined) found(`a second outcome of message ${e.messageId}`);
      else if (net.now > one.deadline + 1) found(`an outcome ${net.now - one.deadline} ms late`);
      else if (e.kind === "expired" && one.reliable && net.now < one.deadline) found("given up too soon");
      waiting.delete(e.messageId);
    }
    return 0;
  };
  const look = (): void => {
    if (held > LIMITS.channelReceiveMessagesMax) found(`${held} messages held`);
    if (heldBytes > HELD_BYTES_MAX) found(`${heldBytes} bytes held`);
    if (isOpen)
      for (const one of waiting.values()) if (net.now > one.deadline + 1) found("no outcome in time");
    if (bytesThere > 3 * bytesFrom) found(`${bytesThere} bytes to where ${bytesFrom} came from`);
    net.log.length = 0;
    liar.events.length = 0;
    honest.events.length = 0;
    const due = target.endpoint.nextTimeout();
    if (due !== undefined && due <= net.now) found("wakes without end");
  };

  for (let step = 0; step < STEPS && report.findings.length === 0; step++) {
    if (isOpen && random(2) === 0) {
      const bytes = new Uint8Array(pick(0, 1, 60, 1148, 5000, 60_000));
      const deadline = net.later(pick(0, 20, 1000, 20_000));
      const id = target.endpoint.send(targetHandle, bytes, deadline);
      if (typeof id === "number") waiting.set(id, { deadline, reliable: delivery === "reliable" });
      report.messages++;
    }
    for (let i = random(4); i > 0; i--) {
      const bytes = new Uint8Array(pick(0, 1, 60, 85, 1148, 5000, 60_000, 65_536)).fill(step);
      liar.endpoint.send(liarHandle, bytes, net.later(5000));
    }
    if (held > 0 && isOpen && random(3) === 0) {
      target.endpoint.consumed(targetHandle, held);
      held = heldBytes = 0;
    }
    if (random(200) === 0) liar.endpoint.close(liarHandle, 1, net.now);
    honest.endpoint.send(honestHandle, Uint8Array.of(good++), net.later(1e6));
    net.run(pick(1, 10, 100, 1000, random(5000)));
    look();
  }
  net.run(2000);
  look();
  if (goodArrived !== good) found(`${goodArrived} of ${good} of the honest peer's messages arrived`);
  target.endpoint.closeAll(1, net.now);
  net.run(40_000);
  const { liveKeys, keys: made, reused } = target.watched;
  if (liveKeys !== 0) found(`${liveKeys} keys left after the close`);
  if ([...made].some((okm) => okm.some((x) => x !== 0))) found("a key is not erased");
  if (reused > 0) found(`sealed ${reused} times under a number used before`);
  const { channelCount, indexCount } = target.endpoint;
  if (channelCount + indexCount > 0) found(`${channelCount} channels and ${indexCount} indexes left`);
  if (target.endpoint.nextTimeout() !== undefined) found("wakes although nothing is left");
}
