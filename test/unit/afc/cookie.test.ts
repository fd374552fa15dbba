import { describe, expect, test } from "vitest";
import { COOKIE_SECRET_MS, Cookies } from "../../../src/afc/cookie.ts";
import { mac, mac1Key } from "../../../src/afc/mac.ts";
import { COOKIE_BYTES, TYPE } from "../../../src/afc/wire.ts";
import type { Address } from "../../../src/base/address.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Net, Peer, device, seededEntropy, ofType } from "./harness.ts";
import type { Wire } from "./harness.ts";

const CURVES_PER_HANDSHAKE = 2;
const spoofed = (n: number): Address => ({ host: `198.51.100.${n % 250}`, port: 1024 + n });
const hasMac2 = (d: Uint8Array): boolean => d.subarray(-16).some((x) => x !== 0);

/** First messages of strangers who know the responder's key: valid to the last bit. */
function messages1(to: Peer, count: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let batch = 0; out.length < count; batch++) {
    const stranger = new Peer(30 + batch);
    const net = new Net([stranger], () => []);
    for (let i = 0; i < 200 && out.length + i < count; i++) net.connect(stranger, to);
    net.drain();
    out.push(...net.log.map((w) => w.datagram));
  }
  return out;
}

/** A responder that ignores strangers, taken past what it reads from anybody. */
function underLoad(): { b: Peer; flood: Uint8Array[] } {
  const b = new Peer(2, { limits: { handshakesPerSecondMax: 2 } });
  b.onRequest = (r, now) => {
    if (r.from.host.startsWith("198.")) b.endpoint.ignore(r.request);
    else b.endpoint.accept(r.request, now);
  };
  return { b, flood: messages1(b, 60) };
}

/** One that was given a cookie under load, and whose message 1 with it, `proven`, has not arrived. */
function proving(): { a: Peer; b: Peer; net: Net; proven: Wire } {
  const { b, flood } = underLoad();
  const a = new Peer(1);
  const net = new Net([a, b]);
  flood.slice(0, 2).forEach((d, i) => net.inject(d, spoofed(i), b));
  net.connect(a, b, { timeoutMs: 1e6 });
  net.run(20);
  net.fate = () => [];
  net.run(1000);
  const proven = net.log.findLast((w) => w.from.host === a.device.address.host)!;
  return { a, b, net, proven };
}

