/** AFC on real sockets, seen by somebody between the two ends. */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { probePlatform } from "../../platform/platform.ts";
import type { AfcEvent } from "../../src/afc/index.ts";
import type { Address } from "../../src/base/address.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { after } from "../../src/base/time.ts";
import { deviceKeysFrom } from "../../src/crypto/key-bundle.ts";
import type { DeviceKeys } from "../../src/crypto/key-bundle.ts";
import { nodeSuite } from "../../src/crypto/node.ts";
import { AfcHost } from "../../src/daemon/afc-host.ts";
import { systemClock } from "../../src/io/clock.ts";
import { systemEntropy } from "../../src/io/entropy.ts";
import type { SegmentSocketMaker } from "../../src/io/udp.ts";
import { freePort } from "../support/daemon-process.ts";

const suite = nodeSuite();
const LOCAL = "127.0.0.1";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** One end, its host, and everything that happened. */
class End {
  readonly keys: DeviceKeys = deviceKeysFrom(suite, {
    identitySecret: systemEntropy.bytes(32),
    signingSecret: systemEntropy.bytes(32),
    encryptionSecret: systemEntropy.bytes(32),
  });
  readonly events: AfcEvent[] = [];
  readonly host: AfcHost;
  #wake: () => void = () => undefined;

  constructor(segments: SegmentSocketMaker | undefined) {
    const clock = systemClock;
    this.host = new AfcHost({ suite, clock, entropy: systemEntropy, segments, onEvent: (e) => this.#on(e) });
  }

  async listen(port: number): Promise<Address> {
    const address = { host: LOCAL, port };
    await this.host.listen(address, this.keys);
    closing.push(() => this.host.close());
    return address;
  }

  /** The first of its kind from `from` on. */
  async first<K extends AfcEvent["kind"]>(kind: K, from = 0): Promise<Extract<AfcEvent, { kind: K }>> {
    for (;;) {
      const found = this.events.slice(from).find((e): e is Extract<AfcEvent, { kind: K }> => e.kind === kind);
      if (found !== undefined) return found;
      await new Promise<void>((done) => (this.#wake = done));
    }
  }

  #on(event: AfcEvent): void {
    this.events.push(event);
    const { endpoint } = this.host;
    if (event.kind === "request") endpoint.accept(event.request, systemClock.now());
    if (event.kind === "message") endpoint.consumed(event.handle, 1);
    this.#wake();
  }
}

/** Passes on what it gets to `to`, and back; the lengths of what went to `to`. */
async function between(to: Address): Promise<{ address: Address; lengths: number[] }> {
  const [front, back]: Socket[] = [createSocket("udp4"), createSocket("udp4")] as const;
  const lengths: number[] = [];
  let caller = 0;
  front.on("message", (bytes, from) => {
    caller = from.port;
    lengths.push(bytes.length);
    back.send(bytes, to.port, to.host);
  });
  back.on("message", (bytes) => front.send(bytes, caller, LOCAL));
  for (const socket of [front, back]) {
    socket.bind(0, LOCAL);
    await once(socket, "listening");
    closing.push(() => socket.close());
  }
  return { address: { host: LOCAL, port: front.address().port }, lengths };
}

const ways: Readonly<Record<string, SegmentSocketMaker | undefined>> = {
  plain: undefined,
  segments: probePlatform({}).segmentSockets!,
};

describe.each(Object.entries(ways))("%s", (name, segments) => {
  test("[AFC-11] long messages go in datagrams that no path has to cut, and as long as this one takes", async () => {
    const [a, b] = [new End(segments), new End(segments)];
    await a.listen(await freePort());
    const tap = await between(await b.listen(await freePort()));
    a.host.endpoint.connect(
      {
        peerEncryptionKey: b.keys.bundle.encryptionKey,
        peerDeviceId: b.keys.deviceId,
        address: tap.address,
        payload: Uint8Array.of(1),
        delivery: "reliable",
        timeoutMs: 10_000,
      },
      systemClock.now(),
    );
    a.host.drain();
    const { handle } = await a.first("opened");
    const message = systemEntropy.bytes(LIMITS.channelMessageBytesMax);
    for (let i = 0; i < 4; i++) {
      const [seenByA, seenByB] = [a.events.length, b.events.length];
      a.host.endpoint.send(handle, message, after(systemClock.now(), 60_000));
      a.host.drain();
      expect(Buffer.compare((await b.first("message", seenByB)).bytes, message)).toBe(0);
      await a.first("acknowledged", seenByA);
    }
    const most = name === "plain" ? LIMITS.datagramBytesMax : LIMITS.datagramBytesProbedMax;
    expect(Math.max(...tap.lengths)).toBe(most);
    expect(tap.lengths.filter((n) => n === most).length).toBeGreaterThan(2000);
    expect(a.host.counters!.sendErrors).toEqual(new Map());
  });
});
