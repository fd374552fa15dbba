/** RFC 9002 against a sender whose peer is played by hand. */
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../../src/base/errors.ts";
import { instant } from "../../../src/base/time.ts";
import { Reliability, TUNING } from "../../../src/dgram-reliability/index.ts";
import type { PacketFate } from "../../../src/dgram-reliability/index.ts";
import { Reordering } from "../../../src/dgram-reliability/reordering.ts";
import { Rtt } from "../../../src/dgram-reliability/rtt.ts";
import { NUMBER_MAX, decodePacket, encodeAck, encodeMessage } from "../../../src/dgram-reliability/wire.ts";
import { OPTIONS } from "./harness.ts";

const LATER = instant(1e9);

class Sending {
  readonly fates: [number, PacketFate][] = [];
  readonly reliability: Reliability;
  now = 0;
  next = 0;
  readonly sent: { number: number; bytes: Uint8Array }[] = [];
  readonly events: string[] = [];
  #heard = 0;

  constructor(options: object = {}) {
    this.reliability = new Reliability(
      { ...OPTIONS, ...options, onPacketFate: (bytes, fate) => this.fates.push([bytes, fate]) },
      instant(0),
    );
    this.drain(); // CREDIT
  }

  drain(): number[] {
    const numbers: number[] = [];
    const out = new Uint8Array(2000);
    for (;;) {
      const length = this.reliability.pollPacket(out, 0, this.next, instant(this.now));
      if (length === 0) break;
      this.sent.push({ number: this.next, bytes: out.slice(0, length) });
      numbers.push(this.next++);
    }
    for (let e = this.reliability.pollEvent(); e !== undefined; e = this.reliability.pollEvent()) {
      if (e.kind !== "message") this.events.push(`${e.kind} ${e.messageId}`);
    }
    return numbers;
  }

  /** One packet for each. */
  send(count: number, length = 1148): number[] {
    for (let i = 0; i < count; i++) {
      this.reliability.send(new Uint8Array(length).fill(i), { reliable: true, deadline: LATER });
    }
    return this.drain();
  }

