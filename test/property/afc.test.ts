import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayWindow } from "../../src/afc/replay-window.ts";
import { TimerHeap } from "../../src/afc/timer-heap.ts";
import type { Timed } from "../../src/afc/timer-heap.ts";
import { instant } from "../../src/base/time.ts";
import { Net, Peer, random } from "../unit/afc/harness.ts";
import { playOrders } from "./model/replay-orders.ts";

test("[AFC-12] the replay window agrees with a set of everything ever accepted", () => {
  const step = fc.oneof(
    fc.integer({ min: -40, max: 40 }),
    fc.integer({ min: -400, max: 400 }),
    fc.integer({ min: 0, max: 5000 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(32, 64, 256), fc.array(step, { maxLength: 400 }), (bits, steps) => {
      const window = new ReplayWindow(bits);
      const seen = new Set<number>();
      let highest = -1;
      for (const s of steps) {
        const n = Math.max(0, highest + s);
        const expected = n <= highest - bits ? "too-old" : seen.has(n) ? "duplicate" : "ok";
        expect(window.check(n)).toBe(expected);
        if (expected !== "ok") continue;
        window.accept(n);
        seen.add(n);
        highest = Math.max(highest, n);
        expect(window.highest).toBe(highest);
      }
    }),
    { numRuns: 300 },
  );
});

describe("[AFC-12] random orders of numbers, against a set", () => {
  test("of which every kind comes", () => {
    const { difference, said } = playOrders(1, 20_000);
    expect(difference).toBeUndefined();
    for (const count of Object.values(said)) expect(count).toBeGreaterThan(10_000);
  });

  const planted: [string, (bits: number) => Pick<ReplayWindow, "check" | "accept" | "highest">][] = [
    ["a window one number too long", (bits) => new ReplayWindow(bits + 32)],
    [
      "one that does not slide",
      (bits) => {
        const window = new ReplayWindow(bits);
        const { highest } = window;
        return {
          check: (n) => window.check(n),
          accept: (n) => n - highest > 100 || window.accept(n),
          highest,
        };
      },
    ],
    [
      "one that forgets",
      (bits) => {
        let window = new ReplayWindow(bits);
        return {
          check: (n) => window.check(n),
          accept: (n) => {
            if (n % 97 === 0) window = new ReplayWindow(bits);
            window.accept(n);
          },
          highest: -1,
        };
      },
    ],
  ];
  test.each(planted)("planted, and seen: %s", (_name, windowOf) => {
    expect(playOrders(1, 1000, windowOf as never).difference).toBeDefined();
  });
});

test("the timer heap always shows the earliest", () => {
  interface Item extends Timed {
    name: number;
  }
  const action = fc.tuple(fc.nat(20), fc.option(fc.nat(50)));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
      const heap = new TimerHeap<Item>();
      const items: Item[] = Array.from({ length: 21 }, (_, name) => ({
        name,
        heapIndex: -1,
        dueAt: undefined,
      }));
      for (const [i, due] of actions) {
        heap.set(items[i]!, due === null ? undefined : instant(due));
        const set = items.filter((x) => x.dueAt !== undefined);
        expect(heap.size).toBe(set.length);
        const min = set.length === 0 ? undefined : Math.min(...set.map((x) => x.dueAt!));
        expect(heap.peek()?.dueAt).toBe(min);
      }
    }),
  );
});

