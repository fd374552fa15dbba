import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReceiveWindows } from "../../../src/afc/receive-windows.ts";
import type { ReceiveWindowSize } from "../../../src/afc/receive-windows.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import type { CipherSuite } from "../../../src/crypto/cipher-suite.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { INITIAL_CREDIT } from "../../../src/dgram-reliability/index.ts";
import { Net, Peer, opened } from "./harness.ts";

/** Seals MESSAGE frames of the one kind as those of the other, as a peer may that was written for it. */
function lying(): CipherSuite {
  const suite = nodeSuite();
  const honest = suite.aead.bind(suite);
  return Object.assign(suite, {
    aead: (...args: Parameters<CipherSuite["aead"]>) => {
      const aead = honest(...args);
      const seal = aead.sealInPlace.bind(aead);
      aead.sealInPlace = (nonce, buffer, aadAt, at, end) => {
        const type = buffer[at + 1];
        if (buffer[at] === 1 && (type === 5 || type === 6)) buffer[at + 1] = 11 - type;
        seal(nonce, buffer, aadAt, at, end);
      };
      return aead;
    },
  });
}

test.each(["reliable", "unreliable"] as const)(
  "[AFC-12] messages of the other kind on a channel that is %s are refused",
  (delivery) => {
    const a = new Peer(1, { suite: lying() });
    const b = new Peer(2);
    const net = new Net([a, b]);
    const handle = net.connect(a, b, { delivery });
    net.run(100);
    const before = b.endpoint.dropped.malformed;
    for (let i = 0; i < 3; i++) {
      a.endpoint.send(handle, Uint8Array.of(i), net.later(1000));
      net.run(100);
    }
    expect(b.messages).toEqual([]);
    expect(b.endpoint.dropped.malformed - before).toBeGreaterThanOrEqual(3);
    expect(b.of("closed")).toEqual([]);
  },
);

describe("messages the host does not take", () => {
  const MAX = LIMITS.channelReceiveMessagesMax;
  const numbered = (i: number): Uint8Array => Uint8Array.of(i >> 8, i);

  /** Sends one after the other, so that nothing is lost to a full network. */
  function send(net: Net, from: Peer, handle: number, count: number): void {
    for (let i = 0; i < count; i++) {
      expect(from.endpoint.send(handle, numbered(i), net.later(1e6))).toBeTypeOf("number");
      if (i % 20 === 19) net.run(20);
    }
    net.run(1000);
  }

  test("a reliable channel's peer sends no more until some are taken", () => {
    const { net, a, b, handle, peerHandle } = opened();
    b.consumes = false;
    send(net, a, handle, MAX);
    expect(b.messages).toHaveLength(MAX);
    send(net, a, handle, 1);
    expect(b.messages).toHaveLength(MAX);
    b.endpoint.consumed(peerHandle, MAX / 4);
    net.run(1000);
    expect(b.messages).toHaveLength(MAX + 1);
    expect(b.endpoint.dropped.limit).toBe(0);
    expect(a.of("acknowledged")).toHaveLength(MAX + 1);
  });

  test("what waits for its turn keeps no more in memory than itself", () => {
    const { net, a, b, handle } = opened();
    let isFirst = true;
    net.fate = (w) => {
      const isLost = isFirst && w.from.host === a.device.address.host;
      isFirst &&= !isLost;
      return isLost ? [] : [5];
    };
    for (let i = 0; i < 200; i++) {
      a.endpoint.send(handle, numbered(i), net.later(1e6));
      net.drain();
    }
    net.run(5000);
    expect(b.messages).toEqual(Array.from({ length: 200 }, (_, i) => numbered(i)));
    // Behind the one that was lost, in its packet and sent again with it, waited all that came meanwhile.
    const waited = b.messages.filter((bytes) => bytes.buffer.byteLength === bytes.length);
    expect(waited.length).toBeGreaterThan(5);
  });

  test("an unreliable channel keeps the newest of what comes next, loses the rest, and says so in its count", () => {
    const { net, a, b, handle, peerHandle } = opened({}, { delivery: "unreliable" });
    b.consumes = false;
    send(net, a, handle, MAX);
    expect(b.messages).toHaveLength(MAX);
    expect(b.endpoint.dropped.limit).toBe(0);
    send(net, a, handle, 2);
    expect(b.messages).toHaveLength(MAX);
    expect(b.endpoint.dropped.limit).toBe(1);
    b.endpoint.consumed(peerHandle, 1);
    net.drain();
    expect(b.messages).toHaveLength(MAX + 1);
    send(net, a, handle, 2);
    expect(b.messages).toHaveLength(MAX + 1);
    expect(b.endpoint.dropped.limit).toBe(2);
    // The peer is not taken for silent.
    net.run(120_000);
    expect(a.of("closed")).toEqual([]);
  });

  test.each(["reliable", "unreliable"] as const)("all channels together, %s", (delivery) => {
    const [channels, shared] = [40, 80];
    const limits = { channelsReceiveMessagesMax: shared };
    const a = new Peer(1);
    const b = new Peer(2, { limits });
    b.consumes = false;
    const net = new Net([a, b]);
    const handles = Array.from({ length: channels }, () => {
      const handle = net.connect(a, b, { delivery });
      net.run(50);
      return handle;
    });
    for (const h of handles) send(net, a, h, 60);
    const held = (): number[] =>
      b.of("opened").map((o) => b.of("message").filter((m) => m.handle === o.handle).length);
    const sum = held().reduce((x, y) => x + y);
    expect(sum).toBeGreaterThan(channels * 32);
    expect(sum).toBeLessThanOrEqual(channels * 32 + shared);
    // The first has an eighth of what is shared, and nobody less than what a peer may send unasked.
    expect(held()[0]).toBe(32 + shared / 8);
    expect(held().at(-1)).toBe(32);
    if (delivery === "reliable") {
      expect(b.endpoint.dropped.limit).toBe(0);
      expect(a.of("expired")).toEqual([]);
    } else {
      expect(b.endpoint.dropped.limit).toBeGreaterThan(0);
    }
    // What a channel had goes to the next.
    for (const h of handles) a.endpoint.close(h, 1, net.now);
    net.run(10_000);
    const next = net.connect(a, b, { delivery });
    net.run(100);
    send(net, a, next, 60);
    expect(held().at(-1)).toBe(32 + shared / 8);
  });
});

