/** What the kernel says: parsed from what it printed once, and read for real from a socket that overflows. */
import { createSocket } from "node:dgram";
import { expect, test } from "vitest";
import {
  kernelDrops,
  parseDrops,
  parseReceiveBufferErrors,
  processFigures,
  receiveBufferErrors,
} from "../../../src/io/process-figures.ts";

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  520: 0100007F:10E1 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30012 2 0000000000000000 17
  521: 00000000:10E1 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30013 2 0000000000000000 4
`;

test("drops are those of the socket bound there, and missing where there is none", () => {
  expect(parseDrops(TABLE, { host: "127.0.0.1", port: 4321 })).toBe(17);
  expect(parseDrops(TABLE, { host: "0.0.0.0", port: 4321 })).toBe(4);
  expect(parseDrops(TABLE, { host: "127.0.0.1", port: 4322 })).toBeUndefined();
  expect(parseDrops("", { host: "127.0.0.1", port: 4321 })).toBeUndefined();
});

test("errors of all sockets are found by the name of their column", () => {
  const snmp = "Tcp: A B\nTcp: 1 2\nUdp: InDatagrams NoPorts RcvbufErrors\nUdp: 5 6 7\n";
  expect(parseReceiveBufferErrors(snmp)).toBe(7);
  expect(parseReceiveBufferErrors("Udp: InDatagrams\nUdp: 5\n")).toBeUndefined();
  expect(parseReceiveBufferErrors("")).toBeUndefined();
  expect(receiveBufferErrors()).toBeTypeOf("number");
});

test("what the kernel drops of a socket that nobody reads is counted", async () => {
  const socket = createSocket("udp4");
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  const { address: host, port } = socket.address();
  expect(kernelDrops({ host, port })).toBe(0);
  socket.setRecvBufferSize(4096);
  const sender = createSocket("udp4");
  const message = new Uint8Array(1000);
  // Nothing is read before this turn of the loop ends, and none of the sends waits for one.
  for (let i = 0; i < 200; i++) sender.send(message, port, host);
  await new Promise<void>((done) => sender.send(message, port, host, () => done()));
  expect(kernelDrops({ host, port })).toBeGreaterThan(0);
  socket.close();
  sender.close();
});

test("this process has all of its figures", () => {
  const figures = processFigures();
  for (const [name, value] of Object.entries(figures)) expect(value, name).toBeTypeOf("number");
  expect(figures.anonymousBytes).toBeLessThanOrEqual(figures.residentBytes!);
  expect(figures.openFds).toBeLessThan(figures.openFdsMax!);
});
