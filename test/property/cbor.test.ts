/** Our reader and writer of CBOR beside cborg, which knows nothing of them. */
import { decode, encode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../src/base/bytes.ts";
import { decodeCbor, encodeCbor } from "../../src/codec/cbor.ts";
import type { Cbor } from "../../src/codec/cbor.ts";
import { bitFlips, decodedOrRefused, mutations, truncations } from "../support/hostile-bytes.ts";

const DEPTH_MAX = 4;

const leaf: fc.Arbitrary<Cbor> = fc.oneof(
  fc.maxSafeNat(),
  fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: "binary", maxLength: 300 }).filter((text) => !text.startsWith("\ufeff")),
);
const { value } = fc.letrec<{ value: Cbor; array: readonly Cbor[] }>((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: DEPTH_MAX }, leaf, tie("array")),
  array: fc.array(tie("value"), { maxLength: 30 }),
}));

test("what one writes the other reads, to the byte", () => {
  fc.assert(
    fc.property(value, (written) => {
      const bytes = encodeCbor(written);
      expect(equalBytes(bytes, encode(written))).toBe(true);
      expect(decodeCbor(bytes, DEPTH_MAX + 1)).toEqual(written);
    }),
    { numRuns: 2000 },
  );
});

/** What cborg makes of bytes, held to the subset by hand: the reader that this one took the place of. */
function slowly(bytes: Uint8Array): Cbor | undefined {
  let read: unknown;
  try {
    read = decode(bytes, { strict: true, allowIndefinite: false, allowUndefined: false, useMaps: true });
  } catch {
    return undefined;
  }
  return isSubset(read, DEPTH_MAX) && equalBytes(encode(read), bytes) ? read : undefined;
}

function isSubset(read: unknown, depthLeft: number): read is Cbor {
  if (read instanceof Uint8Array) return true;
  if (typeof read === "string") return read.isWellFormed() && !read.startsWith("\ufeff");
  if (typeof read === "number") return Number.isSafeInteger(read) && read >= 0;
  return Array.isArray(read) && depthLeft > 0 && read.every((item) => isSubset(item, depthLeft - 1));
}

describe("both take the same bytes for the same value", () => {
  const agree = (bytes: Uint8Array): boolean => {
    const quick = decodedOrRefused(() => decodeCbor(bytes, DEPTH_MAX));
    expect(quick).toEqual(slowly(bytes));
    return quick !== undefined;
  };

  test("of noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => void agree(bytes)),
      { numRuns: 20_000 },
    );
  });

  test("of what was once well formed", () => {
    let taken = 0;
    for (const [seed, sample] of fc.sample(value, { numRuns: 40, seed: 1 }).entries()) {
      const bytes = encodeCbor(sample);
      const bad = [
        ...truncations(bytes),
        ...bitFlips(bytes.subarray(0, 64)),
        ...mutations(bytes, { seed, count: 200 }),
      ];
      for (const each of bad) if (agree(each)) taken++;
    }
    expect(taken).toBeGreaterThan(100);
  });
});
