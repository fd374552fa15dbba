/** What a `UdpSocket` does, whether datagrams leave one by one or many at once. */
import { createSocket } from "node:dgram";
import { closeSync, openSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { probePlatform } from "../../platform/platform.ts";
import { datagramLengthAt } from "../../src/afc/wire.ts";
import type { Address } from "../../src/base/address.ts";
import { TransportError } from "../../src/base/errors.ts";
import { UdpSocket } from "../../src/io/udp.ts";
import type { SegmentSocketMaker, UdpOptions } from "../../src/io/udp.ts";
import { until } from "../support/until.ts";

const LOCAL: Address = { host: "127.0.0.1", port: 0 };
const segments = probePlatform({}).segmentSockets!;

/** Refuses every send, as a device without checksum offload does; node:dgram has to do it. */
const refusing: SegmentSocketMaker = (bind, bufferBytes) => {
  const socket = segments(bind, bufferBytes);
  return socket === undefined ? undefined : Object.assign(socket, { send: () => false });
};

const open = new Set<UdpSocket>();
afterEach(async () => {
  await Promise.all([...open].map((socket) => socket.close()));
  open.clear();
});

/** Begins with what AFC's datagrams begin with: type, phase, length. */
function datagram(length: number, n: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(n);
  bytes.set([4, 0, length >>> 8, length]);
  return bytes;
}

/** Short enough to be compared quickly where they differ. */
function hex(all: readonly Uint8Array[]): string[] {
  return all.map((bytes) => Buffer.from(bytes).toString("base64"));
}

const ways: Readonly<Record<string, SegmentSocketMaker | undefined>> = {
  plain: undefined,
  segments,
  "segments the kernel refuses": refusing,
  "segments that cannot be had": () => undefined,
};

describe.each(Object.entries(ways))("%s", (name, maker) => {
  interface Got {
    readonly bytes: Uint8Array;
    readonly from: Address;
  }

  async function socket(options: Partial<UdpOptions> = {}): Promise<{ udp: UdpSocket; got: Got[] }> {
    const got: Got[] = [];
    const udp = await UdpSocket.open(LOCAL, {
      onDatagram: (bytes, from) => got.push({ bytes: new Uint8Array(bytes), from }),
      lengthAt: datagramLengthAt,
      segments: maker,
      ...options,
    });
    open.add(udp);
    return { udp, got };
  }

  test("[AFC-6] datagrams arrive as they were sent, with the address they came from", async () => {
    const [a, b] = [await socket(), await socket()];
    expect(a.udp.isSegmented).toBe(name.startsWith("segments") && !name.endsWith("had"));
    const lengths = [33, 1200, 1200, 1200, 700, 1200, 33, 34, 35, 35, 35, 1200];
    lengths.forEach((length, n) => expect(a.udp.send(datagram(length, n), b.udp.address)).toBe(true));
    await until(() => b.got.length === lengths.length);
    const sorted = b.got.map((g) => g.bytes).sort((x, y) => x[4]! - y[4]!);
    expect(hex(sorted)).toEqual(hex(lengths.map(datagram)));
    expect(b.got.every((g) => g.from.port === a.udp.address.port && g.from.host === "127.0.0.1")).toBe(true);
    await until(() => a.udp.counters.sent === lengths.length);
    expect(b.udp.counters).toMatchObject({ received: lengths.length, unsplit: 0 });
    expect([...a.udp.counters.sendErrors]).toEqual([]);
  });

  test("memory it gave is sent from, and more than one send holds is several", async () => {
    const [a, b] = [await socket(), await socket()];
    const count = 150;
    for (let n = 0; n < count; n++) {
      const memory = a.udp.allocate(1200);
      memory.set(datagram(1200, n));
      a.udp.send(memory, b.udp.address);
    }
    a.udp.flush();
    await until(() => b.got.length === count);
    const expected = Array.from({ length: count }, (_, n) => datagram(1200, n));
    expect(hex(b.got.map((g) => g.bytes))).toEqual(hex(expected));
    if (name === "segments")
      expect(a.udp.counters.sends).toBe(3); // 54 × 1200 fit into one
    else expect(a.udp.counters.sends).toBe(count);
  });

  test("memory it gave for datagrams of many lengths to several peers", async () => {
    const [a, b, c] = [await socket(), await socket(), await socket()];
    const expected: Uint8Array[][] = [[], []];
    for (let n = 0; n < 200; n++) {
      const bytes = datagram(33 + ((n * n * 31) % 1168), n);
      const memory = a.udp.allocate(bytes.length);
      memory.set(bytes);
      const to = n % 7 < 3 ? 0 : 1;
      expected[to]!.push(bytes);
      a.udp.send(memory, to === 0 ? b.udp.address : { ...c.udp.address });
    }
    await until(() => b.got.length + c.got.length === 200);
    expect(hex(b.got.map((g) => g.bytes))).toEqual(hex(expected[0]!));
    expect(hex(c.got.map((g) => g.bytes))).toEqual(hex(expected[1]!));
  });

  test("the bytes given are those sent, whatever is written over them once the turn is over", async () => {
    const [a, b] = [await socket(), await socket()];
    const bytes = datagram(500, 1);
    a.udp.send(bytes, b.udp.address);
    a.udp.flush();
    await until(() => b.got.length === 1);
    expect(b.got[0]!.bytes).toEqual(datagram(500, 1));
  });

  test("what is no datagram of ours arrives all the same, as one", async () => {
    const { udp, got } = await socket();
    const stranger = createSocket("udp4");
    const sends = [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(1200), new Uint8Array(2000).fill(255)];
    for (const bytes of sends) {
      await new Promise((done) => stranger.send(bytes, udp.address.port, udp.address.host, done));
    }
    await until(() => got.length === sends.length);
    stranger.close();
    expect(hex(got.map((g) => g.bytes))).toEqual(hex(sends));
    expect(udp.counters).toMatchObject({ received: 4, unsplit: 0 });
  });

  test("what cannot be sent is counted and kills nothing", async () => {
    const { udp } = await socket();
    udp.send(new Uint8Array(70_000), { host: "127.0.0.1", port: 9 });
    udp.send(datagram(100, 1), { host: "not an address", port: 9 });
    udp.send(datagram(100, 1), { host: "127.0.0.1", port: 99_999 });
    udp.send(datagram(100, 1), { host: "127.0.0.256", port: 9 });
    udp.flush();
    await until(() => [...udp.counters.sendErrors.values()].reduce((x, y) => x + y, 0) >= 3);
    expect(udp.counters.sendErrors.get("EMSGSIZE")).toBe(1);
  });

  test("a peer that is gone is an error counted, and no end", async () => {
    const [a, gone] = [await socket(), await socket()];
    const dead = gone.udp.address;
    await gone.udp.close();
    for (let i = 0; i < 5; i++) {
      a.udp.send(datagram(100, i), dead);
      a.udp.flush();
    }
    const b = await socket();
    const reached = (): boolean => {
      a.udp.send(datagram(100, 9), b.udp.address);
      return b.got.length > 0;
    };
    await until(reached);
    expect(b.got[0]!.bytes).toEqual(datagram(100, 9));
  });

  test("a taken port is a TransportError with the system's name for it", async () => {
    const { udp } = await socket();
    const options = { onDatagram: () => undefined, lengthAt: datagramLengthAt, segments: maker };
    const error: unknown = await UdpSocket.open(udp.address, options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TransportError);
    expect((error as TransportError).code).toBe("EADDRINUSE");
  });

  test("closed, it sends and hears nothing, and closes again", async () => {
    const [a, b] = [await socket(), await socket()];
    b.udp.send(datagram(100, 1), a.udp.address);
    await b.udp.close();
    expect(b.udp.send(datagram(100, 1), a.udp.address)).toBe(false);
    b.udp.flush();
    await until(() => a.got.length === 1);
    await b.udp.close();
  });
});

test("a descriptor that cannot be taken over is a TransportError, and is closed by who made it", async () => {
  const fd = openSync("/dev/null", "r");
  let closed = 0;
  const close = (): void => {
    closed++;
    closeSync(fd);
  };
  const maker: SegmentSocketMaker = () => ({
    fd,
    close,
    probesMtu: true,
    memory: new Uint8Array(0),
    segmentsMax: 1,
    send: () => false,
  });
  const options = { onDatagram: () => undefined, lengthAt: datagramLengthAt, segments: maker };
  const error: unknown = await UdpSocket.open(LOCAL, options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TransportError);
  expect(closed).toBe(1);
});

test("what the kernel merged is split by the lengths in it; garbage ends that, is handed over and counted", async () => {
  const got: number[] = [];
  const b = await UdpSocket.open(LOCAL, {
    onDatagram: (bytes) => got.push(bytes.length),
    lengthAt: datagramLengthAt,
    segments,
  });
  const a = await UdpSocket.open(LOCAL, {
    onDatagram: () => undefined,
    lengthAt: datagramLengthAt,
    segments,
  });
  open.add(a).add(b);
  const liar = datagram(100, 2);
  liar[3] = 99; // ends a byte before the next begins
  for (const bytes of [datagram(100, 1), liar, datagram(100, 3)]) a.send(bytes, b.address);
  await until(() => b.counters.unsplit === 1);
  expect(got).toEqual([100, 99, 101]);
  got.length = 0;
  const longer = datagram(100, 2);
  longer[3] = 101; // the last: more than there is
  for (const bytes of [datagram(100, 1), longer]) a.send(bytes, b.address);
  await until(() => b.counters.unsplit === 2);
  expect(got).toEqual([100, 100]);
});
