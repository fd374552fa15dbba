import { expect, test } from "vitest";
import { parseRequirements } from "../trace/parse.ts";
import { report } from "../trace/report.ts";
import { isProofFile, scanSource } from "../trace/scan.ts";

const DOCUMENT = `# Requirements

| id | tag | due | requirement | proven by |
|---|---|---|---|---|
| AAA-1 | B | 0.1 | The first. | [unit/a](../test/unit/a.test.ts) |
| AAA-2 | X | later: shipping | The second. | |

| operation | owner |
|---|---|
| CloseTeam | yes |
`;

const PROOF = scanSource("test/unit/a.test.ts", 'test("[AAA-1] holds", () => {});');

test("a document with its tests in place has no problems", () => {
  const { problems, untested, document } = report(DOCUMENT, PROOF, "0.1.0");
  expect(problems).toEqual([]);
  expect(untested.map((row) => row.id)).toEqual(["AAA-2"]);
  expect(document).toBe(DOCUMENT);
});

test("a due row without a test is a problem, a later one is only listed", () => {
  const bare = DOCUMENT.replace("[unit/a](../test/unit/a.test.ts) ", "");
  expect(report(bare, [], "0.1.0").problems).toEqual(["AAA-1 is due in 0.1 and has no test"]);
  expect(report(bare, [], "0.0.9").problems).toEqual([]);
  expect(report(bare, [], "1.0.0").problems).toHaveLength(1);
  expect(report(bare, [], "0.1.0").untested).toHaveLength(2);
});

test("a test that names a row nobody wrote is a problem", () => {
  const citations = [...PROOF, ...scanSource("test/unit/b.test.ts", '\nit("[AAA-9] what", () => {});')];
  expect(report(DOCUMENT, citations, "0.1.0").problems).toEqual([
    'test/unit/b.test.ts:2 names AAA-9, which is not in the table: "[AAA-9] what"',
  ]);
});

test("a document that does not name its tests is a problem, and writing mends it", () => {
  const citations = [...PROOF, ...scanSource("test/demo/main.ts", 'await step("[AAA-2] runs");')];
  const stale = report(DOCUMENT, citations, "0.1.0");
  expect(stale.problems).toHaveLength(1);
  expect(stale.document).toContain("| The second. | [demo/main](../test/demo/main.ts) |");
  expect(report(stale.document, citations, "0.1.0").problems).toEqual([]);
  // A test that goes takes its place in the document along.
  expect(report(stale.document, PROOF, "0.1.0").document).toBe(DOCUMENT);
});

test("an empty table is a problem", () => {
  expect(report("# Requirements\n", [], "0.1.0").problems).toHaveLength(1);
});

test("rows that cannot be right are refused", () => {
  expect(() => parseRequirements("| AAA-1 | B | 0.1 | text |")).toThrow("4 columns");
  expect(() => parseRequirements("| AAA-1 | Q | 0.1 | text | |")).toThrow("tag");
  expect(() => parseRequirements("| AAA-1 | B | soon | text | |")).toThrow("due");
  expect(() => parseRequirements(`${DOCUMENT}| AAA-1 | B | 0.1 | again | |`)).toThrow("twice");
});

test("ids are found in every way a test can be written", () => {
  const source = [
    'describe("[AAA-1] group", () => {});',
    'test.each([1])("[AAA-2] case %i", () => {});',
    "test.concurrent(`[AAA-3] ${name}`, () => {});",
    'it("both [AAA-4, AAA-5] and [AAA-6]", () => {});',
    'test("[AAA-7] a long title " + "in two parts", () => {});',
  ].join("\n");
  const found = scanSource("test/unit/a.test.ts", source);
  expect(found.map((c) => `${c.line} ${c.id}`)).toEqual([
    "1 AAA-1",
    "2 AAA-2",
    "3 AAA-3",
    "4 AAA-4",
    "4 AAA-5",
    "4 AAA-6",
    "5 AAA-7",
  ]);
});

test("an id outside a title that runs proves nothing", () => {
  const source = [
    '// test("[AAA-1] commented out", () => {});',
    'test.skip("[AAA-2] skipped", () => {});',
    'test.todo("[AAA-3] promised");',
    'test("[AAA-4] without a body");',
    'const title = "[AAA-5]";',
    'check("[AAA-6] not a test", () => {});',
    'const fixture = `test("[AAA-7] quoted", () => {})`;',
  ].join("\n");
  expect(scanSource("test/unit/a.test.ts", source)).toEqual([]);
});

test("proofs come from suites and from the scripts that run real daemons", () => {
  expect(isProofFile("test/unit/team/team.test.ts")).toBe(true);
  expect(isProofFile("test/demo/main.ts")).toBe(true);
  expect(isProofFile("test/support/daemon.ts")).toBe(false);
  expect(isProofFile("src/cli/main.ts")).toBe(false);
});
