/** From Markdown to the inside of a page: headings get anchors, links lead within the site, code gets colours. */
import markdownIt from "markdown-it";
import type Token from "markdown-it/lib/token.mjs";
import { escapeHtml } from "../../src/base/html.ts";
import { highlight } from "./highlight.ts";
import { Slugs } from "./html.ts";
import type { Heading, Page, Section, Source } from "./page.ts";

/** What a link or picture of a page leads to, as the page says it. */
export type Resolve = (href: string) => string;

/** Of a picture, as the page says it: what it says of itself, in pixels. */
export type SizeOf = (href: string) => Size | undefined;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels: drawings up to that are shown whole on every screen. */
const NARROW_MAX = 360;
/** Characters of code that fit on a line of the smallest screen. */
const UNBROKEN_MAX = 26;
/**
 * What the parts of a table are. Where the screen is narrow some are shown as blocks, and then browsers differ on whether a
 * table is one to a screen reader; what is said in the markup stands.
 */
const ROLES: Readonly<Record<string, string>> = {
  table_open: "table",
  thead_open: "rowgroup",
  tbody_open: "rowgroup",
  tr_open: "row",
  th_open: "columnheader",
  td_open: "cell",
};

// Of HTML only comments mean something, and they are not shown; the rest is text, such as <path>.
const parser = markdownIt({ html: true, linkify: false, typographer: false });
parser.renderer.rules["html_block"] = parser.renderer.rules["html_inline"] = (tokens, i) =>
  escapeHtml(tokens[i]!.content.replace(/<!--[\s\S]*?-->\n?/g, ""));
// What scrolls in itself must be reachable by keyboard, and say what it is; a page with thirty of them has no thirty landmarks.
parser.renderer.rules["table_open"] = (tokens, i, _options, _env, self) =>
  `<div class="scroll" role="group" aria-label="Table" tabindex="0"><table${self.renderAttrs(tokens[i]!)}>\n`;
// A browser breaks lines after hyphens, also after those of an option or of a name; what is long has to break somewhere.
parser.renderer.rules.text = (tokens, i) =>
  escapeHtml(tokens[i]!.content).replace(/\baranya-edge\b/g, '<span class="short">$&</span>');
parser.renderer.rules["code_inline"] = (tokens, i) => {
  const { content } = tokens[i]!;
  const isShort = content.length <= UNBROKEN_MAX && content.includes("-");
  return `<code${isShort ? ' class="short"' : ""}>${escapeHtml(content)}</code>`;
};
parser.renderer.rules["table_close"] = () => "</table></div>\n";
parser.renderer.rules.fence = (tokens, i) => codeBlock(tokens[i]!.content, tokens[i]!.info.trim());
parser.renderer.rules.code_block = (tokens, i) => codeBlock(tokens[i]!.content, "");

export function renderMarkdown(source: Source, url: string, resolve: Resolve, sizeOf?: SizeOf): Page {
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
      relink(token, resolve, sizeOf);
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
    html: parser.renderer.render(withDrawings(withoutEmptyHeads(withRows(withoutStyles(tokens)))), {}, {}),
  };
}

function plainText(inline: Token): string {
  return (inline.children ?? [])
    .map((child) => (child.type === "softbreak" ? " " : child.type === "image" ? "" : child.content))
    .join("");
}

function relink(inline: Token, resolve: Resolve, sizeOf: SizeOf = () => undefined): void {
  for (const child of inline.children ?? []) {
    if (child.type === "link_open") {
      child.attrSet("href", resolve(child.attrGet("href")!));
    } else if (child.type === "image") {
      const size = sizeOf(child.attrGet("src")!);
      child.attrSet("src", resolve(child.attrGet("src")!));
      // So that what stands below does not move when it comes.
      for (const [name, pixels] of Object.entries(size ?? {})) child.attrSet(name, String(pixels));
      child.attrSet("loading", "lazy");
    }
  }
}

/** A wide drawing by itself scrolls on a small screen: shrunk to it nobody could read the words in it. */
function withDrawings(tokens: Token[]): Token[] {
  for (const [i, token] of tokens.entries()) {
    const children = token.type === "inline" ? (token.children ?? []) : [];
    if (children.length !== 1 || children[0]!.type !== "image") continue;
    const paragraph = tokens[i - 1]!;
    if (Number(children[0]!.attrGet("width") ?? Infinity) <= NARROW_MAX) {
      paragraph.attrSet("class", "drawing narrow");
      continue;
    }
    for (const [name, value] of [
      ["class", "drawing"],
      ["role", "group"],
      ["aria-label", "Drawing"],
      ["tabindex", "0"],
    ] as const)
      paragraph.attrSet(name, value);
  }
  return tokens;
}

/**
 * Side by side, three columns of words do not fit on a phone, nor do two of names as long as those of metrics. Numbers are
 * compared down a column, and stay in it, and so do short words such as those of the role matrix.
 */
function withRows(tokens: Token[]): Token[] {
  for (const [start, token] of tokens.entries()) {
    if (token.type !== "table_open") continue;
    const end = tokens.findIndex((other, i) => i > start && other.type === "table_close");
    const table = tokens.slice(start, end);
    const heads = table.filter(({ type }) => type === "th_open").length;
    if (heads > 5 || table.some((cell) => cell.attrGet("class") === "right")) continue;
    const longest = Math.max(...table.map(({ type, content }) => (type === "inline" ? content.length : 0)));
    if (longest <= 24) continue;
    token.attrSet("class", "rows");
    for (const part of table) {
      const role = ROLES[part.type];
      if (role !== undefined) part.attrSet("role", role);
    }
    nameCells(table);
  }
  return tokens;
}

/** Of three columns and more, each cell but the first says what it is; of two it is plain. */
function nameCells(table: readonly Token[]): void {
  const names: string[] = [];
  let column = 0;
  for (const [i, token] of table.entries()) {
    if (token.type === "th_open") names.push(plainText(table[i + 1]!));
    if (token.type === "tr_open") column = 0;
    if (token.type !== "td_open") continue;
    const name = names[column++];
    if (names.length > 2 && column > 1 && name !== undefined && name !== "") token.attrSet("data-head", name);
  }
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
  // What is answered is told from what is typed.
  const kind = word === "console" ? ' class="output"' : "";
  return `<pre${kind} role="group" tabindex="0" aria-label="${escapeHtml(label)}"><code>${highlight(content, word)}</code></pre>\n`;
}
