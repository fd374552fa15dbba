import { describe, expect, test } from "vitest";
import { compareBytes, utf8 } from "../../../src/base/bytes.ts";
import type { CommandId, Id } from "../../../src/base/ids.ts";
import { compareIds, ID_BYTES, idFromBytes, idToBytes, parseId } from "../../../src/base/ids.ts";
import { mutations } from "../../support/hostile-bytes.ts";

describe("ids", () => {
  test("come back as text and as bytes, zeros in front included", () => {
    for (const zeros of [0, 1, 31, 32]) {
      const bytes = new Uint8Array(ID_BYTES).fill(0xa7, zeros);
      const id = idFromBytes<Id>(bytes);
      expect(idToBytes(id)).toEqual(bytes);
      expect(parseId(id)).toBe(id);
    }
  });

  test("are 32 bytes", () => {
    for (const length of [0, 31, 33, 64])
      expect(() => idFromBytes(new Uint8Array(length))).toThrow(RangeError);
    for (const text of ["", "1".repeat(31), "1".repeat(33), "z".repeat(44), "z".repeat(43) + "l", "é"]) {
      expect(parseId(text)).toBeUndefined();
      expect(() => idToBytes(text as Id)).toThrow(RangeError);
    }
  });

  test("10,000 mutations: no id, or an id with this one text", () => {
    const id = idFromBytes<Id>(new Uint8Array(ID_BYTES).fill(0x5c));
    for (const bad of mutations(utf8(id), { seed: 7, count: 10_000 })) {
      const parsed = parseId(String.fromCharCode(...bad));
      if (parsed !== undefined) expect(idFromBytes(idToBytes(parsed))).toBe(parsed);
    }
  });
});

test("ids are in the order of their bytes", () => {
  const random = Array.from({ length: 200 }, (_, i) => {
    const bytes = new Uint8Array(ID_BYTES);
    // Leading zeros and high bytes: the text has no fixed length.
    for (let at = i % 4 === 0 ? i % 32 : 0; at < ID_BYTES; at++)
      bytes[at] = Math.imul(i * 33 + at, 0x9e3779b1) >>> (i % 3 === 0 ? 24 : 25);
    return bytes;
  });
  random.push(new Uint8Array(ID_BYTES), new Uint8Array(ID_BYTES).fill(255));
  for (const a of random) {
    for (const b of random) {
      const byText = compareIds(idFromBytes<CommandId>(a), idFromBytes<CommandId>(b));
      expect(Math.sign(byText)).toBe(Math.sign(compareBytes(a, b)));
    }
  }
});
