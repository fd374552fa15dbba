/**
 * docs/wire.md shows nothing it could get wrong: its diagrams stand word for word in the comments of the code that
 * reads and writes those bytes, and its numbers are that code's constants.
 */
import { expect, test } from "vitest";
import { LIMITS } from "../../src/base/limits.ts";
import { listFiles, readText, ROOT } from "../support/source-tree.ts";

const DOCUMENT = readText("docs/wire.md");

interface Excerpt {
  readonly from: string;
  readonly lines: readonly string[];
}

/** Code blocks under `<!-- from PATH -->`. */
function excerptsOf(document: string): Excerpt[] {
  return [...document.matchAll(/<!-- from (\S+) -->\n```text\n([\s\S]*?)\n```/g)].map((match) => ({
    from: match[1]!,
    lines: match[2]!.split("\n"),
  }));
}

/** Whether the lines stand in a row in one of the source's doc comments, however far indented. */
function isQuoted(excerpt: Excerpt, source: string): boolean {
  const comments = source.split("\n").map((line) => /^ *\*( .*)?$/.exec(line)?.[1] ?? "");
  const wanted = dedented(excerpt.lines);
  const length = excerpt.lines.length;
  return comments.some((_, i) => dedented(comments.slice(i, i + length)) === wanted);
}

function dedented(lines: readonly string[]): string {
  const indents = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length);
  const indent = Math.min(...indents);
  return lines.map((line) => line.slice(indent).trimEnd()).join("\n");
}

interface Row {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

/** Rows ``| `NAME` | value | [path](../path) | …``. */
function rowsOf(document: string): Row[] {
  return [...document.matchAll(/^\| `([\w.-]+)` \| (.+?) \| \[[^\]]+\]\(\.\.\/(src\/[^)]+)\) \|/gm)].map(
    (match) => ({
      name: match[1]!,
      value: match[2]!,
      from: match[3]!,
    }),
  );
}

/** `A.b` reads property b of the export A. */
async function valueOf({ name, from }: Row): Promise<unknown> {
  const [exported, ...properties] = name.split(".");
  const module = (await import(`${ROOT}/${from}`)) as Record<string, unknown>;
  return properties.reduce((value, key) => (value as Record<string, unknown>)[key], module[exported!]);
}

test("the diagrams are those of the code", () => {
  const excerpts = excerptsOf(DOCUMENT);
  expect(excerpts.length).toBeGreaterThan(5);
  const stale = excerpts.filter((excerpt) => !isQuoted(excerpt, readText(excerpt.from)));
  expect(stale.map(({ from, lines }) => `${from}: ${lines[0]!}`)).toEqual([]);
});

test("every block of the document is an excerpt", () => {
  expect(DOCUMENT.match(/^```text$/gm)).toHaveLength(excerptsOf(DOCUMENT).length);
});

test("every file that puts bytes on a wire is shown", () => {
  const shown = new Set(excerptsOf(DOCUMENT).map((excerpt) => excerpt.from));
  const formats = listFiles("src").filter((path) => path.endsWith("/wire.ts"));
  expect(formats.length).toBeGreaterThan(2);
  expect(formats.filter((path) => !shown.has(path))).toEqual([]);
});

test("the numbers are those of the code", async () => {
  const rows = rowsOf(DOCUMENT);
  expect(rows.length).toBeGreaterThan(10);
  const actual = await Promise.all(rows.map(async (row) => ({ ...row, value: String(await valueOf(row)) })));
  expect(rows).toEqual(actual);
});

test("every limit the document names is one, with that value", () => {
  const named = [...DOCUMENT.matchAll(/`LIMITS\.(\w+)`(?: \((\d+)\))?/g)];
  for (const [text, name, value] of named) {
    expect(Object.keys(LIMITS), text).toContain(name);
    if (value !== undefined) expect(String(LIMITS[name as keyof typeof LIMITS]), text).toBe(value);
  }
});

test("a diagram that differs from the code is seen", () => {
  const source = "/**\n * Text.\n *\n *   0 | type |\n *\n *   1 | body |\n */\nconst x = 1; // 1 | body |\n";
  expect(isQuoted({ from: "", lines: ["0 | type |", "", "1 | body |"] }, source)).toBe(true);
  expect(isQuoted({ from: "", lines: ["0 | type |", "1 | body |"] }, source)).toBe(false);
  expect(isQuoted({ from: "", lines: ["0 | kind |"] }, source)).toBe(false);
  expect(excerptsOf("<!-- from src/a.ts -->\n```text\nx\ny\n```\n")).toEqual([
    { from: "src/a.ts", lines: ["x", "y"] },
  ]);
  expect(rowsOf("| `A_BYTES` | 4 | [src/a.ts](../src/a.ts) | a |")).toEqual([
    { name: "A_BYTES", value: "4", from: "src/a.ts" },
  ]);
});
