/** What an endpoint counts for whoever watches: each number moves by what was done, and by nothing else. */
import { expect, test } from "vitest";
import { noAfcCounts } from "../../../src/afc/index.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { Net, opened, Peer, text } from "./harness.ts";

test("a quiet channel counts nothing; fresh handshakes and rotations count one each, at both ends", () => {
  const counts = noAfcCounts();
  const { net, a, b, handle, peerHandle } = opened({
    rekeyAfterMs: 60_000,
    rotateAfterDatagrams: 20,
    counts,
  });
  expect(counts).toEqual(noAfcCounts());
  net.run(150_000);
  // Two handshakes, each in force at two ends.
  expect(counts).toMatchObject({ rekeys: 4, keyRotations: 0, roams: 0, cookies: 0, lost: 0 });
  for (let i = 0; i < 50; i++) {
    a.endpoint.send(handle, text(`${i}`), net.later(10_000));
    b.endpoint.send(peerHandle, text(`${i}`), net.later(10_000));
    net.run(20);
  }
  expect(counts.keyRotations).toBeGreaterThanOrEqual(4);
  expect(b.messages).toHaveLength(50);
});

test("packets that were lost are counted once each, and a silence too", () => {
  const counts = noAfcCounts();
  const a = new Peer(1, { counts });
  const b = new Peer(2);
  let dropped = 0;
  let losing = false;
  const net = new Net([a, b], (wire) => {
    const isLost = losing && wire.from.host === a.device.address.host && wire.datagram.length > 500;
    if (isLost) dropped++;
    return isLost ? [] : [10];
  });
  const handle = net.connect(a, b);
  net.run(100);
  losing = true;
  a.endpoint.send(handle, new Uint8Array(800), net.later(60_000));
  net.drain();
  losing = false;
  for (let i = 0; i < 10; i++) a.endpoint.send(handle, text(`${i}`), net.later(60_000));
  net.run(2000);
  expect(dropped).toBe(1);
  expect(counts.lost + counts.probed).toBe(1);
  losing = true;
  const before = counts.probed;
  a.endpoint.send(handle, new Uint8Array(800), net.later(60_000));
  net.run(3000);
  losing = false;
  expect(counts.probed).toBeGreaterThan(before);
  expect(dropped).toBeGreaterThan(2);
});

test("a peer that moved is counted once, where it was noticed", () => {
  const counts = noAfcCounts();
  const a = new Peer(1);
  const b = new Peer(2, { counts });
  const net = new Net([a, b]);
  const handle = net.connect(a, b);
  net.run(100);
  a.at = { host: "192.0.2.101", port: 40_000 };
  for (let i = 0; i < 300; i++) {
    a.endpoint.send(handle, text(`${i}`), net.later(60_000));
    net.run(20);
  }
  expect(counts.roams).toBe(1);
});

test("of first messages, those beyond what is read from anybody count as cookies", () => {
  const counts = noAfcCounts();
  const b = new Peer(2, { counts });
  b.onRequest = (request) => b.endpoint.ignore(request.request);
  const senders = Array.from({ length: LIMITS.handshakesPerSecondMax + 5 }, (_, i) => new Peer(3 + (i % 50)));
  const net = new Net([b], () => []);
  for (const [i, stranger] of senders.entries()) {
    const own = new Net([stranger], () => []);
    for (let k = 0; k <= i / 50; k++) own.connect(stranger, b);
    own.drain();
    net.inject(own.log.at(-1)!.datagram, { host: `198.51.100.${i}`, port: 1 }, b);
  }
  expect(counts.cookies).toBe(5);
});
