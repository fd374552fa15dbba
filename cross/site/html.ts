/** Text on its way into Markdown, and addresses between pages. */
import { posix } from "node:path";

/** So that Markdown shows it as it is. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");
}

/** Inline code in a table's cell as elsewhere. */
export function code(text: string): string {
  const fence = text.includes("`") ? "``" : "`";
  return `${fence}${text.replaceAll("|", "\\|")}${fence}`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** From one page to another, or to a heading of it; both from the root of the site. */
export function relativeUrl(from: string, to: string): string {
  const [path, anchor] = to.split("#") as [string, string?];
  const tail = anchor === undefined ? "" : `#${anchor}`;
  if (path === from && anchor !== undefined) return tail;
  return `${posix.relative(posix.dirname(from), path)}${tail}`;
}

/** Anchors as forges make them: lower case, punctuation dropped, blanks to hyphens; those that repeat are numbered. */
export class Slugs {
  readonly #taken = new Map<string, number>();

  next(heading: string): string {
    const slug =
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .trim()
        .replaceAll(" ", "-") || "section";
    const times = this.#taken.get(slug) ?? 0;
    this.#taken.set(slug, times + 1);
    return times === 0 ? slug : this.next(`${slug}-${times}`);
  }
}
