import { expect, test } from "vitest";
import { after, instant } from "../../../src/base/time.ts";
import { Reliability, TUNING } from "../../../src/dgram-reliability/index.ts";
import { FRAME, encodeFragment } from "../../../src/dgram-reliability/wire.ts";
import { LARGE, Pair } from "./harness.ts";

const out = new Uint8Array(2000);

function fragment(id: number, total: number, offset = 0, length = total): Uint8Array {
  const message = new Uint8Array(total).fill(id + 1);
  return out.slice(0, encodeFragment(out, 0, FRAME.unreliable, id, message, offset, length));
}

class Hearer {
  readonly reliability: Reliability;
  #number = 0;

  constructor(options: object = {}) {
    this.reliability = new Reliability({ ...LARGE, receiveMessagesMax: 32, ...options }, instant(0));
  }

  hear(packet: Uint8Array): "ok" | "duplicate" | "full" {
    return this.reliability.receive(this.#number++, packet, instant(0));
  }

  /** First bytes of what was handed over since, less one: ids. */
  get ids(): number[] {
    const ids: number[] = [];
    for (let e = this.reliability.pollEvent(); e !== undefined; e = this.reliability.pollEvent()) {
      if (e.kind === "message") ids.push(e.bytes[0]! - 1);
    }
    return ids;
  }
}

test("[AFC-11] what is older than what was delivered is dropped, unless it is wanted", () => {
  const newest = new Hearer();
  const any = new Hearer({ newestWins: false });
  for (const hearer of [newest, any]) for (const id of [0, 3, 1, 4, 2, 4]) hearer.hear(fragment(id, 10));
  expect(newest.ids).toEqual([0, 3, 4]);
  expect(any.ids).toEqual([0, 3, 1, 4, 2, 4]); // the last is the peer's own doing: an honest one sends each once
});

test("[AFC-11] the newest waits where the window is full, and what it displaces is counted", () => {
  const h = new Hearer();
  for (let id = 0; id < 32; id++) expect(h.hear(fragment(id, 10))).toBe("ok");
  expect(h.hear(fragment(32, 10))).toBe("ok");
  expect(h.hear(fragment(34, 10))).toBe("full");
  expect(h.hear(fragment(33, 10))).toBe("ok"); // older than one that has arrived: dropped, as it always is
  expect(h.ids).toHaveLength(32);
  h.reliability.consumed(1);
  expect(h.ids).toEqual([34]);
  expect(h.hear(fragment(35, 10))).toBe("ok");
  expect(h.ids).toEqual([]);
  h.reliability.consumed(2);
  expect(h.ids).toEqual([35]);
  expect(h.hear(fragment(36, 10))).toBe("ok");
  expect(h.ids).toEqual([36]);
});

test("without an order the one that waits is still the newest", () => {
  const h = new Hearer({ newestWins: false });
  for (let id = 0; id < 34; id++) h.hear(fragment(id, 10));
  expect(h.hear(fragment(20, 10))).toBe("full");
  h.reliability.consumed(1);
  expect(h.ids.at(-1)).toBe(33);
});

test("delivered ones are bounded in bytes as well", () => {
  const h = new Hearer({ receiveBytesMax: 70_000, messageBytesMax: 30_000 });
  const hear = (id: number): void => {
    for (let at = 0; at < 30_000; at += 1000) h.hear(fragment(id, 30_000, at, 1000));
  };
  for (let id = 0; id < 5; id++) hear(id);
  expect(h.ids).toEqual([0, 1]);
  expect(h.reliability.assemblyBytes).toBe(30_000);
  h.reliability.consumed(2);
  expect(h.ids).toEqual([4]);
});

test("partly received ones are bounded in number and bytes; the newest stay", () => {
  const h = new Hearer();
  const { unreliablePartsMax } = TUNING;
  for (let id = 0; id < unreliablePartsMax + 1; id++) h.hear(fragment(id, 2000, 0, 1000));
  h.hear(fragment(0, 2000, 1000, 1000)); // displaced: begins anew, and is the oldest again
  expect(h.ids).toEqual([]);
  expect(h.reliability.assemblyBytes).toBe(2000 * unreliablePartsMax);
  h.hear(fragment(2, 2000, 1000, 1000));
  expect(h.ids).toEqual([2]);
  h.hear(fragment(1, 2000, 1000, 1000));
  expect(h.ids).toEqual([]);
  const max = LARGE.messageBytesMax!;
  h.hear(fragment(9, max, 0, 1000));
  expect(h.reliability.assemblyBytes).toBe(max);
  h.hear(fragment(8, 2000, 0, 1000)); // older than the one that fills it
  expect(h.reliability.assemblyBytes).toBe(max);
  h.hear(fragment(10, 2000, 0, 1000));
  expect(h.reliability.assemblyBytes).toBe(2000);
});

test("[AFC-11] fragmented ones arrive; with one fragment lost they expire and are not sent again", () => {
  let n = 0;
  const net: Pair = new Pair((_, from) => (from === net.a && n++ === 3 ? [] : [5]), LARGE);
  net.drain();
  const how = { reliable: false, deadline: after(net.now, 5000) };
  const first = net.a.reliability.send(new Uint8Array(9000).fill(1), how);
  net.run(30);
  const second = net.a.reliability.send(new Uint8Array(9000).fill(2), how);
  net.run(3000);
  expect(net.b.delivered.map((m) => [m.length, m[0]])).toEqual([[9000, 2]]);
  expect(net.a.outcomes("expired")).toEqual([first]);
  expect(net.a.outcomes("acknowledged")).toEqual([second]);
});

test("reliable and unreliable messages take turns", () => {
  const net = new Pair(undefined, LARGE);
  const later = after(net.now, 60_000);
  net.a.reliability.send(new Uint8Array(60_000), { reliable: true, deadline: later });
  net.a.reliability.send(new Uint8Array(100), { reliable: false, deadline: later });
  net.run(7);
  expect(net.b.delivered.map((m) => m.length)).toEqual([100]);
  net.run(3000);
  expect(net.b.delivered.map((m) => m.length)).toEqual([100, 60_000]);
});
