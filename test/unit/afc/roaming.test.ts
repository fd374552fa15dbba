import { describe, expect, test } from "vitest";
import type { Address } from "../../../src/base/address.ts";
import { TYPE } from "../../../src/afc/wire.ts";
import { Net, Peer, opened, random, text } from "./harness.ts";
import type { Wire } from "./harness.ts";

const same = (x: Address, y: Address): boolean => x.host === y.host && x.port === y.port;
const MOVED: Address = { host: "192.0.2.101", port: 40_000 };
const ATTACKER: Address = { host: "203.0.113.9", port: 666 };
const bytesTo = (net: Net, to: Address): number =>
  net.log.reduce((sum, w) => sum + (same(w.to, to) ? w.datagram.length : 0), 0);
const bytesFrom = (net: Net, from: Address): number =>
  net.log.reduce((sum, w) => sum + (same(w.from, from) ? w.datagram.length : 0), 0);

/** Sends in turns until told to stop, so that there is always something under way. */
function chatter(net: Net, sides: readonly (readonly [Peer, number])[], forMs: number): void {
  for (let ms = 0; ms < forMs; ms += 20) {
    for (const [peer, handle] of sides) peer.endpoint.send(handle, text(`${ms}`), net.later(60_000));
    net.run(20);
  }
}

/** A channel that opens and carries a message a second each way for forty seconds, whatever the network does. */
function openAndTalk(net: Net, a: Peer, b: Peer): void {
  const handle = net.connect(a, b);
  net.run(1000);
  for (let i = 0; i < 40; i++) {
    a.endpoint.send(handle, Uint8Array.of(i), net.later(5000));
    b.endpoint.send(b.handle, Uint8Array.of(i), net.later(5000));
    net.run(1000);
  }
  expect(a.of("closed").concat(b.of("closed"))).toEqual([]);
  expect(a.of("acknowledged")).toHaveLength(40);
  expect(a.messages).toHaveLength(40);
}

describe("[AFC-12] a peer moves", () => {
  test.each(["the initiator", "the responder"])(
    "%s: messages in flight arrive, all of them, in order",
    (who) => {
      const { net, a, b, handle, peerHandle } = opened();
      const mover = who === "the initiator" ? a : b;
      const sent: Uint8Array[] = [];
      for (let i = 0; i < 200; i++) {
        const message = Uint8Array.of(i);
        sent.push(message);
        a.endpoint.send(handle, message, net.later(60_000));
        b.endpoint.send(peerHandle, message, net.later(60_000));
        net.run(10);
        if (i === 100) mover.at = MOVED;
      }
      const stayed = mover === a ? b : a;
      net.run(5000);
      expect(b.messages).toEqual(sent);
      expect(a.messages).toEqual(sent);
      expect(a.of("acknowledged")).toHaveLength(200);
      expect(stayed.of("closed")).toEqual([]);
      // Once proven, everything goes there.
      net.log.length = 0;
      stayed.endpoint.send(stayed === a ? handle : peerHandle, text("there"), net.later(5000));
      net.run(1000);
      expect(net.log.filter((w) => same(w.from, stayed.at)).every((w) => same(w.to, MOVED))).toBe(true);
    },
  );

  test("goes on in under five seconds, however the datagrams of the old address are lost", () => {
    const { net, a, b, handle } = opened();
    chatter(net, [[a, handle]], 500);
    const before = b.messages.length;
    a.at = MOVED;
    const movedAt = net.now;
    const count = a.of("acknowledged").length;
    a.endpoint.send(handle, text("first from there"), net.later(60_000));
    let acknowledgedAfter = Infinity;
    for (let ms = 0; ms < 10_000 && acknowledgedAfter === Infinity; ms += 10) {
      net.run(10);
      if (a.of("acknowledged").length > count) acknowledgedAfter = net.now - movedAt;
    }
    expect(b.messages.length).toBe(before + 1);
    expect(acknowledgedAfter).toBeLessThan(5000);
  });

  test("an end that only receives is found again by its own probe", () => {
    const { net, a, b, handle, peerHandle } = opened();
    chatter(net, [[b, peerHandle]], 500);
    net.run(200); // nothing is owed any more
    a.at = MOVED;
    const before = a.messages.length;
    const sent = 20;
    for (let i = 0; i < sent; i++) b.endpoint.send(peerHandle, Uint8Array.of(i), net.later(60_000));
    net.run(5000 + 5000);
    expect(a.messages.length - before).toBe(sent);
    expect(a.endpoint.send(handle, text("x"), net.later(1))).toBeTypeOf("number");
  });

  test("again and again, on a network that loses, doubles and reorders", () => {
    const rnd = random(77);
    const { net, a, b, handle, peerHandle } = opened();
    net.fate = () => (rnd() < 0.1 ? [] : rnd() < 0.1 ? [2 + 30 * rnd(), 40 * rnd()] : [2 + 30 * rnd()]);
    const sent: Uint8Array[] = [];
    for (let i = 0; i < 240; i++) {
      if (i % 40 === 20) a.at = { host: "192.0.2.50", port: 1000 + i };
      if (i % 80 === 45) b.at = { host: "192.0.2.60", port: 1000 + i };
      const message = Uint8Array.of(i);
      sent.push(message);
      a.endpoint.send(handle, message, net.later(600_000));
      b.endpoint.send(peerHandle, message, net.later(600_000));
      net.run(200);
    }
    net.run(30_000);
    expect(b.messages).toEqual(sent);
    expect(a.messages).toEqual(sent);
    expect(a.watched.reused + b.watched.reused).toBe(0);
  });

  test("what goes to the new address before it is proven is at most three times what came from there", () => {
    const { net, a, b, handle, peerHandle } = opened();
    // The new address is where nothing arrives.
    a.at = MOVED;
    net.fate = (w) => (same(w.to, MOVED) ? [] : [5]);
    net.log.length = 0;
    for (let i = 0; i < 50; i++) {
      b.endpoint.send(peerHandle, new Uint8Array(1000), net.later(60_000));
      if (i % 10 === 0) a.endpoint.send(handle, Uint8Array.of(i), net.later(60_000));
      net.run(100);
      expect(bytesTo(net, MOVED)).toBeLessThanOrEqual(3 * bytesFrom(net, MOVED));
    }
    expect(bytesTo(net, MOVED)).toBeGreaterThan(0);
  });
});

