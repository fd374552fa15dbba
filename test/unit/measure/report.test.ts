import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { parseReport, ReportError, toJson } from "../../../src/measure/report.ts";
import type { Report } from "../../../src/measure/report.ts";
import { hostileReport, sampleReport } from "./sample.ts";

type Json = Record<string, unknown>;

/** The JSON of a good report after a change. */
function changed(change: (json: Json) => void): string {
  const json = JSON.parse(toJson(sampleReport())) as Json;
  change(json);
  return JSON.stringify(json);
}

function figure(json: Json, i = 0): Json {
  return (json["figures"] as Json[])[i]!;
}

test("a report comes back as it was written", () => {
  for (const report of [sampleReport(), hostileReport(), sampleReport({ quick: true, notes: ["a"] })]) {
    expect(parseReport(toJson(report))).toEqual(report);
  }
});

test("what a later release adds is passed over", () => {
  const report = parseReport(
    changed((json) => {
      json["weather"] = "dry";
      figure(json)["colour"] = "red";
    }),
  );
  expect(report).toEqual(sampleReport());
});

test.each<readonly [string, (json: Json) => void]>([
  ["another format", (json) => (json["format"] = "junit")],
  ["another version", (json) => (json["version"] = 2)],
  ["no machine", (json) => delete json["machine"]],
  ["a list for a machine", (json) => (json["machine"] = [])],
  ["a host that is a number", (json) => ((json["machine"] as Json)["host"] = 7)],
  ["a text too long", (json) => ((json["machine"] as Json)["host"] = "x".repeat(LIMITS.measureTextMax + 1))],
  ["figures that are no list", (json) => (json["figures"] = {})],
  [
    "too many figures",
    (json) => (json["figures"] = Array<Json>(LIMITS.measureFiguresMax + 1).fill(figure(json))),
  ],
  ["too many notes", (json) => (json["notes"] = Array<string>(LIMITS.measureFiguresMax + 1).fill("x"))],
  ["a figure of null", (json) => ((json["figures"] as unknown[])[0] = null)],
  ["a bad id", (json) => (figure(json)["id"] = "disk/<b>")],
  ["a value that is text", (json) => (figure(json)["value"] = "88")],
  ["a value below zero", (json) => (figure(json)["value"] = -1)],
  ["a value of nothing", (json) => (figure(json)["value"] = null)],
  ["a strange unit", (json) => (figure(json)["unit"] = "furlong")],
  ["a unit from Object", (json) => (figure(json)["unit"] = "constructor")],
  ["a strange verdict", (json) => (figure(json)["verdict"] = "excellent")],
  ["too few quantiles", (json) => (figure(json)["quantiles"] = [1, 2])],
  ["a strange kind", (json) => ((json["product"] as Json)["kind"] = "applet")],
])("refused: %s", (_, change) => {
  expect(() => parseReport(changed(change))).toThrow(ReportError);
});

test.each(["", "null", "[]", "7", '"x"', "{", "<html>", "\u0000"])("no report at all: %j", (text) => {
  expect(() => parseReport(text)).toThrow(ReportError);
});

test("every truncation is refused, and no mutation does more than be refused or read", () => {
  const text = toJson(sampleReport());
  for (let length = 0; length < text.trimEnd().length; length += 7) {
    expect(() => parseReport(text.slice(0, length))).toThrow(ReportError);
  }
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let i = 0; i < 2000; i++) {
    const at = random(text.length);
    const mutated = text.slice(0, at) + String.fromCharCode(random(128)) + text.slice(at + 1);
    let report: Report | undefined;
    try {
      report = parseReport(mutated);
    } catch (error) {
      expect(error, `seed 7, round ${i}`).toBeInstanceOf(ReportError);
    }
    if (report !== undefined) expect(report.format).toBe("aranya-edge-measure");
  }
});
