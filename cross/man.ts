/** npm run man: docs/man/*.1 from the command line's own description of itself. A test compares them. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manPages } from "./man-pages.ts";

const ROOT = join(import.meta.dirname, "..");
const DIRECTORY = join(ROOT, "docs/man");

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
const pages = manPages(version);
mkdirSync(DIRECTORY, { recursive: true });
for (const file of readdirSync(DIRECTORY)) if (!pages.has(file)) rmSync(join(DIRECTORY, file));
for (const [file, text] of pages) writeFileSync(join(DIRECTORY, file), text);
console.log(`docs/man/: ${pages.size} pages`);