describe("[AFC-12] a spoofed source moves nothing", () => {
  /** Everything a sends is seen by the attacker, who gets its copy there first. */
  function raced(forward: boolean): { net: Net; a: Peer; b: Peer; handle: number; peerHandle: number } {
    const world = opened();
    const { net, a, b } = world;
    net.fate = (w) => {
      if (same(w.from, a.at) && same(w.to, b.at)) net.post({ ...w, from: ATTACKER }, 1);
      return [5];
    };
    // What is sent to the attacker it sends on, or keeps.
    net.elsewhere = (w: Wire) => {
      if (forward && same(w.to, ATTACKER)) net.post({ ...w, to: same(w.from, a.at) ? b.at : a.at }, 1);
    };
    return world;
  }

  test.each([false, true])("not even one who is always first (sends on: %s)", (forward) => {
    const { net, a, b, handle, peerHandle } = raced(forward);
    chatter(
      net,
      [
        [a, handle],
        [b, peerHandle],
      ],
      20_000,
    );
    net.run(2000);
    expect(b.messages).toHaveLength(1000);
    expect(a.messages).toHaveLength(1000);
    // Nothing but pings and pongs went to the attacker.
    const there = net.log.filter((w) => same(w.to, ATTACKER));
    expect(there.length).toBeGreaterThan(10);
    expect(new Set(there.map((w) => w.datagram.length))).toEqual(new Set([41]));
    expect(bytesTo(net, ATTACKER)).toBeLessThan(3 * bytesFrom(net, a.at));
  });

  test("not even one who is first both ways and keeps back the answer to what the old address is asked", () => {
    const { net, a, b, handle, peerHandle } = opened();
    let askedAt = -Infinity;
    net.fate = (w) => {
      if (same(w.to, ATTACKER)) return [5];
      net.post({ ...w, from: ATTACKER }, 1);
      if (same(w.to, a.at) && w.datagram.length === 41) askedAt = net.now;
      return [5];
    };
    net.elsewhere = (w: Wire) => {
      if (same(w.from, b.at)) net.post({ ...w, from: ATTACKER, to: a.at }, 70);
      else if (net.now - askedAt > 40) net.post({ ...w, from: ATTACKER, to: b.at }, 1);
    };
    chatter(net, [[a, handle]], 5000);
    net.log.length = 0;
    b.endpoint.send(peerHandle, text("still there"), net.later(1000));
    net.run(1000);
    expect(a.messages).toEqual([text("still there")]);
    expect(
      net.log.filter((w) => same(w.from, b.at) && w.datagram.length > 50).every((w) => same(w.to, a.at)),
    ).toBe(true);
  });

  test("one datagram sent on from elsewhere, of a peer that says nothing more", () => {
    const { net, a, b, handle, peerHandle } = opened();
    net.fate = () => [];
    a.endpoint.send(handle, text("once"), net.later(60_000));
    net.drain();
    const { datagram } = net.log.at(-1)!;
    net.fate = () => [5];
    net.elsewhere = (w) => net.post({ ...w, from: ATTACKER, to: a.at });
    net.inject(datagram, ATTACKER, b);
    net.run(10_000);
    net.log.length = 0;
    b.endpoint.send(peerHandle, text("answer"), net.later(1000));
    net.run(1000);
    expect(a.messages).toEqual([text("answer")]);
    expect(net.log.every((w) => !same(w.to, ATTACKER))).toBe(true);
  });

  test("an old datagram from elsewhere is not even a reason to ask", () => {
    const { net, a, b, handle } = opened();
    net.fate = () => [];
    a.endpoint.send(handle, text("late"), net.later(60_000));
    net.drain();
    const { datagram } = net.log.at(-1)!;
    net.fate = () => [5];
    a.endpoint.send(handle, text("newer"), net.later(60_000));
    net.run(20);
    net.inject(datagram, ATTACKER, b);
    net.run(1000);
    expect(bytesTo(net, ATTACKER)).toBe(0);
    expect(b.messages.length).toBe(2);
  });

  test("one challenge at a time: a second address is not asked meanwhile", () => {
    const { net, a, b, handle } = opened();
    const addresses = [1, 2, 3, 4].map((n) => ({ host: `198.51.100.${n}`, port: n }));
    net.fate = () => [];
    for (let i = 0; i < 4; i++) a.endpoint.send(handle, new Uint8Array(1100), net.later(60_000));
    net.drain();
    const datagrams = net.log.slice(-4).map((w) => w.datagram);
    datagrams.forEach((d, i) => net.inject(d, addresses[i]!, b));
    net.run(400);
    expect(addresses.map((x) => bytesTo(net, x) > 0)).toEqual([true, false, false, false]);
  });
});

