/** The whole site: sources gathered, pages made, files written. The same sources give the same bytes. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { BuildError, which } from "../process.ts";
import { cPages, pageWithoutDoxygen } from "./c-pages.ts";
import { callPages } from "./call-pages.ts";
import { cliPages } from "./cli-pages.ts";
import { configPage } from "./config-page.ts";
import { CONTENTS, urlOf } from "./contents.ts";
import { frontPage } from "./front-page.ts";
import { layout } from "./layout.ts";
import { Links } from "./links.ts";
import { renderMarkdown } from "./markdown.ts";
import type { Page, Source } from "./page.ts";
import { effectsPage, errorsPage, limitsPage } from "./reference-pages.ts";
import { readFieldWords } from "./schema-words.ts";
import { searchIndex } from "./search-index.ts";
import { typescriptPages } from "./typescript-pages.ts";

export interface SiteOptions {
  readonly root: string;
  readonly out: string;
  /** What Doxygen and typedoc write on the way. */
  readonly build: string;
  readonly withC: boolean;
  readonly withTypeScript: boolean;
  readonly version: string;
  readonly progress: (what: string) => void;
  /** What the reader of the output should know. */
  readonly warn: (what: string) => void;
}

export interface Built {
  readonly pages: number;
  readonly bytes: number;
}

export async function buildSite(options: SiteOptions): Promise<Built> {
  const { root, progress } = options;
  progress("reading");
  const written = readWritten(root);
  const generated = await generate(options);
  progress("pages");
  const sources = [...generated, ...written];
  checkContents(sources);
  const links = new Links(root);
  for (const { path } of sources) links.add(path);
  const pages: Page[] = [];
  for (let batch = sources; batch.length > 0; batch = links.takeWanted()) {
    for (const source of batch) {
      const { path } = source;
      const resolve = (href: string): string => links.resolve(path, href);
      pages.push(renderMarkdown(source, urlOf(path), resolve, (href) => links.sizeOf(path, href)));
    }
  }
  return write(options, inOrder(pages), links);
}

/** Markdown of docs/, and what the contents name beside it. */
function readWritten(root: string): Source[] {
  const names = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  const own = names
    .map((name) => `docs/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".md") && !path.startsWith("docs/site/"));
  const beside = CONTENTS.flatMap((group) => group.entries.map((entry) => entry.source)).filter(
    (path) => !path.startsWith("docs/") && existsSync(join(root, path)),
  );
  return [...own.sort(), ...beside].map((path) => ({
    path,
    markdown: readFileSync(join(root, path), "utf8"),
  }));
}

async function generate(options: SiteOptions): Promise<Source[]> {
  const { root, build, progress, warn } = options;
  const words = readFieldWords(root);
  const hasC = options.withC && which("doxygen") !== undefined;
  if (options.withC && !hasC) {
    warn(
      "doxygen is not here: the pages of the C header are missing (apt-get install doxygen), and the site says so",
    );
  }
  progress("C header");
  const c = hasC ? cPages(root, join(build, "doxygen")) : [pageWithoutDoxygen()];
  progress("TypeScript client");
  const typescript = options.withTypeScript
    ? await typescriptPages(root, join(build, "typedoc"), words)
    : [
        {
          path: "docs/typescript/README.md",
          markdown: "# TypeScript client\n\nThis copy was built without it: `npm run docs`.\n",
        },
      ];
  progress("tables");
  return [
    frontPage(),
    configPage(),
    ...cliPages(),
    ...callPages(words, { hasC, hasTypeScript: options.withTypeScript }),
    effectsPage(words),
    errorsPage(),
    limitsPage(root),
    ...typescript,
    ...c,
  ];
}

function checkContents(sources: readonly Source[]): void {
  const there = new Set(sources.map(({ path }) => path));
  const missing = CONTENTS.flatMap((group) => group.entries)
    .map((entry) => entry.source)
    .filter((path) => !there.has(path));
  if (missing.length === 0) return;
  throw new BuildError(
    `cross/site/contents.ts names what is not there: ${missing.join(", ")}`,
    "write it, or take it out of the contents",
  );
}

/** As the contents have them, those beneath an entry behind it; what is in no list comes last. */
function inOrder(pages: readonly Page[]): { listed: Page[]; all: Page[] } {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const listed = CONTENTS.flatMap((group) =>
    group.entries.flatMap(({ source, children }) => [
      byPath.get(source)!,
      ...(children === undefined
        ? []
        : pages.filter(({ path }) => path.startsWith(children) && path !== source)),
    ]),
  );
  const known = new Set(listed);
  return { listed, all: [...listed, ...pages.filter((page) => !known.has(page))] };
}

function write(options: SiteOptions, { listed, all }: { listed: Page[]; all: Page[] }, links: Links): Built {
  const { root, out, version, progress } = options;
  progress("writing");
  let bytes = 0;
  rmSync(out, { recursive: true, force: true });
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), content);
    bytes += Buffer.byteLength(content);
  };
  // First, because by it a directory is known for a site, which may be emptied. Sources that are shown because a page leads to
  // them are not what anybody searches a manual for.
  put("search-index.js", searchIndex(all.filter((page) => !/\.\w+\.md$/.test(page.path))));
  for (const page of all) put(page.url, layout(page, { version, pages: listed }));
  const assets = join(import.meta.dirname, "assets");
  for (const name of readdirSync(assets)) put(`assets/${name}`, readFileSync(join(assets, name), "utf8"));
  for (const [to, from] of links.copies) {
    mkdirSync(dirname(join(out, to)), { recursive: true });
    copyFileSync(join(root, from), join(out, to));
  }
  return { pages: all.length, bytes };
}