describe("[AFC-12] under load", () => {
  test("spoofed first messages cost so many curve operations a second and no more, and the rest get a cookie", () => {
    const b = new Peer(2);
    b.onRequest = (r) => b.endpoint.ignore(r.request);
    const net = new Net([b], () => []);
    const flood = messages1(b, 400);
    flood.forEach((datagram, i) => net.inject(datagram, spoofed(i), b));
    expect(b.watched.curveOperations).toBe(CURVES_PER_HANDSHAKE * LIMITS.handshakesPerSecondMax);
    const cookies = ofType(net, TYPE.cookie);
    expect(cookies).toHaveLength(400 - LIMITS.handshakesPerSecondMax);
    for (const { datagram } of cookies) expect(datagram).toHaveLength(COOKIE_BYTES);
    // A second later as many again.
    net.run(1000);
    messages1(b, 600)
      .slice(400)
      .forEach((datagram, i) => net.inject(datagram, spoofed(i), b));
    expect(b.watched.curveOperations).toBe(2 * CURVES_PER_HANDSHAKE * LIMITS.handshakesPerSecondMax);
  });

  test("a peer that answers the cookie gets in while the flood goes on", () => {
    const { b, flood } = underLoad();
    const a = new Peer(1);
    const net = new Net([a, b]);
    let n = 0;
    const pour = (): void => {
      for (let i = 0; i < 3; i++) net.inject(flood[n % flood.length]!, spoofed(n++), b);
    };
    pour();
    const handle = net.connect(a, b);
    for (let i = 0; i < 10; i++) {
      net.run(100);
      pour();
    }
    expect(a.of("opened")).toEqual([{ kind: "opened", handle }]);
    expect(b.of("opened")).toHaveLength(1);
    // The same Noise message, once without and once with mac2.
    const sent = ofType(net, TYPE.message1).map((w) => w.datagram);
    expect(sent.map(hasMac2)).toEqual([false, true]);
    expect(sent[1]!.subarray(0, -16)).toEqual(sent[0]!.subarray(0, -16));
    expect(b.watched.curveOperations).toBeLessThan(n);
  });

  test("also while too many handshakes are pending", () => {
    const b = new Peer(2, { limits: { handshakesPendingBusy: 2 } });
    b.onRequest = () => undefined; // the host thinks
    const [a, c] = [new Peer(1), new Peer(3)];
    const net = new Net([a, b, c]);
    net.connect(a, b);
    net.connect(a, b);
    net.run(20);
    expect(ofType(net, TYPE.cookie)).toEqual([]);
    net.connect(c, b);
    net.run(20);
    expect(b.of("request")).toHaveLength(2);
    expect(ofType(net, TYPE.cookie)).toHaveLength(1);
    net.run(1000);
    expect(b.of("request")).toHaveLength(3);
  });

  test("a cookie serves one address and port, for two to four minutes", () => {
    const { b, net, proven } = proving();
    expect(hasMac2(proven.datagram)).toBe(true);
    const curves = (): number => b.watched.curveOperations;
    const tries = (from: Address): { forged: number; curves: number } => {
      const before = { forged: b.endpoint.dropped.forged, curves: curves() };
      net.inject(proven.datagram, from, b);
      return { forged: b.endpoint.dropped.forged - before.forged, curves: curves() - before.curves };
    };
    expect(tries({ ...proven.from, port: 4322 })).toEqual({ forged: 1, curves: 0 });
    expect(tries({ ...proven.from, host: "192.0.2.7" })).toEqual({ forged: 1, curves: 0 });
    net.now = net.later(2 * COOKIE_SECRET_MS);
    expect(tries(proven.from)).toEqual({ forged: 1, curves: 0 });
    net.now = net.later(-2 * COOKIE_SECRET_MS);
    const again = new Peer(2);
    expect(again.endpoint.dropped.forged).toBe(0);
    new Net([again]).inject(proven.datagram, proven.from, again);
    expect(again.endpoint.dropped.forged).toBe(1); // started again, it knows no cookie
  });

  test("a cookie that is one secret old still serves", () => {
    const { a, b, net, proven } = proving();
    net.now = net.later(COOKIE_SECRET_MS);
    net.inject(proven.datagram, proven.from, b);
    expect(b.of("request").filter((r) => r.from.host === a.device.address.host)).toHaveLength(1);
  });

  test("a cookie serves no longer than four minutes, though nobody was given one since", () => {
    const { a, b, net, proven } = proving();
    net.now = net.later(COOKIE_SECRET_MS);
    net.inject(proven.datagram, spoofed(9), b); // looked at, and no more
    net.now = net.later(COOKIE_SECRET_MS);
    const { forged } = b.endpoint.dropped;
    net.inject(proven.datagram, proven.from, b);
    expect(b.endpoint.dropped.forged).toBe(forged + 1);
    expect(b.of("request").filter((r) => r.from.host === a.device.address.host)).toEqual([]);
  });

  test("one host gets its share and no more, whatever ports it proves", () => {
    const b = new Peer(2, { limits: { handshakesPerSecondMax: 1, handshakesPerHostPerSecondMax: 3 } });
    b.onRequest = (r) => b.endpoint.ignore(r.request);
    const a = new Peer(1);
    const net = new Net([a, b]);
    for (let i = 0; i < 8; i++) net.connect(a, b);
    net.run(20);
    net.now = net.later(100);
    expect(b.of("request")).toHaveLength(1);
    // All repetitions at once.
    const cookied = ofType(net, TYPE.cookie).length;
    expect(cookied).toBe(7);
    net.run(900);
    expect(b.of("request").length).toBeLessThanOrEqual(1 + 1 + 3 + 3);
    expect(b.endpoint.dropped.limit).toBeGreaterThan(0);
  });

  test("without mac1 there is no answer, and no answer is longer than what it answers", () => {
    const { b, flood } = underLoad();
    const net = new Net([b], () => []);
    flood.forEach((d, i) => net.inject(d, spoofed(i), b));
    const sent = b.sent;
    expect(sent).toBeGreaterThan(0);
    flood.forEach((d, i) => {
      const wrong = d.slice();
      wrong[wrong.length - 20]! ^= 1; // in mac1
      net.inject(wrong, spoofed(i), b);
    });
    expect(b.sent).toBe(sent);
    for (const w of net.log) expect(w.datagram.length).toBeLessThanOrEqual(flood[0]!.length);
  });
});