describe("[AFC-12] the address a channel begins with", () => {
  test("message 1 answered at two addresses proves neither: pings only, until one is answered", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    const victim: Address = { host: "198.51.100.1", port: 9 };
    net.fate = () => [];
    net.connect(a, b);
    net.drain();
    const message1 = net.log[0]!.datagram;
    net.inject(message1, victim, b); // spoofed by the initiator itself
    net.inject(message1, a.at, b); // and once more, to have the answer
    const message2 = net.log.findLast((w) => w.datagram[0] === TYPE.message2)!;
    a.endpoint.handle(message2.datagram, b.at, net.now);
    net.drain();
    const ping = net.log.at(-1)!;
    expect(ping.datagram[0]).toBe(TYPE.datagram);
    net.log.length = 0;
    net.inject(ping.datagram, victim, b); // it says it is the victim
    expect(b.of("opened")).toHaveLength(1);
    for (let i = 0; i < 100; i++) b.endpoint.send(b.handle, new Uint8Array(1000), net.later(60_000));
    net.run(20_000);
    expect(bytesTo(net, victim)).toBeGreaterThan(0);
    const came = message1.length + ping.datagram.length;
    expect(bytesTo(net, victim) + message2.datagram.length).toBeLessThanOrEqual(3 * came);
    net.run(60_000);
    expect(b.endpoint.channelCount).toBe(0);
    expect(b.endpoint.nextTimeout()).toBeUndefined();
    expect(bytesTo(net, victim) + message2.datagram.length).toBeLessThanOrEqual(3 * came);
  });

  test.each([1, 8])(
    "one who sends on all that is said, message 1 after %i ms, and nothing back, ends nothing",
    (delay) => {
      const a = new Peer(1);
      const b = new Peer(2);
      const net = new Net([a, b]);
      net.fate = (w) => {
        // From then on it is always first, and what it was first with is all that counts.
        const copyAfter = w.datagram[0] === TYPE.message1 ? delay : 1;
        if (w.from.host === a.at.host) net.post({ ...w, from: ATTACKER }, copyAfter);
        return [5];
      };
      openAndTalk(net, a, b);
      expect(bytesTo(net, ATTACKER)).toBeLessThan(bytesTo(net, a.at) / 2);
    },
  );

  test.each([
    { before: 0, after: 8 },
    { before: 3, after: 1 },
    { before: 8, after: 8 },
  ])(
    "nor does one with many ports: message 1 from $before before it arrives, from $after after that",
    ({ before, after }) => {
      const a = new Peer(1);
      const b = new Peer(2);
      const net = new Net([a, b]);
      let port = 1;
      net.fate = (w) => {
        if (w.from.host !== a.at.host) return [5];
        const isFirst = w.datagram[0] === TYPE.message1;
        const copies = isFirst ? before : 1;
        const post = (ms: number): void => net.post({ ...w, from: { ...ATTACKER, port: port++ } }, ms);
        for (let i = 0; i < copies; i++) post(1 + i / 10);
        for (let i = 0; isFirst && i < after; i++) post(6 + i / 10);
        return [5];
      };
      openAndTalk(net, a, b);
    },
  );

  test("and an honest one answers, and loses nothing", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    let copies = 0;
    net.fate = (w) => {
      if (w.datagram[0] === TYPE.message1 && copies++ === 0) net.post({ ...w, from: ATTACKER }, 1);
      return [5];
    };
    const handle = net.connect(a, b);
    net.run(50);
    expect(b.of("opened")).toHaveLength(1);
    b.endpoint.send(b.handle, text("from b"), net.later(5000));
    a.endpoint.send(handle, text("from a"), net.later(5000));
    net.run(3000);
    expect(a.messages).toEqual([text("from b")]);
    expect(b.messages).toEqual([text("from a")]);
  });
});
