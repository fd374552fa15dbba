import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AranyaError, LimitError, StoreError } from "../../../src/base/errors.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { Client } from "../../../src/client/client.ts";
import { FrameReader } from "../../../src/ipc/frame-reader.ts";
import { encodeControlFrame } from "../../../src/ipc/wire.ts";
import { encodeSendData, encodeSendDataAnswers } from "../../support/ipc-frames.ts";
import { never, refusal, testId, ToyDaemon, until } from "../client/toy-daemon.ts";

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
