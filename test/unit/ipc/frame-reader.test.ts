import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { FrameReader } from "../../../src/ipc/frame-reader.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";

/** A frame of type 7 that long, length and all. */
function frameOf(bytes: number): Uint8Array {
  const frame = new Uint8Array(bytes).fill(7);
  new DataView(frame.buffer).setUint32(0, bytes - 4);
  return frame;
}

/** What a reader holds that was given this much of a frame in pieces, at its most. */
function held(frame: Uint8Array, arrived: number, piece = 64 * 1024): number {
  const reader = new FrameReader();
  let most = 0;
  for (let at = 0; at < arrived; at += piece) {
    reader.push(frame.subarray(at, Math.min(arrived, at + piece)));
    expect(reader.next()).toBeUndefined();
    most = Math.max(most, reader.bytesHeld);
  }
  return most;
}

test("the longest frame but for its last byte costs its own length", () => {
  const frame = frameOf(4 + LIMITS.ipcFrameBytesMax);
  expect(held(frame, frame.length - 1)).toBeLessThanOrEqual(frame.length);
});

test("a length that was announced costs nothing; what has arrived costs twice that", () => {
  const frame = frameOf(4 + LIMITS.ipcFrameBytesMax);
  expect(held(frame, 5)).toBeLessThanOrEqual(4096);
  for (const arrived of [5000, 100_000, 1_000_000]) {
    expect(held(frame, arrived, 4096)).toBeLessThanOrEqual(2 * arrived);
  }
});

test("a long frame is not held once it is over", () => {
  const frame = frameOf(100_000);
  const reader = new FrameReader();
  reader.push(frame.subarray(0, 50_000));
  expect(reader.next()).toBeUndefined();
  reader.push(frame.subarray(50_000));
  expect(reader.next()!.body).toHaveLength(100_000 - 5);
  expect([reader.next(), reader.bytesHeld]).toEqual([undefined, 0]);
});

test("frames of any length, in pieces of any length, come out whole", () => {
  const random = seededRandom(5);
  const lengths = Array.from({ length: 400 }, () => 5 + random(random(10) === 0 ? 40_000 : 300));
  const stream = Buffer.concat(lengths.map(frameOf));
  const reader = new FrameReader();
  const found: number[] = [];
  for (let at = 0; at < stream.length;) {
    const end = at + 1 + random(random(4) === 0 ? 20_000 : 10);
    reader.push(stream.subarray(at, end));
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      expect(frame.type).toBe(7);
      expect(frame.body.every((byte) => byte === 7)).toBe(true);
      found.push(5 + frame.end - frame.start);
    }
    at = end;
  }
  expect(found).toEqual(lengths);
});
