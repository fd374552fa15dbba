import fc from "fast-check";
import { expect, test } from "vitest";
import { after, instant } from "../../src/base/time.ts";
import { NumberRuns } from "../../src/dgram-reliability/number-runs.ts";
import { reliabilityLiar } from "../support/reliability-liar.ts";
import { PLANTED, reliabilityStorm } from "../support/reliability-storm.ts";
import { OPTIONS, Pair, random } from "../unit/dgram-reliability/harness.ts";

test.each([1, 51, 101, 151])(
  "[AFC-11] in 50 storms from seed %i on every message comes out once, whole and in its order, or is known to be lost",
  (first) => {
    for (let seed = first; seed < first + 50; seed++) {
      expect(reliabilityStorm(seed), `reliabilityStorm(${seed})`).toEqual([]);
    }
  },
);

test.each(PLANTED)("a storm finds a planted bug: %s", (bug) => {
  const found = Array.from({ length: 20 }, (_, i) => i + 1).filter((seed) => {
    try {
      return reliabilityStorm(seed, bug).length > 0;
    } catch {
      return true; // the other end refused what it was sent
    }
  });
  expect(found.length).toBeGreaterThan(0);
});

test("[AFC-12] a peer that lies is refused, changes nothing by it, and holds no more memory than it was granted", () => {
  const refused = new Map<string, number>();
  for (let seed = 1; seed <= 100; seed++) {
    expect(reliabilityLiar(seed, refused), `reliabilityLiar(${seed})`).toEqual([]);
  }
  for (const code of [
    "ack-of-unsent",
    "credit-of-unsent",
    "forward-beyond-credit",
    "fragment-contradicts",
    "fragment-overlap",
    "message-beyond-credit",
  ]) {
    expect(refused.get(code), code).toBeGreaterThan(10);
  }
});

/** The perfect channel this is held against: what goes in comes out, once, in order. */
test("[AFC-11] over any network, what is delivered is what was sent, once and in order", () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        loss: fc.double({ min: 0, max: 0.6, noNaN: true }),
        copies: fc.double({ min: 0, max: 0.4, noNaN: true }),
        jitterMs: fc.constantFrom(0, 3, 40, 300),
        messages: fc.integer({ min: 1, max: 150 }),
        lazy: fc.boolean(),
      }),
      ({ seed, loss, copies, jitterMs, messages, lazy }) => {
        const rnd = random(seed);
        let healed = false;
        const net = new Pair(() => {
          if (healed) return [5];
          const out: number[] = [];
          for (let again = true; again; again = rnd() < copies) {
            if (rnd() >= loss) out.push(2 + jitterMs * rnd());
          }
          return out;
        });
        const sent = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
        const ids = { a: [] as number[], b: [] as number[] };
        net.b.consumes = !lazy;
        let consumed = 0;
        for (let i = 0; i < messages; i++) {
          const side = rnd() < 0.8 ? "a" : "b";
          const bytes = new Uint8Array(Math.floor(rnd() * rnd() * 1148)).map(() => Math.floor(rnd() * 256));
          const id = net[side].reliability.send(bytes, { reliable: true, deadline: instant(1e9) });
          if (typeof id !== "number") continue;
          sent[side].push(bytes);
          ids[side].push(id);
          net.run(rnd() < 0.7 ? 0 : 30 * rnd());
          if (lazy && rnd() < 0.2) {
            const held = net.b.delivered.length - consumed;
            expect(held).toBeLessThanOrEqual(OPTIONS.receiveMessagesMax);
            net.b.reliability.consumed(held);
            consumed += held;
          }
        }
        healed = true;
        if (lazy) net.b.reliability.consumed(net.b.delivered.length - consumed);
        net.b.consumes = true;
        net.drain();
        net.run(120_000);
        expect(net.b.delivered).toEqual(sent.a);
        expect(net.a.delivered).toEqual(sent.b);
        expect(net.a.outcomes("acknowledged").sort((x, y) => x - y)).toEqual(ids.a);
        expect(net.b.outcomes("acknowledged").sort((x, y) => x - y)).toEqual(ids.b);
        expect(net.a.reliability.unsettled).toBe(0);
        expect(net.a.reliability.inFlight).toBe(false);
        expect(net.b.reliability.inFlight).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

test("with deadlines, every message has one outcome, acknowledged ones were delivered, order holds", () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        loss: fc.double({ min: 0, max: 0.9, noNaN: true }),
        deadlineMs: fc.integer({ min: 1, max: 2000 }),
      }),
      ({ seed, loss, deadlineMs }) => {
        const rnd = random(seed);
        let healed = false;
        const net = new Pair(() => (healed || rnd() >= loss ? [1 + 30 * rnd()] : []));
        for (let i = 0; i < 100; i++) {
          const deadline = after(net.now, deadlineMs * rnd());
          net.a.reliability.send(Uint8Array.of(i), { reliable: true, deadline });
          net.run(20 * rnd());
        }
        healed = true;
        net.run(30_000);
        const last = net.a.reliability.send(Uint8Array.of(200), { reliable: true, deadline: instant(1e9) });
        net.run(30_000);
        const got = net.b.delivered.map((m) => m[0]!);
        expect(got).toEqual([...new Set(got)].sort((x, y) => x - y));
        expect(got.at(-1)).toBe(200);
        const acknowledged = net.a.outcomes("acknowledged");
        for (const id of acknowledged) expect(got).toContain(id === last ? 200 : id - 1);
        const all = [...acknowledged, ...net.a.outcomes("expired")].sort((x, y) => x - y);
        expect(all).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
      },
    ),
    { numRuns: 60 },
  );
});

test("runs of numbers behave as a set whose oldest part is taken as full", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 200 }), (numbers) => {
      const runs = new NumberRuns(1000);
      const bounded = new NumberRuns(4);
      const model = new Set<number>();
      for (const n of numbers) {
        expect(runs.add(n)).toBe(!model.has(n));
        if (bounded.add(n)) expect(model.has(n)).toBe(false);
        model.add(n);
        expect(bounded.has(n)).toBe(true);
      }
      const few = runs.recent(5, 60, [3, 50]);
      for (let i = 0; i < few.length; i += 2)
        for (let n = few[i + 1]!; n >= few[i]!; n--) expect(model).toContain(n);
      const wanted = [runs.highest, 3, 50, ...[...model].filter((n) => n > 60)].filter((n) => model.has(n));
      if (few.length < 10)
        for (const n of wanted)
          expect(few.some((low, i) => i % 2 === 0 && low <= n && n <= few[i + 1]!)).toBe(true);
      const listed: number[] = [];
      const d = runs.descending(1000);
      for (let i = 0; i < d.length; i += 2) for (let n = d[i + 1]!; n >= d[i]!; n--) listed.push(n);
      expect(listed).toEqual([...model].sort((x, y) => y - x));
      expect(bounded.descending(1000).length).toBeLessThanOrEqual(8);
    }),
  );
});
