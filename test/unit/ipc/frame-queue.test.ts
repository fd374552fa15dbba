import { expect, test } from "vitest";
import { seededRandom } from "../../support/hostile-bytes.ts";
import { FrameQueue } from "../../../src/ipc/frame-queue.ts";

const frame = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

test("small frames leave together, in order, as far as 64 KiB go", () => {
  const queue = new FrameQueue();
  for (let i = 0; i < 70; i++) queue.push(frame(1000, i));
  expect(queue.bytes).toBe(70_000);
  const first = queue.take()!;
  expect(first).toHaveLength(65_000);
  expect([first[0], first[64_999]]).toEqual([0, 64]);
  expect(queue.bytes).toBe(5000);
  expect(queue.take()).toHaveLength(5000);
  expect([queue.take(), queue.bytes]).toEqual([undefined, 0]);
});

test("a long frame leaves alone, and is not copied", () => {
  const queue = new FrameQueue();
  const long = frame(1_000_000, 2);
  queue.push(frame(10, 1));
  queue.push(long);
  queue.push(frame(10, 3));
  expect(queue.take()).toEqual(frame(10, 1));
  expect(queue.take()).toBe(long);
  expect(queue.take()).toEqual(frame(10, 3));
});

test("what was taken stays as it is until it is written, and what waits also then", () => {
  const queue = new FrameQueue();
  queue.push(frame(100, 1));
  const first = queue.take()!;
  queue.push(frame(100, 2));
  queue.written();
  queue.push(frame(100, 3));
  expect([first, queue.take()]).toEqual([
    frame(100, 1),
    Uint8Array.from([...frame(100, 2), ...frame(100, 3)]),
  ]);
  queue.written();
  queue.push(frame(100, 4));
  const again = queue.take()!;
  expect(again).toEqual(frame(100, 4));
  expect(again.buffer).toBe(first.buffer);
  expect(again.byteOffset).toBe(first.byteOffset);
});

test("frames of any length come out as they went in", () => {
  const random = seededRandom(3);
  const queue = new FrameQueue();
  const [into, out]: [number[], number[]] = [[], []];
  for (let i = 0; i < 2000; i++) {
    const length = random(10) === 0 ? random(40_000) : random(300);
    queue.push(frame(length, i & 255));
    for (let n = 0; n < length; n++) into.push(i & 255);
    if (random(20) > 0) continue;
    for (let piece = queue.take(); piece !== undefined; piece = queue.take()) {
      for (const byte of piece) out.push(byte);
      if (random(2) > 0) queue.written();
    }
    expect(queue.bytes).toBe(0);
  }
  for (let piece = queue.take(); piece !== undefined; piece = queue.take()) out.push(...piece);
  expect(Buffer.from(out).equals(Buffer.from(into))).toBe(true);
});

test("cleared, it is empty", () => {
  const queue = new FrameQueue();
  queue.push(frame(10, 1));
  queue.clear();
  expect([queue.take(), queue.bytes]).toEqual([undefined, 0]);
});
