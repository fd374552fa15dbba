import { expect, test } from "vitest";
import { diskNeeded, FULL, MeasureUsageError, parseOptions, QUICK } from "../../../src/measure/options.ts";
import { help } from "../../../src/measure/help.ts";
import { SECTIONS } from "../../../src/measure/sections.ts";

const parse = (...args: string[]): ReturnType<typeof parseOptions> => parseOptions(args, SECTIONS);

test("without options everything is measured, in a quarter of an hour and what disk it needs", () => {
  expect(parse()).toMatchObject({
    kind: "measure",
    quick: false,
    only: [],
    timeMaxMs: 900_000,
    diskMaxBytes: diskNeeded(FULL, SECTIONS),
    launcher: [],
  });
  expect(parse("--quick")).toMatchObject({ quick: true, diskMaxBytes: diskNeeded(QUICK, SECTIONS) });
});

test("every part has a name to ask for it by, and help names it", () => {
  for (const { name, what } of SECTIONS) {
    expect(parse("--only", name)).toMatchObject({ only: [name] });
    expect(help().replace(/\s+/g, " ")).toContain(`${name} ${what}`);
  }
});

test("a launcher is a program and its arguments", () => {
  expect(parse("--launcher", "qemu-arm-static -L  sysroot")).toMatchObject({
    launcher: ["qemu-arm-static", "-L", "sysroot"],
  });
});

test("reports are compared", () => {
  expect(parse("--compare", "a.json", "b.json", "--html", "o.html")).toEqual({
    kind: "compare",
    files: ["a.json", "b.json"],
    html: "o.html",
  });
});

test("help asks for nothing else", () => {
  expect(parse("--help", "--quick")).toBeUndefined();
});

test.each([
  [["--only", "weather"], "--only takes start"],
  [["--time-max", "0"], "--time-max takes a whole number from 1"],
  [["--time-max", "1e3"], "--time-max takes"],
  [["--time-max", "-5"], "--time-max"],
  [["--disk-max", "8"], "--quick needs less"],
  [["--idle", "x"], "--idle takes"],
  [["--html", ""], "--html needs a file"],
  [["--compare"], "--compare needs reports"],
  [["--compare", "--quick", "a"], "--quick has no meaning"],
  [["--compare", "--only", "start", "a"], "--only has no meaning"],
  [["a.json"], "is no option"],
  [["--fast"], "--fast"],
] as const)("refused: %j", (args, problem) => {
  expect(() => parse(...args)).toThrow(MeasureUsageError);
  expect(() => parse(...args)).toThrow(problem);
});
