/**
 * The table in docs/requirements.md: rows `| id | tag | due | requirement | proven by |`. Tables of another shape (the
 * role matrix) are left alone.
 */

export interface Requirement {
  readonly id: string;
  readonly tag: string;
  /** A version (`0.1`) or `later: capability`. */
  readonly due: string;
  readonly text: string;
  /** What the document says today. */
  readonly provenBy: string;
  /** Index into the document's lines. */
  readonly line: number;
}

const COLUMNS = 5;
const ROW_ID = /^[A-Z]{2,}-\d+$/;

/** Throws on two rows with one id, on a tag or due date it does not know, and on a row with a column missing. */
export function parseRequirements(document: string): Requirement[] {
  const rows: Requirement[] = [];
  const seen = new Set<string>();
  for (const [line, text] of document.split("\n").entries()) {
    const cells = cellsOf(text);
    const [id, tag, due, requirement, provenBy] = cells;
    if (id === undefined || !ROW_ID.test(id)) continue;
    if (cells.length !== COLUMNS) throw new Error(`${id}: ${cells.length} columns instead of ${COLUMNS}`);
    if (seen.has(id)) throw new Error(`${id} stands twice in the table`);
    if (!/^[BMX]$/.test(tag!)) throw new Error(`${id}: unknown tag "${tag!}"`);
    if (!/^(\d+\.\d+|later: \w[\w ]*)$/.test(due!)) throw new Error(`${id}: unknown due date "${due!}"`);
    seen.add(id);
    rows.push({ id, tag: tag!, due: due!, text: requirement!, provenBy: provenBy!, line });
  }
  return rows;
}

/** The document with every row's last column replaced. */
export function withProvenBy(document: string, provenBy: (id: string) => string): string {
  const lines = document.split("\n");
  for (const row of parseRequirements(document)) {
    const proof = provenBy(row.id);
    lines[row.line] =
      `| ${row.id} | ${row.tag} | ${row.due} | ${row.text} | ${proof === "" ? "" : `${proof} `}|`;
  }
  return lines.join("\n");
}

function cellsOf(line: string): string[] {
  if (!line.startsWith("|") || !line.endsWith("|")) return [];
  return line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());
}