test("windows never add up to more than there is, whatever comes and goes", () => {
  const most = { messages: LIMITS.channelReceiveMessagesMax, bytes: LIMITS.channelReceiveBytesMax };
  const shares = fc.record({
    channelsReceiveMessagesMax: fc.nat(20_000),
    channelsReceiveBytesMax: fc.nat(20_000_000),
  });
  fc.assert(
    fc.property(shares, fc.array(fc.option(fc.nat()), { maxLength: 200 }), (shared, steps) => {
      const windows = new ReceiveWindows(shared);
      const first = windows.take("0");
      windows.giveBack("0", first);
      const taken: (ReceiveWindowSize & { readonly peer: string })[] = [];
      const giveBack = ({ peer, ...window }: (typeof taken)[number]): void => windows.giveBack(peer, window);
      for (const [i, step] of steps.entries()) {
        const peer = `${i % 3}`;
        if (step === null || taken.length === 0) taken.push({ peer, ...windows.take(peer) });
        else giveBack(taken.splice(step % taken.length, 1)[0]!);
        for (const unit of ["messages", "bytes"] as const) {
          for (const w of taken) {
            expect(w[unit]).toBeGreaterThanOrEqual(INITIAL_CREDIT[unit]);
            expect(w[unit]).toBeLessThanOrEqual(most[unit]);
          }
          const max = shared[unit === "bytes" ? "channelsReceiveBytesMax" : "channelsReceiveMessagesMax"];
          expect(taken.reduce((x, w) => x + w[unit] - INITIAL_CREDIT[unit], 0)).toBeLessThanOrEqual(max);
        }
      }
      for (const w of taken) giveBack(w);
      expect(windows.take("2")).toEqual(first);
    }),
  );
});

test("[AFC-12] peers with as many channels as they like leave the next one as much as each of them got", () => {
  const { messages, bytes } = INITIAL_CREDIT;
  for (const peers of [1, 3, 8]) {
    const windows = new ReceiveWindows(LIMITS);
    const got = new Map<string, number>();
    for (let i = 0; i < peers * LIMITS.channelsPerPeerMax; i++) {
      const peer = `${i % peers}`;
      got.set(peer, (got.get(peer) ?? 0) + windows.take(peer).bytes - bytes);
    }
    const share = LIMITS.channelsReceiveBytesMax / (peers + 1);
    for (const each of got.values()) expect(each).toBeLessThan(1.15 * share);
    const next = windows.take("next");
    expect(next.bytes).toBeGreaterThan(
      Math.min(LIMITS.channelReceiveBytesMax - 1, bytes + (0.85 * share) / 8),
    );
    expect(next.messages).toBeGreaterThan(messages + 150);
  }
});
