/** What a decoder must survive: cut, flipped and mangled versions of a valid sample, the same ones for the same seed. */
import { DecodeError } from "../../src/base/errors.ts";

/** Numbers from 0 to below `n` (mulberry32). */
export function seededRandom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

export function* truncations(sample: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < sample.length; length++) yield sample.slice(0, length);
}

export function* bitFlips(sample: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < sample.length * 8; bit++) {
    const flipped = sample.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    yield flipped;
  }
}

/** Bytes that begin something in CBOR, or end a range. */
const POISON = [
  0x00, 0x1b, 0x20, 0x3b, 0x5b, 0x5f, 0x7b, 0x80, 0x9b, 0x9f, 0xbb, 0xc2, 0xf4, 0xf9, 0xfb, 0xff,
];

/** One to four changes each: a byte replaced, removed, inserted, or a run repeated or cut. Sometimes none is left. */
export function* mutations(
  sample: Uint8Array,
  options: { seed: number; count: number },
): Generator<Uint8Array> {
  const random = seededRandom(options.seed);
  for (let n = 0; n < options.count; n++) {
    const bytes = [...sample];
    for (let change = random(4); change >= 0; change--) {
      const at = random(bytes.length + 1);
      const value = random(2) === 0 ? random(256) : POISON[random(POISON.length)]!;
      const run = 1 + random(8);
      [
        () => (bytes[Math.min(at, bytes.length)] = value),
        () => bytes.splice(at, 1),
        () => bytes.splice(at, 0, value),
        () => bytes.splice(at, 0, ...bytes.slice(at, at + run)),
        () => bytes.splice(at, run),
      ][random(5)]!();
    }
    yield Uint8Array.from(bytes);
  }
}

/** The value, or undefined where it was refused with a `DecodeError`; any other throw is passed on. */
export function decodedOrRefused<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
