import { describe, expect, test } from "vitest";
import { HOST_REASON_MAX, REASON_SILENT, handshakePayloadBytesMax } from "../../../src/afc/index.ts";
import { PACKET_BYTES_MAX, TYPE } from "../../../src/afc/wire.ts";
import { messageBytesMaxFor } from "../../../src/dgram-reliability/index.ts";
import { Net, Peer, device, lostMessage1, ofType, opened, text } from "./harness.ts";
import type { Wire } from "./harness.ts";

describe("opening", () => {
  test("[AFC-1] the host sees the payload and the proven key, and both ends open", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    const handle = net.connect(a, b, { payload: text("ephemeral command"), delivery: "unreliable" });
    net.run(100);
    expect(b.of("request")).toEqual([
      {
        kind: "request",
        request: 1,
        initiatorEncryptionKey: a.device.key,
        payload: text("ephemeral command"),
        delivery: "unreliable",
        from: a.device.address,
      },
    ]);
    expect(a.of("opened")).toEqual([{ kind: "opened", handle }]);
    expect(b.of("opened")).toHaveLength(1);
    expect(ofType(net, TYPE.message1)).toHaveLength(1);
  });

  test("the longest payload fits one datagram, one byte more does not", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    net.connect(a, b, { payload: new Uint8Array(handshakePayloadBytesMax).fill(7) });
    net.run(100);
    expect(ofType(net, TYPE.message1)[0]!.datagram).toHaveLength(1200);
    expect(b.of("request")[0]!.payload).toHaveLength(handshakePayloadBytesMax);
    expect(() => net.connect(a, b, { payload: new Uint8Array(handshakePayloadBytesMax + 1) })).toThrow(
      RangeError,
    );
  });

  test.each([TYPE.message1, TYPE.message2, TYPE.datagram])(
    "losing the first two datagrams of type %i",
    (type) => {
      const a = new Peer(1);
      const b = new Peer(2);
      let lost = 0;
      const net = new Net([a, b], (w) => (w.datagram[0] === type && lost++ < 2 ? [] : [5]));
      const handle = net.connect(a, b);
      net.run(4000);
      expect(a.of("opened")).toEqual([{ kind: "opened", handle }]);
      expect(b.of("opened")).toHaveLength(1);
      expect(b.of("request")).toHaveLength(1);
      // Repetitions are the same bytes, and get the same answer.
      for (const t of [TYPE.message1, TYPE.message2]) {
        const sent = ofType(net, t).map((w) => Buffer.from(w.datagram).toString("hex"));
        expect(new Set(sent).size).toBe(1);
      }
    },
  );

  test("nobody there: failed at the timeout, and nothing goes on after", () => {
    const a = new Peer(1);
    const net = new Net([a]);
    const handle = net.connect(a, new Peer(2), { timeoutMs: 3000 });
    net.run(2999);
    expect(a.events).toEqual([]);
    net.run(60_000);
    expect(a.events).toEqual([{ kind: "failed", handle, reason: "timeout" }]);
    expect(a.sent).toBeLessThan(6);
    expect(a.endpoint.nextTimeout()).toBeUndefined();
    expect(a.endpoint.channelCount).toBe(0);
  });

  test("[AFC-8] a refusal arrives with its reason, once, also where message 1 is repeated", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    b.onRequest = (r, now) => b.endpoint.refuse(r.request, 42, now);
    let lost = 0;
    const net = new Net([a, b], (w) => (w.datagram[0] === TYPE.message2 && lost++ === 0 ? [] : [5]));
    const handle = net.connect(a, b);
    net.run(10_000);
    expect(a.events).toEqual([{ kind: "refused", handle, reason: 42 }]);
    expect(b.of("request")).toHaveLength(1);
    expect(b.endpoint.channelCount).toBe(0);
    expect(b.endpoint.nextTimeout()).toBeUndefined();
    expect(a.endpoint.channelCount).toBe(0);
  });

  test("[AFC-12] a request the host ignores is met with silence, its repetitions too", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    b.onRequest = (r) => b.endpoint.ignore(r.request);
    const net = new Net([a, b]);
    net.connect(a, b);
    net.run(10_000);
    expect(b.sent).toBe(0);
    expect(b.of("request")).toHaveLength(1);
    expect(b.watched.curveOperations).toBe(2);
    expect(a.of("failed")).toHaveLength(1);
  });

  test("the wrong key and the wrong device id are met with silence", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    net.connect(a, b, { peerEncryptionKey: device(3).key });
    net.connect(a, b, { peerDeviceId: device(3).id });
    net.run(10_000);
    expect(b.sent).toBe(0);
    expect(b.events).toEqual([]);
    expect(a.of("failed")).toHaveLength(2);
  });

  test("[AFC-12] a wrong mac1 costs no curve operation and gets no answer", () => {
    const { a, b, net, message1 } = lostMessage1();
    for (let at = 4; at < message1.length; at++) {
      const wrong = message1.slice();
      wrong[at]! ^= 1;
      net.inject(wrong, a.device.address, b);
    }
    net.run(1000);
    expect(b.watched.curveOperations).toBe(0);
    expect(b.sent).toBe(0);
    expect(b.events).toEqual([]);
  });

  test("opening at the same time makes two channels that know nothing of each other", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    const ab = net.connect(a, b);
    const ba = net.connect(b, a);
    net.run(1000);
    expect(a.of("opened")).toHaveLength(2);
    expect(b.of("opened")).toHaveLength(2);
    a.endpoint.send(ab, text("from a"), net.later(1000));
    b.endpoint.send(ba, text("from b"), net.later(1000));
    net.run(100);
    expect(a.endpoint.close(ab, 1, net.now)).toBe(true);
    net.run(100);
    expect(b.endpoint.send(ba, text("still"), net.later(1000))).toBe(2);
    net.run(100);
    expect(b.messages).toEqual([text("from a")]);
    expect(a.messages).toEqual([text("from b"), text("still")]);
  });

  test("[AFC-10] several channels between the same two devices", () => {
    const { net, a, b } = opened();
    const more = [0, 1, 2].map(() => net.connect(a, b));
    net.run(100);
    for (const h of more) a.endpoint.send(h, Uint8Array.of(h), net.later(1000));
    net.run(100);
    expect(b.messages).toEqual(more.map((h) => Uint8Array.of(h)));
    expect(new Set(b.of("message").map((m) => m.handle)).size).toBe(3);
  });

  test("the cipher both put first wins, else ChaCha20-Poly1305", () => {
    const both = ["aes-256-gcm", "chacha20-poly1305"] as const;
    for (const [first, second, expected] of [
      [both, both, "aes-256-gcm"],
      [both, [both[1], both[0]], "chacha20-poly1305"],
      [[both[1], both[0]], both, "chacha20-poly1305"],
      [both, [both[1]], "chacha20-poly1305"],
    ] as const) {
      const a = new Peer(1, { ciphers: first });
      const b = new Peer(2, { ciphers: second });
      const names: string[] = [];
      const inner = b.watched.suite.aead.bind(b.watched.suite);
      Object.assign(b.watched.suite, {
        aead: (name: "aes-256-gcm" | "chacha20-poly1305", key: Uint8Array) => {
          names.push(name);
          return inner(name, key);
        },
      });
      const net = new Net([a, b]);
      net.connect(a, b);
      net.run(100);
      expect(names.at(-1)).toBe(expected);
      expect(b.of("opened")).toHaveLength(1);
    }
  });
});

