import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { REASON_EXHAUSTED, REASON_NOT_REKEYED } from "../../../src/afc/index.ts";
import type { AfcOptions } from "../../../src/afc/index.ts";
import { SendKeys } from "../../../src/afc/keys.ts";
import {
  REKEY_OVERDUE_BYTES,
  REKEY_OVERDUE_MS,
  REKEY_WITHIN_MS,
  RekeyInitiator,
  RekeyResponder,
} from "../../../src/afc/rekey.ts";
import { Sessions } from "../../../src/afc/sessions.ts";
import { FRAME, REKEY_1_BYTES, REKEY_2_BYTES, SEQUENCE_MAX, TYPE } from "../../../src/afc/wire.ts";
import { mac1Key } from "../../../src/afc/mac.ts";
import type { Local } from "../../../src/afc/handshake.ts";
import { instant } from "../../../src/base/time.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Net, Peer, device, opened, random, seededEntropy, text } from "./harness.ts";

const EVERY_MS = 60_000;
/** The receiver's indexes that one end put on its datagrams. */
const indexes = (net: Net, from: Peer): number[] => [
  ...new Set(
    net.log
      .filter((w) => w.datagram[0] === TYPE.datagram && w.from.host === from.device.address.host)
      .map((w) => new DataView(w.datagram.buffer, w.datagram.byteOffset).getUint32(4)),
  ),
];
const sequences = (net: Net, from: Peer): number[] =>
  net.log
    .filter((w) => w.datagram[0] === TYPE.datagram && w.from.host === from.device.address.host)
    .map((w) => new DataView(w.datagram.buffer, w.datagram.byteOffset).getUint32(12));

