import { createPrivateKey, createPublicKey } from "node:crypto";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { connect, createServer } from "node:tls";
import type { ConnectionOptions, TLSSocket, TlsOptions } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { TransportError } from "../../../src/base/errors.ts";
import { instant } from "../../../src/base/time.ts";
import { deviceKeysFrom } from "../../../src/crypto/key-bundle.ts";
import type { DeviceKeys } from "../../../src/crypto/key-bundle.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { toPem, writeCertificate, writePrivateKey } from "../../../src/io/certificate.ts";
import { connectTls, listenTls } from "../../../src/io/tls.ts";
import type { ListenTlsOptions, TlsListener, TlsPeer } from "../../../src/io/tls.ts";
import { Requester } from "../../../src/sync/requester.ts";
import type { RequesterInput, RequesterOutput } from "../../../src/sync/requester.ts";
import { Responder } from "../../../src/sync/responder.ts";
import { SYNC_ALPN } from "../../../src/sync/wire.ts";
import { eventually } from "../../support/daemon-process.ts";
import { FAKE_TEAM, fakeCommand, FakeSource } from "../../support/fake-source.ts";
import type { FakeCommand } from "../../support/fake-source.ts";
import { datedIdentity, ecIdentity, rsaIdentity } from "../../support/foreign-certificate.ts";

const HOST = "127.0.0.1";
const suite = nodeSuite();
const ALICE = device(1);
const BOB = device(2);
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function device(seed: number): DeviceKeys {
  const secret = (n: number): Uint8Array => new Uint8Array(32).fill(16 * seed + n);
  return deviceKeysFrom(suite, {
    identitySecret: secret(1),
    signingSecret: secret(2),
    encryptionSecret: secret(3),
  });
}

function pemOf(keys: DeviceKeys): { key: string; cert: string } {
  const sign = (body: Uint8Array): Uint8Array => suite.ed25519Sign(keys.identitySecret, body);
  return {
    key: toPem("PRIVATE KEY", writePrivateKey(keys.identitySecret)),
    cert: toPem("CERTIFICATE", writeCertificate(keys.bundle.identityKey, sign)),
  };
}

interface Listening {
  readonly listener: TlsListener;
  readonly peers: TlsPeer[];
  readonly nextPeer: () => Promise<TlsPeer>;
  /** What became of connections that are no peers. */
  readonly nextRejection: () => Promise<string>;
}

async function listen(options: Partial<ListenTlsOptions> = {}): Promise<Listening> {
  const peers = new Queue<TlsPeer>();
  const rejections = new Queue<string>();
  const listener = await listenTls({
    host: HOST,
    port: 0,
    keys: ALICE,
    onConnection: (peer) => peers.push(peer),
    onRejected: (reason) => rejections.push(reason),
    ...options,
  });
  closing.push(() => listener.close());
  return {
    listener,
    peers: peers.items,
    nextPeer: () => peers.next(),
    nextRejection: () => rejections.next(),
  };
}

async function dial(port: number, keys = BOB): Promise<TlsPeer> {
  const peer = await connectTls({ host: HOST, port, keys, timeoutMs: 10_000 });
  closing.push(() => peer.destroy());
  return peer;
}

/** A client that is not ours; resolves once it has been hung up on. */
function hungUpOn(port: number, options: ConnectionOptions): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, rejectUnauthorized: false, ...options });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
  });
}

/** A server that is not ours. */
async function foreignServer(options: TlsOptions, onSocket?: (s: TLSSocket) => void): Promise<number> {
  const server = createServer({ requestCert: true, rejectUnauthorized: false, ...options }, onSocket);
  server.on("tlsClientError", () => undefined);
  return await open(server);
}

