import { describe, expect, test } from "vitest";
import { concat, toHex } from "../../../src/base/bytes.ts";
import { AranyaError, DecodeError } from "../../../src/base/errors.ts";
import type { ChannelId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { decodeControl, encodeControl } from "../../../src/ipc/cbor.ts";
import { decodeError, encodeError } from "../../../src/ipc/errors.ts";
import { FrameReader } from "../../../src/ipc/frame-reader.ts";
import * as wire from "../../../src/ipc/wire.ts";
import {
  decodeReceivedData,
  decodeSendData,
  encodeCredit,
  encodeReceivedData,
  encodeSendData,
  encodeSendDataAnswers,
} from "../../support/ipc-frames.ts";
import {
  bitFlips,
  decodedOrRefused,
  mutations,
  seededRandom,
  truncations,
} from "../../support/hostile-bytes.ts";
import { hex, vectors } from "../../support/vectors.ts";
import { testId } from "../client/toy-daemon.ts";

const FROZEN = vectors<{ frames: { name: string; frame: string }[] }>("ipc-0.1.0.json").frames;

/** The frames of the vectors, by name, as this version writes them. */
const WRITTEN: Readonly<Record<string, () => Uint8Array>> = {
  hello: () =>
    wire.encodeControlFrame([
      1,
      "hello",
      { protocol: 1, config: { sync: { listen: "0.0.0.0:4321" }, logLevel: "info" } },
    ]),
  "a request": () => wire.encodeControlFrame([2, "createLabel", { teamId: testId(2), label: "télémétrie" }]),
  "a result": () =>
    wire.encodeControlFrame([3, null, { received: 1, accepted: 1, recalled: 0, heads: [testId(9)] }]),
  "a result with bytes, null and a large number": () =>
    wire.encodeControlFrame([4, null, { key: new Uint8Array(32).fill(7), none: null, many: 5_000_000_000 }]),
  "an error": () =>
    wire.encodeControlFrame([
      5,
      encodeError(
        new AranyaError("ConfigMismatch", "logLevel differs", {
          setting: "logLevel",
          current: "info",
          wanted: "warn",
        }),
      ),
      null,
    ]),
  "an event": () =>
    wire.encodeControlFrame([
      0,
      "effect",
      { type: "labelCreated", teamId: testId(2), commandId: testId(8), author: testId(1), label: "x" },
    ]),
  "an answer part": () => wire.encodeAnswerPart(6, ["a", "b"]),
  "send-data": () =>
    encodeSendData({ id: 7, channelId: testId(5), timeoutMs: 1000, bytes: Uint8Array.of(1, 2, 3) }),
  "send-data answers": () =>
    encodeSendDataAnswers(
      { first: 7, count: 1, acknowledged: true },
      { first: 9, count: 250, acknowledged: false },
    ),
  "received data": () => encodeReceivedData(testId(5), Uint8Array.of(4, 5)),
  credit: () => encodeCredit({ bytes: 2_097_152, messages: 1024, effects: 256 }),
};

function decodeBody(type: number, body: Uint8Array): unknown {
  // Not at the start of its buffer, and with something behind: nothing else may be looked at.
  const buffer = concat(Uint8Array.of(9, 9, 9), body, Uint8Array.of(1, 1, 1, 1));
  const frame = { buffer, start: 3, end: 3 + body.length };
  switch (type) {
    case wire.FRAME.sendData:
      return decodeSendData(frame);
    case wire.FRAME.sendDataAnswers:
      return wire.readSendDataAnswers(frame);
    case wire.FRAME.receivedData:
      return decodeReceivedData(frame);
    case wire.FRAME.credit:
      return wire.readCredit(frame);
    default:
      return decodeControl(body);
  }
}

function frames(...chunks: Uint8Array[]): { type: number; body: string }[] {
  const reader = new FrameReader();
  const out: { type: number; body: string }[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let f = reader.next(); f !== undefined; f = reader.next())
      out.push({ type: f.type, body: toHex(f.body) });
  }
  return out;
}

