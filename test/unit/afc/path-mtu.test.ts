import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { Net, Peer, opened, random } from "./harness.ts";
import type { Wire } from "./harness.ts";

const MOST = LIMITS.datagramBytesProbedMax;
const LONG = { probeBytesMax: MOST };
const MIB = 1024 * 1024;

/** A path that takes so many bytes, and its delay. */
const takes =
  (bytes: () => number, delayMs = 5) =>
  (wire: Wire): readonly number[] =>
    wire.datagram.length > bytes() ? [] : [delayMs];

const longest = (wires: readonly Wire[]): number => Math.max(...wires.map((w) => w.datagram.length));

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * seed) >> 3;
  return bytes;
}

/** Sends a message, which must arrive; what was on the wire meanwhile. */
function transfer(
  net: Net,
  from: Peer,
  to: Peer,
  handle: number,
  seed: number,
  ms = 30_000,
  length = MIB,
): Wire[] {
  const before = net.log.length;
  const message = pattern(length, seed);
  expect(from.endpoint.send(handle, message, net.later(1e6))).toBeTypeOf("number");
  net.run(ms);
  expect(Buffer.compare(to.messages.at(-1)!, message)).toBe(0);
  return net.log.slice(before).filter((w) => w.from.host === from.device.address.host);
}

test("[AFC-11] a path that takes the most is found to, and used", () => {
  const { net, a, b, handle } = opened(LONG);
  const wires = transfer(net, a, b, handle, 3);
  expect(longest(wires)).toBe(MOST);
  const full = wires.filter((w) => w.datagram.length === MOST).length;
  expect(full).toBeGreaterThan(0.9 * wires.length);
  // The other direction is another path.
  expect(longest(net.log.filter((w) => w.from.host === b.device.address.host))).toBeLessThanOrEqual(1200);
});

test.each([1200, 1201, 1280, 1392, 1464])(
  "[AFC-11] a path of %i is not asked to take more, but by probes",
  (bytes) => {
    const { net, a, b, handle } = opened(LONG);
    net.fate = takes(() => bytes);
    // One probe for each message: its time is up long after the message has arrived.
    for (let i = 0; i < 25; i++) transfer(net, a, b, handle, 5 + i, 2000, 20_000);
    const wires = transfer(net, a, b, handle, 7, 5000);
    expect(longest(wires)).toBeLessThanOrEqual(bytes);
    expect(longest(wires)).toBeGreaterThan(bytes === 1201 ? 1199 : bytes - 16);
    expect(b.endpoint.dropped.malformed).toBe(0);
  },
);

test("[AFC-11] a path that takes less from some moment on: back to what every path bears", () => {
  const { net, a, b, handle } = opened(LONG);
  let bytes: number = MOST;
  net.fate = takes(() => bytes);
  expect(longest(transfer(net, a, b, handle, 3))).toBe(MOST);
  bytes = 1300;
  transfer(net, a, b, handle, 5, 60_000);
  for (let i = 0; i < 25; i++) transfer(net, a, b, handle, 9 + i, 2000, 20_000);
  expect(longest(transfer(net, a, b, handle, 7, 5000))).toBeLessThanOrEqual(1300);
  expect(a.of("closed")).toEqual([]);
});

test("[AFC-11] a path that takes less is noticed also while packets of a middle length go on to arrive", () => {
  const { net, a, b, handle } = opened(LONG, { delivery: "unreliable" });
  let bytes: number = MOST;
  net.fate = takes(() => bytes);
  /** Long messages and middle ones; how many of the long arrived. */
  const mixed = (rounds: number, long: number): number => {
    const before = b.messages.length;
    for (let i = 0; i < rounds; i++) {
      for (const length of [long, 1300, 1300, 1300, 1300]) {
        expect(a.endpoint.send(handle, pattern(length, 5), net.later(1000))).toBeTypeOf("number");
        net.run(6);
      }
    }
    return b.messages.slice(before).filter((message) => message.length > 1300).length;
  };
  expect(mixed(200, 30_000)).toBeGreaterThan(190);
  expect(longest(net.log)).toBe(MOST);
  bytes = 1400;
  mixed(50, 2600);
  expect(mixed(100, 2600)).toBeGreaterThan(90);
});

test("[AFC-11] with loss that is not about length, what was found is kept", () => {
  const { net, a, b, handle } = opened(LONG);
  const rnd = random(11);
  net.fate = () => (rnd() < 0.03 ? [] : [5]);
  transfer(net, a, b, handle, 3, 60_000);
  expect(longest(transfer(net, a, b, handle, 5, 60_000))).toBe(MOST);
});

test("[AFC-9] a peer that moves is on a path of which nothing is known", () => {
  const { net, a, b, handle } = opened(LONG);
  transfer(net, a, b, handle, 3);
  const moved = { host: "198.51.100.7", port: 999 };
  // The new path takes no more than the least, and is never given more but in probes.
  net.fate = (w) =>
    w.datagram.length > 1200 && (w.to.host === moved.host || w.from.host === moved.host) ? [] : [5];
  b.at = moved;
  net.run(40_000);
  const wires = transfer(net, a, b, handle, 5, 60_000);
  const toNew = wires.filter((w) => w.to.host === moved.host);
  expect(toNew.length).toBeGreaterThan(800);
  expect(toNew.filter((w) => w.datagram.length > 1200).length).toBeLessThan(40);
});

test("an idle channel, and one with little to say, asks nothing", () => {
  const { net, a, b, handle } = opened(LONG);
  for (let i = 0; i < 50; i++) {
    a.endpoint.send(handle, Uint8Array.of(i), net.later(1e6));
    net.run(2000);
  }
  expect(b.messages).toHaveLength(50);
  expect(longest(net.log.filter((w) => w.datagram[0] === 4))).toBeLessThan(200);
});

test("without a socket that can tell, 1200 bytes it stays", () => {
  const { net, a, b, handle } = opened();
  expect(longest(transfer(net, a, b, handle, 3))).toBe(1200);
  expect(() => new Peer(1, { probeBytesMax: 1199 })).toThrow(RangeError);
  expect(() => new Peer(1, { probeBytesMax: MOST + 1 })).toThrow(RangeError);
});

test("the peer need not be able to itself", () => {
  const a = new Peer(1, LONG);
  const b = new Peer(2);
  const net = new Net([a, b]);
  const handle = net.connect(a, b);
  net.run(100);
  expect(longest(transfer(net, a, b, handle, 3))).toBe(MOST);
  expect(longest(transfer(net, b, a, b.handle, 5))).toBe(1200);
});