  /** Runs as in an ACK: low, high, highest first. */
  ack(runs: number[], delayUs = 0): number[] {
    const out = new Uint8Array(300);
    const bytes = out.slice(0, encodeAck(out, 0, runs, delayUs));
    this.reliability.receive(this.#heard++, bytes, instant(this.now));
    return this.drain();
  }

  due(): number[] {
    this.now = this.reliability.nextTimeout()!;
    this.reliability.handleTimeout(instant(this.now));
    return this.drain();
  }

  ids(number: number): number[] {
    return decodePacket(this.sent.find((p) => p.number === number)!.bytes).messages.map((m) => m.id);
  }

  /** An RTT of 100 ms and everything acknowledged. */
  settled(): this {
    this.now += 100;
    this.ack([0, this.next - 1]);
    return this;
  }
}

describe("what is lost", () => {
  test("three packets later, or an eighth of a round trip after one that was sent later", () => {
    const s = new Sending().settled();
    const [a, b, c] = s.send(3) as [number, number, number];
    s.now += 100;
    expect(s.ack([c, c])).toEqual([]);
    const [again] = s.due() as [number];
    expect(s.now).toBeCloseTo(212.5, 5);
    expect([s.ids(again), s.ids(again + 1)]).toEqual([s.ids(a), s.ids(b)]);
    const more = s.send(4);
    s.now += 50;
    const last = more.at(-1)!;
    expect(s.ack([last, last]).length).toBeGreaterThan(0); // the first of the four, at once
    expect(s.fates.filter(([, fate]) => fate === "lost").length).toBeGreaterThanOrEqual(3);
  });

  test("an acknowledgement of what is lost and already sent again is not two deliveries", () => {
    const s = new Sending().settled();
    const [a, , , d] = s.send(4) as [number, number, number, number];
    s.now += 100;
    const again = s.ack([a + 1, d]);
    expect(again).toHaveLength(1);
    expect(s.events).toEqual(["acknowledged 2", "acknowledged 3", "acknowledged 4"]);
    s.now += 10;
    s.ack([a, d]);
    expect(s.events.at(-1)).toBe("acknowledged 1");
    s.now += 100;
    s.ack([again[0]!, again[0]!]);
    expect(s.events).toHaveLength(4);
    expect(s.reliability.inFlight).toBe(false);
    expect(s.reliability.inFlightBytes).toBe(0);
  });

  test("what arrives late while it waits to be sent again is not sent again", () => {
    const s = new Sending().settled();
    const numbers = s.send(10);
    const first = numbers[0]!;
    s.now += 100;
    // No draining between the two acknowledgements.
    const out = new Uint8Array(100);
    const ack = (n: number, runs: number[]): void => {
      s.reliability.receive(n, out.slice(0, encodeAck(out, 0, runs, 0)), instant(s.now));
    };
    ack(100, [first + 1, first + 5]);
    ack(101, [first, first + 5]);
    for (const number of s.drain()) expect(s.ids(number)).not.toContain(0);
  });
});

describe("reordering", () => {
  test("a packet that was late raises both thresholds, quiet lowers them", () => {
    const rtt = new Rtt(100);
    const r = new Reordering();
    expect([r.packetThreshold, r.lossDelayMs(rtt)]).toEqual([3, 112.5]);
    r.onLate(20, 130, rtt);
    expect(r.packetThreshold).toBe(21);
    expect(r.lossDelayMs(rtt)).toBeCloseTo(142.5);
    r.onLate(5, 10_000, rtt);
    expect(r.packetThreshold).toBe(21);
    expect(r.lossDelayMs(rtt)).toBe(200);
    r.onLate(1e9, 1, rtt);
    expect(r.packetThreshold).toBe(TUNING.packetThresholdMax);
    for (let i = 1; i < TUNING.reorderingForgottenAfterEvents; i++) r.onCongestionEvent();
    expect(r.packetThreshold).toBe(TUNING.packetThresholdMax);
    r.onCongestionEvent();
    expect([r.packetThreshold, r.lossDelayMs(rtt)]).toEqual([3, 112.5]);
  });

  test("a window reduced for a late packet is restored", () => {
    const s = new Sending().settled();
    const numbers = s.send(9);
    const before = s.reliability.windowBytes;
    s.now += 100;
    s.ack([numbers[1]!, numbers[4]!]);
    expect(s.reliability.windowBytes).toBeLessThan(before);
    s.now += 1;
    s.ack([numbers[0]!, numbers[4]!]);
    expect(s.reliability.windowBytes).toBeGreaterThanOrEqual(before);
  });
});

describe("probes", () => {
  test("time-outs double up to the cap, each sends two packets past the window, and an answer ends that", () => {
    const s = new Sending().settled();
    s.send(30);
    const gaps: number[] = [];
    for (let i = 0; i < 10; i++) {
      const before = s.now;
      expect(s.due().length).toBeLessThanOrEqual(2);
      gaps.push(s.now - before);
    }
    expect(gaps[1]! / gaps[0]!).toBeCloseTo(2);
    expect(gaps[2]! / gaps[1]!).toBeCloseTo(2);
    expect(gaps.at(-1)).toBe(TUNING.ptoMaxMs);
    expect(s.fates.filter(([, fate]) => fate === "timeout")).toHaveLength(10);
    // Copies of the oldest, each message once.
    const copies = s.sent.slice(-6).map((p) => s.ids(p.number)[0]);
    expect(new Set(copies).size).toBe(6);
    s.now += 10;
    s.ack([s.next - 1, s.next - 1]);
    expect(s.reliability.nextTimeout()! - s.now).toBeLessThan(TUNING.ptoMaxMs);
  });

  test("everything lost for longer than three time-outs is persistent congestion; with one arrival between it is not", () => {
    const after = (arrives: boolean): number => {
      const s = new Sending().settled();
      const [first] = s.send(2) as [number];
      s.now += 300;
      const [middle] = s.send(1) as [number];
      s.now += 900;
      s.send(1);
      const last = s.send(5).at(-1)!;
      s.now += 100;
      if (arrives) s.ack([last, last, middle, middle]);
      else s.ack([last, last]);
      expect(s.fates.filter(([, fate]) => fate === "lost").length).toBeGreaterThan(arrives ? 2 : 3);
      expect(first).toBeGreaterThan(0);
      return s.reliability.windowBytes;
    };
    expect(after(false)).toBe(TUNING.minimumWindowPackets * OPTIONS.packetBytesMax);
    expect(after(true)).toBeGreaterThan(TUNING.minimumWindowPackets * OPTIONS.packetBytesMax);
  });
});

describe("round-trip time", () => {
  test("the peer's delay is taken off, but not more than it may wait, and never below the least seen", () => {
    const rtt = new Rtt();
    rtt.sample(100, 90); // the first is taken as it is
    expect(rtt.smoothedMs).toBe(100);
    rtt.sample(120, 10);
    expect(rtt.smoothedMs).toBeCloseTo(100 + 10 / 8);
    rtt.sample(200, 1000);
    expect(rtt.smoothedMs).toBeCloseTo(((100 + 10 / 8) * 7 + 175) / 8);
    const low = new Rtt();
    low.sample(100, 0);
    low.sample(110, 20);
    expect(low.smoothedMs).toBeCloseTo(100 + 10 / 8);
  });
});

describe("another path", () => {
  test("window and round-trip time begin anew, the old path's fate says nothing, and a probe goes at once", () => {
    const s = new Sending();
    for (let i = 0; i < 2; i++) {
      s.send(10);
      s.settled();
      s.settled(); // what pacing held back
    }
    expect(s.reliability.unsettled).toBe(0);
    s.now += 1000;
    const old = s.send(5);
    expect(s.reliability.windowBytes).toBeGreaterThan(20_000);
    s.reliability.onPathChange(instant(s.now));
    expect(s.reliability.rttMs).toBe(TUNING.initialRttMs);
    expect(s.reliability.windowBytes).toBe(11_670);
    expect(s.reliability.inFlightBytes).toBe(0);
    const probes = s.drain();
    expect(s.ids(probes[0]!)).toEqual(s.ids(old[0]!));
    expect(s.ids(probes[1]!)).toEqual(s.ids(old[1]!));
    s.now += 40;
    const lostBefore = s.fates.filter(([, fate]) => fate === "lost").length;
    s.ack([probes[0]!, probes[0]!]);
    expect(s.reliability.rttMs).toBe(40);
    expect(s.reliability.windowBytes).toBeGreaterThanOrEqual(11_670);
    expect(s.fates.filter(([, fate]) => fate === "lost")).toHaveLength(lostBefore);
    s.now += 400;
    s.ack([0, s.next - 1]);
    expect(s.reliability.unsettled).toBe(0);
    expect(s.reliability.inFlightBytes).toBe(0);
  });
});

describe("blind acknowledgements", () => {
  const code = (f: () => unknown): string => {
    try {
      f();
    } catch (e) {
      if (e instanceof DecodeError) return e.code;
      throw e;
    }
    return "";
  };

  test("[AFC-12] of packets not sent yet, and of numbers that were skipped", () => {
    const s = new Sending();
    s.next = 5; // the carrier used 1 to 4 for itself
    s.send(1);
    s.next = 9;
    s.send(1);
    for (const runs of [
      [0, 10],
      [0, 9],
      [4, 5],
      [9, 9, 2, 3],
      [0, 1],
    ]) {
      expect(
        code(() => s.ack(runs)),
        runs.join(),
      ).toBe("ack-of-unsent");
    }
    expect(s.events).toEqual([]);
    expect(code(() => s.ack([9, 9, 5, 5, 0, 0]))).toBe("");
    expect(s.events).toEqual(["acknowledged 1", "acknowledged 2"]);
  });

  test("skipped runs are remembered up to a maximum, the newest", () => {
    const s = new Sending().settled();
    for (let i = 0; i < TUNING.skippedRunsMax + 1; i++) {
      s.next += 2;
      s.reliability.send(new Uint8Array(1), { reliable: false, deadline: LATER });
      s.drain();
      s.now += 10;
      s.ack([s.next - 1, s.next - 1]);
    }
    expect(code(() => s.ack([s.next - 2, s.next - 1]))).toBe("ack-of-unsent");
    expect(code(() => s.ack([0, 3]))).toBe("");
  });
});

describe("numbers near their end", () => {
  test("[AFC-12] the last number is 2^53 - 1, on both sides; the carrier must not go on", () => {
    const s = new Sending().settled();
    s.next = NUMBER_MAX - 1;
    const [one, two] = [s.send(1), s.send(1)];
    expect([one, two]).toEqual([[NUMBER_MAX - 1], [NUMBER_MAX]]);
    s.now += 10;
    s.ack([NUMBER_MAX - 1, NUMBER_MAX]);
    expect(s.events).toEqual(["acknowledged 1", "acknowledged 2"]);
    s.reliability.send(new Uint8Array(1), { reliable: true, deadline: LATER });
    expect(() => s.reliability.pollPacket(new Uint8Array(1200), 0, NUMBER_MAX + 1, instant(s.now))).toThrow(
      "begins anew",
    );

    const r = new Reliability(OPTIONS, instant(0));
    const out = new Uint8Array(1200);
    const packet = (id: number): Uint8Array =>
      out.slice(0, encodeMessage(out, 0, true, id, Uint8Array.of(id)));
    expect(r.receive(NUMBER_MAX, packet(0), instant(0))).toBe("ok");
    expect(r.receive(NUMBER_MAX - 1, packet(1), instant(0))).toBe("ok");
    expect(r.receive(NUMBER_MAX, packet(2), instant(0))).toBe("duplicate");
    const length = r.pollPacket(out, 0, 0, instant(0));
    expect(decodePacket(out.slice(0, length)).ack?.runs).toEqual([NUMBER_MAX - 1, NUMBER_MAX]);
  });
});

test("each arrival is told in sixteen acknowledgements, late ones too, and old gaps in none", () => {
  const r = new Reliability(OPTIONS, instant(0));
  const out = new Uint8Array(1200);
  let sent = 0;
  const hear = (number: number): readonly number[] => {
    r.receive(number, Uint8Array.of(4), instant(number));
    const length = r.pollPacket(out, 0, sent++, instant(number + TUNING.ackDelayMaxMs));
    return decodePacket(out.slice(0, length)).ack!.runs;
  };
  for (let n = 0; n < 10; n++) hear(n);
  expect(hear(12)).toEqual([12, 12, 0, 9]);
  for (let n = 13; n < 30; n++) hear(n);
  expect(hear(30)).toEqual([12, 30]);
  const late = TUNING.ackRepeats;
  expect(hear(10)).toEqual([12, 30, 0, 10]);
  for (let i = 1; i < late; i++) expect(hear(30 + i)).toEqual([12, 30 + i, 0, 10]);
  expect(hear(30 + late)).toEqual([12, 30 + late]);
});

describe("[AFC-11] when an acknowledgement is sent", () => {
  /** One that only receives: `ping` packets in order, and what it answers at that moment. */
  function receiving(initial: number): { r: Reliability; answers: (number: number, at: number) => boolean } {
    const r = new Reliability(OPTIONS, instant(0));
    const out = new Uint8Array(1200);
    let sent = 0;
    const poll = (at: number): number => {
      const length = r.pollPacket(out, 0, sent, instant(at));
      if (length > 0) sent++;
      return length;
    };
    while (poll(0) > 0); // CREDIT
    const answers = (number: number, at: number): boolean => {
      r.receive(number, Uint8Array.of(4), instant(at));
      return poll(at) > 0;
    };
    for (let number = 0; number < initial; number++) answers(number, 0);
    return { r, answers };
  }

  test("every second packet of the first, every tenth later", () => {
    const { answers } = receiving(0);
    const told: number[] = [];
    for (let number = 0; number < 300; number++) if (answers(number, 0)) told.push(number + 1);
    const [first, later] = [told.filter((n) => n <= 128), told.filter((n) => n > 128)];
    expect(first).toEqual(Array.from({ length: 64 }, (_, i) => 2 * (i + 1)));
    expect(later).toEqual(Array.from({ length: 17 }, (_, i) => 128 + 10 * (i + 1)));
  });

  test("at once when one is missing, however many came before", () => {
    const { answers } = receiving(200);
    expect(answers(205, 0)).toBe(true);
    expect(answers(206, 0)).toBe(false);
    expect(answers(201, 0)).toBe(true);
  });

  test("of a lone packet a quarter of a round trip later, a millisecond while none was measured", () => {
    const { r, answers } = receiving(208);
    expect(answers(208, 100)).toBe(false);
    expect(r.nextTimeout()).toBe(101);
    const rtt = new Rtt();
    expect(rtt.ackDelayMs).toBe(TUNING.ackDelayMinMs);
    for (const [roundTripMs, delayMs] of [
      [0.2, 1],
      [40, 10],
      [400, 25],
    ] as const) {
      const measured = new Rtt();
      measured.sample(roundTripMs, 0);
      expect(measured.ackDelayMs).toBe(delayMs);
    }
  });
});
