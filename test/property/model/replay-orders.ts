/** Random orders of sequence numbers, played to a replay window and to a set that forgets nothing. */
import { ReplayWindow } from "../../../src/afc/replay-window.ts";

type Window = Pick<ReplayWindow, "check" | "accept" | "highest">;

export interface OrdersReport {
  readonly orders: number;
  readonly numbers: number;
  /** How often the window said which. */
  readonly said: Readonly<Record<"ok" | "duplicate" | "too-old", number>>;
  /** The first order in which they differed. */
  readonly difference: string | undefined;
}

const BITS = [32, 64, 256, 1024];
const NUMBERS_MAX = 48;

/** Each order has a seed of its own. */
export function playOrders(
  firstSeed: number,
  orders: number,
  windowOf: (bits: number) => Window = (bits) => new ReplayWindow(bits),
): OrdersReport {
  const said = { ok: 0, duplicate: 0, "too-old": 0 };
  let numbers = 0;
  for (let seed = firstSeed; seed < firstSeed + orders; seed++) {
    const rnd = generator(seed);
    const bits = BITS[seed % BITS.length]!;
    const window = windowOf(bits);
    const seen = new Set<number>();
    let highest = -1;
    const count = 1 + Math.floor(rnd() * NUMBERS_MAX);
    for (let i = 0; i < count; i++) {
      const n = Math.max(0, highest + step(rnd, bits));
      numbers++;
      const expected = n <= highest - bits ? "too-old" : seen.has(n) ? "duplicate" : "ok";
      const actual = window.check(n);
      said[actual]++;
      if (actual !== expected) {
        const difference = `seed ${seed}: number ${i + 1} is ${n}, window ${bits}: ${actual}, not ${expected}`;
        return { orders: seed - firstSeed + 1, numbers, said, difference };
      }
      // Some are forged, and leave the window as it was.
      if (expected !== "ok" || rnd() < 0.1) continue;
      window.accept(n);
      seen.add(n);
      highest = Math.max(highest, n);
    }
  }
  return { orders, numbers, said, difference: undefined };
}

/** Mostly near the highest, now and then at the window's edges or far ahead. */
function step(rnd: () => number, bits: number): number {
  const kind = rnd();
  if (kind < 0.5) return Math.floor(rnd() * 8) - 3;
  if (kind < 0.7) return -Math.floor(rnd() * bits);
  if (kind < 0.85) return (rnd() < 0.5 ? -bits : bits) + Math.floor(rnd() * 5) - 2;
  return Math.floor(rnd() * 3 * bits);
}

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
