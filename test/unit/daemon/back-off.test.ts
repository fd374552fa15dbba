import fc from "fast-check";
import { expect, test } from "vitest";
import { BACK_OFF_MS_MAX, pollDelayMs } from "../../../src/daemon/back-off.ts";

/** Always draws the same, from 0 to 255. */
const drawing = (byte: number): { bytes(length: number): Uint8Array } => ({
  bytes: (length) => new Uint8Array(length).fill(byte),
});

test("[SYN-8] each failure doubles the wait, up to five minutes", () => {
  const delays = Array.from({ length: 14 }, (_, failures) => pollDelayMs(1000, failures, drawing(128)));
  const seconds = delays.map((ms) => Math.round(ms / 1000));
  expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300]);
});

test("[SYN-8] the wait is the rate again after a success, and never less", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 86_400_000 }),
      fc.nat(5000),
      fc.nat(255),
      (rateMs, failures, byte) => {
        const delay = pollDelayMs(rateMs, failures, drawing(byte));
        expect(delay).toBeGreaterThanOrEqual(Math.floor(rateMs * 0.9));
        expect(delay).toBeLessThanOrEqual(Math.ceil(Math.max(rateMs, BACK_OFF_MS_MAX) * 1.1));
        if (failures === 0) expect(delay).toBeLessThanOrEqual(Math.ceil(rateMs * 1.1));
      },
    ),
    { seed: 1 },
  );
});

test("[SYN-8] devices that failed together do not come back together", () => {
  const delays = new Set(Array.from({ length: 256 }, (_, byte) => pollDelayMs(60_000, 2, drawing(byte))));
  expect(delays.size).toBe(256);
  expect(Math.max(...delays) - Math.min(...delays)).toBe(0.2 * 240_000);
});
