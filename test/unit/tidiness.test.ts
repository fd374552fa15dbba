import { expect, test } from "vitest";
import { LIMITS } from "../../src/base/limits.ts";
import { listFiles, readAll, readText } from "../support/source-tree.ts";
import * as tidiness from "../support/tidiness.ts";

const FILES = listFiles();
const TEXTS = FILES.filter((path) =>
  /\.(ts|js|json|md|sh|c|h|yml|yaml|toml|service|txt)$|^\.ci\//.test(path),
);
const CORES = ["graph", "policy", "team", "sync", "dgram-reliability", "afc", "ipc", "audit"];

function eachText(
  check: (path: string, text: string) => string[],
  paths: readonly string[] = TEXTS,
): string[] {
  return paths.flatMap((path) => check(path, readText(path)));
}

function sources(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) => FILES.filter((path) => path.startsWith(folder) && path.endsWith(".ts")));
}

test("nothing is marked unfinished", () => {
  expect(eachText(tidiness.checkMarks)).toEqual([]);
});

test("nothing knows the machine it was written on", () => {
  expect(eachText(tidiness.checkMachine)).toEqual([]);
});

test("no test is skipped or singled out", () => {
  expect(eachText(tidiness.checkNarrowedTests, sources("test/"))).toEqual([]);
});

test("file names are kebab-case", () => {
  expect(FILES.flatMap(tidiness.checkName)).toEqual([]);
});

test("no source file is longer than one concept needs", () => {
  expect(eachText(tidiness.checkLength, sources("src/", "platform/"))).toEqual([]);
});

test("protocol cores have no clock, no chance and nothing to wait for", () => {
  expect(eachText(tidiness.checkCore, sources(...CORES.map((layer) => `src/${layer}/`)))).toEqual([]);
});

test("every named maximum is asked about somewhere", () => {
  const asking = sources("src/").filter((path) => path !== "src/base/limits.ts");
  expect(tidiness.checkLimitsUsed(Object.keys(LIMITS), asking.map(readText))).toEqual([]);
});

test("relative links in Markdown lead somewhere", () => {
  const folders = new Set(
    FILES.flatMap((path) => path.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))),
  );
  const there = new Set([...FILES, ...folders]);
  const documents = readAll(FILES.filter((path) => path.endsWith(".md")));
  expect(tidiness.checkLinks(documents, (path) => there.has(path))).toEqual([]);
});

// Each check is shown something wrong, so that its silence above means something.

const MARK = "TO" + "DO";

test.each([`// ${MARK}: later`, "/* FIX" + "ME */"])("a planted mark is seen: %s", (line) => {
  expect(tidiness.checkMarks("a.ts", `ok\n${line}`)).toEqual([`a.ts:2 unfinished: ${line}`]);
});

test.each(["/wo" + "rk/main/src", "see /ho" + "me/jo/x", "https://regi" + "stry.example/x.tgz"])(
  "a planted machine is seen: %s",
  (line) => {
    expect(tidiness.checkMachine("a.md", line)).toHaveLength(1);
  },
);

test("paths of the product are not taken for a machine's", () => {
  for (const line of [
    "/var/lib/aranya-edge",
    "src/work/x",
    "/run/aranya-edge/socket",
    "https://example.com/root/",
  ]) {
    expect(tidiness.checkMachine("a.md", line)).toEqual([]);
  }
});

test("planted narrowed tests are seen", () => {
  const source = ["only", "skip", "todo", "skipIf(x)", "each([1]).skip"]
    .map((how) => `test.${how}("t", f);`)
    .join("\n");
  expect(tidiness.checkNarrowedTests("a.test.ts", source)).toHaveLength(5);
  expect(tidiness.checkNarrowedTests("a.test.ts", 'test.each([1])("t", f); list.skip(1);')).toEqual([]);
});

test.each(["src/base/keyBundle.ts", "src/Base/x.ts", "docs/my_notes.md", "src/a b.ts"])(
  "a planted name is seen: %s",
  (path) => {
    expect(tidiness.checkName(path)).toHaveLength(1);
  },
);

test("a planted long file is seen", () => {
  const lines = (n: number): string => "x;\n".repeat(n);
  expect(tidiness.checkLength("a.ts", lines(tidiness.SOURCE_LINES_MAX))).toEqual([]);
  expect(tidiness.checkLength("a.ts", lines(tidiness.SOURCE_LINES_MAX + 1))).toHaveLength(1);
});

test.each([
  "const t = Date.now();",
  "const t = new Date();",
  "const r = Math.random();",
  "setTimeout(f, 1);",
  "setInterval(f, 1);",
  "const t = performance.now();",
  "const t = globalThis.performance;",
  "const { now } = Date;",
  "const o = { Date };",
  "async function f() {}",
  "const f = async () => 1;",
  "function* f() { for await (const x of y) yield x; }",
  "await x;",
  "Promise.resolve().then(f);",
  "process.nextTick(f);",
])("a planted impurity is seen: %s", (source) => {
  expect(tidiness.checkCore("a.ts", source)).not.toEqual([]);
});

test("comments and members are not taken for impurities", () => {
  const source = `
    // never Date.now(), never await
    class Session { process(now: Instant): void {} }
    const text = "setTimeout";
    session.process(1);
    const o = { performance: Math.max(1, 2) };
    type Answer = Promise<Date>;`;
  expect(tidiness.checkCore("a.ts", source)).toEqual([]);
});

test("a planted idle limit is seen", () => {
  expect(tidiness.checkLimitsUsed(["a", "ab", "b"], ["if (n > LIMITS.ab) {}", "this.#limits.b"])).toEqual([
    "LIMITS.a is used nowhere in src/",
  ]);
});

test("planted dead links are seen", () => {
  const documents = new Map([
    [
      "docs/a.md",
      "# One\n[b](../b.md) [up](../gone.md)\n[h](#one) [g](#gone) [web](https://x.example)\n`[c](code.md)`\n",
    ],
    ["b.md", "## Two: a, b\n[a](docs/a.md#one) [x](docs/a.md#two) [self](#two-a-b)\n```\n[no](no.md)\n```\n"],
  ]);
  expect(tidiness.checkLinks(documents, (path) => documents.has(path))).toEqual([
    "docs/a.md:2 links to ../gone.md, which is not there",
    "docs/a.md:3 links to #gone, but docs/a.md has no such heading",
    "b.md:2 links to docs/a.md#two, but docs/a.md has no such heading",
  ]);
});
