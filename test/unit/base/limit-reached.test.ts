import { expect, test } from "vitest";
import { CODE_MEANINGS } from "../../../src/base/code-meanings.ts";
import { limitReached } from "../../../src/base/limit-reached.ts";
import { LIMITS } from "../../../src/base/limits.ts";

test("whatever else is said of a maximum, the fields that are documented are there", () => {
  const { code, message, fields } = limitReached("teamsMax");
  expect(code).toBe("LimitReached");
  expect(message).toContain(`teamsMax is limited to ${LIMITS.teamsMax}`);
  expect(Object.keys(fields)).toEqual(CODE_MEANINGS.LimitReached.fields);
  const more = limitReached("teamsMax", "too many", { name: "another", teamId: "t" });
  expect(more.message).toBe("too many");
  expect(more.fields).toEqual({ teamId: "t", name: "teamsMax", limit: LIMITS.teamsMax });
});
