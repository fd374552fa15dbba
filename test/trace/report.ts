import { parseRequirements, withProvenBy } from "./parse.ts";
import type { Requirement } from "./parse.ts";
import type { Citation } from "./scan.ts";

export interface Report {
  /** What makes the run fail, one line each. */
  readonly problems: readonly string[];
  /** Every row without a test, due or not. */
  readonly untested: readonly Requirement[];
  /** The document as it should read. */
  readonly document: string;
}

/** `version` is the package's: a row due in it or before it needs a test. */
export function report(document: string, citations: readonly Citation[], version: string): Report {
  const rows = parseRequirements(document);
  const cited = new Map<string, Citation[]>(rows.map((row) => [row.id, []]));
  for (const citation of citations) cited.get(citation.id)?.push(citation);
  const updated = withProvenBy(document, (id) => provenBy(cited.get(id) ?? []));

  const problems: string[] = [];
  if (rows.length === 0) problems.push("docs/requirements.md has no rows");
  for (const c of citations) {
    if (!cited.has(c.id))
      problems.push(`${c.file}:${c.line} names ${c.id}, which is not in the table: "${c.title}"`);
  }
  const untested = rows.filter((row) => cited.get(row.id)!.length === 0);
  for (const row of untested) {
    if (isDue(row.due, version)) problems.push(`${row.id} is due in ${row.due} and has no test`);
  }
  if (updated !== document) {
    problems.push('docs/requirements.md: "proven by" is out of date; run `npm run trace -- --write`');
  }
  return { problems, untested, document: updated };
}

/** Links to the files, each once: counts and titles would change the document with every test. */
function provenBy(citations: readonly Citation[]): string {
  const files = [...new Set(citations.map((citation) => citation.file))].sort();
  return files
    .map((file) => `[${file.replace(/^test\//, "").replace(/(\.test)?\.ts$/, "")}](../${file})`)
    .join(", ");
}

/** Versions as `major.minor`; what follows the minor number does not matter. */
function isDue(due: string, version: string): boolean {
  if (due.startsWith("later")) return false;
  const [dueMajor, dueMinor] = due.split(".").map(Number);
  const [major, minor] = version.split(".").map(Number);
  return dueMajor! < major! || (dueMajor === major && dueMinor! <= minor!);
}
