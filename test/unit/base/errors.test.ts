import { describe, expect, test } from "vitest";
import { assert, unreachable } from "../../../src/base/assert.ts";
import { ERROR_CODES, errorCodeFromNumber } from "../../../src/base/codes.ts";
import * as errors from "../../../src/base/errors.ts";
import { ROLES, rank, roleFromRank } from "../../../src/base/roles.ts";
import { after, earliest, instant } from "../../../src/base/time.ts";

test("every error code has a number of its own, from 1 up, and the number leads back", () => {
  const numbers = Object.values(ERROR_CODES);
  expect([...numbers].sort((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1));
  for (const [code, n] of Object.entries(ERROR_CODES)) expect(errorCodeFromNumber(n)).toBe(code);
  for (const n of [0, -1, 1.5, numbers.length + 1, Number.NaN])
    expect(errorCodeFromNumber(n)).toBeUndefined();
});

test("each error class has a code, a name and its own fields", () => {
  const cause = new Error("why");
  expect(new errors.AranyaError("UnknownTeam", "m", { teamId: "t" }, { cause })).toMatchObject({
    name: "AranyaError",
    code: "UnknownTeam",
    fields: { teamId: "t" },
    cause,
  });
  expect(new errors.AranyaError("NoData", "m").fields).toEqual({});
  expect(new errors.DecodeError("truncated", 7)).toMatchObject({ code: "truncated", offset: 7 });
  expect(new errors.DecodeError("truncated", 7, "more").message).toBe("truncated at byte 7: more");
  expect(new errors.LimitError("teamsMax", 64)).toMatchObject({
    code: "limit",
    limitName: "teamsMax",
    limit: 64,
  });
  expect(new errors.StoreError("full", "m", { cause })).toMatchObject({
    name: "StoreError",
    code: "full",
    cause,
  });
  expect(new errors.TransportError("reset", "m")).toMatchObject({ name: "TransportError", code: "reset" });
});

test("a broken invariant throws", () => {
  expect(() => assert(true, "holds")).not.toThrow();
  for (const falsy of [false, 0, "", undefined, null])
    expect(() => assert(falsy, "broke")).toThrow(errors.BugError);
  expect(() => unreachable("x" as never, "here")).toThrow('here: unreachable value "x"');
});

describe("roles", () => {
  test("ranks fall from owner to sync and lead back", () => {
    expect(ROLES.map(rank)).toEqual([4, 3, 2, 1, 0]);
    for (const role of ROLES) expect(roleFromRank(rank(role))).toBe(role);
    for (const n of [-1, 5, 0.5, Number.NaN]) expect(roleFromRank(n)).toBeUndefined();
  });
});

test("the earliest of deadlines that may be missing", () => {
  expect(earliest()).toBeUndefined();
  expect(earliest(undefined, undefined)).toBeUndefined();
  expect(earliest(instant(5), undefined, instant(3), after(instant(1), 3))).toBe(3);
  expect(earliest(instant(0), instant(1))).toBe(0);
});
