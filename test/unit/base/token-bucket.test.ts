import { expect, test } from "vitest";
import { instant } from "../../../src/base/time.ts";
import { TokenBucket } from "../../../src/base/token-bucket.ts";

function taken(bucket: TokenBucket, now: number, tries = 100): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (bucket.take(instant(now))) count++;
  return count;
}

test("so many at once, then one each time, from whenever it was first asked", () => {
  const bucket = new TokenBucket(3, 100);
  expect(taken(bucket, 5000)).toBe(3);
  expect(taken(bucket, 5099)).toBe(0);
  expect(taken(bucket, 5100)).toBe(1);
  // Half a time is not lost to who asks in between.
  expect(taken(bucket, 5150)).toBe(0);
  expect(taken(bucket, 5200)).toBe(1);
  expect(taken(bucket, 5450)).toBe(2);
  expect(taken(bucket, 5500)).toBe(1);
});

test("after any pause no more than at first", () => {
  const bucket = new TokenBucket(3, 100);
  taken(bucket, 0, 1);
  expect(taken(bucket, 1e12)).toBe(3);
});

test("by the second", () => {
  const bucket = TokenBucket.perSecond(16);
  expect(taken(bucket, 0)).toBe(16);
  let count = 0;
  for (let now = 1; now <= 10_000; now++) count += taken(bucket, now);
  expect(count).toBe(160);
});

test("a clock that stands still or goes back brings nothing", () => {
  const bucket = new TokenBucket(1, 100);
  expect(taken(bucket, 1000)).toBe(1);
  expect(taken(bucket, 0)).toBe(0);
  expect(taken(bucket, 1000)).toBe(0);
  expect(taken(bucket, 1100)).toBe(1);
});