describe("[AFC-7] key rotation", () => {
  const phases = (net: Net, host: string): Set<number> =>
    new Set(net.log.filter((w) => w.datagram[0] === 4 && w.from.host === host).map((w) => w.datagram[1]!));

  test("over any network, with both ends rotating, no message is lost and no nonce used twice", () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          loss: fc.double({ min: 0, max: 0.4, noNaN: true }),
          copies: fc.double({ min: 0, max: 0.3, noNaN: true }),
          jitterMs: fc.constantFrom(0, 5, 200),
          everyDatagrams: fc.integer({ min: 1, max: 12 }),
          cipher: fc.constantFrom("chacha20-poly1305" as const, "aes-256-gcm" as const),
        }),
        ({ seed, loss, copies, jitterMs, everyDatagrams, cipher }) => {
          const rnd = random(seed);
          const options = {
            rotateAfterDatagrams: everyDatagrams,
            ciphers:
              cipher === "aes-256-gcm" ? ([cipher, "chacha20-poly1305"] as const) : ([cipher] as const),
          };
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
          const sent = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
          for (let i = 0; i < 150; i++) {
            const side = rnd() < 0.5 ? "a" : "b";
            const bytes = Uint8Array.of(i, ...Array.from({ length: Math.floor(rnd() * 300) }, () => i));
            const id =
              side === "a"
                ? a.endpoint.send(handle, bytes, net.later(1e7))
                : b.endpoint.send(b.handle, bytes, net.later(1e7));
            expect(id).toBeTypeOf("number");
            sent[side].push(bytes);
            net.run(rnd() < 0.5 ? 0 : 25 * rnd());
          }
          perfect = true;
          net.run(60_000);
          expect(b.messages).toEqual(sent.a);
          expect(a.messages).toEqual(sent.b);
          expect(a.of("acknowledged")).toHaveLength(sent.a.length);
          expect(b.of("acknowledged")).toHaveLength(sent.b.length);
          for (const p of [a, b]) {
            expect(p.watched.reused).toBe(0);
            expect(p.of("closed")).toEqual([]);
            expect(phases(net, p.device.address.host).size).toBeGreaterThan(3);
          }
          // No (key, nonce) of one side appears on the other: one key for each direction.
          for (const pair of a.watched.seals) expect(b.watched.seals.has(pair)).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each([
    ["bytes", { rotateAfterBytes: 65_536 }],
    ["datagrams", { rotateAfterDatagrams: 50 }],
    ["time", { rotateAfterMs: 100 }],
  ] as const)("by %s", (_name, limit) => {
    const a = new Peer(1, limit);
    const b = new Peer(2);
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    net.run(100);
    for (let i = 0; i < 200; i++) {
      a.endpoint.send(handle, new Uint8Array(1000).fill(i), net.later(1e6));
      net.run(2);
    }
    net.run(1000);
    expect(b.messages).toHaveLength(200);
    const used = phases(net, a.device.address.host);
    expect(used.size).toBeGreaterThanOrEqual(3);
    // b has no limit of its own within reach and follows.
    expect(Math.max(...phases(net, b.device.address.host))).toBe(Math.max(...used));
  });

  test("also by the limit of one that sends nothing but acknowledgements", () => {
    const a = new Peer(1);
    const b = new Peer(2, { rotateAfterDatagrams: 5 });
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    net.run(100);
    for (let i = 0; i < 200; i++) {
      a.endpoint.send(handle, new Uint8Array(1000), net.later(1e6));
      net.run(50);
    }
    expect(b.messages).toHaveLength(200);
    expect(phases(net, b.device.address.host).size).toBeGreaterThan(5);
    expect(phases(net, a.device.address.host).size).toBeGreaterThan(5);
  });

  test("the phase passes 256 and goes on", () => {
    const a = new Peer(1, { rotateAfterDatagrams: 1 });
    const b = new Peer(2, { rotateAfterDatagrams: 1 });
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    net.run(100);
    for (let i = 0; i < 700; i++) {
      a.endpoint.send(handle, Uint8Array.of(i & 255), net.later(1e6));
      net.run(40);
    }
    expect(b.messages).toHaveLength(700);
    expect(phases(net, a.device.address.host).size).toBe(256);
    expect(a.watched.reused + b.watched.reused).toBe(0);
  });

  test("the peer's silence stops rotation, not the channel's safety", () => {
    const a = new Peer(1, { rotateAfterDatagrams: 1 });
    const b = new Peer(2);
    const net = new Net([a, b]);
    const handle = net.connect(a, b);
    net.run(100);
    const before = phases(net, a.device.address.host).size;
    net.fate = (w) => (w.from.host === a.device.address.host ? [5] : []);
    for (let i = 0; i < 20; i++) a.endpoint.send(handle, new Uint8Array(900), net.later(1e6));
    net.run(2000);
    // One phase ahead of what b was heard in, never two.
    expect(phases(net, a.device.address.host).size - before).toBeLessThanOrEqual(1);
  });
});

