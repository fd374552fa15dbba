import { expect, test } from "vitest";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { Net, Peer } from "./harness.ts";

/**
 * A host that keeps all it is given and gives nothing that stays: what `poll` returns is copied at once and compared at
 * the end; what `handle` and `connect` were given is overwritten as soon as they return.
 */
function keeping(peer: Peer): { readonly given: Uint8Array; readonly then: Uint8Array }[] {
  const { endpoint } = peer;
  const kept: { given: Uint8Array; then: Uint8Array }[] = [];
  const poll = endpoint.poll.bind(endpoint);
  const handle = endpoint.handle.bind(endpoint);
  const connect = endpoint.connect.bind(endpoint);
  endpoint.poll = (now) => {
    const next = poll(now);
    for (const value of Object.values(next ?? {}) as unknown[]) {
      if (value instanceof Uint8Array) kept.push({ given: value, then: value.slice() });
    }
    return next;
  };
  endpoint.handle = (datagram, from, now) => {
    const lent = datagram.slice();
    handle(lent, from, now);
    lent.fill(0xee);
  };
  endpoint.connect = (options, now) => {
    const lent = { payload: options.payload.slice(), peerEncryptionKey: options.peerEncryptionKey.slice() };
    const result = connect({ ...options, ...lent }, now);
    lent.payload.fill(0xee);
    lent.peerEncryptionKey.fill(0xee);
    return result;
  };
  return kept;
}

test.each([
  ["node", "chacha20-poly1305", nodeSuite()],
  ["node", "aes-256-gcm", nodeSuite()],
  ["noble", "chacha20-poly1305", nobleSuite()],
  ["noble", "aes-256-gcm", nobleSuite()],
] as const)("%s, %s: events and datagrams are buffers of their own", (_name, cipher, suite) => {
  const ciphers = cipher === "aes-256-gcm" ? ([cipher, "chacha20-poly1305"] as const) : ([cipher] as const);
  const a = new Peer(1, { suite, ciphers });
  const b = new Peer(2, { suite, ciphers });
  const kept = [a, b].map(keeping);
  let lost = 0;
  const net = new Net([a, b], (w) => (w.datagram[0] === 2 && lost++ === 0 ? [] : [5]));
  const handle = net.connect(a, b);
  net.run(2000);
  const messages = Array.from({ length: 40 }, (_, i) => new Uint8Array(20 * i).fill(i));
  for (const m of messages) {
    a.endpoint.send(handle, m, net.later(5000));
    b.endpoint.send(
      b.handle,
      m.map((x) => ~x),
      net.later(5000),
    );
  }
  net.run(5000);
  b.onRequest = (r, now) => b.endpoint.refuse(r.request, 1, now);
  net.connect(a, b, { payload: Uint8Array.of(4, 5, 6) });
  net.run(1000);
  a.endpoint.close(handle, 1, net.now);
  net.run(10_000);
  expect(b.messages).toEqual(messages);
  expect(a.messages).toEqual(messages.map((m) => m.map((x) => ~x)));
  expect(b.of("request").map((r) => r.payload)).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)]);
  expect(a.of("refused")).toHaveLength(1);
  for (const list of kept) {
    expect(list.length).toBeGreaterThan(60);
    for (const { given, then } of list) expect(given).toEqual(then);
  }
});

test("memory of the host is one datagram's until the next poll, and nothing that waits is in it", () => {
  /** One piece for all: overwritten as soon as the host polls again. */
  const lending = (n: number): Peer => {
    const memory = new Uint8Array(2000);
    const peer = new Peer(n, { datagramMemory: (bytes) => memory.subarray(0, bytes) });
    const poll = peer.endpoint.poll.bind(peer.endpoint);
    peer.endpoint.poll = (now) => {
      memory.fill(0xee);
      const next = poll(now);
      return next?.kind === "transmit" ? { ...next, datagram: next.datagram.slice() } : next;
    };
    return peer;
  };
  const [a, b] = [lending(1), lending(2)];
  // Of five closes the first four are lost.
  let closing = false;
  let closes = 0;
  const net = new Net([a, b], (w) => (closing && w.from === a.at && ++closes < 5 ? [] : [5]));
  const handle = net.connect(a, b);
  net.run(2000);
  const messages = Array.from({ length: 40 }, (_, i) => new Uint8Array(20 * i).fill(i));
  for (const m of messages) a.endpoint.send(handle, m, net.later(5000));
  net.run(5000);
  expect(b.messages).toEqual(messages);
  closing = true;
  a.endpoint.close(handle, 7, net.now);
  net.run(4000);
  expect(b.of("closed")).toEqual([{ kind: "closed", handle: b.handle, reason: 7, byPeer: true }]);
  expect(closes).toBe(5);
  for (const { endpoint } of [a, b]) expect(endpoint.dropped).toMatchObject({ malformed: 0, forged: 0 });
});

test("a datagram that does not authenticate leaves what the host gave as it was, and the keys as they were", () => {
  const a = new Peer(1);
  const b = new Peer(2);
  const net = new Net([a, b]);
  const handle = net.connect(a, b);
  net.run(2000);
  a.endpoint.send(handle, Uint8Array.of(1, 2, 3), net.later(5000));
  net.drain();
  const { datagram } = net.log.at(-1)!;
  for (const phase of [0, 1, 255]) {
    const forged = datagram.slice();
    forged[1] = phase;
    forged[forged.length - 1]! ^= 1;
    const given = forged.slice();
    net.inject(given, a.at, b);
    expect(given).toEqual(forged);
  }
  expect(b.endpoint.dropped.forged).toBe(3);
  net.run(100);
  expect(b.messages).toEqual([Uint8Array.of(1, 2, 3)]);
});
