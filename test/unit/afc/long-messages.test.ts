import { describe, expect, test } from "vitest";
import { messageBytesMax } from "../../../src/afc/index.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { Net, Peer, opened, random } from "./harness.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed + 1;
  for (let i = 0; i < length; i++) bytes[i] = x = (x * 48271 + 11) | 0;
  return bytes;
}

/** Compares without a report of a million lines. */
function same(got: readonly Uint8Array[], wanted: readonly Uint8Array[]): void {
  expect(got.map((m) => m.length)).toEqual(wanted.map((m) => m.length));
  got.forEach((m, i) => {
    expect(Buffer.compare(m, wanted[i]!)).toBe(0);
  });
}

/** Peers with a channel each to one hub, whose pool is small. */
function star(count: number, limits: NonNullable<ConstructorParameters<typeof Peer>[1]>["limits"] = {}) {
  const hub = new Peer(100, { limits: { channelsReceiveBytesMax: 0, channelsLentBytesMax: MIB, ...limits } });
  const peers = Array.from({ length: count }, (_, i) => new Peer(1 + i));
  const net = new Net([hub, ...peers]);
  const handles = peers.map((peer) => {
    const handle = net.connect(peer, hub);
    net.run(100);
    return handle;
  });
  const hubHandles = hub.of("opened").map((e) => e.handle);
  const at = (i: number): Uint8Array[] =>
    hub
      .of("message")
      .filter((m) => m.handle === hubHandles[i])
      .map((m) => m.bytes);
  return { hub, peers, net, handles, hubHandles, at };
}

test("[AFC-11] a message of 1 MiB arrives whole, both ways; one byte more is too large, and harms nothing", () => {
  const { net, a, b, handle, peerHandle } = opened();
  expect(messageBytesMax.reliable).toBe(MIB);
  expect(a.endpoint.send(handle, new Uint8Array(MIB + 1), net.later(60_000))).toBe("too-large");
  const [there, back] = [pattern(MIB, 1), pattern(MIB, 2)];
  a.endpoint.send(handle, there, net.later(60_000));
  b.endpoint.send(peerHandle, back, net.later(60_000));
  net.run(20_000);
  same(b.messages, [there]);
  same(a.messages, [back]);
  expect(a.of("acknowledged")).toHaveLength(1);
  expect(b.of("acknowledged")).toHaveLength(1);
});

describe("[AFC-11] an unreliable message in fragments", () => {
  const max = messageBytesMax.unreliable;

  test("arrives up to its own limit", () => {
    const { net, a, b, handle } = opened({}, { delivery: "unreliable" });
    expect(a.endpoint.send(handle, new Uint8Array(max + 1), net.later(60_000))).toBe("too-large");
    const message = pattern(max, 1);
    a.endpoint.send(handle, message, net.later(60_000));
    net.run(5000);
    same(b.messages, [message]);
  });

  test("whole or not at all", () => {
    const { net, a, b, handle } = opened({}, { delivery: "unreliable" });
    const rnd = random(7);
    net.fate = (wire) => (wire.datagram.length > 200 && rnd() < 0.05 ? [] : [5]);
    const sent = Array.from({ length: 60 }, (_, i) => pattern(1 + Math.floor(rnd() * 40_000), i));
    for (const message of sent) {
      a.endpoint.send(handle, message, net.later(60_000));
      net.run(300);
    }
    net.run(5000);
    const arrived = sent.filter((s) => b.messages.some((m) => Buffer.compare(m, s) === 0));
    expect(arrived.length).toBeGreaterThan(5);
    expect(arrived.length).toBeLessThan(sent.length);
    same(b.messages, arrived);
  });
});

