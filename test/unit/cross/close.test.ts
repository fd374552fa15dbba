import { expect, test } from "vitest";
import { CLOSED_VARIABLES, closeEnvironment } from "../../../cross/close.ts";

const names = CLOSED_VARIABLES.map(({ name }) => name);
const image = (of: readonly string[]): Buffer => Buffer.from(`code\0${of.join("\0")}\0more`, "latin1");

test("each name becomes the empty one, wherever it stands, and nothing else changes", () => {
  const twice = image([...names, ...names, "NODE_OPTIONS_OF_MINE", "process.env.NODE_OPTIONS"]);
  const before = Buffer.from(twice);
  closeEnvironment(twice, "26.10.0");
  const strings = twice.toString("latin1").split("\0");
  for (const name of names) expect(strings).not.toContain(name);
  expect(strings).toContain("NODE_OPTIONS_OF_MINE");
  expect(strings).toContain("process.env.NODE_OPTIONS");
  const changed = before.filter((byte, i) => twice[i] !== byte);
  expect(changed.length).toBe(2 * names.length);
});

test.each(names)("a Node without %s as we know it is refused", (missing) => {
  const without = image(names.filter((name) => name !== missing));
  expect(() => closeEnvironment(without, "26.10.0")).toThrow(missing);
});

test("what an older Node does not have yet is not looked for", () => {
  const old = image(CLOSED_VARIABLES.filter(({ since }) => since === "20").map(({ name }) => name));
  expect(() => closeEnvironment(old, "20.11.0")).not.toThrow();
});
