import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareFacts, parseFacts, printFacts, seriesOf } from "../../../cross/client-c/abi-compare.ts";

const FILE = readFileSync(join(import.meta.dirname, "../../../src/client-c/abi/0.1.0/x86-64.txt"), "utf8");
const PROMISED = parseFacts(FILE);

function changed(...changes: [key: string, value: string | undefined][]): Map<string, string> {
  const facts = new Map(PROMISED);
  for (const [key, value] of changes) {
    if (value === undefined) facts.delete(key);
    else facts.set(key, value);
  }
  return facts;
}

test("what is written is read as it was, and breaks nothing", () => {
  expect(PROMISED.size).toBeGreaterThan(400);
  expect(PROMISED.get("soname")).toBe("libaranya-edge.so.0");
  expect(PROMISED.get("field aranya_edge_options.done")).toBe("8 8 aranya_edge_done *");
  expect(parseFacts(printFacts(PROMISED))).toEqual(PROMISED);
  expect(compareFacts(PROMISED, PROMISED)).toEqual({ broken: [], added: [] });
});

test.each([
  ["a symbol that is gone", "symbol aranya_edge_close", undefined],
  ["a symbol of another version", "symbol aranya_edge_close", "ARANYA_EDGE_1"],
  ["another name of the library", "soname", "libaranya-edge.so.1"],
  ["a structure that grew", "struct aranya_edge_options", "32 8"],
  ["a field elsewhere", "field aranya_edge_options.done", "16 8 aranya_edge_done *"],
  ["a field of another type", "field aranya_edge_options.timeout_ms", "0 4 int32_t"],
  ["a field that is gone", "field aranya_edge_options.user", undefined],
  ["a field in padding", "field aranya_edge_options.flags", "4 4 uint32_t"],
  ["another number", "value ARANYA_EDGE_TIMEOUT", "21"],
  ["a number that is gone", "value ARANYA_EDGE_TIMEOUT", undefined],
  ["a smaller enum", "enum aranya_edge_role", "1"],
  ["a larger buffer", "bytes ARANYA_EDGE_KEY_BUNDLE_BYTES", "1024"],
  ["another parameter", "function aranya_edge_fd", "int (aranya_edge *)"],
  ["another callback", "callback aranya_edge_done", "void (void *)"],
])("%s breaks programs, and is named", (_, key, value) => {
  const { broken, added } = compareFacts(PROMISED, changed([key, value]));
  expect(added).toEqual([]);
  expect(broken).toHaveLength(1);
  expect(broken[0]).toContain(`${key} `);
});

test("what is new breaks nothing: functions, numbers, structures of their own, members of the union", () => {
  const { broken, added } = compareFacts(
    PROMISED,
    changed(
      ["symbol aranya_edge_join", "ARANYA_EDGE_0"],
      ["function aranya_edge_join", "aranya_edge_status (aranya_edge *)"],
      ["value ARANYA_EDGE_NOT_INVITED", "31"],
      ["struct aranya_edge_invite", "16 8"],
      ["field aranya_edge_invite.code", "0 8 const char *"],
      ["field aranya_edge_effect.of.invited", "8 40 aranya_edge_effect_invited"],
    ),
  );
  expect(broken).toEqual([]);
  expect(added).toHaveLength(6);
});

test("before 1.0 a minor version is a series of its own, then a major one", () => {
  expect(["0.1.0", "0.1.9", "0.2.0", "1.0.0", "1.7.2"].map(seriesOf)).toEqual([
    "0.1",
    "0.1",
    "0.2",
    "1",
    "1",
  ]);
});
