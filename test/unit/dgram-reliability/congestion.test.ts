import { describe, expect, test } from "vitest";
import { after, instant } from "../../../src/base/time.ts";
import type { Instant } from "../../../src/base/time.ts";
import { Congestion } from "../../../src/dgram-reliability/congestion.ts";
import { Cubic } from "../../../src/dgram-reliability/cubic.ts";
import { Rtt } from "../../../src/dgram-reliability/rtt.ts";
import { LARGE, Pair, random } from "./harness.ts";

const MSS = 1167;

/** Kilobytes a second that arrive in simulated time, and packets sent for each that was needed. */
function bulk(seed: number, loss: number, lateness: number, lateMs: number, seconds = 30): [number, number] {
  const rnd = random(seed);
  const net = new Pair(() => (rnd() < loss ? [] : [15 + (rnd() < lateness ? lateMs * rnd() : 0)]), {
    ...LARGE,
    receiveMessagesMax: 1024,
  });
  net.stepsMax = Infinity;
  const message = new Uint8Array(64 * 1024);
  const until = after(net.now, seconds * 1000);
  let bytes = 0;
  do {
    while (typeof net.a.reliability.send(message, { reliable: true, deadline: instant(1e9) }) === "number")
      continue;
    for (const e of net.b.events.splice(0)) if (e.kind === "message") bytes += e.bytes.length;
    net.a.events.length = 0;
  } while (net.step(until));
  return [bytes / seconds / 1000, (net.a.packets * 1148) / bytes];
}

describe("bulk transfer, 30 ms round trip", () => {
  /** Of NewReno, and of CUBIC where it is as fast as NewReno: MSS / RTT * sqrt(3/2) / sqrt(p). kB/s. */
  const formula = (loss: number): number => (1148 / 30) * Math.sqrt(1.5 / loss);

  test.each([1, 2, 3])(
    "[AFC-11] two in a hundred lost, one in ten late: at least 0.7 of the loss-rate formula, seed %i",
    (seed) => {
      const [rate, cost] = bulk(seed, 0.02, 0.1, 10);
      expect(rate).toBeGreaterThan(0.7 * formula(0.02));
      expect(rate).toBeLessThan(1.4 * formula(0.02)); // the formula's own accuracy: faster would be unfair
      expect(cost).toBeLessThan(1.06); // what was lost, and little else
    },
  );

  test("reordering by a round trip, without loss, is no loss", () => {
    const [ordered] = bulk(4, 0, 0, 0, 10);
    const [reordered, cost] = bulk(4, 0, 0.1, 30, 10);
    expect(reordered).toBeGreaterThan(ordered / 3);
    expect(cost).toBeLessThan(1.02);
  });
});

