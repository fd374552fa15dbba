import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import type { Id } from "../../../src/base/ids.ts";
import { ID_BYTES, idFromBytes, idToBytes, parseId } from "../../../src/base/ids.ts";
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
