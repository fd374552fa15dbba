import { expect, test } from "vitest";
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

test("cleared, it is empty", () => {
  const queue = new FrameQueue();
  queue.push(frame(10, 1));
  queue.clear();
  expect([queue.take(), queue.bytes]).toEqual([undefined, 0]);
});
