import { expect, test } from "vitest";
import { wrapped, wrappedCommand } from "../../../src/base/wrap.ts";

test("text is broken at blanks, indented, and loses nothing", () => {
  expect(wrapped("one two three", 0, 0, 7)).toBe("one two\nthree");
  expect(wrapped("one two three", 2, 0, 7)).toBe("one two\n  three");
  expect(wrapped("one two three", 2, 4, 7)).toBe("one\n  two\n  three");
  expect(wrapped("longer than that", 0, 0, 4)).toBe("longer\nthan\nthat");
  expect(wrapped("")).toBe("");
});

test("a command goes on in the next line as the shell has it, options with what they take", () => {
  expect(wrappedCommand("a --bc d > e", 0, 80)).toBe("a --bc d > e");
  expect(wrappedCommand("program --option value --other 1 > file", 0, 26)).toBe(
    "program --option value \\\n    --other 1 > file",
  );
  expect(wrappedCommand("program word && other word", 0, 24)).toBe("program word \\\n    && other word");
  expect(wrappedCommand('program word --launcher "x y z"', 2, 20)).toBe(
    'program word \\\n      --launcher "x y z"',
  );
});
