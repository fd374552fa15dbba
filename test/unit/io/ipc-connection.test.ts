import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AranyaError, LimitError, StoreError } from "../../../src/base/errors.ts";
import type { ChannelId, TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { Client } from "../../../src/client/client.ts";
import { FrameReader } from "../../../src/ipc/frame-reader.ts";
import { encodeControlFrame } from "../../../src/ipc/wire.ts";
import { encodeCredit, encodeSendData, encodeSendDataAnswers } from "../../support/ipc-frames.ts";
import { until } from "../../support/until.ts";
import { deferred, never, refusal, testId, ToyDaemon } from "../client/toy-daemon.ts";

let daemon: ToyDaemon;

beforeEach(async () => {
  daemon = await new ToyDaemon().start();
});

afterEach(() => daemon.remove());

/** A client that is not ours: it has said hello and been answered. */
async function rawClient(): Promise<Socket> {
  const socket = connect(daemon.socketPath);
  socket.on("error", () => undefined);
  socket.write(encodeControlFrame([1, "hello", { protocol: 1, config: {} }]));
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

describe("[SYS-7] a connection to the daemon", () => {
  test("that sends without reading is not read either, and gets every answer once it reads", async () => {
    const socket = await rawClient();
    socket.pause();
    const total = 20_000;
    // Refused at once, so nothing in flight holds it back: only the full socket does.
    const junk = encodeControlFrame([7, "x".repeat(900), {}]);
    const flood = Buffer.concat(Array.from({ length: total }, () => junk));
    socket.write(flood);
    const server = daemon.sockets[0]!;
    // Kernel buffers fill up first, then the stream's own. What the kernel refused it takes no sooner than somebody reads,
    // and the stream takes no more than its mark: nothing moves any more.
    await until(
      () =>
        server.isPaused() &&
        server.writableLength > 0 &&
        server.readableLength >= server.readableHighWaterMark,
    );
    const readBefore = server.bytesRead;
    expect(readBefore).toBeLessThan(flood.length / 2);
    const other = await Client.connect({ socketPath: daemon.socketPath });
    expect(await other.teams()).toEqual([testId(2)]); // others do not notice
    expect(server.bytesRead).toBe(readBefore);
    await other.close();

    const reader = new FrameReader();
    let answers = 0;
    socket.on("data", (chunk) => {
      reader.push(chunk as Uint8Array);
      while (reader.next() !== undefined) answers++;
    });
    socket.resume();
    await until(() => answers === total);
    expect(daemon.failures).toEqual([]);
    socket.destroy();
  });

  test("that asks for more than may wait for it, and reads late, is not taken for one that never reads", async () => {
    const long = Array.from({ length: 1024 }, (_, i) => `${i}`.padEnd(64, "x"));
    daemon.answer({ labels: () => Promise.resolve(long) });
    const socket = await rawClient();
    socket.pause();
    const call = (id: number): Uint8Array => encodeControlFrame([id, "labels", { teamId: testId(2) }]);
    const calls = (from: number, to: number): Uint8Array =>
      Buffer.concat(Array.from({ length: to - from }, (_, i) => call(from + i)));
    const credit = { bytes: LIMITS.ipcWindowBytesMax, messages: 100, effects: 0 };
    socket.write(encodeCredit(credit));
    socket.write(calls(10, 260)); // 16 MiB of answers, of which 8 may wait; the rest is refused
    const server = daemon.sockets[0]!;
    await until(() => server.isPaused() && server.writableLength > 0);
    const before = server.bytesRead;
    socket.write(calls(260, 280));
    await until(() => server.bytesRead > before && server.readableLength > 0);
    // Messages have room of their own.
    const channel = {
      channelId: testId<ChannelId>(5),
      teamId: testId<TeamId>(2),
      remoteNetIdentifier: "n",
      label: "l",
    };
    const message = new Uint8Array(LIMITS.ipcMessageBytesMax);
    expect([1, 2].map(() => daemon.connection.deliver(channel, message))).toEqual([true, true]);

    const reader = new FrameReader();
    let answers = -3; // the channel, and two messages
    let closed = false;
    socket.on("close", () => (closed = true));
    socket.on("data", (chunk) => {
      reader.push(chunk as Uint8Array);
      while (reader.next() !== undefined) answers++;
    });
    socket.resume();
    await until(() => answers === 270 || closed);
    expect(daemon.failures).toEqual([]);
    expect(answers).toBe(270);
    socket.destroy();
  });

  test("whose messages came in one read sends them all before it answers any, and answers once", async () => {
    const socket = await rawClient();
    const server = daemon.sockets[0]!;
    const writtenBefore = server.bytesWritten;
    const seen: number[] = [];
    const ends: { seen: number; written: number }[] = [];
    daemon.sendData = ({ bytes }) => {
      seen.push(bytes[0]!);
      return true;
    };
    daemon.sendDataEnds = () =>
      ends.push({ seen: seen.length, written: server.bytesWritten - writtenBefore });
    const message = (i: number): Uint8Array =>
      encodeSendData({ id: 10 + i, channelId: testId(5), timeoutMs: 1000, bytes: Uint8Array.of(i) });
    const answers: Uint8Array[] = [];
    socket.on("data", (chunk) => answers.push(chunk as Uint8Array));
    socket.write(Buffer.concat(Array.from({ length: 20 }, (_, i) => message(i))));
    await until(() => answers.length > 0);
    expect(ends).toEqual([{ seen: 20, written: 0 }]);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const expected = encodeSendDataAnswers({ first: 10, count: 20, acknowledged: true });
    expect(Buffer.concat(answers)).toEqual(Buffer.from(expected));
    socket.destroy();
  });

  test("that speaks nonsense is closed, counted, and leaves nothing", async () => {
    daemon.answer({ addTeam: () => never() });
    const socket = await rawClient();
    const { signal } = daemon.connection;
    socket.write(encodeControlFrame([2, "addTeam", { teamId: testId(2) }]));
    await until(() => daemon.calls.at(-1)?.method === "addTeam");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    await closed;
    expect(daemon.failures).toMatchObject([{ code: "frame-too-long" }]);
    expect(daemon.connections.size).toBe(0);
    expect(signal.aborted).toBe(true);
  });

  test("that is cut in the middle of a call drops the answer", async () => {
    let answer: (value: boolean) => void = () => undefined;
    daemon.answer({ addTeam: () => new Promise((resolve) => (answer = resolve)) });
    const socket = await rawClient();
    socket.write(encodeControlFrame([2, "addTeam", { teamId: testId(2) }]));
    await until(() => daemon.calls.at(-1)?.method === "addTeam");
    socket.destroy();
    await until(() => daemon.connections.size === 0);
    answer(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(daemon.bugs).toEqual([]);
  });

  test("[SYS-8] hands on refusals, and what a full disk or a full table means to the caller", async () => {
    const errors: Error[] = [
      new StoreError("no-space", "the disk is full"),
      new LimitError("teamsMax", 64),
      new AranyaError("UnknownTeam", "no such team"),
    ];
    daemon.answer({
      addTeam: () => {
        throw errors.shift()!;
      },
    });
    const client = await Client.connect({ socketPath: daemon.socketPath });
    const add = (): Promise<unknown> => client.addTeam(testId<TeamId>(2));
    expect(await refusal(add())).toEqual({ code: "StorageFailed", fields: { reason: "no-space" } });
    expect(await refusal(add())).toEqual({ code: "LimitReached", fields: { limit: 64, name: "teamsMax" } });
    expect(await refusal(add())).toEqual({ code: "UnknownTeam", fields: {} });
    await client.close();
  });
});

describe("before hello", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => void vi.useRealTimers());

  /** Without a timer. */
  async function soon(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  function silentClient(): Promise<Socket> {
    const socket = connect(daemon.socketPath);
    socket.on("error", () => undefined);
    return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
  }

  test("who says nothing keeps a place for so long and no longer; who has said hello keeps it", async () => {
    const greeted = await rawClient();
    const silent = await Promise.all(
      Array.from({ length: LIMITS.ipcConnectionsMax - 1 }, () => silentClient()),
    );
    await soon(() => daemon.connections.size === LIMITS.ipcConnectionsMax);
    // Words that are no hello, and half a frame, are as good as silence.
    silent[0]!.write(encodeControlFrame([1, "teams", {}]));
    silent[1]!.write(Uint8Array.of(0, 0, 1));
    await new Promise((resolve) => silent[0]!.once("data", resolve));
    vi.advanceTimersByTime(LIMITS.ipcHelloTimeoutMs - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(daemon.connections.size).toBe(LIMITS.ipcConnectionsMax);
    await expect(Client.connect({ socketPath: daemon.socketPath })).rejects.toMatchObject({
      code: "DaemonUnavailable",
    });

    vi.advanceTimersByTime(1);
    await soon(() => daemon.connections.size === 1);
    expect(daemon.failures).toHaveLength(LIMITS.ipcConnectionsMax - 1);
    expect(daemon.failures[0]).toMatchObject({ limitName: "ipcHelloTimeoutMs" });
    const client = await Client.connect({ socketPath: daemon.socketPath });
    vi.advanceTimersByTime(2 * LIMITS.ipcHelloTimeoutMs);
    expect(await client.teams()).toEqual([testId(2)]);
    expect(daemon.connections.size).toBe(2);
    expect(greeted.destroyed).toBe(false);
    await client.close();
    greeted.destroy();
    for (const socket of silent) socket.destroy();
  });

  test("a hello that is being answered may take longer, one that was refused may be tried again and not put off", async () => {
    const hello = deferred<{ protocol: number; version: string }>();
    daemon.answer({ hello: () => hello.promise });
    const patient = await silentClient();
    patient.write(encodeControlFrame([1, "hello", { protocol: 1, config: {} }]));
    await soon(() => daemon.calls.length === 1);
    vi.advanceTimersByTime(3 * LIMITS.ipcHelloTimeoutMs);
    await new Promise((resolve) => setImmediate(resolve));
    expect(daemon.connections.size).toBe(1);
    const answered = new Promise((resolve) => patient.once("data", resolve));
    hello.resolve({ protocol: 1, version: "toy" });
    await answered;
    vi.advanceTimersByTime(3 * LIMITS.ipcHelloTimeoutMs);
    expect(vi.getTimerCount()).toBe(0);
    expect(daemon.connections.size).toBe(1);

    daemon.answer({
      hello: () => {
        throw new AranyaError("ConfigMismatch", "no", { setting: "logLevel", current: "a", wanted: "b" });
      },
    });
    const refused = await silentClient();
    refused.write(encodeControlFrame([1, "hello", { protocol: 1, config: {} }]));
    await new Promise((resolve) => refused.once("data", resolve));
    vi.advanceTimersByTime(LIMITS.ipcHelloTimeoutMs);
    await soon(() => daemon.connections.size === 1);
    patient.destroy();
    refused.destroy();
  });
});