describe("frozen frames", () => {
  test("are what this version writes", () => {
    expect(FROZEN.map(({ name }) => name)).toEqual(Object.keys(WRITTEN));
    for (const { name, frame } of FROZEN) expect(toHex(WRITTEN[name]!()), name).toBe(frame);
  });

  test.each(FROZEN)("$name: cut, flipped and mangled bodies are refused or harmless", ({ frame }) => {
    const reader = new FrameReader();
    reader.push(hex(frame));
    const { type, body } = reader.next()!;
    expect(decodeBody(type, body)).toBeDefined();
    for (const cut of truncations(body)) decodedOrRefused(() => decodeBody(type, cut));
    for (const flipped of bitFlips(body)) decodedOrRefused(() => decodeBody(type, flipped));
    for (const mangled of mutations(body, { seed: 31, count: 10_000 })) {
      decodedOrRefused(() => decodeBody(type, mangled));
    }
  });

  test("every truncation of a control body is refused", () => {
    for (const { frame } of FROZEN) {
      const body = hex(frame).subarray(wire.HEADER_BYTES);
      if (hex(frame)[4] !== wire.FRAME.control) continue;
      for (const cut of truncations(body)) expect(() => decodeControl(cut)).toThrow(DecodeError);
    }
  });
});

describe("the frame reader", () => {
  const stream = concat(...FROZEN.map(({ frame }) => hex(frame)));

  test("finds the same frames however the stream is cut", () => {
    const whole = frames(stream);
    expect(whole.length).toBe(FROZEN.length);
    for (const size of [1, 2, 3, 4, 5, 7, 64, 1000]) {
      const chunks: Uint8Array[] = [];
      for (let i = 0; i < stream.length; i += size) chunks.push(stream.slice(i, i + size));
      expect(frames(...chunks)).toEqual(whole);
    }
    const random = seededRandom(5);
    for (let round = 0; round < 50; round++) {
      const chunks: Uint8Array[] = [];
      for (let i = 0; i < stream.length;) {
        const size = 1 + random(200);
        chunks.push(stream.slice(i, i + size));
        i += size;
      }
      expect(frames(...chunks)).toEqual(whole);
    }
  });

  test("a chunk is not written to, whatever follows it", () => {
    const chunk = stream.slice(0, 100);
    const copy = chunk.slice();
    frames(chunk, stream.slice(100));
    expect(chunk).toEqual(copy);
  });

  test("the longest frame passes, one byte more is refused by its length alone", () => {
    const longest = new Uint8Array(wire.LENGTH_BYTES + LIMITS.ipcFrameBytesMax);
    new DataView(longest.buffer).setUint32(0, LIMITS.ipcFrameBytesMax);
    expect(frames(longest.subarray(0, 100_000), longest.subarray(100_000))).toHaveLength(1);
    new DataView(longest.buffer).setUint32(0, LIMITS.ipcFrameBytesMax + 1);
    expect(() => frames(longest.subarray(0, 4))).toThrow(expect.objectContaining({ code: "frame-too-long" }));
    expect(() => frames(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toThrow(DecodeError);
    expect(() => frames(new Uint8Array(4))).toThrow(expect.objectContaining({ code: "empty-frame" }));
  });
});

describe("control CBOR", () => {
  test("plain data comes back", () => {
    for (const value of [
      0,
      23,
      24,
      65_536,
      2 ** 32 - 1,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
      -1,
      -500,
      1.5,
      "",
      "né€😀",
      true,
      false,
      null,
      [],
      {},
      [[1], { a: { b: [null] } }],
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])),
    ]) {
      expect(decodeControl(encodeControl(value))).toEqual(value);
    }
    expect(decodeControl(hex("1b0000000100000000"))).toBe(2 ** 32); // as C would write it
    expect(decodeControl(encodeControl(Uint8Array.of(1, 2)))).toEqual(Uint8Array.of(1, 2));
  });

  test.each([
    ["nothing", "", "truncated"],
    ["two values", "0000", "trailing-bytes"],
    ["a tag: date", "c11a514b67b0", "bad-type"],
    ["a tag: a pattern", "d82361", "bad-type"],
    ["a tag: a record of cbor-x", "d9dfff8301814161", "bad-type"],
    ["undefined", "f7", "bad-type"],
    ["half a float", "f93c00", "bad-type"],
    ["simple value 0", "e0", "bad-type"],
    ["break", "ff", "bad-type"],
    ["an endless list", "9f00ff", "bad-type"],
    ["endless text", "7f6161ff", "bad-type"],
    ["a list longer than the input", "9affffffff00", "truncated"],
    ["a map longer than the input", "bb000fffffffffffff", "truncated"],
    ["text longer than the input", "7b0000000100000000", "truncated"],
    ["a number as a key", "a10000", "bad-key"],
    ["a list as a key", "a18000", "bad-key"],
    ["the same key twice", "a2616100616101", "duplicate-key"],
    ["bytes that are no UTF-8", "62c328", "bad-utf8"],
    ["nested too deep", "81".repeat(9) + "00", "too-deep"],
    ["nested very deep", "81".repeat(60_000) + "00", "too-deep"],
  ])("%s is refused", (_, bytes, code) => {
    expect(() => decodeControl(hex(bytes))).toThrow(expect.objectContaining({ name: "DecodeError", code }));
  });

  test("a key named __proto__ changes no prototype", () => {
    const value = decodeControl(hex("a1695f5f70726f746f5f5fa1616101")) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { a?: number }).a).toBeUndefined();
  });
});

