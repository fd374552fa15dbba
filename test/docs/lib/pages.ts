/** The pages that are followed, from the root of the repository. */
import { readdirSync, readFileSync } from "node:fs";

const inFolder = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `${folder}/${name}`);

/** For who begins: they have to clean up behind themselves. */
export const LESSONS = ["docs/quickstart.md", ...inFolder("docs/tutorials")];
export const MANUAL = inFolder("docs/manual");
export const OTHERS = [
  "README.md",
  "docs/c-quickstart.md",
  "docs/concepts.md",
  "docs/security.md",
  "docs/glossary.md",
];
export const ALL = [...LESSONS, ...MANUAL, ...OTHERS];

export function read(page: string): string {
  return readFileSync(page, "utf8");
}
