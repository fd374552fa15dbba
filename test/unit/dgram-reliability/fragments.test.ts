import { describe, expect, test } from "vitest";
import { DecodeError } from "../../../src/base/errors.ts";
import { after, instant } from "../../../src/base/time.ts";
import { Reliability, TUNING } from "../../../src/dgram-reliability/index.ts";
import {
  FRAME,
  INITIAL_CREDIT,
  decodePacket,
  encodeForward,
  encodeFragment,
} from "../../../src/dgram-reliability/wire.ts";
import { LARGE, Pair, random } from "./harness.ts";

const LATER = instant(1e9);
const reliable = { reliable: true, deadline: LATER };

function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) bytes[i] = x = (x * 48271 + 11) | 0;
  return bytes;
}

const same = (got: Uint8Array[], wanted: Uint8Array[]): void => {
  expect(got.map((m) => m.length)).toEqual(wanted.map((m) => m.length));
  got.forEach((m, i) => {
    expect(Buffer.compare(m, wanted[i]!)).toBe(0);
  });
};

describe("messages in fragments", () => {
  test("[AFC-11] a message of 1 MiB arrives whole through a window of 1 MiB, one byte more is too large", () => {
    const net = new Pair(undefined, { ...LARGE, messageBytesMax: undefined });
    expect(net.a.reliability.messageBytesMax).toBe(1024 * 1024);
    const message = pattern(1024 * 1024);
    expect(net.a.reliability.send(pattern(1024 * 1024 + 1), reliable)).toBe("too-large");
    net.a.reliability.send(message, reliable);
    net.run(10_000);
    same(net.b.delivered, [message]);
    expect(net.a.outcomes("acknowledged")).toEqual([1]);
    expect(net.b.reliability.assemblyBytes).toBe(0);
  });

  test("[AFC-11] what is lost of a message is sent again, and nothing else", () => {
    let n = 0;
    const lost: string[] = [];
    const seen = new Map<string, number>();
    const net: Pair = new Pair((bytes, from) => {
      if (from === net.b) return [5];
      const names = decodePacket(bytes).messages.map((m) => `${m.id} ${m.offset}`);
      for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
      if (n++ % 25 !== 7 || n > 200) return [5];
      lost.push(...names);
      return [];
    }, LARGE);
    const message = pattern(300_000);
    net.a.reliability.send(message, reliable);
    net.run(20_000);
    same(net.b.delivered, [message]);
    expect(lost.length).toBeGreaterThan(5);
    const repeated = [...seen].filter(([, times]) => times > 1).map(([name]) => name);
    expect(repeated.sort()).toEqual([...new Set(lost)].sort());
  });

  test("a message longer than the credit left waits, and does not wait for ever", () => {
    const net = new Pair(undefined, LARGE);
    // Less than a quarter of the window: no credit is granted for that by itself.
    const small = pattern(200_000);
    net.a.reliability.send(small, reliable);
    net.run(5000);
    const large = pattern(1024 * 1024, 2);
    net.a.reliability.send(large, reliable);
    net.run(20_000);
    same(net.b.delivered, [small, large]);
  });

  test("the same with a host that consumes late, and with the first grant of credit lost", () => {
    const net = new Pair(() => [], LARGE);
    net.b.consumes = false;
    net.drain();
    net.fate = () => [5];
    const messages = [pattern(200_000), pattern(500_000, 2), pattern(1024 * 1024, 3)];
    for (const m of messages) net.a.reliability.send(m, reliable);
    net.run(20_000);
    expect(net.b.delivered).toHaveLength(2);
    expect(net.b.reliability.peerBlockedBytes).toBe(1024 * 1024);
    net.b.reliability.consumed(1);
    net.run(20_000);
    expect(net.b.delivered).toHaveLength(2);
    net.b.reliability.consumed(1);
    net.run(20_000);
    same(net.b.delivered, messages);
    expect(net.b.reliability.peerBlockedBytes).toBeUndefined();
  });

  test("one that expires before the peer could be told that it waits does not keep the next from being told", () => {
    const net = new Pair(undefined, LARGE);
    net.b.consumes = false;
    net.run(1000);
    net.a.reliability.send(pattern(900_000), reliable);
    net.run(10_000);
    expect(net.b.reliability.peerBlockedBytes).toBeUndefined();
    net.fate = () => [];
    net.a.reliability.send(pattern(10), reliable); // in flight, so that nothing is said for now
    net.a.reliability.send(pattern(900_000), { reliable: true, deadline: after(net.now, 50) });
    net.run(100);
    expect(net.a.outcomes("expired")).toEqual([3]);
    net.fate = () => [5];
    net.run(20_000);
    const last = pattern(900_000, 2);
    net.a.reliability.send(last, reliable);
    net.run(5000);
    expect(net.b.reliability.peerBlockedBytes).toBe(900_000);
    net.b.reliability.consumed(2);
    net.run(20_000);
    same(net.b.delivered.slice(2), [last]);
  });

  test("a window shrinks as what was granted is used, and at once where it is withdrawn", () => {
    const net = new Pair(undefined, LARGE);
    net.run(1000);
    const { reliability } = net.b;
    reliability.shrinkReceiveWindow(64 * 1024);
    expect(reliability.receiveWindowBytes).toBe(1024 * 1024); // promised
    net.b.consumes = false;
    net.a.reliability.send(pattern(600_000), reliable);
    net.run(10_000);
    reliability.shrinkReceiveWindow(64 * 1024);
    expect(reliability.receiveWindowBytes).toBe(1024 * 1024);
    reliability.consumed(1);
    reliability.shrinkReceiveWindow(64 * 1024);
    expect(reliability.receiveWindowBytes).toBe(1024 * 1024 - 600_000);
    net.run(1000);
    reliability.withdrawReceiveWindow(100_000);
    expect(reliability.receiveWindowBytes).toBe(100_000);
    net.run(1000);
    net.a.reliability.send(pattern(200_000), reliable);
    net.run(10_000);
    expect(reliability.peerBlockedBytes).toBe(200_000);
    expect(reliability.receivedBytesHeld).toBe(0);
    reliability.growReceiveWindow(LARGE.receiveMessagesMax, 200_000);
    net.run(10_000);
    expect(net.b.delivered).toHaveLength(2);
    reliability.withdrawReceiveWindow(0);
    expect(reliability.receiveWindowBytes).toBe(200_000); // held
    reliability.consumed(1);
    reliability.withdrawReceiveWindow(0);
    expect(reliability.receiveWindowBytes).toBe(64 * 1024);
  });

  test("credit that comes late does not undo what was granted after it", () => {
    let slow = true;
    const net: Pair = new Pair((_, from) => (from === net.b && slow ? [500] : [5]), {
      ...LARGE,
      receiveBytesMax: 128 * 1024,
    });
    net.drain(); // the grant of 128 KiB
    slow = false;
    net.b.reliability.growReceiveWindow(LARGE.receiveMessagesMax, 1024 * 1024);
    net.run(1000);
    net.a.reliability.send(pattern(1_000_000), reliable);
    net.run(10_000);
    expect(net.b.delivered).toHaveLength(1);
  });

  test("a window that grows lets through what did not fit", () => {
    const narrow = { ...LARGE, receiveBytesMax: 128 * 1024, messageBytesMax: 128 * 1024 };
    const net = new Pair(undefined, narrow);
    net.b.consumes = false;
    for (let i = 0; i < 2; i++) net.a.reliability.send(pattern(100_000, i), reliable);
    net.run(10_000);
    expect(net.b.delivered).toHaveLength(1);
    expect(net.b.reliability.peerBlockedBytes).toBe(100_000);
    net.b.reliability.growReceiveWindow(narrow.receiveMessagesMax, 200_000);
    net.run(10_000);
    expect(net.b.delivered).toHaveLength(2);
    expect(() => {
      net.b.reliability.growReceiveWindow(narrow.receiveMessagesMax, 199_999);
    }).toThrow(RangeError);
  });

  test.each([
    [1400, 300],
    [300, 1400],
  ])("the packet size changes from %i to %i under way", (from, to) => {
    const rnd = random(3);
    const net = new Pair(() => (rnd() < 0.1 ? [] : [5 + 10 * rnd()]), LARGE);
    for (const end of [net.a, net.b]) end.reliability.setPacketBytesMax(from);
    const message = pattern(60_000);
    net.a.reliability.send(message, reliable);
    net.run(30);
    expect(net.b.reliability.assemblyBytes).toBe(60_000);
    let largest = 0;
    net.a.reliability.setPacketBytesMax(to);
    const { fate } = net;
    net.fate = (bytes, end) => {
      if (end === net.a) largest = Math.max(largest, bytes.length);
      return fate(bytes, end);
    };
    net.run(60_000);
    same(net.b.delivered, [message]);
    expect(largest).toBeLessThanOrEqual(to);
    expect(largest).toBeGreaterThan(to - 20);
  });

  test("[AFC-5] a message that expires half sent is forgotten at both ends, and the next one arrives", () => {
    let sent = 0;
    const net: Pair = new Pair((_, from) => (from === net.a && sent++ >= 10 ? [] : [5]), LARGE);
    const deadline = after(net.now, 2000);
    const lost = net.a.reliability.send(pattern(60_000), { reliable: true, deadline });
    net.run(1999);
    expect(net.b.reliability.assemblyBytes).toBe(60_000);
    net.run(1);
    expect(net.a.outcomes("expired")).toEqual([lost]);
    expect(net.a.reliability.unsettled).toBe(0);
    net.fate = () => [5];
    const next = net.a.reliability.send(pattern(50, 2), reliable);
    net.run(10_000);
    same(net.b.delivered, [pattern(50, 2)]);
    expect(net.a.outcomes("acknowledged")).toEqual([next]);
    expect(net.b.reliability.assemblyBytes).toBe(0);
  });

  test("expired fragments are not sent again", () => {
    const net = new Pair(() => [], LARGE);
    net.a.reliability.send(pattern(60_000), { reliable: true, deadline: after(net.now, 50) });
    net.run(51);
    const before = net.a.packets;
    let carried = 0;
    net.fate = (bytes) => {
      carried += decodePacket(bytes).messages.length;
      return [];
    };
    net.run(30_000);
    expect(net.a.packets).toBeGreaterThan(before); // probes, and word that it was given up
    expect(carried).toBe(0);
  });
});

