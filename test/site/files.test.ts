/** The built site as files: no browser needed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CONTENTS, urlOf } from "../../cross/site/contents.ts";
import { CALL_DOCS } from "../../cross/site/calls/index.ts";
import { which } from "../../cross/process.ts";
import { buildInto, SITE } from "./build.ts";
import {
  checkLinks,
  checkPage,
  checkWeights,
  titleOf,
  INDEX_BYTES_MAX,
  PAGE_BYTES_MAX,
  weightOf,
} from "./page-checks.ts";

function readSite(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
  return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name))]));
}

const files = readSite(SITE);
const pages = [...files.keys()].filter((path) => path.endsWith(".html"));
const text = (path: string): string => files.get(path)!.toString();

test("[DOC-1] every page of the contents is there, and one for each call, in the frame of the site", () => {
  const wanted = CONTENTS.flatMap((group) => group.entries.map((entry) => urlOf(entry.source)));
  expect(wanted.filter((url) => !files.has(url))).toEqual([]);
  for (const name of Object.keys(CALL_DOCS)) {
    const html = text(`api/${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.html`);
    for (const heading of [
      "Parameters",
      "Result",
      "Errors",
      "Permission",
      "Effects",
      "Shell",
      "TypeScript",
      "C",
    ])
      expect(html).toMatch(new RegExp(`<h[23] id="[^"]+">${heading}</h[23]>`));
  }
  for (const path of pages) expect(text(path), path).toContain('class="brand"');
});

test("every link, anchor and file that a page loads is there", () => {
  expect(checkLinks(files)).toEqual([]);
});

test("every page is well-formed, says what it is, with unique ids, ordered headings, and nothing inline", () => {
  expect(pages.flatMap((path) => checkPage(text(path)).map((problem) => `${path}: ${problem}`))).toEqual([]);
});

test("no two pages are called the same", () => {
  const titles = pages.map((path) => titleOf(text(path)));
  expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
});

test(`no page weighs more than ${PAGE_BYTES_MAX} bytes with all it loads`, () => {
  expect(checkWeights(files)).toEqual([]);
  expect(files.get("search-index.js")!.length).toBeLessThan(INDEX_BYTES_MAX);
});

test("nothing is asked of another host", () => {
  for (const [path, bytes] of files) {
    if (/\.(css|svg)$/.test(path))
      expect(bytes.toString().replaceAll("http://www.w3.org/", ""), path).not.toMatch(
        /https?:\/\/|url\((?!#)|@import/,
      );
  }
});

test("the header's functions are there where Doxygen is, and where it is not the page says how to get them", () => {
  const page = text("c/index.html");
  if (which("doxygen") === undefined) expect(page).toContain("apt-get install doxygen");
  else expect(text("c/functions.html")).toContain('id="aranya_edge_create_channel"');
});

test("building twice gives the same bytes", () => {
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-site-"));
  const out = join(directory, "site");
  try {
    buildInto(out);
    const again = readSite(out);
    expect([...again.keys()]).toEqual([...files.keys()]);
    expect(
      [...again].filter(([path, bytes]) => !bytes.equals(files.get(path)!)).map(([path]) => path),
    ).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

// Each check is shown something wrong, so that its silence above means something.

const GOOD = text("index.html");

test.each([
  ["a broken link", '<a href="gone.html">x</a>', /links to gone.html, which is not there/],
  ["a broken anchor", '<a href="quickstart.html#gone">x</a>', /has no such heading/],
  ["a missing picture", '<img src="gone.svg" alt="">', /loads gone.svg/],
])("planted: %s", (_, planted, problem) => {
  const spoilt = new Map(files).set(
    "index.html",
    Buffer.from(GOOD.replace("</article>", `${planted}</article>`)),
  );
  expect(checkLinks(spoilt).join("\n")).toMatch(problem);
});

test.each([
  ["an id twice", '<p id="content">x</p>', /id content is there twice/],
  ["a heading left out", "<h2>a</h2><h4>b</h4>", /h4 after h2/],
  ["a second title", "<h1>a</h1>", /2 <h1>/],
  ["a picture without alt", '<img src="assets/icon.svg">', /without alt/],
  ["a style", '<p style="color: red">x</p>', /styles in the page/],
  ["a script", "<script>x</script>", /a script in the page/],
  ["a handler", '<p onclick="x">x</p>', /onclick/],
  ["an element left open", "<p><b>x</p>", /closes/],
  ["a way without a name", "<nav>x</nav>", /<nav> without a name/],
  ["a stop of the keyboard that says nothing", '<div tabindex="0">x</div>', /<div> can have the focus/],
  [
    "a table of blocks",
    '<table class="rows" role="table"><tbody role="rowgroup"><tr><td role="cell">x</td></tr></tbody></table>',
    /<tr> of a table of rows without its role/,
  ],
])("planted: %s", (_, planted, problem) => {
  expect(checkPage(GOOD)).toEqual([]);
  expect(checkPage(GOOD.replace("</article>", `${planted}</article>`)).join("\n")).toMatch(problem);
});

test.each([
  ["no language", ' lang="en"', "", /no language/],
  ["a title that says nothing", /<title>[^<]*/, "<title>x", /a title of 1 char/],
  ["no description", /name="description" content="[^"]*"/, "", /a description of 0 char/],
  ["a page that stays small", "initial-scale=1", "maximum-scale=1", /nobody can make it larger/],
])("planted: %s", (_, what, instead, problem) => {
  expect(checkPage(GOOD.replace(what, instead)).join("\n")).toMatch(problem);
});

test("planted: a page too heavy", () => {
  const heavy = new Map(files).set(
    "index.html",
    Buffer.concat([files.get("index.html")!, Buffer.alloc(PAGE_BYTES_MAX)]),
  );
  expect(checkWeights(heavy)).toHaveLength(1);
  expect(weightOf("index.html", files)).toBeGreaterThan(files.get("index.html")!.length);
});