async function open(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (s) => {
    sockets.add(s);
    s.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  closing.push(() => {
    for (const s of sockets) s.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function failure(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.catch((e: unknown) => e);
  if (!(error instanceof TransportError)) throw new Error(`no TransportError: ${String(error)}`);
  return error.code;
}

async function until(is: () => boolean): Promise<void> {
  await eventually("it is so", () => Promise.resolve(is()), Boolean);
}

class Queue<T> {
  readonly items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];
  push(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.items.push(item);
    else waiting(item);
  }
  next(): Promise<T> {
    const item = this.items.shift();
    return item === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(item);
  }
}

const ours = { ...pemOf(BOB), ALPNProtocols: [SYNC_ALPN] };

describe("two devices", () => {
  test("[SYN-7] each learns the other's identity key, proven", async () => {
    const { listener, nextPeer } = await listen();
    const bob = await dial(listener.port);
    const alice = await nextPeer();
    expect(toHex(bob.peerIdentityKey)).toBe(toHex(ALICE.bundle.identityKey));
    expect(toHex(alice.peerIdentityKey)).toBe(toHex(BOB.bundle.identityKey));
    expect(bob.remoteAddress).toBe(`${HOST}:${listener.port}`);
    expect(alice.remoteAddress).toMatch(/^127\.0\.0\.1:[0-9]+$/);
  });

  test("bytes go both ways, and nothing is lost that came before anybody listened", async () => {
    const { listener, nextPeer } = await listen();
    const bob = await dial(listener.port);
    bob.write(Uint8Array.of(1));
    const alice = await nextPeer();
    const heard = new Promise<Uint8Array>((resolve) => alice.onData(resolve));
    expect([...(await heard)]).toEqual([1]);
    const answer = new Promise<Uint8Array>((resolve) => bob.onData(resolve));
    alice.write(Uint8Array.of(2));
    expect([...(await answer)]).toEqual([2]);
  });

  test("end sends what was written first; a close before anybody asked is told all the same", async () => {
    const { listener, nextPeer } = await listen();
    const bob = await dial(listener.port);
    const alice = await nextPeer();
    const big = new Uint8Array(1_000_000).fill(9);
    let received = 0;
    bob.onData((bytes) => (received += bytes.length));
    const closed = new Promise<void>((resolve) => bob.onClose(resolve));
    alice.write(big);
    alice.end();
    await closed;
    expect(received).toBe(big.length);
    await new Promise<void>((resolve) => bob.onClose(resolve));
    expect(bob.write(Uint8Array.of(1))).toBe(false);
  });

  test("[SYN-8] a peer that does not read is not read from until it does", async () => {
    const { listener, nextPeer } = await listen();
    const bob = await dial(listener.port);
    const alice = await nextPeer();
    let asked = 0;
    alice.onData((bytes) => (asked += bytes.length));
    const drained = new Promise<void>((resolve) => alice.onDrain(resolve));
    const answer = new Uint8Array(32 * 1024 * 1024);
    expect(alice.write(answer)).toBe(false);
    for (let i = 0; i < 50; i++) bob.write(new Uint8Array(100));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).toBe(0);
    const all = new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        if (asked < 5000) return;
        clearInterval(poll);
        resolve();
      }, 5);
    });
    bob.onData(() => undefined);
    await drained;
    await all;
    expect(asked).toBe(5000);
  });

  test("a closed listener drops its connections and refuses new ones", async () => {
    const { listener, nextPeer } = await listen();
    const bob = await dial(listener.port);
    await nextPeer();
    const closed = new Promise<void>((resolve) => bob.onClose(resolve));
    await listener.close();
    await closed;
    expect(listener.connectionCount).toBe(0);
    expect(await failure(dial(listener.port))).toBe("connect-failed");
  });

  test("a port in use is an error", async () => {
    const { listener } = await listen();
    expect(await failure(listen({ port: listener.port }))).toBe("listen-failed");
  });

  test.each([
    ["long expired", "600101000000Z", "610101000000Z"],
    ["not valid yet", "480101000000Z", "490101000000Z"],
  ])("dates do not count: a certificate %s is as good", async (_name, from, to) => {
    const key = createPrivateKey(pemOf(BOB).key);
    const dated = datedIdentity(key, createPublicKey(key), from, to);
    const { listener, nextPeer } = await listen();
    const socket = connect({ host: HOST, port: listener.port, ...ours, ...dated, rejectUnauthorized: false });
    socket.on("error", () => undefined);
    closing.push(() => socket.destroy());
    expect(toHex((await nextPeer()).peerIdentityKey)).toBe(toHex(BOB.bundle.identityKey));

    const port = await foreignServer({ ...ours, ...dated });
    expect(toHex((await dial(port, ALICE)).peerIdentityKey)).toBe(toHex(BOB.bundle.identityKey));
  });
});

