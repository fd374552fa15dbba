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
