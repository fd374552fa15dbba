/** Datagrams that nobody honest sends, at an endpoint. */
import { describe, expect, test } from "vitest";
import { mac, mac1Key } from "../../../src/afc/mac.ts";
import { MESSAGE_2_BYTES, TYPE } from "../../../src/afc/wire.ts";
import { LimitError } from "../../../src/base/errors.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Net, Peer, lostMessage1, ofType, opened, random, text } from "./harness.ts";
import type { Wire } from "./harness.ts";

describe("[AFC-12] attack", () => {
  test("a replayed message 1 opens nothing and displaces nothing", () => {
    const { net, a, b, handle } = opened();
    const message1 = ofType(net, TYPE.message1)[0]!.datagram;
    const curves = b.watched.curveOperations;
    const stranger = { host: "203.0.113.9", port: 999 };
    const sent = b.sent;
    for (let i = 0; i < 50; i++) {
      net.inject(message1, stranger, b);
      net.run(1000);
    }
    expect(b.of("request")).toHaveLength(1);
    expect(b.of("opened")).toHaveLength(1);
    expect(b.watched.curveOperations).toBe(curves);
    expect(b.sent - sent).toBeLessThan(5); // what an idle channel sends by itself
    a.endpoint.send(handle, text("still here"), net.later(1000));
    net.run(1000);
    expect(b.messages).toEqual([text("still here")]);
  });

  test("a replayed message 2 opens nothing, closes nothing and is not answered", () => {
    const { net, a, b, handle } = opened();
    const message2 = ofType(net, TYPE.message2)[0]!.datagram;
    const events = a.events.length;
    const { unknown } = a.endpoint.dropped;
    const { sent } = a;
    for (let i = 0; i < 20; i++) net.inject(message2, b.at, a);
    expect(a.endpoint.dropped.unknown - unknown).toBe(20);
    expect([a.events.length, a.sent]).toEqual([events, sent]);
    // Nor does it answer another handshake, even under its index.
    net.fate = () => [];
    net.connect(a, b);
    net.drain();
    const stale = message2.slice();
    stale.set(net.log.at(-1)!.datagram.subarray(4, 8), 4);
    const key = mac1Key(nodeSuite(), a.device.key);
    stale.set(mac(nodeSuite(), key, stale.subarray(0, -16)), stale.length - 16);
    const { forged } = a.endpoint.dropped;
    net.inject(stale, b.at, a);
    expect(a.endpoint.dropped.forged).toBe(forged + 1);
    net.fate = () => [5];
    a.endpoint.send(handle, text("as before"), net.later(1000));
    net.run(1000);
    expect(b.messages).toEqual([text("as before")]);
    expect(a.of("opened")).toHaveLength(2);
  });

  test("an answer that comes after the time is up is nobody's", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b], (w) => (w.datagram[0] === TYPE.message2 ? [4000] : [5]));
    const handle = net.connect(a, b, { timeoutMs: 3000 });
    net.run(30_000);
    expect(a.events).toEqual([{ kind: "failed", handle, reason: "timeout" }]);
    expect(b.of("opened")).toEqual([]);
    expect([a.endpoint.indexCount, b.endpoint.indexCount]).toEqual([0, 0]);
  });

  test("a message 1 replayed to a responder that has forgotten opens nothing either", () => {
    const { net, a, b } = opened();
    const message1 = ofType(net, TYPE.message1)[0]!.datagram;
    const restarted = new Peer(2);
    const later = new Net([restarted]);
    later.inject(message1, a.device.address, restarted);
    later.run(60_000);
    expect(restarted.of("request")).toHaveLength(1);
    expect(restarted.of("opened")).toEqual([]);
    expect(restarted.of("failed")).toHaveLength(1);
    expect(restarted.endpoint.channelCount).toBe(0);
    expect(b.of("opened")).toHaveLength(1);
  });

  test("answers are never longer than message 1", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    net.connect(a, b, { payload: new Uint8Array(0) });
    net.run(100);
    const shortest = ofType(net, TYPE.message1)[0]!.datagram.length;
    const answers = ofType(net, TYPE.message2).map((w) => w.datagram.length);
    expect(answers).toEqual([MESSAGE_2_BYTES]);
    expect(shortest).toBeGreaterThanOrEqual(MESSAGE_2_BYTES);
    // One answer for each repetition, and no more.
    const b2 = new Peer(2);
    const flood = new Net([b2]);
    for (let i = 0; i < 100; i++) flood.inject(ofType(net, TYPE.message1)[0]!.datagram, a.device.address, b2);
    expect(b2.sent).toBe(100);
  });

  test("no flood makes the queue of answers grow while the socket takes nothing", () => {
    const { a, b, net, message1 } = lostMessage1();
    net.inject(message1, a.device.address, b);
    const { sent } = b;
    for (let i = 0; i < LIMITS.datagramsQueuedMax; i++)
      b.endpoint.handle(message1, a.device.address, net.now);
    expect(b.endpoint.dropped.limit).toBe(0);
    b.endpoint.handle(message1, a.device.address, net.now);
    expect(b.endpoint.dropped.limit).toBe(1);
    net.drain();
    expect(b.sent - sent).toBe(LIMITS.datagramsQueuedMax);
    net.inject(message1, a.device.address, b);
    expect(b.sent - sent).toBe(LIMITS.datagramsQueuedMax + 1);
  });

  test("replayed datagrams deliver nothing twice", () => {
    const { net, a, b, handle } = opened();
    for (let i = 0; i < 20; i++) a.endpoint.send(handle, Uint8Array.of(i), net.later(1000));
    net.run(1000);
    const toB = ofType(net, TYPE.datagram).filter((w) => w.to.host === b.device.address.host);
    const before = b.endpoint.dropped.replayed;
    for (const w of toB) net.inject(w.datagram, w.from, b);
    expect(b.endpoint.dropped.replayed - before).toBe(toB.length);
    expect(b.messages).toHaveLength(20);
  });

  test("pending handshakes are bounded for each device and in all; channels for each peer and in all", () => {
    const b = new Peer(2, { limits: { handshakesPendingMax: 3, handshakesPendingPerDeviceMax: 2 } });
    b.onRequest = () => undefined;
    const [a, c, d] = [new Peer(1), new Peer(3), new Peer(4)];
    const net = new Net([b, a, c, d]);
    for (let i = 0; i < 5; i++) net.connect(a, b);
    net.run(100);
    expect(b.of("request")).toHaveLength(2);
    net.connect(c, b);
    net.connect(d, b);
    net.run(100);
    expect(b.of("request")).toHaveLength(3);
    expect(b.endpoint.dropped.limit).toBeGreaterThan(0);
    net.run(11_000); // they expire
    net.connect(d, b);
    net.run(100);
    expect(b.of("request").length).toBeGreaterThan(3);

    const e = new Peer(1, { limits: { channelsPerPeerMax: 2, channelsMax: 3 } });
    const other = new Net([e, b]);
    other.connect(e, b);
    other.connect(e, b);
    expect(() => other.connect(e, b)).toThrow(LimitError);
    other.connect(e, c);
    expect(() => other.connect(e, d)).toThrow(LimitError);
  });

  test("[AFC-12] old first messages played to a responder that was restarted keep their device out for two seconds, not ten", () => {
    const before = new Peer(2);
    const a = new Peer(1);
    const then = new Net([a, before]);
    before.onRequest = () => undefined;
    for (let i = 0; i < 8; i++) then.connect(a, before, { timeoutMs: 100 });
    then.run(1000);
    const recorded = ofType(then, TYPE.message1).map((w) => w.datagram);
    expect(recorded).toHaveLength(8);

    const b = new Peer(2);
    const net = new Net([a, b]);
    const somewhere = { host: "192.0.2.99", port: 9 };
    for (const datagram of recorded) net.inject(datagram, somewhere, b);
    net.run(100);
    expect(b.endpoint.channelCount).toBe(8);
    net.connect(a, b, { timeoutMs: 10_000 });
    net.run(1500);
    expect(a.of("opened")).toHaveLength(0);
    net.run(4000);
    expect(a.of("opened")).toHaveLength(1);
    expect(b.endpoint.channelCount).toBe(1);
  });

  test("an open channel outlives any number of half-open ones", () => {
    const { net, a, b, handle } = opened();
    b.onRequest = (r, now) => void b.endpoint.accept(r.request, now);
    const evil = new Peer(9);
    net.peers.push(evil);
    // Their answers are lost, so none is ever confirmed.
    net.fate = (w) => (w.to.host === evil.device.address.host ? [] : [5]);
    for (let i = 0; i < 40; i++) {
      net.connect(evil, b, { timeoutMs: 600 });
      net.run(1000);
    }
    net.run(20_000);
    expect(b.of("opened")).toHaveLength(1);
    expect(b.endpoint.channelCount).toBe(1);
    a.endpoint.send(handle, text("here"), net.later(1000));
    net.run(100);
    expect(b.messages).toEqual([text("here")]);
  });

  /** The datagrams of one life: message 1, message 2, ping, pong, data, ack, close. */
  function recorded(): { b: () => Peer; wires: Wire[] } {
    const { net, a, b, handle, peerHandle } = opened();
    a.endpoint.send(handle, text("payload"), net.later(1000));
    b.endpoint.send(peerHandle, text("answer"), net.later(1000));
    net.run(1000);
    a.endpoint.close(handle, 1, net.now);
    net.run(1);
    return { b: () => new Peer(2), wires: net.log.slice() };
  }

  test("every truncation and every flipped bit of every datagram: nothing delivered, nothing changed", () => {
    const { wires } = recorded();
    expect(new Set(wires.map((w) => w.datagram[0]))).toEqual(
      new Set([TYPE.message1, TYPE.message2, TYPE.datagram]),
    );
    // The same seeded life again, each datagram preceded by all its mutilations.
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b], (w) => {
      const target = w.to.host === a.device.address.host ? a : b;
      const d = w.datagram;
      const timeout = target.endpoint.nextTimeout();
      const events = a.events.length + b.events.length;
      for (let n = 0; n < d.length; n++) target.endpoint.handle(d.subarray(0, n), w.from, net.now);
      for (let bit = 0; bit < d.length * 8; bit++) {
        const flipped = d.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        target.endpoint.handle(flipped, w.from, net.now);
      }
      const longer = new Uint8Array(d.length + 1);
      longer.set(d);
      target.endpoint.handle(longer, w.from, net.now);
      expect(target.endpoint.nextTimeout()).toBe(timeout);
      expect(a.events.length + b.events.length).toBe(events);
      return [5];
    });
    const handle = net.connect(a, b);
    net.run(100);
    a.endpoint.send(handle, text("payload"), net.later(1000));
    b.endpoint.send(b.handle, text("answer"), net.later(1000));
    net.run(1000);
    a.endpoint.close(handle, 1, net.now);
    net.run(1);
    // To the bit what it would have been undisturbed.
    expect(net.log.map((w) => Buffer.from(w.datagram).toString("hex"))).toEqual(
      wires.map((w) => Buffer.from(w.datagram).toString("hex")),
    );
    expect(b.messages).toEqual([text("payload")]);
    expect(a.messages).toEqual([text("answer")]);
  });

  test("who knows our public key can spend two curve operations on a forged message 1, and no more", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b], () => []);
    net.connect(a, b);
    net.drain();
    const suite = nodeSuite();
    const key = mac1Key(suite, b.device.key);
    const message1 = net.log[0]!.datagram;
    for (let at = 4; at < message1.length - 32; at += 5) {
      const forged = message1.slice();
      forged[at]! ^= 0x10;
      forged.set(mac(suite, key, forged.subarray(0, -32)), forged.length - 32);
      const before = b.watched.curveOperations;
      net.inject(forged, a.device.address, b);
      expect(b.watched.curveOperations - before).toBeLessThanOrEqual(2);
    }
    expect(b.sent).toBe(0);
    expect(b.events).toEqual([]);
    expect(b.endpoint.nextTimeout()).toBeUndefined();
    // Nor does what it is made of stay: a true one, changed in its payload, comes to the true one's keys.
    expect(b.watched.keys.size).toBeGreaterThan(10);
    for (const okm of b.watched.keys) expect(okm.every((x) => x === 0)).toBe(true);
  });

  test("who knows our public key and sees message 1 can make us read so many answers a second, and the true one is read", () => {
    const { a, b, net, message1 } = lostMessage1();
    net.inject(message1, a.at, b);
    const answer = net.log.find((w) => w.datagram[0] === TYPE.message2)!.datagram;
    const key = mac1Key(nodeSuite(), a.device.key);
    const before = a.watched.curveOperations;
    for (let i = 0; i < 1000; i++) {
      const forged = answer.slice();
      forged[40 + (i % 32)]! ^= 1 + (i >> 5);
      forged.set(mac(nodeSuite(), key, forged.subarray(0, -16)), forged.length - 16);
      net.inject(forged, b.at, a);
    }
    expect(a.watched.curveOperations - before).toBe(2 * LIMITS.handshakeAnswersPerSecondMax);
    expect(a.events).toEqual([]);
    net.now = net.later(1000);
    net.inject(answer, b.at, a);
    expect(a.of("opened")).toHaveLength(1);
  });

  test("and where they do not come from where it asked, the true one is read at once", () => {
    const { a, b, net, message1 } = lostMessage1();
    net.inject(message1, a.at, b);
    const answer = net.log.find((w) => w.datagram[0] === TYPE.message2)!.datagram;
    const key = mac1Key(nodeSuite(), a.device.key);
    for (let i = 0; i < 100; i++) {
      const forged = answer.slice();
      forged[40]! ^= 1 + i;
      forged.set(mac(nodeSuite(), key, forged.subarray(0, -16)), forged.length - 16);
      net.inject(forged, { host: "203.0.113.9", port: 1 + i }, a);
    }
    expect(a.endpoint.dropped.limit).toBe(100 - LIMITS.handshakeAnswersPerSecondMax);
    net.inject(answer, b.at, a);
    expect(a.of("opened")).toHaveLength(1);
  });

  test("10,000 mutations of real traffic change nothing", () => {
    const { net, a, b, handle } = opened();
    a.endpoint.send(handle, text("payload"), net.later(1000));
    net.run(1000);
    const pool = net.log.slice();
    net.connect(a, new Peer(3), { timeoutMs: 1e6 }); // and a handshake under way
    net.drain();
    const rnd = random(4711);
    const events = [a.events.length, b.events.length];
    for (let i = 0; i < 10_000; i++) {
      const w = pool[Math.floor(rnd() * pool.length)]!;
      const d = w.datagram.slice(0, rnd() < 0.2 ? Math.floor(rnd() * w.datagram.length) : w.datagram.length);
      for (let k = 0; k < 1 + rnd() * 3 && d.length > 0; k++) {
        d[Math.floor(rnd() * (rnd() < 0.5 ? Math.min(16, d.length) : d.length))]! ^=
          1 + Math.floor(rnd() * 255);
      }
      if (rnd() < 0.7 && d.length >= 4) {
        d[2] = d.length >> 8;
        d[3] = d.length & 255;
      }
      (rnd() < 0.5 ? a : b).endpoint.handle(d, w.from, net.now);
    }
    net.drain();
    expect([a.events.length, b.events.length]).toEqual(events);
    a.endpoint.send(handle, text("unharmed"), net.later(1000));
    net.run(1000);
    expect(b.messages).toEqual([text("payload"), text("unharmed")]);
  });

  test("[AFC-9] a datagram from elsewhere is answered with a few pings, and changes no address", () => {
    const { net, a, b, handle } = opened();
    const elsewhere = { host: "203.0.113.9", port: 1 };
    net.fate = (w) => (w.from.host === a.device.address.host ? [] : [5]);
    a.endpoint.send(handle, text("moved"), net.later(1000));
    net.drain();
    net.fate = () => [5];
    const { datagram } = net.log.at(-1)!;
    net.inject(datagram, elsewhere, b);
    net.run(1000);
    expect(b.messages).toEqual([text("moved")]);
    const there = net.log.filter((w) => w.to.host === elsewhere.host).map((w) => w.datagram.length);
    expect(there.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(3 * datagram.length);
    net.log.length = 0;
    b.endpoint.send(b.handle, text("where you were"), net.later(1000));
    net.run(1000);
    expect(net.log.every((w) => w.to.host !== elsewhere.host)).toBe(true);
    expect(a.messages).toEqual([text("where you were")]);
  });
});