describe("[SYN-8] a client is hung up on that", () => {
  test.each<[string, ConnectionOptions, string]>([
    ["shows no certificate", { ALPNProtocols: [SYNC_ALPN] }, "no-certificate"],
    ["shows an RSA certificate", { ...ours, ...rsaIdentity() }, "no-certificate"],
    ["shows an EC certificate", { ...ours, ...ecIdentity() }, "no-certificate"],
    ["offers no ALPN", { ...ours, ALPNProtocols: undefined }, "wrong-alpn"],
    ["offers another ALPN", { ...ours, ALPNProtocols: ["h2"] }, "handshake-failed"],
    ["speaks TLS 1.2", { ...ours, maxVersion: "TLSv1.2" }, "handshake-failed"],
    ["offers other curves", { ...ours, ecdhCurve: "P-384" }, "handshake-failed"],
  ])("%s", async (_name, options, reason) => {
    const { listener, peers, nextRejection } = await listen();
    await hungUpOn(listener.port, options);
    expect(await nextRejection()).toBe(reason);
    expect(peers).toEqual([]);
    expect(listener.connectionCount).toBe(0);
  });

  test("sends anything but TLS", async () => {
    const { listener, nextRejection } = await listen();
    const socket = connectTcp({ port: listener.port, host: HOST, allowHalfOpen: true });
    closing.push(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.0\r\n\r\n");
    expect(await nextRejection()).toBe("handshake-failed");
  });

  test("says nothing, or trickles", async () => {
    const { listener, nextRejection } = await listen({ handshakeTimeoutMs: 150 });
    const silent = connectTcp(listener.port, HOST);
    silent.on("error", () => undefined);
    expect(await nextRejection()).toBe("handshake-timeout");

    const trickling = connectTcp(listener.port, HOST);
    trickling.on("error", () => undefined);
    const hello = Uint8Array.of(
      0x16,
      3,
      1,
      2,
      0,
      1,
      0,
      1,
      0xfc,
      3,
      3,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    );
    let at = 0;
    const drip = setInterval(() => trickling.write(hello.subarray(at, ++at)), 20);
    expect(await nextRejection()).toBe("handshake-timeout");
    clearInterval(drip);
    expect(listener.connectionCount).toBe(0);
  });

  test("is one too many where all others are served, counted from TCP accept; a place that is free again can be taken", async () => {
    const served = new Set<Uint8Array>();
    const { listener, nextRejection } = await listen({
      connectionsMax: 2,
      onConnection: (peer, place) => {
        served.add(peer.peerIdentityKey);
        place.kept();
      },
    });
    const first = await dial(listener.port);
    await dial(listener.port);
    await until(() => served.size === 2);
    expect(listener.connectionCount).toBe(2);
    expect(await failure(dial(listener.port))).toBe("connect-failed");
    expect(await nextRejection()).toBe("too-many-connections");
    first.destroy();
    await until(() => listener.connectionCount === 1);
    await dial(listener.port);
    await until(() => served.size === 3);
  });

  test("[SYN-8] says nothing for as long as it likes, and loses its place to the next that comes", async () => {
    const { listener, nextPeer, nextRejection } = await listen({
      connectionsMax: 2,
      handshakeTimeoutMs: 60_000,
    });
    for (let i = 0; i < 2; i++) {
      const silent = connectTcp(listener.port, HOST);
      silent.on("error", () => undefined);
      await new Promise<void>((resolve) => silent.on("connect", resolve));
    }
    await until(() => listener.connectionCount === 2);
    await dial(listener.port);
    await nextPeer();
    expect(await nextRejection()).toBe("displaced");
    expect(listener.connectionCount).toBe(2);
  });
});

test("no session can be resumed, so nobody is known without a certificate", async () => {
  const { listener, nextPeer } = await listen();
  const socket = connect({ host: HOST, port: listener.port, ...ours, rejectUnauthorized: false });
  socket.on("error", () => undefined);
  closing.push(() => socket.destroy());
  const heard = new Promise((resolve) => socket.once("data", resolve));
  (await nextPeer()).write(Uint8Array.of(1));
  await heard;
  // OpenSSL sends its tickets before the first byte of data, stateful ones where tickets are off.
  const session = socket.getSession();
  const again = connect({ host: HOST, port: listener.port, ...ours, rejectUnauthorized: false, session });
  again.on("error", () => undefined);
  closing.push(() => again.destroy());
  const peer = await nextPeer();
  expect(toHex(peer.peerIdentityKey)).toBe(toHex(BOB.bundle.identityKey));
  expect(again.isSessionReused()).toBe(false);
});

describe("[SYN-8] a server is not accepted that", () => {
  test.each<[string, TlsOptions, string]>([
    ["shows an RSA certificate", { ...ours, ...rsaIdentity() }, "connect-failed"],
    ["shows an EC certificate", { ...ours, ...ecIdentity() }, "connect-failed"],
    ["has no ALPN", { ...ours, ALPNProtocols: undefined }, "wrong-alpn"],
    ["speaks TLS 1.2", { ...ours, maxVersion: "TLSv1.2" }, "connect-failed"],
  ])("%s", async (_name, options, code) => {
    const port = await foreignServer(options);
    expect(await failure(dial(port))).toBe(code);
  });

  test("accepts and says nothing", async () => {
    const port = await open(createTcpServer());
    const attempt = connectTls({ host: HOST, port, keys: BOB, timeoutMs: 100 });
    expect(await failure(attempt)).toBe("connect-timeout");
  });

  test("hangs up at once", async () => {
    const port = await open(createTcpServer((s) => s.destroy()));
    expect(await failure(dial(port))).toBe("connect-failed");
  });

  test("is not there", async () => {
    const { listener } = await listen();
    await listener.close();
    expect(await failure(dial(listener.port))).toBe("connect-failed");
  });
});

test("the secret appears in no error", async () => {
  const { listener } = await listen();
  await listener.close();
  const error: unknown = await dial(listener.port).catch((e: unknown) => e);
  const text = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).stack);
  expect(text).not.toContain("PRIVATE KEY");
});

