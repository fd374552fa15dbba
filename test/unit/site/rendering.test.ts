/** From Markdown to pages: anchors, links, escapes, and the search's one spelling. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { BuildError } from "../../../cross/process.ts";
import { CONTENTS } from "../../../cross/site/contents.ts";
import { relativeUrl, Slugs } from "../../../cross/site/html.ts";
import { layout } from "../../../cross/site/layout.ts";
import { Links } from "../../../cross/site/links.ts";
import { renderMarkdown } from "../../../cross/site/markdown.ts";
import { fold, searchIndex } from "../../../cross/site/search-index.ts";
import { buildSite } from "../../../cross/site/site.ts";
import { parseXml, textOf } from "../../../cross/site/xml.ts";
import { checkHtml } from "../../support/html.ts";
import { ROOT } from "../../support/source-tree.ts";

const asItIs = (href: string): string => href;
const render = (markdown: string) => renderMarkdown({ path: "docs/x.md", markdown }, "x.html", asItIs);

test("headings have the anchors that forges give them, and no two the same", () => {
  const { html, title, headings } = render(
    "# A `b` c\n\n## Some, thing!\n\n## Some thing\n\n## Some thing\n",
  );
  expect(title).toBe("A b c");
  expect(headings.map((heading) => heading.id)).toEqual([
    "a-b-c",
    "some-thing",
    "some-thing-1",
    "some-thing-2",
  ]);
  expect(html).toContain('<h2 id="some-thing-1">');
  const slugs = new Slugs();
  expect(["a", "a", "a-1"].map((text) => slugs.next(text))).toEqual(["a", "a-1", "a-1-1"]);
});

test("what looks like HTML is text, comments are nothing, styles are classes", () => {
  const { html } = render(
    '# T\n\n<!-- begin -->\n\na <b onclick="x">b</b> <path>\n\n<script>x</script>\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n',
  );
  expect(html).not.toMatch(/<b |<script|begin|style=/);
  expect(html).toContain("&lt;script&gt;");
  expect(html).toContain('<td class="right">2</td>');
});

test("a table whose head is empty has none", () => {
  expect(render("# T\n\n| | |\n| --- | --- |\n| 1 | 2 |\n").html).not.toContain("<th");
});

test("a table of words becomes blocks on a phone, with what each cell is; one of numbers or of short words does not", () => {
  const long = "what would be cut off at the edge of it";
  const rows = (text: string): string => render(`# T\n\n${text}`).html;
  const words = rows(`| Code | Meaning | Exit |\n| --- | --- | --- |\n| A | ${long} | 81 |\n`);
  expect(words).toContain('<table class="rows" role="table">');
  expect(words).toContain(
    `<td role="cell">A</td>\n<td role="cell" data-head="Meaning">${long}</td>\n<td role="cell" data-head="Exit">81</td>`,
  );
  expect(rows(`| a | b |\n| --- | --- |\n| 1 | ${long} |\n`)).toContain('<table class="rows" role="table">');
  expect(rows(`| | |\n| --- | --- |\n| 1 | ${long} |\n`)).not.toContain("data-head");
  expect(rows(`| a | b |\n| --- | ---: |\n| ${long} | 2 |\n`)).not.toMatch(/rows|role="table"/);
  expect(rows("| a | b |\n| --- | --- |\n| yes | no |\n")).not.toContain("rows");
});

test("an option is not broken at its hyphens, nor is the program's name", () => {
  expect(render("# T\n\nask aranya-edge status\n").html).toContain(
    'ask <span class="short">aranya-edge</span> status',
  );
  const { html } = render("# T\n\n`--json` `a` `/etc/aranya-edge/a-path-too-long-for-a-line`\n");
  expect(html).toContain('<code class="short">--json</code> <code>a</code> <code>/etc');
});

test("an option called like a command of the shell is none", () => {
  const { html } = render(
    "# T\n\n```sh\nwait; aranya-edge channel send a b --wait 30s && wait\naranya-edge peer sync\n```\n",
  );
  expect(html).toContain('hljs-built_in">wait<');
  expect(html).toContain("b --wait 30s &amp;&amp; <");
  expect(html).toContain("peer sync\n");
  expect(render('# T\n\n```sh\naranya-edge() { node "$@"; }\n```\n').html).toContain(
    '<span class="hljs-title">aranya-edge</span></span>()',
  );
});

test("a drawing says its size, and is a stop of the keyboard only where it is too wide for a phone", () => {
  const html = (width: number): string =>
    renderMarkdown({ path: "docs/x.md", markdown: "# T\n\n![d](x.svg)\n" }, "x.html", asItIs, () => ({
      width,
      height: 9,
    })).html;
  expect(html(320)).toContain('<p class="drawing narrow"><img src="x.svg" alt="d" width="320" height="9"');
  expect(html(720)).toMatch(/<p class="drawing" role="group" .*tabindex="0"><img .*width="720"/);
  expect(new Links(ROOT).sizeOf("docs/concepts.md", "drawings/sync.svg")).toMatchObject({ width: 320 });
  expect(new Links(ROOT).sizeOf("docs/concepts.md", "concepts.md")).toBeUndefined();
});

test("a page without a title is refused", () => {
  expect(() => render("## T\n")).toThrow(/no title/);
});

test("links lead from page to page, and what is beside the site comes along", () => {
  const links = new Links(ROOT);
  links.add("docs/afc.md");
  expect(links.resolve("docs/tutorials/x.md", "../afc.md#keys")).toBe("../afc.html#keys");
  expect(links.resolve("docs/x.md", "#here")).toBe("#here");
  expect(links.resolve("docs/x.md", "https://example.com/")).toBe("https://example.com/");
  expect(links.resolve("docs/x.md", "../src/base/limits.ts")).toBe("files/src/base/limits.ts.html");
  expect(links.resolve("docs/x.md", "../systemd")).toBe("files/systemd/index.html");
  expect(links.resolve("docs/x.md", "fleet.svg")).toBe("fleet.svg");
  expect([...links.copies]).toEqual([["fleet.svg", "docs/fleet.svg"]]);
  expect(links.takeWanted().map((page) => page.path)).toEqual(["src/base/limits.ts.md", "systemd/README.md"]);
  expect(links.takeWanted()).toEqual([]);
  expect(relativeUrl("a/b.html", "index.html#x")).toBe("../index.html#x");
});

test.each(["gone.md", "../../outside.md"])(
  "a link to what is not there stops the build and names the page: %s",
  (href) => {
    expect(() => new Links(ROOT).resolve("docs/x.md", href)).toThrow(/^docs\/x\.md links to /);
  },
);

test("a page that the contents name and nobody wrote stops the build, with its name", async () => {
  const root = mkdtempSync(join(tmpdir(), "aranya-edge-site-"));
  try {
    mkdirSync(join(root, "docs"));
    for (const path of ["src/ipc/info.ts", "src/ipc/effect.ts", "src/base/limits.ts"])
      cpSync(join(ROOT, path), join(root, path));
    const options = {
      root,
      out: join(root, "out"),
      build: join(root, "build"),
      version: "0",
      progress: () => undefined,
      warn: () => undefined,
    };
    const building = buildSite({ ...options, withC: false, withTypeScript: false });
    await expect(building).rejects.toThrow(BuildError);
    await expect(building).rejects.toThrow(/docs\/quickstart\.md/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a page in its frame is well-formed whatever its words are", () => {
  const page = render(
    '# <T> & "q"\n\n## a & b\n\n## <c>\n\n## "d"\n\ntext & <more>\n\n```c\nif (a < b && c > "d") x;\n```\n',
  );
  expect(checkHtml(layout(page, { version: "0.1.0", pages: [page] }))).toEqual([]);
});

test("names fold into one spelling, here and in the browser", () => {
  const script = readFileSync(join(ROOT, "cross/site/assets/site.js"), "utf8");
  const own = /function fold\(name\) \{[\s\S]*?\n {2}\}/.exec(script)![0];
  const inBrowser = runInNewContext(`${own}; fold`) as typeof fold;
  for (const name of [
    "createChannel",
    "CreateChannel",
    "create_channel",
    "aranya_edge_create_channel()",
    "ARANYA_EDGE_CREATE_CHANNEL",
  ]) {
    expect(fold(name)).toBe("createchannel");
    expect(inBrowser(name)).toBe("createchannel");
  }
  expect(fold("aranya-edge")).toBe("aranyaedge");
});

test("the index has headings, names and words, and is a script", () => {
  const page = {
    ...render("# Title\n\n## create_channel\n\nwords about </script> roaming\n"),
    names: ["x_y"],
  };
  const context: { aranyaEdgeIndex?: { pages: string[][]; entries: unknown[][] } } = {};
  const script = searchIndex([page]);
  expect(script).not.toContain("</script>");
  runInNewContext(script, context);
  expect(context.aranyaEdgeIndex).toEqual({
    pages: [["x.html", "Title"]],
    entries: [
      [0, "", "Title", "xy title", ""],
      [0, "create_channel", "create_channel", "createchannel", "words about script roaming"],
    ],
  });
});

test("XML is read as it is, and what is none is refused", () => {
  const root = parseXml('<?xml version="1.0"?><a b="c &amp; d"><e/>x &lt; <f>y</f>&#39;</a>\n');
  expect(root.attributes).toEqual({ b: "c & d" });
  expect(textOf(root)).toBe("x < y'");
  for (const wrong of ["<a>", "<a></b>", "<a>&unknown;</a>", "<a b=c></a>"])
    expect(() => parseXml(wrong)).toThrow();
});

test("no page is twice in the contents", () => {
  const sources = CONTENTS.flatMap((group) => group.entries.map((entry) => entry.source));
  expect(new Set(sources).size).toBe(sources.length);
});
