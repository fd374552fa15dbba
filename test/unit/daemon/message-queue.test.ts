/** A peer fills its channels faster than the application takes what arrives. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { MessageQueue, UnreliableRoom } from "../../../src/daemon/message-queue.ts";

function held(queues: readonly MessageQueue[]): { bytes: number; messages: number } {
  return {
    bytes: queues.reduce((sum, queue) => sum + queue.bytes, 0),
    messages: queues.reduce((sum, queue) => sum + queue.length, 0),
  };
}

test("[SYN-8, AFC-11] unreliable channels share one room, whatever their number", () => {
  const room = new UnreliableRoom();
  const queues = Array.from({ length: 256 }, () => new MessageQueue(room));
  for (let i = 0; i < 64; i++) for (const queue of queues) queue.push(new Uint8Array(1100));
  expect(held(queues).bytes).toBeLessThanOrEqual(LIMITS.receivedBytesQueuedMax);
  expect(held(queues).bytes).toBeGreaterThan(LIMITS.receivedBytesQueuedMax - 1100);
  for (let i = 0; i < 64; i++) for (const queue of queues) queue.push(new Uint8Array(0));
  expect(held(queues).messages).toBeLessThanOrEqual(LIMITS.receivedMessagesQueuedMax);
});

test.each([0, 1, 1000])(
  "one that floods with %i bytes at a time loses its own oldest, not what others hold",
  (length) => {
    const room = new UnreliableRoom();
    const [quiet, loud] = [new MessageQueue(room), new MessageQueue(room)];
    quiet.push(Uint8Array.of(1, 2, 3));
    for (let i = 0; i < 3 * LIMITS.receivedMessagesQueuedMax; i++) loud.push(new Uint8Array(length));
    expect(quiet.peek()).toEqual(Uint8Array.of(1, 2, 3));
    loud.push(Uint8Array.of(9));
    const left: Uint8Array[] = [];
    for (let message = loud.shift(); message !== undefined; message = loud.shift()) left.push(message);
    expect(left.at(-1)).toEqual(Uint8Array.of(9));
  },
);

test("whoever counts what a channel holds is told of each message that is dropped, and of no other", () => {
  const room = new UnreliableRoom();
  let dropped = 0;
  const queue = new MessageQueue(room, () => dropped++);
  for (let i = 0; i < LIMITS.receivedMessagesQueuedMax; i++) queue.push(new Uint8Array(1));
  expect(dropped).toBe(0);
  for (let i = 0; i < 3; i++) queue.push(new Uint8Array(1));
  expect(dropped).toBe(3);
  queue.shift();
  queue.clear();
  expect(dropped).toBe(3);
});

test("what a channel that is gone held is room again, and a reliable one is not in it", () => {
  const room = new UnreliableRoom();
  const [gone, next, reliable] = [new MessageQueue(room), new MessageQueue(room), new MessageQueue()];
  const half = new Uint8Array(LIMITS.receivedBytesQueuedMax / 2);
  gone.push(half);
  gone.push(half);
  gone.clear();
  next.push(half);
  next.push(half);
  for (let i = 0; i < 4; i++) reliable.push(half);
  expect([gone.length, next.length, reliable.length]).toEqual([0, 2, 4]);
});

test("what waits is copied out of the memory it came in, what is taken at once is not", () => {
  const queue = new MessageQueue();
  const arrive = (i: number): Uint8Array => new Uint8Array(4096).fill(i).subarray(100, 103);
  const got: Uint8Array[] = [];
  const take = (message: Uint8Array): boolean => got.push(message) > 0;
  const first = arrive(1);
  queue.push(first);
  expect(queue.handOut(take)).toBe(1);
  expect(got).toEqual([first]);
  expect(got[0]).toBe(first);
  for (const i of [2, 3, 4]) {
    queue.push(arrive(i));
    expect(queue.handOut(() => false)).toBe(0);
  }
  expect(queue.handOut(take)).toBe(3);
  expect(got.slice(1)).toEqual([2, 3, 4].map((i) => new Uint8Array(3).fill(i)));
  for (const message of got.slice(1)) expect(message.buffer.byteLength).toBe(3);
});