test("[AFC-11] unordered messages are handed over as they arrive, ordered ones wait for all before them", () => {
  let n = 0;
  const net: Pair = new Pair((_, from) => (from === net.a && n++ === 1 ? [] : [5]), LARGE);
  const unordered = { ...reliable, ordered: false };
  const kinds = [unordered, unordered, unordered, reliable, unordered];
  net.drain(); // CREDIT, so that the packets below are data only
  kinds.forEach((how, i) => net.a.reliability.send(pattern(1000, i), how));
  net.run(10);
  const first = (seed: number): number => pattern(1000, seed)[0]!;
  expect(net.b.delivered.map((m) => m[0])).toEqual([1, 2, 4].map(first));
  net.run(5000);
  expect(net.b.delivered.map((m) => m[0])).toEqual([1, 2, 4, 0, 3].map(first));
  expect(net.a.outcomes("acknowledged").sort()).toEqual([1, 2, 3, 4, 5]);
});

describe("a peer that lies about fragments", () => {
  const out = new Uint8Array(2000);
  const fragment = (
    id: number,
    total: number,
    offset: number,
    length: number,
    fill = 1,
    type: 5 | 6 | 7 = FRAME.reliable,
  ): Uint8Array =>
    out.slice(0, encodeFragment(out, 0, type, id, new Uint8Array(total).fill(fill), offset, length));
  const join = (...packets: Uint8Array[]): Uint8Array => Uint8Array.from(packets.flatMap((p) => [...p]));
  const fresh = (): Reliability => new Reliability(LARGE, instant(0));
  const refusal = (r: Reliability, number: number, bytes: Uint8Array): string => {
    try {
      r.receive(number, bytes, instant(0));
    } catch (e) {
      if (e instanceof DecodeError) return e.code;
      throw e;
    }
    return "";
  };

  test.each([FRAME.reliable, FRAME.unordered, FRAME.unreliable])("contradictions, type %i", (type) => {
    const r = fresh();
    const piece = (id: number, total: number, offset: number, length: number, fill = 1): Uint8Array =>
      fragment(id, total, offset, length, fill, type);
    expect(refusal(r, 0, piece(0, 1000, 100, 100))).toBe("");
    expect(refusal(r, 1, piece(0, 1001, 0, 100))).toBe("fragment-contradicts");
    expect(refusal(r, 1, piece(0, 1000, 150, 100, 2))).toBe("fragment-contradicts");
    expect(refusal(r, 1, piece(0, 1000, 0, 1000, 2))).toBe("fragment-contradicts");
    if (type !== FRAME.unreliable) {
      const other = type === FRAME.reliable ? FRAME.unordered : FRAME.reliable;
      expect(refusal(r, 1, fragment(0, 1000, 300, 100, 1, other))).toBe("fragment-contradicts");
    }
    // Overlaps that agree: the message was cut anew.
    expect(refusal(r, 1, piece(0, 1000, 150, 200))).toBe("");
    expect(refusal(r, 2, piece(0, 1000, 350, 650))).toBe("");
    expect(r.pollEvent()).toBeUndefined();
    expect(refusal(r, 3, piece(0, 1000, 0, 120))).toBe("");
    expect(r.pollEvent()).toMatchObject({ kind: "message", bytes: new Uint8Array(1000).fill(1) });
  });

  test("overlaps and contradictions within one packet", () => {
    const r = fresh();
    const refused: [string, ...Uint8Array[]][] = [
      ["fragment-overlap", fragment(0, 900, 0, 100), fragment(0, 900, 99, 100)],
      ["fragment-overlap", fragment(0, 900, 50, 100), fragment(0, 900, 0, 51)],
      ["fragment-overlap", fragment(0, 0, 0, 0), fragment(0, 0, 0, 0)],
      ["fragment-contradicts", fragment(0, 900, 0, 100), fragment(0, 901, 200, 100)],
      ["fragment-contradicts", fragment(0, 900, 0, 100), fragment(0, 900, 200, 100, 1, FRAME.unordered)],
    ];
    for (const [code, ...parts] of refused) expect(refusal(r, 0, join(...parts))).toBe(code);
    expect(refusal(r, 0, join(fragment(0, 300, 200, 100), fragment(0, 300, 0, 200)))).toBe("");
    expect(r.pollEvent()).toMatchObject({ kind: "message" });
  });

  test("a complete message that waits its turn is not replaced", () => {
    const r = fresh();
    expect(refusal(r, 0, fragment(1, 100, 0, 100))).toBe("");
    expect(refusal(r, 1, fragment(1, 100, 0, 100, 2))).toBe("fragment-contradicts");
    expect(refusal(r, 1, fragment(1, 90, 0, 90))).toBe("fragment-contradicts");
    expect(refusal(r, 1, fragment(1, 100, 0, 100))).toBe("");
  });

  test("no memory is taken beyond the window, whatever the fragments announce", () => {
    const r = fresh();
    // One byte of each, all that fit: the window is the bound.
    const total = 64 * 1024;
    const fits = LARGE.receiveBytesMax / total;
    for (let id = 0; id < fits; id++) expect(refusal(r, id, fragment(id, total, 5, 1))).toBe("");
    expect(r.assemblyBytes).toBe(LARGE.receiveBytesMax);
    expect(refusal(r, fits, fragment(fits, 1, 0, 1))).toBe("message-beyond-credit");
    expect(refusal(r, fits, fragment(fits, 1024 * 1024, 0, 1))).toBe("message-beyond-credit");
    expect(refusal(r, fits, fragment(0, total, 0, 5))).toBe("");
    // Within one packet they count together.
    const two = fresh();
    const half = 600 * 1024;
    expect(refusal(two, 0, join(fragment(0, half, 0, 1), fragment(1, half, 0, 1)))).toBe(
      "message-beyond-credit",
    );
    expect(refusal(two, 0, join(fragment(0, half, 0, 1), fragment(0, half, 9, 1)))).toBe("");
  });

  test("the number of pieces is bounded, and filling the lowest gap always goes on", () => {
    const r = fresh();
    const total = 3 * TUNING.fragmentRangesMax;
    let number = 0;
    let refused = "";
    for (let i = 0; refused === ""; i++) refused = refusal(r, number++, fragment(0, total, 2 * i + 1, 1));
    expect(refused).toBe("too-many-fragments");
    expect(number - 1).toBe(TUNING.fragmentRangesMax + 1);
    // A second message may begin, at its beginning.
    expect(refusal(r, number, fragment(1, 100, 50, 1))).toBe("too-many-fragments");
    expect(refusal(r, number++, fragment(1, 100, 0, 50))).toBe("");
    for (let at = 0; at < total; at += 1000) {
      expect(refusal(r, number++, fragment(0, total, at, Math.min(1000, total - at)))).toBe("");
    }
    expect(r.pollEvent()).toMatchObject({ kind: "message" });
  });

  test("a message given up in part gives its memory and its pieces back", () => {
    const r = fresh();
    for (let i = 0; i < 50; i++) refusal(r, i, fragment(0, 1024 * 1024, 2 * i + 1, 1));
    expect(r.assemblyBytes).toBe(1024 * 1024);
    r.receive(60, out.slice(0, encodeForward(out, 0, 1)), instant(0));
    expect(r.assemblyBytes).toBe(0);
    expect(refusal(r, 61, fragment(1, 1024 * 1024, 0, 1))).toBe("");
    expect(refusal(r, 62, fragment(0, 1024 * 1024, 7, 1))).toBe(""); // a straggler of the old one
    expect(r.assemblyBytes).toBe(1024 * 1024);
  });

  test("a window smaller than what is sent unasked, and packets too small or too large, are refused", () => {
    const make =
      (change: object): (() => Reliability) =>
      () =>
        new Reliability({ ...LARGE, ...change }, instant(0));
    expect(make({ messageBytesMax: 1024 * 1024 + 1 })).toThrow(RangeError);
    expect(make({ packetBytesMax: TUNING.packetBytesMin - 1 })).toThrow(RangeError);
    expect(make({ packetBytesMax: 65_536 })).toThrow(RangeError);
    expect(make({ receiveBytesMax: INITIAL_CREDIT.bytes - 1, messageBytesMax: 1 })).toThrow(RangeError);
    expect(() => {
      fresh().setPacketBytesMax(255);
    }).toThrow(RangeError);
  });
});
