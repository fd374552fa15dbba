import { expect, test } from "vitest";
import { escapeHtml } from "../../../src/base/html.ts";
import { checkHtml } from "../../support/html.ts";
import { listFiles, readAll } from "../../support/source-tree.ts";

/** What a browser makes of it. */
const REFERENCES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};
const unescape = (html: string): string =>
  html.replace(/&(?:amp|lt|gt|quot|#39);/g, (found) => REFERENCES[found]!);

test.each([
  ["quotes", `" onclick="x" ' onclick='x'`],
  ["ampersands, also those of references", "a & b &amp; &lt; &#39; &copy;"],
  ["ends of elements", "</script><script>alert(1)</script></style><!-- ]]> -->"],
  ["lines and tabs", "a\n\tb\n"],
  ["letters of anywhere", "ü 漢 😀 \u00a0\u202f"],
])("%s: as text and in an attribute the page shows what was written", (_, text) => {
  const html = escapeHtml(text);
  expect(unescape(html)).toBe(text);
  expect(html).not.toMatch(/[<>"']/);
  expect(checkHtml(`<!DOCTYPE html>\n<p title="${html}">${html}</p>`)).toEqual([]);
});

test("of all characters there are, five are references; what parsers refuse, or hides, is a mark; the rest stays", () => {
  const marked = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
  const references: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    const html = escapeHtml(character);
    if (html.startsWith("&")) references.push(html);
    else if (html !== (marked.test(character) && !"\n\t".includes(character) ? "\ufffd" : character))
      throw new Error(`U+${code.toString(16)} becomes ${html}`);
  }
  expect(references.sort()).toEqual(Object.keys(REFERENCES).sort());
});

test("what turns text round or cuts characters in half is marked once each", () => {
  expect(escapeHtml("a\u202eb\u0000c\r\nd\ud83de\u2028f")).toBe("a\ufffdb\ufffdc\ufffd\nd\ufffde\ufffdf");
});

test("nothing that makes pages escapes in its own way", () => {
  const files = ["src", "cross", "deploy", "test/fleet", "test/bench", "test/measured"].flatMap(listFiles);
  const escaping = [...readAll(files.filter((path) => path.endsWith(".ts")))].filter(([, source]) =>
    source.includes('"&lt;"'),
  );
  expect(escaping.map(([path]) => path)).toEqual(["src/base/html.ts"]);
});
