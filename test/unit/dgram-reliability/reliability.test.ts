import { describe, expect, test } from "vitest";
import { DecodeError } from "../../../src/base/errors.ts";
import { after, instant } from "../../../src/base/time.ts";
import { Reliability } from "../../../src/dgram-reliability/index.ts";
import {
  encodeAck,
  encodeCredit,
  encodeForward,
  encodeMessage,
} from "../../../src/dgram-reliability/wire.ts";
import { OPTIONS, Pair, random } from "./harness.ts";

const LATER = instant(1e9);
const reliable = { reliable: true, deadline: LATER };
const message = (n: number, length = 100): Uint8Array => new Uint8Array(length).fill(n);

describe("reliable messages", () => {
  test("[AFC-5] a message is delivered and acknowledged, and everything comes to rest", () => {
    const net = new Pair();
    const id = net.a.reliability.send(message(1), reliable);
    net.run(1000);
    expect(net.b.delivered).toEqual([message(1)]);
    expect(net.a.outcomes("acknowledged")).toEqual([id]);
    expect(net.a.reliability.inFlight).toBe(false);
    expect(net.b.reliability.inFlight).toBe(false);
  });

  test("the longest message and the empty one fit; one byte more is too large", () => {
    const net = new Pair();
    const max = net.a.reliability.messageBytesMax;
    expect(net.a.reliability.send(message(0, max + 1), reliable)).toBe("too-large");
    net.a.reliability.send(message(7, max), reliable);
    net.a.reliability.send(message(7, 0), reliable);
    net.run(1000);
    expect(net.b.delivered.map((m) => m.length)).toEqual([max, 0]);
    expect(net.a.outcomes("acknowledged")).toEqual([1, 2]);
  });

  test("[AFC-11] a lost packet is sent again, what came after it waits its turn", () => {
    let n = 0;
    const net = new Pair(() => (n++ === 2 ? [] : [5]));
    for (let i = 0; i < 20; i++) net.a.reliability.send(message(i, 1000), reliable);
    net.run(3000);
    expect(net.b.delivered).toEqual(Array.from({ length: 20 }, (_, i) => message(i, 1000)));
    expect(net.a.outcomes("acknowledged").sort((x, y) => x - y)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });

  test("small messages share packets", () => {
    const net = new Pair();
    for (let i = 0; i < 40; i++) net.a.reliability.send(message(i, 8), reliable);
    net.run(1000);
    expect(net.b.delivered).toHaveLength(40);
    expect(net.a.packets).toBeLessThan(8);
  });

  test("[AFC-5] a deadline that passes is reported once, and the messages behind it still arrive", () => {
    const net = new Pair(() => []);
    const first = net.a.reliability.send(message(1), { reliable: true, deadline: after(net.now, 500) });
    net.run(1000);
    expect(net.a.outcomes("expired")).toEqual([first]);
    net.fate = () => [5];
    const second = net.a.reliability.send(message(2), reliable);
    net.run(20_000);
    expect(net.b.delivered).toEqual([message(2)]);
    expect(net.a.outcomes("acknowledged")).toEqual([second]);
    expect(net.a.outcomes("expired")).toEqual([first]);
  });

  test("a message that expires before it was ever sent leaves no trace on the wire", () => {
    const net = new Pair();
    net.a.reliability.send(message(1), { reliable: true, deadline: net.now });
    net.a.reliability.handleTimeout(net.now);
    net.run(100);
    expect(net.a.outcomes("expired")).toEqual([1]);
    expect(net.b.delivered).toEqual([]);
  });

  test("a receiver that consumes nothing stops the sender at its window, and credit starts it again", () => {
    const net = new Pair();
    net.b.consumes = false;
    for (let i = 0; i < 200; i++) expect(net.a.reliability.send(message(i), reliable)).toBe(i + 1);
    net.run(10_000);
    expect(net.b.delivered).toHaveLength(OPTIONS.receiveMessagesMax);
    net.b.consumes = true;
    net.b.reliability.consumed(OPTIONS.receiveMessagesMax);
    net.run(10_000);
    expect(net.b.delivered).toEqual(Array.from({ length: 200 }, (_, i) => message(i)));
  });

  test("credit that is lost is granted again", () => {
    const net = new Pair();
    net.b.consumes = false;
    for (let i = 0; i < 100; i++) net.a.reliability.send(message(i), reliable);
    net.run(10_000);
    net.b.consumes = true;
    net.fate = () => [];
    net.b.reliability.consumed(OPTIONS.receiveMessagesMax);
    net.run(100);
    net.fate = () => [5];
    net.run(10_000);
    expect(net.b.delivered).toHaveLength(100);
  });

  test("the window counts bytes as well", () => {
    const net = new Pair();
    net.b.consumes = false;
    const max = net.a.reliability.messageBytesMax;
    const few = { ...OPTIONS, receiveMessagesMax: 1000 };
    const wide = new Pair(undefined, few);
    wide.b.consumes = false;
    for (let i = 0; i < 200; i++) wide.a.reliability.send(message(i, max), reliable);
    wide.run(10_000);
    expect(wide.b.delivered).toHaveLength(Math.floor(few.receiveBytesMax / max));
  });

  test("the send queue is bounded in messages and in bytes", () => {
    const net = new Pair(() => []);
    for (let i = 0; i < OPTIONS.sendMessagesMax; i++) {
      expect(net.a.reliability.send(message(0, 0), reliable)).toBe(i + 1);
    }
    expect(net.a.reliability.send(message(0, 0), reliable)).toBe("blocked");
    const bytes = new Reliability({ ...OPTIONS, sendBytesMax: 1000 }, net.now);
    expect(bytes.send(message(0, 1000), reliable)).toBe(1);
    expect(bytes.send(message(0, 1), reliable)).toBe("blocked");
  });

  test("a dead network costs ever fewer packets, and the first after it heals arrives soon", () => {
    const net = new Pair(() => []);
    net.a.reliability.send(message(1), reliable);
    net.run(60_000);
    const sent = net.a.packets;
    expect(sent).toBeLessThan(50);
    net.fate = () => [5];
    net.run(5000);
    expect(net.b.delivered).toEqual([message(1)]);
  });
});

describe("unreliable messages", () => {
  test("[AFC-11] arrive at most once and are not sent again", () => {
    const rnd = random(7);
    const net = new Pair(() => (rnd() < 0.3 ? [] : rnd() < 0.3 ? [5, 9] : [5 + 20 * rnd()]));
    const options = { reliable: false, deadline: after(net.now, 20_000) };
    for (let i = 0; i < 100; i++) {
      net.a.reliability.send(message(i, 900), options);
      net.run(10);
    }
    net.run(30_000);
    const seen = net.b.delivered.map((m) => m[0]!);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(40);
    expect(seen.length).toBeLessThan(95);
    // Every one has exactly one outcome.
    const all = [...net.a.outcomes("acknowledged"), ...net.a.outcomes("expired")].sort((x, y) => x - y);
    expect(all).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  test("are dropped where the window is full, and both kinds are consumed in the order delivered", () => {
    const net = new Pair();
    net.b.consumes = false;
    const unreliable = { reliable: false, deadline: after(net.now, 60_000) };
    const sendBoth = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        net.a.reliability.send(message(i), reliable);
        net.a.reliability.send(message(i), unreliable);
        net.run(20);
      }
    };
    const counts = (): { reliable: number; unreliable: number } => {
      const kinds = net.b.events.flatMap((e) => (e.kind === "message" ? [e.reliable] : []));
      const n = kinds.filter((k) => k).length;
      return { reliable: n, unreliable: kinds.length - n };
    };
    const half = OPTIONS.receiveMessagesMax / 2;
    sendBoth(0, half);
    expect(counts()).toEqual({ reliable: half, unreliable: half });
    sendBoth(half, half + 10);
    expect(counts()).toEqual({ reliable: half + 10, unreliable: half });
    // A dropped one was received all the same: the peer is not taken for dead. The newest of them waits for room.
    expect(net.a.outcomes("expired")).toEqual([]);
    net.b.reliability.consumed(net.b.delivered.length);
    net.b.consumes = true;
    sendBoth(half + 10, 200);
    net.run(1000);
    expect(counts()).toEqual({ reliable: 200, unreliable: 200 - 9 });
  });
});

describe("congestion", () => {
  test("no more than ten packets leave before the first acknowledgement", () => {
    const net = new Pair();
    for (let i = 0; i < 30; i++) net.a.reliability.send(message(i, 1100), reliable);
    net.drain();
    expect(net.a.packets).toBe(10);
    net.run(1000);
    expect(net.b.delivered).toHaveLength(30);
  });

  test("a bottleneck with a short queue is neither flooded nor starved", () => {
    // 1 packet a millisecond, 20 packets of queue, 20 ms each way.
    let busyUntil = 0;
    let dropped = 0;
    const net: Pair = new Pair(
      (bytes) => {
        if (bytes.length < 200) return [20];
        const start = Math.max(busyUntil, net.now);
        if (start - net.now > 20) {
          dropped++;
          return [];
        }
        busyUntil = start + 1;
        return [start + 1 - net.now + 20];
      },
      { ...OPTIONS, receiveMessagesMax: 512, receiveBytesMax: 1024 * 1024 },
    );
    let sent = 0;
    const until = net.now + 5000;
    while (net.now < until) {
      while (sent < 20_000 && typeof net.a.reliability.send(message(sent & 255, 1100), reliable) === "number")
        sent++;
      if (!net.step(until)) break;
    }
    expect(net.b.delivered.length).toBeGreaterThan(2500);
    expect(dropped).toBeLessThan(net.b.delivered.length / 10);
  });
});

describe("a peer that lies", () => {
  const fresh = (): Reliability => new Reliability(OPTIONS, instant(0));
  const packet = (build: (out: Uint8Array) => number): Uint8Array => {
    const out = new Uint8Array(1200);
    return out.slice(0, build(out));
  };
  const refused = (bytes: Uint8Array, code: string): void => {
    const r = fresh();
    let error: unknown;
    try {
      r.receive(0, bytes, instant(0));
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(DecodeError);
    expect((error as DecodeError).code).toBe(code);
    expect(r.pollEvent()).toBeUndefined();
    // Nothing was noted: the same number is still good.
    expect(
      r.receive(
        0,
        packet((o) => encodeMessage(o, 0, true, 0, message(1))),
        instant(0),
      ),
    ).toBe("ok");
  };

  test("acknowledging what was never sent", () => {
    refused(
      packet((o) => encodeAck(o, 0, [0, 5], 0)),
      "ack-of-unsent",
    );
  });
  test("granting credit for what was never sent", () => {
    refused(
      packet((o) => encodeCredit(o, 0, { finished: 1, messages: 1, bytes: 1 })),
      "credit-of-unsent",
    );
  });
  test("sending past the window, giving up past the window", () => {
    refused(
      packet((o) => encodeMessage(o, 0, true, OPTIONS.receiveMessagesMax, message(1))),
      "message-beyond-credit",
    );
    refused(
      packet((o) => encodeForward(o, 0, OPTIONS.receiveMessagesMax + 1)),
      "forward-beyond-credit",
    );
  });
  test("a message of the kind that is not taken", () => {
    for (const receiveOnly of ["reliable", "unreliable"] as const) {
      const r = new Reliability({ ...OPTIONS, receiveOnly }, instant(0));
      const other = packet((o) => encodeMessage(o, 0, receiveOnly === "unreliable", 0, message(1)));
      const taken = packet((o) => encodeMessage(o, 0, receiveOnly === "reliable", 0, message(1)));
      expect(() => r.receive(0, other, instant(0))).toThrow("wrong-delivery");
      expect(r.pollEvent()).toBeUndefined();
      expect(r.receive(0, taken, instant(0))).toBe("ok");
      expect(r.pollEvent()).toMatchObject({ kind: "message", reliable: receiveOnly === "reliable" });
    }
  });
  test("a message longer than the maximum", () => {
    const m = packet((o) => encodeMessage(o, 0, true, 0, message(1)));
    const huge = m.slice();
    huge[13] = 0x7f;
    refused(huge, "message-too-large");
  });
});

test("repetitions cost the receiver nothing", () => {
  const r = new Reliability(OPTIONS, instant(0));
  const packet = (id: number): Uint8Array => {
    const out = new Uint8Array(1200);
    return out.slice(0, encodeMessage(out, 0, true, id, message(id, 1000)));
  };
  let number = 0;
  for (let i = 0; i < 1000; i++) {
    for (const id of [0, 2]) r.receive(number++, packet(id), instant(i));
  }
  r.receive(number, packet(1), instant(1000));
  const delivered: number[] = [];
  for (let e = r.pollEvent(); e !== undefined; e = r.pollEvent())
    if (e.kind === "message") delivered.push(e.bytes[0]!);
  expect(delivered).toEqual([0, 1, 2]);
  r.consumed(3);
  expect(() => r.consumed(1)).toThrow(RangeError);
});

test("a window below the initial credit is refused", () => {
  expect(() => new Reliability({ ...OPTIONS, receiveMessagesMax: 31 }, instant(0))).toThrow(RangeError);
});
