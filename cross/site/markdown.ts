/** From Markdown to the inside of a page: headings get anchors, links lead within the site, code gets colours. */
import markdownIt from "markdown-it";
import type Token from "markdown-it/lib/token.mjs";
import { highlight } from "./highlight.ts";
import { escapeHtml, Slugs } from "./html.ts";
import type { Heading, Page, Section, Source } from "./page.ts";

/** What a link or picture of a page leads to, as the page says it. */
export type Resolve = (href: string) => string;

// Of HTML only comments mean something, and they are not shown; the rest is text, such as <path>.
const parser = markdownIt({ html: true, linkify: false, typographer: false });
parser.renderer.rules["html_block"] = parser.renderer.rules["html_inline"] = (tokens, i) =>
  escapeHtml(tokens[i]!.content.replace(/<!--[\s\S]*?-->\n?/g, ""));
// What scrolls in itself must be reachable by keyboard, and say what it is.
parser.renderer.rules["table_open"] = () =>
  '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>\n';
parser.renderer.rules["table_close"] = () => "</table></div>\n";
parser.renderer.rules.fence = (tokens, i) => codeBlock(tokens[i]!.content, tokens[i]!.info.trim());
parser.renderer.rules.code_block = (tokens, i) => codeBlock(tokens[i]!.content, "");

export function renderMarkdown(source: Source, url: string, resolve: Resolve): Page {
  const tokens = parser.parse(source.markdown, {});
  const slugs = new Slugs();
  const headings: Heading[] = [];
  const sections: { heading: Heading; words: string[] }[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const text = plainText(tokens[i + 1]!);
      const heading = { level: Number(token.tag.slice(1)), id: slugs.next(text), text };
      token.attrSet("id", heading.id);
      headings.push(heading);
      sections.push({ heading, words: [] });
    } else if (token.type === "inline") {
      relink(token, resolve);
      if (tokens[i - 1]?.type !== "heading_open") sections.at(-1)?.words.push(plainText(token));
    } else if (token.type === "fence") {
      sections.at(-1)?.words.push(token.content);
    }
  }
  const title = headings[0]?.text;
  if (title === undefined || headings[0]!.level !== 1)
    throw new Error(`${source.path} has no title: begin with # …`);
  return {
    ...source,
    url,
    title,
    headings,
    sections: sections.map(({ heading, words }): Section => ({ ...heading, words: words.join(" ") })),
    html: parser.renderer.render(withDrawings(withoutEmptyHeads(withoutStyles(tokens))), {}, {}),
  };
}

function plainText(inline: Token): string {
  return (inline.children ?? [])
    .map((child) => (child.type === "softbreak" ? " " : child.type === "image" ? "" : child.content))
    .join("");
}

function relink(inline: Token, resolve: Resolve): void {
  for (const child of inline.children ?? []) {
    if (child.type === "link_open") {
      child.attrSet("href", resolve(child.attrGet("href")!));
    } else if (child.type === "image") {
      child.attrSet("src", resolve(child.attrGet("src")!));
      child.attrSet("loading", "lazy");
    }
  }
}

/** A drawing by itself scrolls on a small screen: shrunk to it nobody could read the words in it. */
function withDrawings(tokens: Token[]): Token[] {
  for (const [i, token] of tokens.entries()) {
    const children = token.type === "inline" ? (token.children ?? []) : [];
    if (children.length !== 1 || children[0]!.type !== "image") continue;
    const paragraph = tokens[i - 1]!;
    for (const [name, value] of [
      ["class", "drawing"],
      ["role", "region"],
      ["aria-label", "Drawing"],
      ["tabindex", "0"],
    ] as const)
      paragraph.attrSet(name, value);
  }
  return tokens;
}

/** Columns are aligned by class: styles inline are not allowed. */
function withoutStyles(tokens: Token[]): Token[] {
  for (const token of tokens) {
    const align = /text-align:(\w+)/.exec(token.attrGet("style") ?? "")?.[1];
    if (align === undefined) continue;
    token.attrs = token.attrs!.filter(([name]) => name !== "style");
    token.attrSet("class", align);
  }
  return tokens;
}

/** Markdown has no tables without a head: one whose cells are all empty is none, and a row's first cell is its heading. */
function withoutEmptyHeads(tokens: Token[]): Token[] {
  const out: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.type === "thead_open") {
      const end = tokens.findIndex((other, k) => k > i && other.type === "thead_close");
      const cells = tokens.slice(i, end).filter((other) => other.type === "inline");
      if (cells.every((cell) => cell.content.trim() === "")) {
        i = end;
        continue;
      }
    }
    out.push(token);
  }
  return out;
}

function codeBlock(content: string, info: string): string {
  const [word = ""] = info.split(/\s/);
  const label = word === "" ? "Text" : `Code: ${word}`;
  return `<pre tabindex="0" aria-label="${escapeHtml(label)}"><code>${highlight(content, word)}</code></pre>\n`;
}
