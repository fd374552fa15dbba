import { expect, test } from "vitest";
import { compareHtml, compareText } from "../../../src/measure/compare.ts";
import { reportHtml } from "../../../src/measure/html.ts";
import { parseReport, toJson } from "../../../src/measure/report.ts";
import { summary } from "../../../src/measure/summary.ts";
import { checkHtml, referencesIn } from "../../support/html.ts";
import { hostileReport, sampleReport } from "./sample.ts";

const PAGES: readonly (readonly [string, string])[] = [
  ["a report", reportHtml(sampleReport())],
  ["a hostile report", reportHtml(hostileReport())],
  [
    "a report of nothing",
    reportHtml(sampleReport({ figures: [], skipped: [{ what: "start", reason: "x" }] })),
  ],
  ["a comparison", compareHtml([sampleReport(), sampleReport({}, { host: "b" })], ["a.json", "b.json"])],
  ["a hostile comparison", compareHtml([hostileReport(), hostileReport()], ["<a>", "&"])],
];

test.each(PAGES)("%s is a well-formed page", (_, html) => {
  expect(checkHtml(html)).toEqual([]);
});

test.each(PAGES)("%s loads nothing, runs nothing and leads nowhere", (_, html) => {
  expect(referencesIn(html)).toEqual([]);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test("hostile names stand there as text", () => {
  const html = reportHtml(hostileReport());
  expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(html).not.toContain("<script");
  expect(html).not.toContain("\u001b");
  expect(html).not.toContain("\u202e");
});

test.each([
  ["a script", "<p><script>x</script></p>", "<script"],
  ["a picture from elsewhere", `<p><img src="https://example.com/x"></p>`, "src="],
  ["a handler", `<p onclick="x">y</p>`, "onclick="],
  ["a style sheet that loads", "<style>p{background:url(x)}</style>", "url("],
])("a planted reference is seen: %s", (_, html, seen) => {
  expect(referencesIn(html).some((found) => found.includes(seen))).toBe(true);
});

test.each([
  "<p>",
  "<p></div>",
  "<p>a & b</p>",
  '<p class=x">y</p>',
  "<p>a > b</p>",
  "<p>1 < 2</p>",
  "<p>\u0007</p>",
])("planted bad HTML is seen: %s", (html) => {
  expect(checkHtml(`<!DOCTYPE html>\n<html>${html}</html>`)).not.toEqual([]);
});

test("a page shows what matters with its verdict, the machine, and every figure", () => {
  const report = sampleReport({ notes: ["busy"] });
  const html = reportHtml(report);
  for (const text of [
    "88 MB",
    "12 ms",
    "fair",
    "poor",
    "board-7",
    "ARMv7 Processor",
    "busy",
    "1,000 channels",
  ]) {
    expect(html).toContain(text);
  }
  for (const { what } of report.figures) expect(html).toContain(what);
});

test("a terminal gets no control sequence from a report, colours only where it has them", () => {
  for (const text of [summary(hostileReport()), compareText([hostileReport()], ["x"])]) {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  }
  const coloured = summary(hostileReport(), true);
  expect(coloured).toContain("\u001b[33mfair\u001b[0m");
  expect(coloured).not.toContain("\u001b[2J");
});

test("a summary has the figures, what is missing and why", () => {
  const text = summary(sampleReport({ skipped: [{ what: "channels", reason: "the time was up" }] }));
  for (const part of ["88 MB", "board-7", "channels: the time was up", "12 ms"]) expect(text).toContain(part);
});

test("a summary fits 80 columns, whatever a device calls itself", () => {
  const report = sampleReport(
    { notes: ["a word ".repeat(40)] },
    { cpu: "a processor of many words ".repeat(5) },
  );
  const lines = summary(report).split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const numbers = summary(sampleReport({ notes: ["it took 12 ms of time ".repeat(20)] }));
  expect(numbers).not.toMatch(/\d\n *ms/);
});

test("hosts of one name are told apart by their files", () => {
  const text = compareText(
    [sampleReport(), sampleReport(), sampleReport()],
    ["x/a.json", "b.json", "y/a.json"],
  );
  expect(text).toContain("board-7 (a) 1");
  expect(text).toContain("board-7 (b)");
  expect(text).toContain("board-7 (a) 3");
});

test("what was measured under an emulator says so wherever it is shown", () => {
  const report = parseReport(toJson(sampleReport({}, { emulator: "qemu-arm-static" })));
  expect(compareText([report], ["a"])).toContain("qemu-arm-static");
  expect(compareHtml([report], ["a"])).toContain("qemu-arm-static");
  expect(reportHtml(report)).toContain("qemu-arm-static");
});