describe("errors on the wire", () => {
  test("come back whole", () => {
    const error = new AranyaError("BufferTooSmall", "too small", { needed: 7, text: "x", flag: false });
    const back = decodeError(decodeControl(encodeControl(encodeError(error))));
    expect(back).toMatchObject({ code: "BufferTooSmall", message: "too small", fields: error.fields });
  });

  test("are cut to size and made well-formed", () => {
    const error = new AranyaError("PeerRefused", "\ud800".repeat(5000), {
      reason: "€".repeat(5000),
      "bad name": 1,
    });
    const back = decodeError(decodeControl(encodeControl(encodeError(error))));
    expect(back.message).toBe("\ufffd".repeat(1024));
    expect(back.fields).toEqual({ reason: "€".repeat(1024) });
  });

  test.each([
    [null],
    [[]],
    [[999, "x", {}]],
    [[0, "x", {}]],
    [["Timeout", "x", {}]],
    [[20, 5, {}]],
    [[20, "x", null]],
    [[20, "x", []]],
    [[20, "x", { a: [] }]],
    [[20, "x", { a: null }]],
    [[20, "x".repeat(1025), {}]],
    [[20, "x", Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a${i}`, 1]))]],
  ])("%j is refused", (value) => {
    expect(() => decodeError(value)).toThrow(DecodeError);
  });
});

describe("bodies that say what cannot be", () => {
  const send = encodeSendData({
    id: 1,
    channelId: testId<ChannelId>(5),
    timeoutMs: 1,
    bytes: new Uint8Array(0),
  }).subarray(wire.HEADER_BYTES);
  const range = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 1);

  test.each<[string, number, Uint8Array, string]>([
    ["an id of zero", wire.FRAME.sendData, send.slice().fill(0, 0, 4), "bad-id"],
    ["half a channel", wire.FRAME.sendData, send.subarray(0, 39), "truncated"],
    ["answers to nothing", wire.FRAME.sendDataAnswers, new Uint8Array(0), "truncated"],
    ["half an answer", wire.FRAME.sendDataAnswers, concat(range, range.subarray(0, 8)), "truncated"],
    ["an answer to zero", wire.FRAME.sendDataAnswers, range.slice().fill(0, 0, 4), "bad-id"],
    ["an empty range", wire.FRAME.sendDataAnswers, range.slice().fill(0, 4, 8), "bad-range"],
    ["a range past the last id", wire.FRAME.sendDataAnswers, range.slice().fill(255, 0, 8), "bad-range"],
    ["neither yes nor no", wire.FRAME.sendDataAnswers, range.slice().fill(2, 8), "bad-boolean"],
    ["half a channel", wire.FRAME.receivedData, new Uint8Array(31), "truncated"],
    ["credit cut off", wire.FRAME.credit, new Uint8Array(11), "truncated"],
    ["credit and more", wire.FRAME.credit, new Uint8Array(13), "trailing-bytes"],
  ])("%s in type %i", (_, type, body, code) => {
    expect(() => decodeBody(type, body)).toThrow(expect.objectContaining({ name: "DecodeError", code }));
  });

  test("a range goes up to the last id", () => {
    const last = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 1, 0);
    expect(decodeBody(wire.FRAME.sendDataAnswers, last)).toEqual([
      { first: wire.REQUEST_ID_MAX, count: 1, acknowledged: false },
    ]);
  });
});

test("channels that take turns are told apart", () => {
  const channels = new wire.ChannelReader();
  const ids = [testId<ChannelId>(5), testId<ChannelId>(6)];
  for (let i = 0; i < 6; i++) {
    const frame = encodeReceivedData(ids[i % 2]!, new Uint8Array(0));
    expect(channels.read(frame, wire.HEADER_BYTES)).toBe(ids[i % 2]);
    frame.fill(0); // what was read is kept nowhere
  }
});
