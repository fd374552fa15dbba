import { openSync, closeSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadFfi } from "../../../platform/ffi.ts";
import { peerCredentials } from "../../../platform/peer-credentials.ts";
import { probePlatform } from "../../../platform/platform.ts";
import { descriptorOf, listenUnix } from "../../../src/io/unix-socket.ts";

const directory = mkdtempSync(join(tmpdir(), "aranya-edge-peer-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the kernel says which process and user connected; of a file, and of a socket that is gone, nothing", async () => {
  const credentialsOf = peerCredentials(loadFfi()!)!;
  const path = join(directory, "socket");
  let took!: (socket: Socket) => void;
  const taken = new Promise<Socket>((resolve) => (took = resolve));
  const listener = await listenUnix(path, took);
  const client = connect(path);
  const socket = await taken;
  expect(credentialsOf(descriptorOf(socket)!)).toEqual({ pid: process.pid, uid: process.getuid!() });
  const closed = new Promise((done) => socket.once("close", done));
  client.destroy();
  socket.resume();
  await closed;
  expect(descriptorOf(socket)).toBe(undefined);
  await listener.close();

  const file = openSync(join(directory, "file"), "w");
  expect(credentialsOf(file)).toBe(undefined);
  closeSync(file);
  expect(credentialsOf(-1)).toBe(undefined);
});

test("a plain platform cannot say", () => {
  expect(probePlatform({ ARANYA_EDGE_PLATFORM: "plain" }).peerCredentials).toBe(undefined);
});
