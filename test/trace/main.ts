/**
 * npm run trace               rows without a test; fails on a row due without one, an unknown id, a stale document
 * npm run trace -- --write    bring the "proven by" column of docs/requirements.md up to date first
 * npm run trace -- SYN-3 …    the test titles behind these rows
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { report } from "./report.ts";
import { scanTests } from "./scan.ts";

const root = join(import.meta.dirname, "../..");
const documentPath = join(root, "docs/requirements.md");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const args = process.argv.slice(2);
const citations = scanTests(root);
let document = readFileSync(documentPath, "utf8");

const wanted = args.filter((arg) => !arg.startsWith("--"));
if (wanted.length > 0) {
  const shown = citations.filter((citation) => wanted.includes(citation.id));
  for (const c of shown) console.log(`${c.id}  ${c.file}:${c.line}  ${c.title}`);
  process.exit(shown.length > 0 ? 0 : 1);
}

if (args.includes("--write")) {
  document = report(document, citations, version).document;
  writeFileSync(documentPath, document);
}

const { problems, untested } = report(document, citations, version);
for (const row of untested)
  console.log(`no test  ${row.id.padEnd(8)} ${row.due.padEnd(20)} ${short(row.text)}`);
for (const problem of problems) console.error(`problem  ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;

function short(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
