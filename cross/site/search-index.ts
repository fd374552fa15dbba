/**
 * What the search looks in, made at build time: a script that browsers load when the search is first used, and from a
 * disk too. One entry a heading: page, anchor, text, names in the one spelling all others fold into, words.
 */
import type { Page, Section } from "./page.ts";

/** Pages that are looked through by headings and names alone: many words, seldom sought. */
const BRIEF = /^(docs\/(decisions|performance|requirements)|files\/|test\/|src\/|cross\/|deploy\/|systemd\/)/;

const WORDS_MAX = 120;
const COMMON = new Set(
  "the and for that with this are its has not from which one other who what than when but they all can may was only more does have been into where there their each".split(
    " ",
  ),
);

export function searchIndex(pages: readonly Page[]): string {
  const entries = pages.flatMap((page, i) =>
    page.sections
      .filter((section) => section.text !== "See also")
      .map((section, k) => [
        i,
        k === 0 ? "" : section.id,
        section.text,
        namesOf(page, section, k === 0).join(" "),
        BRIEF.test(page.path) ? "" : wordsOf(section).join(" "),
      ]),
  );
  const data = { pages: pages.map(({ url, title }) => [url, title]), entries };
  return `globalThis.aranyaEdgeIndex = ${JSON.stringify(data).replaceAll("<", "\\u003c")};\n`;
}

/** `createChannel`, `CreateChannel`, `create_channel`, `aranya_edge_create_channel()`: createchannel. Also in site.js. */
export function fold(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "")
    .replace(/^aranyaedge(?=.)/, "");
}

function namesOf(page: Page, section: Section, isTitle: boolean): string[] {
  const names = [...(isTitle ? (page.names ?? []) : []), ...section.text.split(/[\s,;()]+/).filter(isName)];
  return [...new Set([...names.map(fold), fold(section.text)])].filter((name) => name.length > 1);
}

/** What no prose has: capitals inside, underscores, dots inside. */
function isName(word: string): boolean {
  return /[a-z][A-Z]|\w_\w|\w\.\w|^--/.test(word);
}

function wordsOf(section: Section): string[] {
  const words = section.words.toLowerCase().match(/[\p{L}\p{N}_][\p{L}\p{N}_.-]{2,}/gu) ?? [];
  const kept = words
    .map((word) => word.replace(/[.-]+$/, ""))
    .filter((word) => word.length < 40 && !COMMON.has(word));
  return [...new Set(kept)].slice(0, WORDS_MAX);
}