describe("[AFC-12] the initiator", () => {
  /** An initiator at its first message, and the cookie it would be given. */
  function cookied(): { net: Net; a: Peer; b: Peer; cookie: Wire } {
    const { b, flood } = underLoad();
    const a = new Peer(1);
    const net = new Net([a, b], (w) => (w.datagram[0] === TYPE.cookie ? [] : [5]));
    flood.slice(0, 2).forEach((d, i) => net.inject(d, spoofed(i), b));
    net.connect(a, b, { timeoutMs: 60_000 });
    net.run(20);
    const cookie = ofType(net, TYPE.cookie).at(-1)!;
    net.fate = () => [];
    return { net, a, b, cookie };
  }

  test("every truncation and every flipped bit of a cookie is refused; nothing is sent at once for a good one", () => {
    const { net, a, b, cookie } = cookied();
    const sent = a.sent;
    for (let n = 0; n < cookie.datagram.length; n++)
      net.inject(cookie.datagram.subarray(0, n), cookie.from, a);
    for (let bit = 0; bit < cookie.datagram.length * 8; bit++) {
      const flipped = cookie.datagram.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      net.inject(flipped, cookie.from, a);
    }
    net.run(700);
    expect(net.log.slice(-1).map((w) => hasMac2(w.datagram))).toEqual([false]);
    net.inject(cookie.datagram, cookie.from, a);
    expect(a.sent).toBe(sent + 1);
    net.run(2000);
    expect(hasMac2(net.log.at(-1)!.datagram)).toBe(true);
    expect(b.of("opened")).toEqual([]);
  });

  test("gives up a cookie that three messages did not make use of", () => {
    const { net, a, cookie } = cookied();
    net.inject(cookie.datagram, cookie.from, a);
    net.log.length = 0;
    net.run(30_000);
    const proving = net.log.map((w) => hasMac2(w.datagram)).slice(0, 7);
    expect(proving).toEqual([true, false, true, false, true, false, false]);
  });

  test("who sees every message 1 and answers each with a cookie of its own keeps nobody out", () => {
    const a = new Peer(1);
    const b = new Peer(2);
    const net = new Net([a, b]);
    const cookies = new Cookies(nodeSuite(), seededEntropy(66), mac1Key(nodeSuite(), b.device.key));
    let heard = 0;
    net.fate = (w) => {
      if (w.datagram[0] !== TYPE.message1) return [5];
      net.post({ datagram: cookies.answer(w.datagram, w.from, net.now), from: b.at, to: a.at });
      return heard++ < 2 ? [] : [5]; // the responder is still starting
    };
    net.connect(a, b, { timeoutMs: 10_000 });
    net.run(10_000);
    expect(a.of("opened")).toHaveLength(1);
    expect(b.endpoint.dropped.forged).toBe(0);
  });

  test("a cookie for another handshake is refused", () => {
    const { net, a, b, cookie } = cookied();
    net.connect(a, b);
    net.drain();
    const other = net.log.at(-1)!.datagram;
    const renamed = cookie.datagram.slice();
    renamed.set(other.subarray(4, 8), 4); // its index
    const { forged } = a.endpoint.dropped;
    net.inject(renamed, cookie.from, a);
    expect(a.endpoint.dropped.forged).toBe(forged + 1);
  });

  test("waits longer each time, and no two initiators equally long", () => {
    const waits = [1, 3, 4, 5].map((n) => {
      const net = new Net([new Peer(n)], () => []);
      net.connect(net.peers[0]!, new Peer(2), { timeoutMs: 60_000 });
      const at: number[] = [];
      for (let ms = 0; ms < 20_000; ms += 5) {
        const before = net.log.length;
        net.run(5);
        if (net.log.length > before) at.push(ms);
      }
      return at.map((t, i) => t - (at[i - 1] ?? 0)).slice(1);
    });
    const nominal = [500, 1000, 2000, 4000];
    for (const list of waits) {
      nominal.forEach((ms, i) => {
        expect(list[i]).toBeGreaterThanOrEqual(ms - 5);
        expect(list[i]).toBeLessThanOrEqual(1.25 * ms + 5);
      });
    }
    expect(new Set(waits.map((list) => list.join())).size).toBe(waits.length);
  });
});

test("a cookie to the bit", () => {
  const suite = nodeSuite();
  const { b, flood } = underLoad();
  const net = new Net([b], () => []);
  flood.slice(0, 3).forEach((d, i) => net.inject(d, spoofed(i), b));
  const { datagram } = ofType(net, TYPE.cookie)[0]!;
  const message1 = flood[2]!;
  const key = mac1Key(suite, device(2).key);
  expect(mac(suite, key, message1.subarray(0, -32))).toEqual(message1.subarray(-32, -16));
  const label = new TextEncoder().encode("aranya-edge/1/afc-cookie");
  const sealing = suite.sha256(Uint8Array.of(label.length), label, key, datagram.subarray(8, 40));
  const cookie = suite
    .aead("chacha20-poly1305", sealing)
    .open(new Uint8Array(12), message1.subarray(-32, -16), datagram.subarray(40));
  expect(cookie).toHaveLength(16);
  const proven = message1.slice();
  proven.set(mac(suite, cookie!, message1.subarray(0, -16)), proven.length - 16);
  const before = b.of("request").length;
  net.inject(proven, spoofed(2), b);
  expect(b.of("request")).toHaveLength(before + 1);
});