describe("memory for long messages is lent", () => {
  test("[AFC-11] everybody's turn comes, however small the pool", () => {
    const { peers, net, handles, at } = star(5);
    const sent = peers.map((_, i) => [pattern(MIB, i), pattern(900 * KIB, i + 10), pattern(MIB, i + 20)]);
    for (let k = 0; k < 3; k++) {
      peers.forEach((peer, i) => {
        const id = peer.endpoint.send(handles[i]!, sent[i]![k]!, net.later(1e6));
        if (k === 0) expect(id).toBeTypeOf("number");
      });
      net.run(20_000);
    }
    net.run(60_000);
    peers.forEach((_, i) => {
      same(at(i), sent[i]!);
    });
  });

  test("[AFC-11] a long message waiting for memory holds up no other channel", () => {
    const { hub, peers, net, handles, hubHandles, at } = star(3);
    hub.consumes = false;
    peers[0]!.endpoint.send(handles[0]!, pattern(MIB, 1), net.later(1e6)); // has the pool, and keeps it
    net.run(5000);
    peers[1]!.endpoint.send(handles[1]!, pattern(MIB, 2), net.later(1e6)); // waits for it
    net.run(1000);
    for (let i = 0; i < 30; i++) peers[2]!.endpoint.send(handles[2]!, pattern(900, i), net.later(1e6));
    net.run(500);
    expect([at(0).length, at(1).length, at(2).length]).toEqual([1, 0, 30]);
    hub.endpoint.consumed(hubHandles[0]!, 1);
    net.run(10_000);
    same(at(1), [pattern(MIB, 2)]);
  });

  test("[AFC-12] what peers can make a device hold is bounded, whatever they send", () => {
    const bound = (channels: number): number => channels * 64 * KIB + 512 * KIB + 2 * MIB;
    const limits = { channelsReceiveBytesMax: 512 * KIB, channelsLentBytesMax: 2 * MIB };
    const { hub, peers, net, handles } = star(12, limits);
    hub.consumes = false;
    for (let k = 0; k < 4; k++) {
      peers.forEach((peer, i) => {
        peer.endpoint.send(handles[i]!, pattern(k % 2 === 0 ? 250 * KIB : 30 * KIB, i), net.later(1e6));
      });
      net.run(5000);
    }
    net.run(30_000);
    const held = hub.messages.reduce((sum, m) => sum + m.length, 0);
    expect(held).toBeGreaterThan(2 * MIB);
    expect(held).toBeLessThanOrEqual(bound(peers.length));
    // One peer has no more than its part, so that the others had some.
    expect(new Set(hub.of("message").map((m) => m.handle)).size).toBeGreaterThan(6);
  });

  test("what a channel had goes to the next when it is closed", () => {
    const { hub, peers, net, handles, hubHandles, at } = star(2);
    hub.consumes = false;
    for (let i = 0; i < 2; i++) {
      peers[i]!.endpoint.send(handles[i]!, pattern(MIB, i), net.later(1e6));
      net.run(5000);
    }
    expect([at(0).length, at(1).length]).toEqual([1, 0]);
    hub.endpoint.close(hubHandles[0]!, 1, net.now);
    net.run(5000);
    expect(at(1)).toHaveLength(1);
  });

  test("what was promised to a peer that fell silent is withdrawn for one that waits", () => {
    const { peers, net, handles, at } = star(2);
    const [first, second] = peers as [Peer, Peer];
    // Its message expires before it hears that it may send it.
    first.endpoint.send(handles[0]!, pattern(MIB, 1), net.later(8));
    net.run(1000);
    expect(first.of("expired")).toHaveLength(1);
    second.endpoint.send(handles[1]!, pattern(MIB, 2), net.later(1e6));
    net.run(2000);
    expect(at(1)).toHaveLength(0);
    net.run(10_000);
    expect(at(1)).toHaveLength(1);
    // And it gets its turn again.
    first.endpoint.send(handles[0]!, pattern(MIB, 3), net.later(1e6));
    net.run(10_000);
    same(at(0), [pattern(MIB, 3)]);
  });

  test("a peer that begins just when it is withdrawn loses nothing but time", () => {
    const { hub, peers, net, handles, at } = star(2);
    const [first, second] = peers as [Peer, Peer];
    // What it sends after it was granted memory takes long.
    net.fate = (wire) =>
      wire.from.host === first.device.address.host && wire.datagram.length > 1000 ? [6500] : [5];
    first.endpoint.send(handles[0]!, pattern(MIB, 1), net.later(1e6));
    net.run(500);
    second.endpoint.send(handles[1]!, pattern(MIB, 2), net.later(1e6));
    expect(hub.endpoint.dropped.malformed).toBe(0);
    net.run(7000);
    expect(hub.endpoint.dropped.malformed).toBeGreaterThan(0);
    net.fate = () => [5];
    net.run(60_000);
    same(at(0), [pattern(MIB, 1)]);
    same(at(1), [pattern(MIB, 2)]);
  });
});

describe("[AFC-5] the deadline of a long message", () => {
  test.each([50, 400, 1500])(
    "under way, after %i ms: kept to the millisecond, and nothing of it is sent after",
    (ms) => {
      const { net, a, b, handle } = opened();
      // 1 MB/s, so that 1 MiB takes about a second.
      let free = 0;
      net.fate = (wire) => {
        free = Math.max(free, net.now) + wire.datagram.length / (ms > 1000 ? 300 : 1000);
        return [free - net.now + 10];
      };
      const id = a.endpoint.send(handle, pattern(MIB, 1), net.later(ms));
      net.run(ms - 1);
      expect(a.of("expired")).toEqual([]);
      net.run(1);
      expect(a.of("expired")).toEqual([{ kind: "expired", handle, messageId: id }]);
      const before = net.log.length;
      net.run(20_000);
      const after = net.log.slice(before).filter((w) => w.from.host === a.device.address.host);
      expect(after.filter((w) => w.datagram.length > 300)).toEqual([]);
      // The channel goes on, and the memory is there again.
      net.fate = () => [5];
      const next = pattern(MIB, 2);
      a.endpoint.send(handle, next, net.later(60_000));
      net.run(20_000);
      same(b.messages, [next]);
    },
  );
});

test("limits that are promised to hold together", () => {
  expect(LIMITS.channelMessageBytesMax).toBe(LIMITS.ipcMessageBytesMax);
  expect(LIMITS.channelMessageBytesMax).toBeLessThanOrEqual(LIMITS.channelSendBytesMax);
  expect(LIMITS.channelMessageBytesMax).toBeLessThanOrEqual(LIMITS.channelsLentBytesMax / 8);
  expect(LIMITS.channelUnreliableMessageBytesMax).toBeLessThanOrEqual(64 * KIB);
  const { channelsMax, channelsReceiveBytesMax, channelsLentBytesMax } = LIMITS;
  expect(channelsMax * 64 * KIB + channelsReceiveBytesMax + channelsLentBytesMax).toBeLessThan(100 * MIB);
  const unreliable = channelsMax * 2 * LIMITS.channelUnreliableMessageBytesMax;
  expect(unreliable + LIMITS.receivedBytesQueuedMax).toBeLessThan(140 * MIB);
});