describe("CUBIC, RFC 9438", () => {
  const rtt = new Rtt(100);
  const acked = (c: Congestion, at: number, sentAt = at): void => {
    c.onSent(c.windowBytes);
    c.onAcked(c.windowBytes, instant(sentAt), c.inFlightBytes, rtt, instant(at));
  };

  test("returns to where it was after K seconds, slowly around it and then ever faster", () => {
    const cubic = new Cubic();
    let window = cubic.onLoss(1000 * MSS);
    expect(window).toBeCloseTo(700 * MSS);
    const k = Math.cbrt((1000 * 0.3) / 0.4);
    const at: number[] = [];
    for (let ms = 0; ms <= 2 * k * 1000; ms += 100) {
      window = cubic.onAcked(window, window, MSS, 100, instant(ms));
      at.push(window / MSS);
    }
    const near = (seconds: number): number => at[Math.round(seconds * 10)]!;
    expect(near(k) / 1000).toBeCloseTo(1, 1);
    expect(near(k / 2)).toBeGreaterThan(900);
    expect(near(2 * k - 1)).toBeGreaterThan(1200);
    expect(at).toEqual(at.toSorted((x, y) => x - y));
  });

  test("small windows grow as NewReno's do", () => {
    const cubic = new Cubic();
    let window = cubic.onLoss(10 * MSS);
    // 30 ms round trips: 3 (1 - b) / (1 + b) of a packet each until it is where it was, then a packet each.
    const windows: number[] = [];
    for (let i = 0; i < 20; i++)
      windows.push((window = cubic.onAcked(window, window, MSS, 30, instant(30 * i))) / MSS);
    expect(windows[0]).toBeCloseTo(7 + 0.53, 1);
    expect(windows[19]! - windows[18]!).toBeCloseTo(1, 1);
  });

  test("time in which the window was not used does not count", () => {
    const grown = (idle: boolean): number => {
      const c = new Congestion(MSS, instant(0));
      for (let i = 0; i < 6; i++) acked(c, i);
      c.onSent(MSS);
      c.onLost(MSS, instant(10), instant(10));
      for (let ms = 100; ms < 1000; ms += 100) acked(c, ms);
      if (idle) {
        for (let ms = 1000; ms < 20_000; ms += 100) {
          c.onSent(MSS);
          c.onAcked(MSS, instant(ms), MSS, rtt, instant(ms));
        }
        acked(c, 20_000);
        return c.windowBytes;
      }
      acked(c, 1000);
      return c.windowBytes;
    };
    expect(grown(true)).toBeCloseTo(grown(false), -2);
  });

  test("losses of one window are one event; if all of them were only late it never happened", () => {
    const c = new Congestion(MSS, instant(0));
    for (let i = 0; i < 4; i++) acked(c, i);
    const before = c.windowBytes;
    const lose = (sentAt: number, now: number): boolean => {
      c.onSent(MSS);
      return c.onLost(MSS, instant(sentAt), instant(now));
    };
    expect(lose(10, 100)).toBe(true);
    expect(lose(20, 110)).toBe(false);
    expect(c.windowBytes).toBeCloseTo(0.7 * before);
    c.onLate(c.event);
    expect(c.windowBytes).toBeCloseTo(0.7 * before);
    c.onLate(c.event);
    expect(c.windowBytes).toBe(before);
    // Of an older event: nothing.
    const old = c.event;
    expect(lose(200, 300)).toBe(true);
    c.onLate(old);
    expect(c.windowBytes).toBeCloseTo(0.7 * before);
    expect(c.inFlightBytes).toBe(0);
  });

  test("never below two packets, even of a new size", () => {
    const c = new Congestion(MSS, instant(0));
    for (let i = 1; i < 30; i++) {
      c.onSent(MSS);
      c.onLost(MSS, instant(i * 10), instant(i * 10 + 1));
    }
    expect(c.windowBytes).toBe(2 * MSS);
    c.onPersistentCongestion();
    c.packetBytes = 8000;
    expect(c.windowBytes).toBe(16_000);
    expect(c.windowOpen).toBe(true);
  });

  test("large packets begin with as many as RFC 9002 section 7.2 allows", () => {
    expect(new Congestion(1167, instant(0)).windowBytes).toBe(11_670);
    expect(new Congestion(1472, instant(0)).windowBytes).toBe(14_720);
    expect(new Congestion(5000, instant(0)).windowBytes).toBe(14_720);
    expect(new Congestion(9000, instant(0)).windowBytes).toBe(18_000);
  });
});

test("pacing spreads a window over a round trip", () => {
  const net = new Pair(() => [50], LARGE);
  const sentAt: Instant[] = [];
  const message = new Uint8Array(1100);
  net.fate = (bytes, from) => {
    if (from === net.a && bytes.length > 1000) sentAt.push(net.now);
    return [50];
  };
  const until = after(net.now, 600);
  do
    while (typeof net.a.reliability.send(message, { reliable: true, deadline: instant(1e9) }) === "number")
      continue;
  while (net.step(until));
  const lastRound = sentAt.filter((at) => at > until - 100);
  const busiest = Math.max(...lastRound.map((at) => lastRound.filter((x) => x >= at && x < at + 10).length));
  expect(lastRound.length).toBeGreaterThan(40);
  expect(busiest).toBeLessThan(lastRound.length / 2);
});
