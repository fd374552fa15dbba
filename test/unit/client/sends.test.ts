import { expect, test } from "vitest";
import { AranyaError } from "../../../src/base/errors.ts";
import type { ChannelId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { Sends } from "../../../src/client/sends.ts";
import { refusal, testId } from "./toy-daemon.ts";

const CHANNEL = testId<ChannelId>(5);

/** What reached the session, under ids that count up from 1. */
function sendsWith(): { sends: Sends; begun: { bytes: Uint8Array; timeoutMs: number }[] } {
  const begun: { bytes: Uint8Array; timeoutMs: number }[] = [];
  const sends = new Sends({
    check: () => undefined,
    begin: (_, bytes, timeoutMs) => begun.push({ bytes, timeoutMs }),
  });
  return { sends, begun };
}

const message = (byte: number): Uint8Array => Uint8Array.of(byte);

test("what the daemon takes goes at once, the rest in order as places become free", async () => {
  const { sends, begun } = sendsWith();
  const outcomes = Array.from({ length: LIMITS.ipcSendsInFlightMax + 3 }, (_, i) =>
    sends.send(CHANNEL, message(i & 255), 60_000, undefined),
  );
  expect(begun).toHaveLength(LIMITS.ipcSendsInFlightMax);
  sends.answered(1, 2, true);
  expect(begun).toHaveLength(LIMITS.ipcSendsInFlightMax + 2);
  expect(begun.slice(-2).map(({ bytes }) => bytes[0])).toEqual([
    LIMITS.ipcSendsInFlightMax & 255,
    (LIMITS.ipcSendsInFlightMax + 1) & 255,
  ]);
  expect(await Promise.all(outcomes.slice(0, 2))).toEqual([true, true]);
  sends.refused(3, new AranyaError("ChannelClosed", "gone"));
  expect(await refusal(outcomes[2]!)).toMatchObject({ code: "ChannelClosed" });
  sends.answered(4, begun.length - 3, false);
  expect(await Promise.all(outcomes.slice(3))).toEqual(Array(LIMITS.ipcSendsInFlightMax).fill(false));
  expect(sends.waiting).toBe(0);
  sends.end(() => new AranyaError("DaemonUnavailable", "over"));
});

test("one that has too many bytes for now holds back those behind it, until it is given up", async () => {
  const { sends, begun } = sendsWith();
  const half = new Uint8Array(LIMITS.ipcSendBytesInFlightMax / 2);
  const first = sends.send(CHANNEL, half, 60_000, undefined);
  void sends.send(CHANNEL, message(1), 60_000, undefined);
  const controller = new AbortController();
  const large = sends.send(CHANNEL, half, 60_000, controller.signal);
  const small = sends.send(CHANNEL, message(2), 60_000, undefined);
  expect(begun).toHaveLength(2);
  controller.abort(new Error("enough"));
  await expect(large).rejects.toThrow("enough");
  expect(begun).toHaveLength(3);
  sends.answered(1, 3, true);
  expect(await Promise.all([first, small])).toEqual([true, true]);
});

test("memory that its owner gave away after the time-out is not counted for ever", async () => {
  const { sends, begun } = sendsWith();
  const large = (): Uint8Array<ArrayBuffer> => new Uint8Array(LIMITS.ipcMessageBytesMax);
  const count = LIMITS.ipcSendBytesInFlightMax / LIMITS.ipcMessageBytesMax;
  const gone = Array.from({ length: count }, large);
  const late = gone.map((bytes) => sends.send(CHANNEL, bytes, 1, undefined));
  expect(await Promise.all(late)).toEqual(late.map(() => false));
  structuredClone(gone, { transfer: gone.map((bytes) => bytes.buffer) });
  sends.answered(1, count, true);
  const next = sends.send(CHANNEL, large(), 60_000, undefined);
  expect(begun).toHaveLength(count + 1);
  sends.answered(count + 1, 1, true);
  expect(await next).toBe(true);
  sends.end(() => new AranyaError("DaemonUnavailable", "over"));
});

test("[AFC-5] whose time is up is told false, wherever it waits, and its place at the daemon stays taken until the answer", async () => {
  const { sends, begun } = sendsWith();
  const patient = sends.send(CHANNEL, message(0), 60_000, undefined);
  const late = Array.from({ length: LIMITS.ipcSendsInFlightMax + 5 }, (_, i) =>
    sends.send(CHANNEL, message(1), 1 + (i % 7), undefined),
  );
  expect(await Promise.all(late)).toEqual(late.map(() => false));
  expect([begun.length, sends.waiting]).toEqual([LIMITS.ipcSendsInFlightMax, 1]);
  const next = sends.send(CHANNEL, message(2), 60_000, undefined);
  expect(begun).toHaveLength(LIMITS.ipcSendsInFlightMax);
  sends.answered(1, 2, true); // the second comes too late for anybody
  expect(await patient).toBe(true);
  expect(begun.at(-1)!.bytes).toEqual(message(2));
  sends.answered(LIMITS.ipcSendsInFlightMax + 1, 1, true);
  expect(await next).toBe(true);
  sends.end(() => new AranyaError("DaemonUnavailable", "over"));
});

test("the queue has an end, and the end of the connection ends all", async () => {
  const { sends } = sendsWith();
  const outcomes = Array.from({ length: LIMITS.ipcSendsInFlightMax + LIMITS.ipcRequestsWaitingMax }, () =>
    refusal(sends.send(CHANNEL, message(1), 60_000, undefined)),
  );
  const over = await refusal(sends.send(CHANNEL, message(1), 60_000, undefined));
  expect(over).toMatchObject({ code: "LimitReached", fields: { name: "ipcRequestsWaitingMax" } });
  sends.end(() => new AranyaError("DaemonUnavailable", "over"));
  const codes = (await Promise.all(outcomes)).map(({ code }) => code);
  expect([codes.length, new Set(codes)]).toEqual([outcomes.length, new Set(["DaemonUnavailable"])]);
  expect(sends.waiting).toBe(0);
});