describe("[AFC-11] messages longer than a window", () => {
  const KIB = 1024;

  /** Begins and ends say which message it is. */
  function numbered(length: number, peer: number, i: number): Uint8Array {
    const bytes = new Uint8Array(length).fill(peer * 16 + i);
    bytes[length - 1] = i;
    return bytes;
  }

  test("over any network and with little memory to lend, each arrives whole, once and in order, or expires", () => {
    const messages = fc.array(
      fc.record({ length: fc.integer({ min: 1, max: 300 * KIB }), ms: fc.constantFrom(20, 300, 5000, 1e7) }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          loss: fc.constantFrom(0, 0.01, 0.1),
          copies: fc.constantFrom(0, 0.1),
          jitterMs: fc.constantFrom(0, 5, 50),
          sent: fc.array(messages, { minLength: 2, maxLength: 4 }),
          slow: fc.boolean(),
        }),
        ({ seed, loss, copies, jitterMs, sent, slow }) => {
          const rnd = random(seed);
          for (let i = 0; i < 8; i++) rnd();
          const limits = { channelsReceiveBytesMax: 0, channelsLentBytesMax: 1024 * KIB };
          const hub = new Peer(100, { limits });
          const peers = sent.map((_, i) => new Peer(1 + i));
          let perfect = true;
          const net = new Net([hub, ...peers], () => {
            if (perfect) return [5];
            const out: number[] = [];
            for (let again = true; again; again = rnd() < copies)
              if (rnd() >= loss) out.push(2 + jitterMs * rnd());
            return out;
          });
          const handles = peers.map((peer) => {
            const handle = net.connect(peer, hub);
            net.run(100);
            return handle;
          });
          const hubHandles = hub.of("opened").map((e) => e.handle);
          perfect = false;
          hub.consumes = !slow;
          const accepted = peers.map((): { id: number; bytes: Uint8Array }[] => []);
          for (let k = 0; k < 4; k++) {
            peers.forEach((peer, i) => {
              const message = sent[i]![k];
              if (message === undefined) return;
              const bytes = numbered(message.length, i, k);
              const id = peer.endpoint.send(handles[i]!, bytes, net.later(message.ms));
              expect(id).toBeTypeOf("number");
              accepted[i]!.push({ id: id as number, bytes });
            });
            net.run(200 * rnd());
          }
          net.run(10_000);
          perfect = true;
          // A host that was slow takes one message of each channel now and then.
          for (let k = 0; k < 5; k++) {
            hubHandles.forEach((handle) => {
              const held = hub.of("message").filter((m) => m.handle === handle).length;
              if (slow && held > k) hub.endpoint.consumed(handle, 1);
            });
            net.run(15_000);
          }
          peers.forEach((peer, i) => {
            const got = hub.of("message").filter((m) => m.handle === hubHandles[i]);
            const acknowledged = new Set(peer.of("acknowledged").map((e) => e.messageId));
            const expired = new Set(peer.of("expired").map((e) => e.messageId));
            let next = 0;
            for (const { id, bytes } of accepted[i]!) {
              expect(Number(acknowledged.has(id)) + Number(expired.has(id))).toBe(1);
              const arrived = next < got.length && Buffer.compare(got[next]!.bytes, bytes) === 0;
              if (arrived) next++;
              // What expired may have arrived; what was acknowledged has.
              if (acknowledged.has(id)) expect(arrived).toBe(true);
            }
            expect(got).toHaveLength(next);
            const patient = sent[i]!.map((m, k) => (m.ms === 1e7 ? accepted[i]![k]!.id : 0)).filter(Boolean);
            for (const id of patient) expect(acknowledged.has(id)).toBe(true);
            expect(peer.of("closed")).toEqual([]);
          });
          // All that was lent is there again: the longest message passes at once.
          hub.consumes = true;
          const longest = numbered(1024 * KIB, 15, 15);
          net.run(20_000);
          peers[0]!.endpoint.send(handles[0]!, longest, net.later(1e6));
          net.run(20_000);
          expect(hub.messages.at(-1)!.length).toBe(longest.length);
        },
      ),
      { numRuns: 12 },
    );
  });
});

test("[AFC-5] what was acknowledged by the time its sender closed, or died, has been delivered, in order", () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
        jitterMs: fc.constantFrom(0, 10, 100),
        count: fc.integer({ min: 1, max: 60 }),
        reads: fc.boolean(),
        dies: fc.boolean(),
      }),
      ({ seed, loss, jitterMs, count, reads, dies }) => {
        const rnd = random(seed);
        const [a, b] = [new Peer(1), new Peer(2)];
        let isPerfect = true;
        const net = new Net([a, b], () => (isPerfect ? [5] : rnd() < loss ? [] : [2 + jitterMs * rnd()]));
        const handle = net.connect(a, b);
        net.run(100);
        isPerfect = false;
        b.consumes = reads;
        const numbers = new Map<number, number>();
        for (let n = 0; n < count; n++) {
          const bytes = new Uint8Array(4 + Math.floor(rnd() ** 3 * 5000));
          new DataView(bytes.buffer).setUint32(0, n);
          const id = a.endpoint.send(handle, bytes, net.later(rnd() < 0.5 ? 20 + rnd() * 400 : 1e6));
          if (typeof id === "number") numbers.set(id, n);
          net.run(rnd() < 0.5 ? 0 : rnd() * 80);
        }
        net.run(rnd() * 300);
        const acknowledged = a.of("acknowledged").map((e) => numbers.get(e.messageId)!);
        if (dies) {
          net.peers.shift();
          b.endpoint.send(b.handle, Uint8Array.of(1), net.later(1e6));
        } else a.endpoint.close(handle, 1, net.now);
        net.run(120_000);
        expect(b.of("closed")).toHaveLength(1);
        const got = b.messages.map((m) => new DataView(m.buffer, m.byteOffset).getUint32(0));
        expect(got).toEqual(got.toSorted((x, y) => x - y));
        expect(new Set(got).size).toBe(got.length);
        expect(acknowledged.filter((n) => !got.includes(n))).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});
