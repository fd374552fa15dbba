import { expect, test } from "vitest";
import { InvalidArgumentError } from "commander";
import { formatDuration, parseCount, parseDuration } from "../../../src/cli/duration.ts";
import {
  ago,
  count,
  fitting,
  painter,
  printable,
  printableLines,
  table,
  toJson,
} from "../../../src/cli/terminal.ts";

/** Every character a terminal obeys, or that hides or turns around what stands beside it. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test("of all characters there are, none that a terminal obeys is shown as it is", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    const shown = printable(character);
    if (OBEYED.test(character)) expect(shown).toBe(`\\u{${code.toString(16)}}`);
    else if (shown !== character) throw new Error(`U+${code.toString(16)} is changed`);
  }
});

test("text with lines keeps line feeds and tabs, and nothing else of the kind", () => {
  expect(printableLines("a\n\tb\r\u001b[31m\u202e\ud800é😀")).toBe(
    "a\n\tb\\u{d}\\u{1b}[31m\\u{202e}\\u{d800}é😀",
  );
});

test("JSON is the same value, and shows nothing raw", () => {
  const value = { text: "\u0000\n\u001b\u007f\u009b\u200b\u202e\u2028\u{e0041}\ud800é😀" };
  const json = toJson(value);
  expect(JSON.parse(json)).toEqual(value);
  expect(json).not.toMatch(OBEYED);
});

test("colours are for terminals that know them, and for whom NO_COLOR does not forbid them", () => {
  expect(painter({ isTTY: true }, { TERM: "xterm" })("red", "x")).toBe("\u001b[31mx\u001b[0m");
  expect(painter({ isTTY: true }, { NO_COLOR: "" })("bold", "x")).toContain("\u001b");
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    expect(painter({ isTTY: true }, env)("red", "x")).toBe("x");
  }
  // Of what is no terminal isTTY is undefined.
  expect(painter({ isTTY: undefined as unknown as boolean }, {})("red", "x")).toBe("x");
});

test("columns line up, whatever characters are in them", () => {
  expect(
    table(
      ["A", "B", "C"],
      [
        ["😀😀", "x", "end"],
        ["\u001b", "long", ""],
      ],
    ),
  ).toBe("A       B     C\n😀😀      x     end\n\\u{1b}  long");
});

test("durations have a unit", () => {
  const good = { "500ms": 500, "10s": 10_000, "1.5s": 1500, "5m": 300_000, "24h": 86_400_000 };
  for (const [text, ms] of Object.entries(good)) expect(parseDuration(text)).toBe(ms);
  for (const text of ["", "10", "-1s", "1 s", "1d", "0.5ms", "1e3s", "9999999999s", "١s"]) {
    expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
  }
  for (const [ms, text] of [
    [86_400_000, "24h"],
    [90_000, "90s"],
    [1500, "1500ms"],
  ] as const) {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  }
  expect(parseCount("12")).toBe(12);
  for (const text of ["0", "-1", "1.5", "x", ""])
    expect(() => parseCount(text)).toThrow(InvalidArgumentError);
});

test("how long ago, of clocks that were set back as well", () => {
  const cases = [
    [-5000, "just now"],
    [500, "just now"],
    [5000, "5 s ago"],
    [600_000, "10 min ago"],
    [8e6, "2 h ago"],
    [2e8, "2 d ago"],
  ] as const;
  for (const [ms, text] of cases) expect(ago(0, ms)).toBe(text);
  expect([count(1, "team"), count(0, "team")]).toEqual(["1 team", "0 teams"]);
});

test("a table that a terminal would break is cut there, and nowhere else", () => {
  const text = (columns: number, isTTY = true): string =>
    fitting("12345\n1", () => "cut", { columns, isTTY });
  expect([text(5), text(4), text(4, false)]).toEqual(["12345\n1", "cut", "12345\n1"]);
});
