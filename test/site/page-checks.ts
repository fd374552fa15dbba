/** Whether pages are as they should be: each check answers what is wrong, and is shown something wrong in the tests. */
import { posix } from "node:path";
import { checkHtml } from "../support/html.ts";

/** From the root of the site to contents. */
export type Files = ReadonlyMap<string, Buffer>;

/** A page with its style, scripts and pictures. */
export const PAGE_BYTES_MAX = 300_000;
/** What the search loads, when it is used. */
export const INDEX_BYTES_MAX = 400_000;

/** Characters that fit on a tab, or a little more; pages of files are called like the file. */
const TITLE_MAX = 120;

interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export function tagsOf(html: string): Tag[] {
  return [...html.matchAll(/<([a-z][a-z0-9-]*)((?:\s+[a-z:-]+(?:="[^"]*")?)*)\s*\/?>/g)].map(
    ([, name, attributes]) => ({
      name: name!,
      attributes: Object.fromEntries(
        [...attributes!.matchAll(/([a-z:-]+)(?:="([^"]*)")?/g)].map((m) => [m[1]!, unescape(m[2] ?? "")]),
      ),
    }),
  );
}

function unescape(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

/** Well-formed, with what assistive technology and the pages' own policy need. */
export function checkPage(html: string): string[] {
  const tags = tagsOf(html);
  const found = [...checkHtml(html)];
  const ids = tags.flatMap(({ attributes }) => attributes["id"] ?? []);
  for (const id of ids.filter((one, i) => ids.indexOf(one) !== i)) found.push(`id ${id} is there twice`);
  let level = 0;
  for (const { name } of tags.filter((tag) => /^h[1-6]$/.test(tag.name))) {
    const next = Number(name[1]);
    if (next > level + 1) found.push(`h${next} after h${level}`);
    level = next;
  }
  for (const name of ["h1", "main", "title", "header", "footer"]) {
    const times = tags.filter((tag) => tag.name === name).length;
    if (times !== 1) found.push(`${times} <${name}>`);
  }
  for (const { name, attributes } of tags) {
    if (name === "img" && attributes["alt"] === undefined)
      found.push(`a picture without alt: ${attributes["src"] ?? ""}`);
    if (name === "style" || attributes["style"] !== undefined) found.push(`styles in the page: <${name}>`);
    if (name === "script" && attributes["src"] === undefined) found.push("a script in the page");
    if (name === "nav" && attributes["aria-label"] === undefined) found.push("a <nav> without a name");
    if (
      attributes["tabindex"] === "0" &&
      (attributes["role"] === undefined || attributes["aria-label"] === undefined)
    )
      found.push(`<${name}> can have the focus and does not say what it is`);
    for (const key of Object.keys(attributes)) if (key.startsWith("on")) found.push(`${key} in <${name}>`);
  }
  if (!tags.some(({ attributes }) => attributes["http-equiv"] === "Content-Security-Policy"))
    found.push("no policy");
  const link = tags.find(({ name, attributes }) => name === "a" && attributes["class"] === "skip");
  if (link === undefined || !ids.includes(link.attributes["href"]?.slice(1) ?? ""))
    found.push("no skip link");
  return [...found, ...checkHead(html, tags), ...checkRows(html)];
}

/** What lists of results, readers of pages aloud and small screens go by. */
function checkHead(html: string, tags: readonly Tag[]): string[] {
  const meta = (name: string): string =>
    tags.find((tag) => tag.name === "meta" && tag.attributes["name"] === name)?.attributes["content"] ?? "";
  const title = titleOf(html);
  const description = meta("description");
  const found: string[] = [];
  if (tags.find(({ name }) => name === "html")?.attributes["lang"] !== "en") found.push("no language");
  if (title.length < 10 || title.length > TITLE_MAX) found.push(`a title of ${title.length} characters`);
  if (description.length < 20 || description.length > 160)
    found.push(`a description of ${description.length} characters`);
  if (description === title) found.push("a description that says no more than the title");
  if (!meta("viewport").includes("width=device-width")) found.push("no viewport");
  if (/maximum-scale|user-scalable/.test(meta("viewport"))) found.push("nobody can make it larger");
  return found;
}

export function titleOf(html: string): string {
  return unescape(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "");
}

/** The parts of a table, by element. */
export const TABLE_ROLES: Readonly<Record<string, string>> = {
  table: "table",
  thead: "rowgroup",
  tbody: "rowgroup",
  tr: "row",
  th: "columnheader",
  td: "cell",
};

/** Tables whose rows become blocks say in the markup what they are: of blocks some browsers make no table. */
function checkRows(html: string): string[] {
  const tables = html.match(/<table class="rows"[\s\S]*?<\/table>/g) ?? [];
  return tables.flatMap((table) =>
    tagsOf(table)
      .filter(({ name, attributes }) => TABLE_ROLES[name] !== attributes["role"] && name in TABLE_ROLES)
      .map(({ name }) => `<${name}> of a table of rows without its role`),
  );
}

/** What a page loads by itself. */
function loadedBy(html: string): string[] {
  return tagsOf(html).flatMap(({ name, attributes }) => {
    if (name === "link") return attributes["href"] ?? [];
    return ["script", "img"].includes(name) ? (attributes["src"] ?? []) : [];
  });
}

export function checkLinks(files: Files): string[] {
  const anchors = new Map<string, Set<string>>();
  const found: string[] = [];
  for (const [path, bytes] of files) {
    if (!path.endsWith(".html")) continue;
    anchors.set(path, new Set(tagsOf(bytes.toString()).flatMap(({ attributes }) => attributes["id"] ?? [])));
  }
  for (const [path, bytes] of files) {
    if (!path.endsWith(".html")) continue;
    const html = bytes.toString();
    for (const url of loadedBy(html))
      if (!files.has(target(path, url))) found.push(`${path} loads ${url}, which is not there`);
    for (const { name, attributes } of tagsOf(html)) {
      const href = name === "a" ? attributes["href"] : undefined;
      if (href === undefined || /^(https?|mailto):/.test(href)) continue;
      const to = target(path, href);
      const anchor = href.split("#")[1];
      if (!files.has(to)) found.push(`${path} links to ${href}, which is not there`);
      else if (anchor !== undefined && anchors.get(to)?.has(decodeURIComponent(anchor)) !== true)
        found.push(`${path} links to ${href}, which has no such heading`);
    }
  }
  return found;
}

function target(from: string, url: string): string {
  const path = decodeURI(url.split("#")[0]!);
  return path === "" ? from : posix.join(posix.dirname(from), path);
}

/** In bytes. */
export function weightOf(path: string, files: Files): number {
  const html = files.get(path)!;
  const others = new Set(loadedBy(html.toString()).map((url) => target(path, url)));
  return [...others].reduce((sum, other) => sum + (files.get(other)?.length ?? 0), html.length);
}

export function checkWeights(files: Files): string[] {
  const pages = [...files.keys()].filter((path) => path.endsWith(".html"));
  return pages
    .map((path) => [path, weightOf(path, files)] as const)
    .filter(([, weight]) => weight > PAGE_BYTES_MAX)
    .map(([path, weight]) => `${path} weighs ${weight} bytes`);
}
