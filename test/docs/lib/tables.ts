/** Tables of a page. */

/** Cells of the first table below that heading, without its head. Throws where there is none. */
export function tableUnder(markdown: string, heading: string): string[][] {
  const lines = markdown.split("\n");
  const at = lines.findIndex((line) => line.replace(/^#+ /, "") === heading && line.startsWith("#"));
  if (at < 0) throw new Error(`no heading ${heading}`);
  const from = lines.findIndex((line, i) => i > at && line.startsWith("|"));
  const to = lines.findIndex((line, i) => i > from && !line.startsWith("|"));
  const rows = lines.slice(from, to < 0 ? undefined : to).map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  return rows.slice(2);
}

/** What is named in code in the first column, sorted. */
export function firstColumn(markdown: string, heading: string): string[] {
  const cells = tableUnder(markdown, heading).map((row) => row[0]!);
  return cells.flatMap((cell) => [...cell.matchAll(/`([\w+-]+)`/g)].map((match) => match[1]!)).sort();
}