describe("messages", () => {
  test("[AFC-5] both ways, acknowledged, in order", () => {
    const { net, a, b, handle, peerHandle } = opened();
    for (let i = 0; i < 100; i++) {
      expect(a.endpoint.send(handle, Uint8Array.of(i), net.later(5000))).toBe(i + 1);
      b.endpoint.send(peerHandle, Uint8Array.of(100 + i), net.later(5000));
    }
    net.run(1000);
    expect(b.messages).toEqual(Array.from({ length: 100 }, (_, i) => Uint8Array.of(i)));
    expect(a.messages).toEqual(Array.from({ length: 100 }, (_, i) => Uint8Array.of(100 + i)));
    expect(a.of("acknowledged").map((e) => e.messageId)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });

  test("[AFC-6] the longest message in one piece makes exactly a datagram of 1200 bytes", () => {
    const { net, a, b, handle } = opened();
    const message = new Uint8Array(messageBytesMaxFor(PACKET_BYTES_MAX)).fill(9);
    expect(message.length).toBe(1148);
    const before = net.log.length;
    a.endpoint.send(handle, message, net.later(1000));
    net.drain();
    expect(net.log.slice(before).map((w) => w.datagram.length)).toEqual([1200]);
    net.run(100);
    expect(b.messages).toEqual([message]);
  });

  test("[AFC-5] a peer that is gone: expired at the deadline", () => {
    const { net, a, handle } = opened();
    net.fate = () => [];
    const id = a.endpoint.send(handle, text("lost"), net.later(700));
    net.run(699);
    expect(a.of("expired")).toEqual([]);
    net.run(2);
    expect(a.of("expired")).toEqual([{ kind: "expired", handle, messageId: id }]);
  });

  test("a channel nobody answers on is closed after a while", () => {
    const { net, a, handle } = opened({ silenceMs: 8000, idleProbeMs: 20_000 });
    net.fate = () => [];
    net.run(60_000);
    expect(a.of("closed")).toEqual([{ kind: "closed", handle, reason: REASON_SILENT, byPeer: false }]);
    expect(a.endpoint.nextTimeout()).toBeUndefined();
  });

  test("a device that slept does not take its own silence for the peer's", () => {
    const { net, a, b, handle } = opened();
    net.fate = () => [];
    a.endpoint.send(handle, text("before"), net.later(1e7));
    net.run(10_000);
    net.fate = () => [5];
    net.now = net.later(600_000);
    net.run(5000);
    expect([...a.of("closed"), ...b.of("closed")]).toEqual([]);
    expect(b.messages).toEqual([text("before")]);
    // Awake it is as strict as ever.
    net.fate = () => [];
    net.run(60_000);
    expect(a.of("closed").map((e) => e.reason)).toEqual([REASON_SILENT]);
  });

  test.each([31_000, 34_900, 36_000])(
    "nor where it has something to say as soon as it wakes: %i ms",
    (ms) => {
      const { net, a, b, handle } = opened();
      net.fate = () => [];
      a.endpoint.send(handle, text("before"), net.later(1e7));
      net.drain();
      net.fate = () => [5];
      net.now = net.later(ms);
      a.endpoint.send(handle, text("at once"), net.later(60_000));
      net.run(5000);
      expect([...a.of("closed"), ...b.of("closed")]).toEqual([]);
      expect(b.messages).toEqual([text("before"), text("at once")]);
    },
  );

  test("an idle channel stays, for next to nothing", () => {
    const { net, a, b, handle } = opened();
    const before = net.log.length;
    net.run(600_000);
    expect(net.log.length - before).toBeLessThan(60);
    a.endpoint.send(handle, text("awake"), net.later(1000));
    net.run(100);
    expect(b.messages).toEqual([text("awake")]);
  });

  test("send to what is not open", () => {
    const a = new Peer(1);
    const net = new Net([a]);
    const handle = net.connect(a, new Peer(2));
    expect(a.endpoint.send(handle, text("x"), net.later(1))).toBe("unknown");
    expect(a.endpoint.send(99, text("x"), net.later(1))).toBe("unknown");
    a.endpoint.consumed(99, 1);
    expect(a.endpoint.close(99, 1, net.now)).toBe(false);
  });
});

describe("[AFC-2] closing", () => {
  test("reaches the peer, and nothing is accepted on either side after", () => {
    const { net, a, b, handle, peerHandle } = opened({ rotateAfterDatagrams: 2 });
    for (const m of ["x", "y", "z"]) {
      a.endpoint.send(handle, text(m), net.later(1000));
      net.run(100);
    }
    b.events.length = 0;
    expect(a.watched.liveKeys).toBeGreaterThanOrEqual(2);
    a.endpoint.send(handle, text("before"), net.later(1000));
    b.endpoint.send(peerHandle, text("too late"), net.later(1000));
    net.drain(); // both on the wire
    expect(a.endpoint.close(handle, 7, net.now)).toBe(true);
    expect(a.watched.liveKeys).toBe(0);
    net.run(20_000);
    expect(b.watched.liveKeys).toBe(0);
    expect(a.messages).toEqual([]);
    expect(b.messages).toEqual([text("before")]);
    expect(b.of("closed")).toEqual([{ kind: "closed", handle: peerHandle, reason: 7, byPeer: true }]);
    expect(a.of("closed")).toEqual([]);
    for (const p of [a, b]) {
      expect(p.endpoint.channelCount).toBe(0);
      expect(p.endpoint.nextTimeout()).toBeUndefined();
    }
    const events = [a.events.length, b.events.length];
    for (const w of net.log.slice())
      net.inject(w.datagram, w.from, w.to.host === a.device.address.host ? a : b);
    net.run(20_000);
    expect([a.events.length, b.events.length]).toEqual(events);
    expect(a.endpoint.send(handle, text("x"), net.later(1))).toBe("unknown");
  });

  test.each(["closes", "falls silent"])(
    "[AFC-5] what was acknowledged out of order is delivered when its sender %s, before the end of the channel",
    (how) => {
      const { net, a, b, handle, peerHandle } = opened();
      const { host } = a.device.address;
      const isData = (w: Wire): boolean => w.from.host === host && w.datagram[0] === TYPE.datagram;
      net.fate = (w) => (isData(w) ? [] : [5]);
      a.endpoint.send(handle, text("lost"), net.later(60_000));
      net.drain();
      // From here on what is as short as that, and so its repetitions, are lost.
      net.fate = (w) => (isData(w) && w.datagram.length < 200 ? [] : [5]);
      const later = [1, 2].map((n) => new Uint8Array(1000).fill(n));
      const ids = later.map((bytes) => a.endpoint.send(handle, bytes, net.later(60_000)));
      net.run(20);
      expect(a.of("acknowledged").map((e) => e.messageId)).toEqual(ids);
      expect(b.messages).toEqual([]);
      b.endpoint.send(peerHandle, text("asks"), net.later(120_000));
      if (how === "closes") net.fate = () => [5];
      else net.fate = () => [];
      if (how === "closes") a.endpoint.close(handle, 1, net.now);
      net.run(60_000);
      expect(b.messages).toEqual(later);
      const ends = b.events.map((e) => e.kind).filter((kind) => kind === "message" || kind === "closed");
      expect(ends).toEqual(["message", "message", "closed"]);
    },
  );

  test("also where the first copies are lost", () => {
    const { net, a, b, handle, peerHandle } = opened();
    let lost = 0;
    net.fate = () => (lost++ < 4 ? [] : [5]);
    a.endpoint.close(handle, 8, net.now);
    net.run(10_000);
    expect(b.of("closed")).toEqual([{ kind: "closed", handle: peerHandle, reason: 8, byPeer: true }]);
    expect(lost).toBe(5);
  });

  test("a peer that heard none of it is told when it next says something, a while long", () => {
    const { net, a, b, handle, peerHandle } = opened();
    net.fate = () => [];
    a.endpoint.close(handle, 8, net.now);
    net.run(10_000);
    expect(b.of("closed")).toEqual([]);
    net.fate = () => [5];
    net.log.length = 0;
    b.endpoint.send(peerHandle, text("anybody?"), net.later(1000));
    net.run(100);
    expect(b.of("closed")).toEqual([{ kind: "closed", handle: peerHandle, reason: 8, byPeer: true }]);
    const [asked, told] = net.log;
    expect(told!.datagram.length).toBeLessThanOrEqual(asked!.datagram.length);
    expect(told!.to).toEqual(b.at);
    net.run(10_000);
    expect(a.endpoint.nextTimeout()).toBeUndefined();
    // After that there is nobody to say anything.
    const { sent } = a;
    net.inject(asked!.datagram, b.at, a);
    net.run(1000);
    expect(a.sent).toBe(sent);
  });

  test("who sends that on from elsewhere hears nothing, and makes us say little", () => {
    const { net, a, b, handle, peerHandle } = opened();
    b.endpoint.send(peerHandle, text("x"), net.later(1000));
    net.drain();
    const { datagram } = net.log.at(-1)!;
    net.fate = () => [];
    a.endpoint.close(handle, 8, net.now);
    net.run(5000);
    net.log.length = 0;
    for (let i = 0; i < 1000; i++) {
      net.inject(datagram, { host: "203.0.113.9", port: i + 1 }, a);
      net.inject(datagram.subarray(0, 34), b.at, a);
      net.run(1);
    }
    const said = net.log.filter((w) => w.from.host === a.at.host);
    expect(said.every((w) => w.to.host === b.at.host)).toBe(true);
    expect(said.length).toBeLessThanOrEqual(4);
    expect(said.length).toBeGreaterThan(0);
  });

  test("keys are erased at both ends, and so is everything they came from", () => {
    const { net, a, b, handle, peerHandle } = opened({ rotateAfterDatagrams: 3 });
    for (let i = 0; i < 10; i++) {
      a.endpoint.send(handle, Uint8Array.of(i), net.later(1000));
      b.endpoint.send(peerHandle, Uint8Array.of(i), net.later(1000));
      net.run(100);
    }
    const isErased = (p: Peer): boolean => [...p.watched.keys].every((okm) => okm.every((x) => x === 0));
    expect([isErased(a), isErased(b)]).toEqual([false, false]);
    a.endpoint.close(handle, 7, net.now);
    expect(isErased(a)).toBe(true); // at once
    net.run(10);
    expect(isErased(b)).toBe(true);
    expect(a.watched.keys.size).toBeGreaterThan(8);
  });

  test("before it was opened, on either side", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    a.endpoint.close(handle, 1, net.now);
    net.run(20_000);
    expect(a.events).toEqual([]);
    expect(b.of("failed")).toHaveLength(1);
    // The responder closes what its initiator has not confirmed.
    const second = net.connect(a, b);
    b.onRequest = (r, now) => b.endpoint.close(b.endpoint.accept(r.request, now)!, 9, now);
    net.run(20_000);
    expect(a.of("closed")).toEqual([{ kind: "closed", handle: second, reason: 9, byPeer: true }]);
    for (const p of [a, b]) {
      expect(p.endpoint.channelCount).toBe(0);
      expect(p.endpoint.nextTimeout()).toBeUndefined();
    }
  });

  test("every channel at once; AFC's own reasons are not the host's to give", () => {
    const { net, a, b } = opened();
    net.connect(a, b);
    net.run(100);
    expect(() => a.endpoint.close(1, HOST_REASON_MAX + 1, net.now)).toThrow(RangeError);
    a.endpoint.closeAll(3, net.now);
    net.run(10_000);
    expect(b.of("closed").map((e) => e.reason)).toEqual([3, 3]);
    expect(a.endpoint.channelCount + b.endpoint.channelCount).toBe(0);
  });
});