describe("[AFC-7] a fresh handshake", () => {
  test("after so much time, also on an idle channel; neither host hears of it but to be asked", () => {
    const { net, a, b, handle, peerHandle } = opened({ rekeyAfterMs: EVERY_MS });
    const events = [a.events.length, b.events.length];
    net.run(3.5 * EVERY_MS);
    expect(a.events.length).toBe(events[0]);
    expect(b.events.slice(events[1])).toEqual(
      Array.from({ length: 3 }, () => ({ kind: "rekey", handle: peerHandle })),
    );
    // New indexes each time, and sequence numbers that go on.
    expect([a.endpoint.indexCount, b.endpoint.indexCount]).toEqual([1, 1]);
    expect(indexes(net, a)).toHaveLength(4);
    expect(indexes(net, b)).toHaveLength(4);
    for (const p of [a, b]) expect(sequences(net, p)).toEqual(sequences(net, p).map((_, i) => i));
    a.endpoint.send(handle, text("as ever"), net.later(1000));
    b.endpoint.send(peerHandle, text("here too"), net.later(1000));
    net.run(1000);
    expect(b.messages).toEqual([text("as ever")]);
    expect(a.messages).toEqual([text("here too")]);
  });

  test("after so many bytes, whoever sent them, and not twice for them", () => {
    for (const side of ["initiator", "responder"] as const) {
      const { net, a, b, handle, peerHandle } = opened({ rekeyAfterBytes: 100_000 });
      for (let i = 0; i < 110; i++) {
        if (side === "initiator") a.endpoint.send(handle, new Uint8Array(1000), net.later(60_000));
        else b.endpoint.send(peerHandle, new Uint8Array(1000), net.later(60_000));
        net.run(50);
      }
      net.run(30_000);
      expect(b.of("rekey")).toHaveLength(1);
    }
  });

  test("old keys are erased: those that sealed at once, those that opened ten seconds later", () => {
    const { net, a, b } = opened({ rekeyAfterMs: EVERY_MS });
    net.run(EVERY_MS - 1000);
    const before = { a: new Set(a.watched.keys), b: new Set(b.watched.keys) };
    expect([a.watched.liveKeys, b.watched.liveKeys]).toEqual([2, 2]);
    net.run(2000);
    expect(b.of("rekey")).toHaveLength(1);
    // Two of the new session, and one that opens stragglers.
    expect([a.watched.liveKeys, b.watched.liveKeys]).toEqual([3, 3]);
    net.run(11_000);
    expect([a.watched.liveKeys, b.watched.liveKeys]).toEqual([2, 2]);
    // Every byte that a hash gave for the old keys is zero by now, and so is what the handshakes were made of.
    for (const side of ["a", "b"] as const) {
      const peer = side === "a" ? a : b;
      expect(before[side].size).toBeGreaterThan(4);
      for (const okm of before[side]) expect(okm.every((x) => x === 0)).toBe(true);
      expect([...peer.watched.keys].filter((okm) => okm.some((x) => x !== 0)).length).toBe(2);
    }
  });

  test("whoever had all the keys of a session can read nothing of the next", () => {
    // The chain keys of both directions, stolen as soon as they are made.
    const stolen: string[] = [];
    const { net, a, b, handle } = opened({ rekeyAfterMs: EVERY_MS });
    for (const okm of [...a.watched.keys, ...b.watched.keys]) stolen.push(Buffer.from(okm).toString("hex"));
    net.run(EVERY_MS + 1000);
    a.endpoint.send(handle, text("secret"), net.later(1000));
    net.run(20);
    const live = [...a.watched.keys].map((okm) => Buffer.from(okm).toString("hex"));
    expect(live.filter((okm) => /[^0]/.test(okm) && stolen.includes(okm))).toHaveLength(1); // opens stragglers
    expect(b.messages).toEqual([text("secret")]);
  });

  test.each([FRAME.rekey1, FRAME.rekey2])("losing the first three frames of type %i", (frame) => {
    const size = 32 + (frame === FRAME.rekey1 ? REKEY_1_BYTES : REKEY_2_BYTES);
    const { net, a, b } = opened({ rekeyAfterMs: EVERY_MS });
    let lost = 0;
    net.fate = (w) => (w.datagram.length === size && lost++ < 3 ? [] : [5]);
    net.run(EVERY_MS + 10_000);
    expect(lost).toBeGreaterThan(3);
    expect(b.of("rekey")).toHaveLength(1);
    expect(indexes(net, a)).toHaveLength(2);
    expect(indexes(net, b)).toHaveLength(2);
  });

  test("the first datagrams under the new keys lost: the responder goes on under the old ones", () => {
    const { net, a, b, handle, peerHandle } = opened({ rekeyAfterMs: EVERY_MS });
    const old = indexes(net, a);
    net.run(EVERY_MS - 100);
    let lost = 0;
    net.fate = (w) => {
      const isNew = w.from.host === a.device.address.host && !old.includes(indexOf(w.datagram));
      return isNew && lost++ < 5 ? [] : [5];
    };
    for (let i = 0; i < 100; i++) {
      b.endpoint.send(peerHandle, Uint8Array.of(i), net.later(60_000));
      a.endpoint.send(handle, Uint8Array.of(i), net.later(60_000));
      net.run(50);
    }
    net.run(5000);
    expect(lost).toBeGreaterThan(5);
    expect(a.messages).toHaveLength(100);
    expect(b.messages).toHaveLength(100);
    expect(indexes(net, b)).toHaveLength(2);
  });

  test("[AFC-8] the host is asked again, and its no closes the channel with its reason", () => {
    const { net, a, b, handle, peerHandle } = opened({ rekeyAfterMs: EVERY_MS });
    b.onRekey = (h, now) => b.endpoint.close(h, 5, now);
    net.run(EVERY_MS + 20_000);
    expect(b.of("rekey")).toEqual([{ kind: "rekey", handle: peerHandle }]);
    expect(a.of("closed")).toEqual([{ kind: "closed", handle, reason: 5, byPeer: true }]);
    for (const p of [a, b]) {
      expect(p.watched.liveKeys).toBe(0);
      expect(p.endpoint.nextTimeout()).toBeUndefined();
      for (const okm of p.watched.keys) expect(okm.every((x) => x === 0)).toBe(true);
    }
  });

  test("a host that does not answer: the channel works for a minute more, and is closed", () => {
    const { net, a, b, handle, peerHandle } = opened({ rekeyAfterMs: EVERY_MS });
    b.onRekey = () => undefined;
    net.run(EVERY_MS + 50_000);
    a.endpoint.send(handle, text("still"), net.later(1000));
    net.run(1000);
    expect(b.messages).toEqual([text("still")]);
    net.run(20_000);
    expect(a.of("closed")).toEqual([{ kind: "closed", handle, reason: REASON_NOT_REKEYED, byPeer: false }]);
    expect(b.of("closed")).toEqual([
      { kind: "closed", handle: peerHandle, reason: REASON_NOT_REKEYED, byPeer: true },
    ]);
    expect(b.of("rekey")).toHaveLength(1);
    expect(b.endpoint.acceptRekey(peerHandle, net.now)).toBe(false);
    // The index it claimed for what never came about is free again.
    for (const p of [a, b]) expect([p.watched.liveKeys, p.endpoint.indexCount]).toEqual([0, 0]);
  });

  /** The channel's keys, but not what a fresh handshake takes; and it says something every second. */
  function thief(peer: Partial<AfcOptions>, messageBytes: number) {
    const a = new Peer(1, { rekeyAfterMs: 1e9, rekeyAfterBytes: 1e15 });
    const b = new Peer(2, peer);
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    net.run(100);
    const talk = (forMs: number): void => {
      for (let ms = 0; ms < forMs; ms += 1000) {
        a.endpoint.send(handle, new Uint8Array(messageBytes), net.later(500));
        net.run(1000);
      }
    };
    return { net, a, b, handle, talk };
  }

  test.each([
    { what: "time", peer: { rekeyAfterMs: EVERY_MS }, messageBytes: 1, dueMs: EVERY_MS },
    { what: "bytes", peer: { rekeyAfterBytes: 100_000 }, messageBytes: 1000, dueMs: 100_000 },
  ])("an initiator that begins none when it is due by $what is heard three minutes more", (one) => {
    const { net, a, b, handle, talk } = thief(one.peer, one.messageBytes);
    const peerHandle = b.handle;
    countedBefore(REKEY_OVERDUE_BYTES);
    talk(one.dueMs + REKEY_OVERDUE_MS - 10_000);
    expect(a.of("closed").concat(b.of("closed"))).toEqual([]);
    talk(20_000);
    const reason = REASON_NOT_REKEYED;
    expect(b.of("closed")).toEqual([{ kind: "closed", handle: peerHandle, reason, byPeer: false }]);
    expect(a.of("closed")).toEqual([{ kind: "closed", handle, reason, byPeer: true }]);
    net.run(20_000);
    expect([b.watched.liveKeys, b.endpoint.indexCount]).toEqual([0, 0]);
    expect(b.endpoint.nextTimeout()).toBeUndefined();
  });

  /** As if each end had sealed and opened so many bytes more in its session. */
  function countedBefore(bytes: number): void {
    const spy = vi.spyOn(Sessions.prototype, "bytes", "get").mockImplementation(function (this: Sessions) {
      return bytes + this.current.send.totalBytes + this.current.receive.totalBytes;
    });
    onTestFinished(() => spy.mockRestore());
  }

  test("an initiator with the largest limit there is is not closed by a responder with the smallest", () => {
    const a = new Peer(1, { rekeyAfterBytes: 2 ** 32 });
    const b = new Peer(2, { rekeyAfterBytes: 65_536 });
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    net.run(100);
    countedBefore(2 ** 32 - 500_000);
    for (let i = 0; i < 400; i++) {
      a.endpoint.send(handle, new Uint8Array(1000), net.later(60_000));
      net.run(50);
    }
    net.run(2 * REKEY_OVERDUE_MS);
    expect(a.of("closed").concat(b.of("closed"))).toEqual([]);
    expect(b.of("rekey")).toEqual([]);
  });

  test("a stream of the responder's that is lost for seconds, and then ends, closes nothing", () => {
    const { net, a, b, peerHandle } = opened({ rekeyAfterBytes: 65_536 }, { delivery: "unreliable" });
    const stream = (): void => {
      for (let i = 0; i < 300; i++) {
        for (let k = 0; k < 30; k++) {
          b.endpoint.send(peerHandle, new Uint8Array(1000), net.later(2000));
        }
        net.run(10);
      }
    };
    net.fate = () => [20];
    stream();
    net.run(20_000);
    net.fate = () => [];
    stream();
    net.fate = () => [20];
    net.run(2 * REKEY_OVERDUE_MS);
    expect(a.of("closed").concat(b.of("closed"))).toEqual([]);
  });

  test("bytes that are lost on their way to the initiator, which cannot count them, close nothing", () => {
    const { net, a, b, peerHandle } = opened({ rekeyAfterBytes: 100_000 });
    let n = 0;
    net.fate = (w) => (w.from.host === b.device.address.host && n++ % 10 === 0 ? [] : [5]);
    for (let i = 0; i < 92; i++) {
      b.endpoint.send(peerHandle, new Uint8Array(1000), net.later(60_000));
      net.run(50);
    }
    net.run(2 * REKEY_OVERDUE_MS);
    expect(a.of("closed").concat(b.of("closed"))).toEqual([]);
    expect(b.of("rekey")).toEqual([]);
    for (let i = 0; i < 20; i++) b.endpoint.send(peerHandle, new Uint8Array(1000), net.later(60_000));
    net.run(10_000);
    expect(b.of("rekey")).toHaveLength(1);
  });

  test("who has the old keys, and keeps the new ones from being heard, is heard by the initiator a minute more", () => {
    const stolen: { key: Uint8Array; nonce: Uint8Array }[] = [];
    const plain = nodeSuite();
    const told = nodeSuite((name, key) => {
      const copy = key.slice();
      const aead = plain.aead(name, key);
      return {
        name,
        seal: (...args) => aead.seal(...args),
        open: (...args) => aead.open(...args),
        sealInPlace: (nonce, ...args) => {
          stolen.push({ key: copy, nonce: nonce.slice() });
          aead.sealInPlace(nonce, ...args);
        },
        openInPlace: (...args) => aead.openInPlace(...args),
        destroy: () => aead.destroy(),
      };
    });
    const a = new Peer(1, { rekeyAfterMs: EVERY_MS });
    const b = new Peer(2, { suite: told });
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    net.run(100);
    b.endpoint.send(b.handle, text("true"), net.later(1000));
    net.run(1000);
    const { key, nonce } = stolen[0]!;
    const old = net.log.find(
      (w) => w.from.host === b.device.address.host && w.datagram[0] === TYPE.datagram,
    )!;
    const rekey2 = 32 + REKEY_2_BYTES;
    let rekeyed = false;
    net.fate = (w) => {
      if (rekeyed) return [];
      rekeyed = w.datagram.length === rekey2;
      return [5];
    };
    net.run(EVERY_MS);
    expect(b.of("rekey")).toHaveLength(1);

    const aead = plain.aead("chacha20-poly1305", key);
    let sequence = 1000;
    const forge = (): void => {
      const datagram = new Uint8Array(16 + 9 + 16);
      datagram.set(old.datagram.subarray(0, 8)); // its index and phase
      datagram[3] = datagram.length;
      new DataView(datagram.buffer).setUint32(12, sequence++);
      datagram[16] = FRAME.ping;
      nonce.set(datagram.subarray(8, 16), 4);
      aead.sealInPlace(nonce, datagram, 0, 16, 25);
      net.inject(datagram, b.at, a);
    };
    const { forged } = a.endpoint.dropped;
    for (let s = 0; s < 50; s++) {
      forge();
      net.run(1000);
    }
    expect(a.endpoint.dropped.forged).toBe(forged); // late ones of an honest peer look the same
    expect(a.of("closed")).toEqual([]);
    for (let s = 0; s < 15; s++) {
      forge();
      net.run(1000);
    }
    expect(a.of("closed")).toEqual([{ kind: "closed", handle, reason: REASON_NOT_REKEYED, byPeer: false }]);
    expect(a.watched.liveKeys).toBe(0);
  });

  test("a responder that slept through it gives its peer that time from its waking", () => {
    const { net, b, talk } = thief({ rekeyAfterMs: EVERY_MS }, 1);
    talk(EVERY_MS + 1000);
    net.now = instant(net.now + 2 * REKEY_OVERDUE_MS);
    talk(REKEY_OVERDUE_MS - 10_000);
    expect(b.of("closed")).toEqual([]);
    talk(20_000);
    expect(b.of("closed")).toMatchObject([{ reason: REASON_NOT_REKEYED }]);
  });

  test("both ends stopped for hours while it is under way: neither misses another one before its time", () => {
    const afterMs = 3_600_000;
    const { net, a, b } = opened({ rekeyAfterMs: afterMs });
    net.run(afterMs - 1000);
    while (b.of("rekey").length === 0) net.run(1);
    // The answer is on its way.
    net.now = net.later(3 * afterMs);
    net.run(afterMs - 1000);
    expect([...a.of("closed"), ...b.of("closed")]).toEqual([]);
    expect(b.of("rekey")).toHaveLength(1);
    net.run(2000);
    expect(b.of("rekey")).toHaveLength(2);
  });

  test("one that comes as the keys are used up does not leave a channel that only wakes", () => {
    const { net, a, b, peerHandle } = opened({ rekeyAfterMs: EVERY_MS });
    net.run(EVERY_MS - 1000);
    const usedUp = vi.spyOn(SendKeys.prototype, "exhausted", "get").mockReturnValue(true);
    b.endpoint.send(peerHandle, text("one more"), net.later(60_000));
    b.endpoint.poll(net.now);
    usedUp.mockRestore(); // the new keys are not
    net.run(10_000);
    expect(b.of("closed")).toMatchObject([{ reason: REASON_EXHAUSTED, byPeer: false }]);
    expect(a.of("closed")).toMatchObject([{ reason: REASON_EXHAUSTED, byPeer: true }]);
  });

  test("acceptRekey without a question changes nothing", () => {
    const { net, a, b, handle, peerHandle } = opened();
    expect(a.endpoint.acceptRekey(handle, net.now)).toBe(true);
    expect(b.endpoint.acceptRekey(peerHandle, net.now)).toBe(true);
    net.run(1000);
    expect([a.watched.liveKeys, b.watched.liveKeys]).toEqual([2, 2]);
  });

  test("the limits have bounds", () => {
    expect(() => new Peer(1, { rekeyAfterMs: 9_999 })).toThrow(RangeError);
    expect(() => new Peer(1, { rekeyAfterBytes: 65_535 })).toThrow(RangeError);
  });

  test("with rotation, loss, copies and reordering: every message once, in order, no number twice under one key", () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
          copies: fc.double({ min: 0, max: 0.3, noNaN: true }),
          jitterMs: fc.constantFrom(0, 5, 200),
          everyDatagrams: fc.integer({ min: 1, max: 40 }),
          moves: fc.boolean(),
        }),
        ({ seed, loss, copies, jitterMs, everyDatagrams, moves }) => {
          const rnd = random(seed);
          const options = { rotateAfterDatagrams: everyDatagrams, rekeyAfterMs: 10_000 };
          const a = new Peer(1, options);
          const b = new Peer(2, options);
          let perfect = true;
          const net = new Net([a, b], () => {
            if (perfect) return [5];
            const out: number[] = [];
            for (let again = true; again; again = rnd() < copies)
              if (rnd() >= loss) out.push(2 + jitterMs * rnd());
            return out;
          });
          const handle = net.connect(a, b);
          net.run(100);
          perfect = false;
          let movedAt = 0;
          const sent = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
          for (let i = 0; i < 120; i++) {
            const side = rnd() < 0.5 ? "a" : "b";
            const bytes = Uint8Array.of(i, ...Array.from({ length: Math.floor(rnd() * 100) }, () => i));
            if (side === "a") a.endpoint.send(handle, bytes, net.later(1e7));
            else b.endpoint.send(b.handle, bytes, net.later(1e7));
            sent[side].push(bytes);
            // Both at once would lose each other for good: nobody is where anybody knows.
            if (moves && net.now > movedAt + 15_000 && rnd() < 0.1) {
              (rnd() < 0.5 ? a : b).at = { host: "192.0.2.77", port: 1000 + i };
              movedAt = net.now;
            }
            net.run(rnd() < 0.5 ? 0 : 1500 * rnd());
          }
          perfect = true;
          net.run(60_000);
          expect(a.of("closed").concat(b.of("closed"))).toEqual([]);
          expect(b.messages).toEqual(sent.a);
          expect(a.messages).toEqual(sent.b);
          expect(b.of("rekey").length).toBeGreaterThan(1);
          for (const p of [a, b]) expect(p.watched.reused).toBe(0);
          for (const pair of a.watched.seals) expect(b.watched.seals.has(pair)).toBe(false);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("[AFC-7] the last number", () => {
  test("before 2^53 the channel is closed, and both ends are told", () => {
    const { net, a, b, handle, peerHandle } = opened({ firstSequence: SEQUENCE_MAX - 20 });
    for (let i = 0; i < 40; i++) {
      a.endpoint.send(handle, Uint8Array.of(i), net.later(1000));
      net.run(10);
    }
    net.run(20_000);
    expect(a.of("closed")).toEqual([{ kind: "closed", handle, reason: REASON_EXHAUSTED, byPeer: false }]);
    expect(b.of("closed")).toEqual([
      { kind: "closed", handle: peerHandle, reason: REASON_EXHAUSTED, byPeer: true },
    ]);
    const numbers = net.log
      .filter((w) => w.datagram[0] === TYPE.datagram)
      .map((w) => new DataView(w.datagram.buffer, w.datagram.byteOffset).getBigUint64(8));
    expect(numbers.every((n) => n < 2n ** 53n)).toBe(true);
    expect(new Set(b.messages.map((m) => m[0])).size).toBe(b.messages.length);
    expect(b.messages.length).toBeGreaterThan(5);
    expect([a.watched.liveKeys, b.watched.liveKeys]).toEqual([0, 0]);
  });
});

describe("rekey frames", () => {
  const suite = nodeSuite();
  const NOW = instant(0);
  const localOf = (n: number): Local => ({
    suite,
    staticKey: { secret: device(n).secret, public: device(n).key },
    deviceId: new Uint8Array(32),
    mac1Key: mac1Key(suite, device(n).key),
  });
  const hash = new Uint8Array(32).fill(9);
  const secret = (): Uint8Array => seededEntropy(5).bytes(32);

  function begun(): { initiator: RekeyInitiator; frame: Uint8Array } {
    const initiator = new RekeyInitiator();
    initiator.begin(localOf(1), device(2).key, hash, 77, secret(), NOW);
    return { initiator, frame: initiator.produce(NOW)! };
  }
  const receive = (
    r: RekeyResponder,
    frame: Uint8Array,
    options: { from?: number; hash?: Uint8Array } = {},
  ): string => r.receive(localOf(2), device(options.from ?? 1).key, options.hash ?? hash, frame, true, NOW);

  test("bound to the handshake before and to the two devices", () => {
    const { frame } = begun();
    expect(frame).toHaveLength(REKEY_1_BYTES);
    expect(receive(new RekeyResponder(), frame, { hash: new Uint8Array(32) })).toBe("malformed");
    expect(receive(new RekeyResponder(), frame, { from: 3 })).toBe("malformed");
    expect(receive(new RekeyResponder(), frame)).toBe("asked");
  });

  test("every truncation and every flipped bit is refused, and the right one goes through after", () => {
    const { initiator, frame } = begun();
    for (let n = 0; n < frame.length; n++)
      expect(receive(new RekeyResponder(), frame.subarray(0, n))).toBe("malformed");
    for (let bit = 8; bit < frame.length * 8; bit += 3) {
      const flipped = frame.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      // X25519 ignores the top bit of a public key (RFC 7748 section 5), the hash does not.
      expect(receive(new RekeyResponder(), flipped)).toBe("malformed");
    }
    const responder = new RekeyResponder();
    expect(receive(responder, frame)).toBe("asked");
    const theirs = responder.accept(88, secret())!;
    const answer = responder.produce()!;
    expect(answer).toHaveLength(REKEY_2_BYTES);
    for (let n = 0; n < answer.length; n++) expect(initiator.receive(answer.subarray(0, n))).toBeUndefined();
    for (let bit = 8; bit < answer.length * 8; bit++) {
      const flipped = answer.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(begun().initiator.receive(flipped)).toBeUndefined();
      if (bit % 80 === 0) expect(initiator.receive(flipped)).toBeUndefined();
    }
    const ours = initiator.receive(answer);
    expect(ours).toEqual({ index: 77, peerIndex: 88, keys: theirs.keys });
    expect(theirs.peerIndex).toBe(77);
    expect(initiator.receive(answer)).toBe("late");
  });

  test("a peer that answers with nonsense makes us compute a few times, and then has had its chances", () => {
    const { initiator, frame } = begun();
    const responder = new RekeyResponder();
    receive(responder, frame);
    responder.accept(88, secret());
    const answer = responder.produce()!;
    const wrong = answer.slice();
    wrong[50]! ^= 1;
    for (let i = 0; i < 8; i++) expect(initiator.receive(wrong)).toBeUndefined();
    expect(initiator.receive(answer)).toBeUndefined();
    expect(initiator.isOver(instant(REKEY_WITHIN_MS))).toBe(true);
  });

  test("repeated, it is answered again and costs no curve operation; another one has to wait", () => {
    const { frame } = begun();
    const responder = new RekeyResponder();
    receive(responder, frame);
    expect(receive(responder, frame)).toBe("ok");
    expect(responder.produce()).toBeUndefined(); // the host thinks
    responder.accept(88, secret());
    expect(responder.produce()).toBeDefined();
    expect(responder.produce()).toBeUndefined();
    expect(receive(responder, frame)).toBe("ok");
    expect(responder.produce()).toBeDefined();
    const other = new RekeyInitiator();
    other.begin(localOf(1), device(2).key, hash, 5, seededEntropy(6).bytes(32), NOW);
    expect(receive(responder, other.produce(NOW)!)).toBe("limit");
    const busy = new RekeyResponder();
    expect(busy.receive(localOf(2), device(1).key, hash, frame, false, NOW)).toBe("limit");
  });
});

function indexOf(datagram: Uint8Array): number {
  return new DataView(datagram.buffer, datagram.byteOffset).getUint32(4);
}
