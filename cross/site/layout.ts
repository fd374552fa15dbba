/** The frame around every page. It works without JavaScript; with it there is a search. */
import { escapeHtml } from "../../src/base/html.ts";
import { CONTENTS, urlOf } from "./contents.ts";
import { relativeUrl } from "./html.ts";
import type { Heading, Page } from "./page.ts";

/** What a page may load: what lies beside it, and nothing inline. */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

/** Beyond so many the list of a page's headings has only the upper ones. */
const HEADINGS_MAX = 40;

/** Characters of a page's description, as much as lists of results show. */
const DESCRIPTION_MAX = 158;
/** Below so many, words need the title before them to say what the page is. */
const WORDS_MIN = 40;

export interface Surroundings {
  readonly version: string;
  /** In the order of the contents. */
  readonly pages: readonly Page[];
}

export function layout(page: Page, around: Surroundings): string {
  const to = (url: string): string => escapeHtml(relativeUrl(page.url, url));
  const isFront = page.url === "index.html";
  const heading = isFront ? "aranya-edge documentation" : `${page.title} · aranya-edge`;
  const toc = isFront ? "" : tocOf(page);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(POLICY)}">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(descriptionOf(page))}">
<title>${escapeHtml(heading)}</title>
<link rel="icon" href="${to("assets/icon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${to("assets/site.css")}">
<script defer src="${to("assets/site.js")}" data-root="${to("search-index.js").replace(/search-index\.js$/, "")}"></script>
</head>
<body${isFront ? ' class="front"' : ""}>
<a class="skip" href="#content">Skip to the text</a>
<header class="top">
<a class="brand" href="${to("index.html")}"><img src="${to("assets/icon.svg")}" alt="" width="26" height="26"><span>aranya-edge</span> <small>${escapeHtml(around.version)}</small></a>
<div id="search" role="search" hidden></div>
<a class="menu" href="#contents">Contents</a>
</header>
<div class="columns">
<main id="content" tabindex="-1">
${toc === "" ? "" : `<nav class="toc-small" aria-label="On this page"><details><summary>On this page</summary>\n${toc}</details></nav>\n`}<article>
${page.html}</article>
${stepsOf(page, around, to)}</main>
${toc === "" ? "" : `<nav class="toc" aria-label="On this page"><p>On this page</p>\n${toc}</nav>\n`}<nav class="contents" id="contents" aria-label="Contents" tabindex="-1">
${contentsOf(page, around, to)}</nav>
</div>
<footer><p>aranya-edge ${escapeHtml(around.version)}, Apache-2.0. Generated from <code>${escapeHtml(page.path)}</code>. <a href="#content">Back to the top</a></p></footer>
</body>
</html>
`;
}

function tocOf(page: Page): string {
  const inner = page.headings.filter((heading) => heading.level === 2 || heading.level === 3);
  const upper = inner.filter((heading) => heading.level === 2);
  const shown: readonly Heading[] = inner.length > HEADINGS_MAX ? upper : inner;
  if (shown.length < 3) return "";
  const items = shown.map(
    ({ level, id, text }) =>
      `<li class="level-${level}"><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a></li>`,
  );
  return `<ul>\n${items.join("\n")}\n</ul>\n`;
}

function contentsOf(page: Page, around: Surroundings, to: (url: string) => string): string {
  const item = (url: string, title: string, inside = ""): string => {
    const here = url === page.url ? ' aria-current="page"' : "";
    return `<li><a href="${to(url)}"${here}>${escapeHtml(title)}</a>${inside}</li>`;
  };
  return CONTENTS.map((group) => {
    const items = group.entries.map(({ source, title, children }) => {
      const isOpen = children !== undefined && page.path.startsWith(children);
      const below = isOpen
        ? around.pages.filter((other) => other.path.startsWith(children) && other.path !== source)
        : [];
      const list = below.map((other) => item(other.url, shortTitle(other.title))).join("\n");
      return item(urlOf(source), title, list === "" ? "" : `\n<ul>\n${list}\n</ul>`);
    });
    return `<h2>${escapeHtml(group.title)}</h2>\n<ul>\n${items.join("\n")}\n</ul>\n`;
  }).join("");
}

/** In a list all of whose titles begin alike. */
function shortTitle(title: string): string {
  return title
    .replace(/^aranya-edge (?=[a-z])/, "")
    .replace(/^(Class|Interface|Type|Function|Constant): /, "");
}

/** The pages before and after it. */
function stepsOf(page: Page, around: Surroundings, to: (url: string) => string): string {
  const at = around.pages.indexOf(page);
  if (at < 0) return "";
  const link = (other: Page | undefined, rel: string, word: string): string =>
    other === undefined
      ? ""
      : `<a rel="${rel}" href="${to(other.url)}"><small>${word}</small> ${escapeHtml(other.title)}</a>\n`;
  const steps = link(around.pages[at - 1], "prev", "Before") + link(around.pages[at + 1], "next", "Next");
  return steps === "" ? "" : `<nav class="steps" aria-label="Pages before and after">\n${steps}</nav>\n`;
}

/** What the page says first, up to a whole word. */
function descriptionOf(page: Page): string {
  const first = page.sections
    .map(({ words }) => words.replace(/\s+/g, " ").trim())
    .find((words) => words !== "");
  const words =
    first === undefined || first.length < WORDS_MIN ? `${page.title}. ${first ?? ""}`.trim() : first;
  if (words.length <= DESCRIPTION_MAX) return words;
  const cut = words.slice(0, DESCRIPTION_MAX);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), DESCRIPTION_MAX / 2))} …`;
}
