/** What a line may be, and that there is one spelling of each. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  boundedEntry,
  boundedText,
  CHAIN_START,
  decodeLine,
  encodeLine,
  hashOfLine,
  lineAfter,
} from "../../../src/audit/line.ts";
import type { AuditDetail, AuditEntry, AuditLine } from "../../../src/audit/line.ts";
import { signerOf } from "../../../src/audit/seal.ts";
import { DecodeError } from "../../../src/base/errors.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { fromHex, toHex } from "../../../src/base/bytes.ts";
import { listFiles, readText } from "../../support/source-tree.ts";
import { vectors } from "../../support/vectors.ts";
import { suite } from "./support.ts";

const LINE: AuditLine = {
  seq: 7,
  at: 0,
  up: 12,
  who: "daemon",
  act: "daemon.start",
  outcome: "done",
  detail: { pid: 4, version: "0.1.0" },
  prev: "00".repeat(32),
};
const spelled = (line: AuditLine): string => Buffer.from(encodeLine(line)).toString("latin1");
const codeOf = (text: string): string => {
  try {
    decodeLine(Buffer.from(text, "latin1"));
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
  return "taken";
};

interface Vectors {
  readonly deviceId: string;
  readonly lines: readonly { readonly line: string; readonly hash: string }[];
}

test("lines and hashes of 0.1.0 are what they were, and its seals hold", () => {
  const { deviceId, lines } = vectors<Vectors>("audit-0.1.0.json");
  expect(lines.length).toBeGreaterThan(4);
  let seals = 0;
  for (const { line: text, hash } of lines) {
    const bytes = Buffer.from(text, "latin1");
    const line = decodeLine(bytes);
    expect(spelled(line)).toBe(text);
    expect(toHex(hashOfLine(suite, fromHex(line.prev)!, bytes))).toBe(hash);
    if (line.act !== "audit.seal") continue;
    seals++;
    expect(signerOf(suite, line)).toBe(deviceId);
  }
  expect(seals).toBe(2);
});

test("keys stand in one order, names of details sorted, nothing but printable ASCII", () => {
  const line = { ...LINE, detail: { b: "\u001b[2J\u202e", a: 1 }, target: 'quote " \\ ü' };
  expect(spelled(line)).toBe(
    '{"seq":7,"at":0,"up":12,"who":"daemon","act":"daemon.start","target":"quote \\" \\\\ \\u00fc","outcome":"done",' +
      `"detail":{"a":1,"b":"\\u001b[2J\\u202e"},"prev":"${"00".repeat(32)}"}`,
  );
});

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 300 });
const name = fc.stringMatching(/^[a-z][A-Za-z]{0,20}$/);
const entries: fc.Arbitrary<AuditEntry> = fc.record(
  {
    who: text,
    act: fc.constant("call.addDevice"),
    team: text,
    target: text,
    outcome: fc.constantFrom("done", "NotAuthorised"),
    detail: fc.dictionary(name, fc.oneof(text, fc.nat(), fc.constant("")), { minKeys: 1, maxKeys: 12 }),
  },
  { requiredKeys: ["who", "act", "outcome"] },
);

test("whatever others chose is cut to a line that reads as itself", () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const line = { ...LINE, detail: undefined, ...boundedEntry(entry) };
      const bytes = encodeLine(line);
      expect(bytes.length).toBeLessThanOrEqual(LIMITS.auditLineBytesMax);
      const read = decodeLine(bytes);
      expect(encodeLine(read)).toEqual(bytes);
      expect(read.who).toBe(line.who);
    }),
  );
});

test("text at the limit stays, one more is cut", () => {
  const fits = "x".repeat(LIMITS.auditTextBytesMax);
  expect(boundedText(fits)).toBe(fits);
  expect(boundedText(`${fits}x`)).toMatch(/^x{240,}\.\.\.$/);
  const wide = "ü".repeat(Math.floor(LIMITS.auditTextBytesMax / 6));
  expect(boundedText(wide)).toBe(wide);
  expect(boundedText(`${wide}ü`).length).toBeLessThan(wide.length);
  const many = Object.fromEntries(
    Array.from({ length: LIMITS.auditDetailsMax + 1 }, (_, i) => [`d${"abcdefghijk"[i]}`, i]),
  );
  expect(Object.keys(boundedEntry({ ...LINE, detail: many }).detail!)).toHaveLength(LIMITS.auditDetailsMax);
});

test("what is no line, or another spelling of one, is refused", () => {
  const good = spelled(LINE);
  expect(codeOf(good)).toBe("taken");
  const cases: [string, string][] = [
    ["", "not-json"],
    ["[1]", "not-json"],
    ["null", "not-json"],
    ["[".repeat(4000), "not-json"],
    [" ".repeat(LIMITS.auditLineBytesMax + 1), "too-long"],
    [good.replace("daemon", "d\u00e9"), "not-ascii"],
    [good.replace('"seq":7', '"seq": 7'), "not-canonical"],
    [good.replace('"seq":7', '"seq":7.0'), "not-canonical"],
    [good.replace('"seq":7,"at":0', '"at":0,"seq":7'), "not-canonical"],
    [good.replace('"seq":7', '"seq":6,"seq":7'), "not-canonical"],
    [good.replace("daemon", "\\u0064aemon"), "not-canonical"],
    [good.replace('"pid":4,"version":"0.1.0"', '"version":"0.1.0","pid":4'), "not-canonical"],
    [good.replace('"seq":7', '"seq":0'), "bad-field"],
    [good.replace('"seq":7', '"seq":1e3'), "not-canonical"],
    [good.replace('"seq":7', '"seq":9007199254740993'), "bad-field"],
    [good.replace('"at":0', '"at":-1'), "bad-field"],
    [good.replace('"up":12', '"up":"12"'), "bad-field"],
    [good.replace('"who":"daemon"', '"who":""'), "bad-field"],
    [good.replace("daemon.start", "start"), "bad-field"],
    [good.replace('"done"', '"two words"'), "bad-field"],
    [good.replace(/"detail":\{.*?\}/, '"detail":{}'), "bad-field"],
    [good.replace(/"detail":\{.*?\}/, '"detail":{"a":{}}'), "bad-field"],
    [good.replace(/"detail":\{.*?\}/, '"detail":{"__proto__":1}'), "bad-field"],
    [good.replace('"pid":4', '"pid":1.5'), "bad-field"],
    [good.replace(/00"\}$/, 'AA"}'), "bad-field"],
    [good.replace('"act"', '"extra":1,"act"'), "bad-field"],
  ];
  for (const [line, code] of cases)
    expect([line.slice(0, 80), codeOf(line)]).toEqual([line.slice(0, 80), code]);
});

test("whatever an entry says, the line it becomes can be read again", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.double(),
    fc.constant(undefined),
  );
  const names = fc.constantFrom("reason", "label", "more", "settings");
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 1, maxLength: 300 }),
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("done", "bad-utf8", "LabelExists", "")),
      fc.dictionary(names, anything),
      (who, outcome, detail) => {
        const entry = { who, act: "call.x", outcome, detail: detail as AuditDetail };
        const bytes = encodeLine(lineAfter(CHAIN_START, boundedEntry(entry), { at: 1, up: 2 }));
        expect(decodeLine(bytes).who.length).toBeGreaterThan(0);
      },
    ),
  );
});

test("every code that this program gives its errors can be an outcome", () => {
  const codes = listFiles("src").flatMap((file) =>
    [...readText(file).matchAll(/new \w+Error\(\s*"([^"\s]+)"/g)].map(([, code]) => code!),
  );
  expect(codes.length).toBeGreaterThan(100);
  const said = (outcome: string): string => boundedEntry({ who: "daemon", act: "call.x", outcome }).outcome;
  expect(codes.filter((code) => said(code) !== code)).toEqual([]);
});
