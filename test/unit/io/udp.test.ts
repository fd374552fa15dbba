import { expect, test } from "vitest";
import type { Address } from "../../../src/base/address.ts";
import { TransportError } from "../../../src/base/errors.ts";
import { UdpSocket } from "../../../src/io/udp.ts";
import { until } from "../../support/until.ts";

const LOCAL: Address = { host: "127.0.0.1", port: 0 };

test("[AFC-6] datagrams go from one to the other, with the address they came from", async () => {
  const got: { bytes: Uint8Array; from: Address }[] = [];
  const a = await UdpSocket.open(LOCAL, { onDatagram: () => undefined });
  const b = await UdpSocket.open(LOCAL, { onDatagram: (bytes, from) => got.push({ bytes, from }) });
  expect(a.address.port).toBeGreaterThan(0);
  for (let i = 0; i < 10; i++) expect(a.send(new Uint8Array(1200).fill(i), b.address)).toBe(true);
  await until(() => got.length === 10);
  expect(got[0]!.from).toEqual(a.address);
  expect(got.map((g) => g.bytes[0]).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(b.counters.received).toBe(10);
  await until(() => a.counters.sent === 10);
  await Promise.all([a.close(), b.close()]);
  expect(a.send(new Uint8Array(1), b.address)).toBe(false);
  await a.close();
});

test("a taken port is a TransportError with the system's name for it", async () => {
  const a = await UdpSocket.open(LOCAL, { onDatagram: () => undefined });
  const error: unknown = await UdpSocket.open(a.address, { onDatagram: () => undefined }).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(TransportError);
  expect((error as TransportError).code).toBe("EADDRINUSE");
  await a.close();
});

test("what cannot be sent is counted and kills nothing", async () => {
  const a = await UdpSocket.open(LOCAL, { onDatagram: () => undefined });
  const gone = await UdpSocket.open(LOCAL, { onDatagram: () => undefined });
  const deadPort = gone.address;
  await gone.close();
  a.send(new Uint8Array(70_000), LOCAL); // too long, and no port
  a.send(new Uint8Array(70_000), { host: "127.0.0.1", port: 9 });
  a.send(new Uint8Array(1), { host: "not an address", port: 9 });
  a.send(new Uint8Array(1), { host: "127.0.0.1", port: 99_999 });
  for (let i = 0; i < 5; i++) a.send(new Uint8Array(10), deadPort);
  await until(
    () => [...a.counters.sendErrors.values()].reduce((x, y) => x + y, 0) >= 4 && a.counters.sent >= 5,
  );
  expect(a.counters.sendErrors.get("EMSGSIZE")).toBeGreaterThan(0);
  await a.close();
});
