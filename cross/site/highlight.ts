/** Colours for code, at build time: classes, no styles, because the pages' policy allows none inline. */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import ini from "highlight.js/lib/languages/ini";
import json from "highlight.js/lib/languages/json";
import shell from "highlight.js/lib/languages/shell";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";
import { escapeHtml } from "../../src/base/html.ts";

for (const [name, language] of Object.entries({ bash, c, ini, json, shell, typescript, yaml }))
  hljs.registerLanguage(name, language);

/** What the word behind a fence means; what is missing is shown as it is. */
const LANGUAGES: Readonly<Record<string, string>> = {
  bash: "bash",
  c: "c",
  console: "shell",
  h: "c",
  ini: "ini",
  js: "typescript",
  json: "json",
  service: "ini",
  conf: "ini",
  sh: "bash",
  ts: "typescript",
  typescript: "typescript",
  yaml: "yaml",
  yml: "yaml",
};

/** Longer texts are files, and their colours would weigh more than they do. */
const CHARACTERS_MAX = 40_000;

export function highlight(text: string, word: string): string {
  const language = LANGUAGES[word];
  if (language === undefined || text.length > CHARACTERS_MAX) return escapeHtml(text);
  const { value } = hljs.highlight(text, { language, ignoreIllegals: true });
  // What stands behind another word is no command of the shell's, even if it is called like one: --wait, peer sync.
  return (
    value
      .replaceAll("&#x27;", "'")
      .replace(/(?<=[\w.$-] |--?)<span class="hljs-built_in">([\w-]+)<\/span>/g, "$1")
      // A function with a hyphen in its name is one word.
      .replace(/([\w-]+-)(<span class="hljs-function">(?:<span class="hljs-title">)?)/g, "$2$1")
  );
}
