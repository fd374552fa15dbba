import { describe, expect, expectTypeOf, test } from "vitest";
import { AranyaError } from "../../../src/base/errors.ts";
import type { DeviceId } from "../../../src/base/ids.ts";
import {
  array,
  bool,
  bytes,
  checkValue,
  describe as words,
  id,
  object,
  oneOf,
  optional,
  str,
  tagged,
  uint,
  validate,
} from "../../../src/ipc/schema.ts";
import type { Infer, Schema } from "../../../src/ipc/schema.ts";
import { testId } from "../client/toy-daemon.ts";

const sample = object({
  id: id("device"),
  name: str(4),
  rateMs: optional(uint(100, 10)),
  inner: object({ flag: bool, key: bytes(4, 2) }),
  list: array(oneOf(["a", "b"]), 2),
  what: tagged({ up: { by: uint() }, down: {} }),
});

const GOOD = {
  id: testId<DeviceId>(1),
  name: "née",
  inner: { flag: true, key: Uint8Array.of(7, 8) },
  list: ["a"],
  what: { type: "up", by: 3 },
};

function refusedField(schema: Schema, value: unknown): unknown {
  try {
    checkValue(schema, value);
  } catch (error) {
    if (error instanceof AranyaError && error.code === "InvalidArgument") return error.fields["field"];
    throw error;
  }
  return undefined;
}

describe("a schema", () => {
  test("infers the type and lets a good value through", () => {
    expectTypeOf<Infer<typeof sample>>().toExtend<{
      readonly id: DeviceId;
      readonly rateMs?: number;
      readonly inner: { readonly flag: boolean; readonly key: Uint8Array };
      readonly list: ("a" | "b")[];
      readonly what: { readonly type: "up"; readonly by: number } | { readonly type: "down" };
    }>();
    expect(validate(sample, GOOD)).toEqual(GOOD);
    expect(validate(sample, { ...GOOD, rateMs: undefined })).toEqual(GOOD);
    expect(Object.keys(validate(sample, { ...GOOD, rateMs: undefined }))).not.toContain("rateMs");
  });

  test.each<[string, unknown, string]>([
    ["missing", { ...GOOD, name: undefined }, "name"],
    ["unknown", { ...GOOD, colour: 1 }, "colour"],
    ["inherited names are unknown too", { ...GOOD, constructor: 1 }, "constructor"],
    ["not an id", { ...GOOD, id: "0".repeat(44) }, "id"],
    ["an id too short", { ...GOOD, id: "1" }, "id"],
    ["too long in bytes", { ...GOOD, name: "éé€" }, "name"],
    ["empty", { ...GOOD, name: "" }, "name"],
    ["ill-formed", { ...GOOD, name: "\ud800" }, "name"],
    ["not text", { ...GOOD, name: 5 }, "name"],
    ["too small", { ...GOOD, rateMs: 9 }, "rateMs"],
    ["too large", { ...GOOD, rateMs: 101 }, "rateMs"],
    ["a fraction", { ...GOOD, rateMs: 10.5 }, "rateMs"],
    ["a bigint", { ...GOOD, rateMs: 10n }, "rateMs"],
    ["NaN", { ...GOOD, rateMs: Number.NaN }, "rateMs"],
    ["too few bytes", { ...GOOD, inner: { flag: true, key: new Uint8Array(1) } }, "inner.key"],
    ["not a boolean", { ...GOOD, inner: { flag: 1, key: Uint8Array.of(7, 8) } }, "inner.flag"],
    ["null for an object", { ...GOOD, inner: null }, "inner"],
    ["a list for an object", { ...GOOD, inner: [] }, "inner"],
    ["bytes for an object", { ...GOOD, inner: new Uint8Array(3) }, "inner"],
    ["too many", { ...GOOD, list: ["a", "a", "a"] }, "list"],
    ["a wrong item", { ...GOOD, list: ["a", "c"] }, "list[1]"],
    ["a hole", { ...GOOD, list: Array(1) }, "list[0]"],
    ["not a list", { ...GOOD, list: "ab" }, "list"],
    ["an unknown type", { ...GOOD, what: { type: "toString" } }, "what.type"],
    ["another type's field", { ...GOOD, what: { type: "down", by: 1 } }, "what.by"],
    ["not an object at all", 7, "value"],
  ])("refuses what is %s, and names the field", (_, value, field) => {
    expect(refusedField(sample, value)).toBe(field);
  });

  test("copies bytes, and says what an unknown key could have been", () => {
    const key = Uint8Array.of(1, 2);
    const out = validate(sample, { ...GOOD, inner: { flag: true, key } });
    key[0] = 9;
    expect(out.inner.key).toEqual(Uint8Array.of(1, 2));
    expect(() => validate(object({ a: bool, b: bool }), { a: true, b: true, c: 1 })).toThrow(
      /known here: a, b/,
    );
  });

  test("describes itself in words", () => {
    expect(words(sample)).toContain("rateMs: integer, 10 to 100 (optional)");
    expect(words(sample)).toContain('list: up to 2 of: "a", "b"');
  });
});