test("[SYN-3] two devices pull over real TLS until the asker holds everything", async () => {
  const all: FakeCommand[] = [];
  for (let i = 0; i < 700; i++) all.push(fakeCommand(`c${i}`, all.slice(-1), 1500));
  const known = new Map(all.map((c) => [c.id as string, c]));
  const theirs = new FakeSource(all);
  const mine = new FakeSource(all.slice(0, 3));
  const { listener } = await listen({
    onConnection: (peer) => {
      const responder = new Responder({ authorize: () => theirs, now: instant(0) });
      peer.onData((bytes) => {
        responder.handle({ type: "bytes", bytes }, instant(0));
        for (let out = responder.poll(); out !== undefined; out = responder.poll()) {
          if (out.type === "transmit") peer.write(out.bytes);
          else peer.end();
        }
      });
    },
  });

  const peer = await dial(listener.port);
  const requester = new Requester({ source: mine, teamId: FAKE_TEAM, now: instant(0) });
  const outcome = await new Promise<RequesterOutput>((resolve) => {
    const input = (event?: RequesterInput): void => {
      if (event !== undefined) requester.handle(event, instant(0));
      for (let out = requester.poll(); out !== undefined; out = requester.poll()) {
        if (out.type === "transmit") peer.write(out.bytes);
        else if (out.type === "commands") input({ type: "admitted", added: mine.admit(out.commands, known) });
        else resolve(out);
      }
    };
    peer.onData((bytes) => input({ type: "bytes", bytes }));
    peer.onClose(() => input({ type: "closed" }));
    input();
  });
  expect(outcome).toEqual({ type: "done", received: 697, added: 697, heads: [all[699]!.id] });
  expect(mine.size).toBe(700);
});
