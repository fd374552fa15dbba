/**
 * Where links lead. Between pages they become addresses on the site; other files of the repository that a page leads to
 * come along, Markdown as a page, pictures as they are, everything else as a page that shows it. So the site can be read
 * without the repository and without a network.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, posix } from "node:path";
import { BuildError } from "../process.ts";
import { urlOf } from "./contents.ts";
import { escapeMarkdown, relativeUrl } from "./html.ts";
import type { Size } from "./markdown.ts";
import type { Source } from "./page.ts";

/** Longer files come as they are, for the browser to show or to save. */
const SHOWN_BYTES_MAX = 60_000;

const PICTURES = new Set([".svg", ".png", ".webp", ".jpg"]);

export class Links {
  readonly #root: string;
  /** Sources of all pages there are. */
  readonly #known = new Set<string>();
  readonly #wanted: Source[] = [];
  /** From the root of the site to the repository's file. */
  readonly copies = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  add(path: string): void {
    this.#known.add(path);
  }

  /** Pages that links have asked for since the last time. */
  takeWanted(): Source[] {
    return this.#wanted.splice(0);
  }

  /** From a page, as its Markdown has it, to what the page's HTML says. */
  resolve(from: string, href: string): string {
    if (/^[a-z][a-z+.-]*:/i.test(href)) return href;
    const [file, anchor] = href.split("#") as [string, string?];
    const tail = anchor === undefined ? "" : `#${anchor}`;
    if (file === "") return tail;
    const target = posix.join(posix.dirname(from), decodeURI(file)).replace(/\/$/, "");
    const to = target === "docs/man" ? urlOf("docs/cli/index.md") : this.#urlOf(target, from, href);
    return relativeUrl(urlOf(from), to + tail);
  }

  /** Of a drawing, in pixels, as its first tag says. */
  sizeOf(from: string, href: string): Size | undefined {
    const place = join(this.#root, posix.join(posix.dirname(from), decodeURI(href)));
    if (extname(place) !== ".svg" || !existsSync(place)) return undefined;
    const tag = /<svg[^>]*>/.exec(readFileSync(place, "utf8"))?.[0] ?? "";
    const [width, height] = ["width", "height"].map((name) =>
      Number(new RegExp(` ${name}="(\\d+)"`).exec(tag)?.[1]),
    ) as [number, number];
    return width > 0 && height > 0 ? { width, height } : undefined;
  }

  #urlOf(target: string, from: string, href: string): string {
    if (this.#known.has(target)) return urlOf(target);
    const place = join(this.#root, target);
    if (target.startsWith("..") || !existsSync(place)) {
      throw new BuildError(`${from} links to ${href}, which is not there`, `mend the link in ${from}`);
    }
    if (statSync(place).isDirectory()) return this.#directory(target, from, href);
    if (target.endsWith(".md")) return this.#page(target, readFileSync(place, "utf8"));
    if (PICTURES.has(extname(target)) || statSync(place).size > SHOWN_BYTES_MAX) {
      const to = target.startsWith("docs/") ? target.slice("docs/".length) : `files/${target}`;
      this.copies.set(to, target);
      return to;
    }
    return this.#page(`${target}.md`, shown(target, readFileSync(place, "utf8")));
  }

  #directory(target: string, from: string, href: string): string {
    if (existsSync(join(this.#root, target, "README.md")))
      return this.#urlOf(`${target}/README.md`, from, href);
    const entries = readdirSync(join(this.#root, target), { withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const names = entries.map((entry) => entry.name).sort();
    const list = names
      .map((name) => `- [${escapeMarkdown(name)}](${target.split("/").at(-1)!}/${name})`)
      .join("\n");
    return this.#page(`${target}.md`, `# ${escapeMarkdown(target)}\n\n${list}\n`);
  }

  #page(path: string, markdown: string): string {
    if (!this.#known.has(path)) {
      this.#known.add(path);
      this.#wanted.push({ path, markdown });
    }
    return urlOf(path);
  }
}

function shown(path: string, text: string): string {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  const word = extname(path).slice(1) || (text.startsWith("#!") ? "sh" : "");
  return `# ${escapeMarkdown(path)}\n\n${fence}${word}\n${text.trimEnd()}\n${fence}\n`;
}
