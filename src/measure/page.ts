import { escapeHtml } from "../base/html.ts";
import { STYLE } from "./style.ts";

/** One file with everything in it. It may be opened from a mail, so it says itself that it loads and runs nothing. */
export function page(title: string, body: string, isWide = false): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<main${isWide ? ' class="wide"' : ""}>
${body}
</main>
</body>
</html>
`;
}

/** Cells are HTML. `n`: a number, right. */
export interface Cell {
  readonly html: string;
  readonly className?: "n" | "w";
}

export function table(head: readonly Cell[], rows: readonly (readonly Cell[])[], className = ""): string {
  const cells = (tag: "td" | "th", list: readonly Cell[]): string =>
    list
      .map(({ html, className: c }) => `<${tag}${c === undefined ? "" : ` class="${c}"`}>${html}</${tag}>`)
      .join("");
  const lines = [
    ...(head.length === 0 ? [] : [`<tr>${cells("th", head)}</tr>`]),
    ...rows.map((row) => `<tr>${cells("td", row)}</tr>`),
  ];
  return `<div class="scroll"><table${className === "" ? "" : ` class="${className}"`}>\n${lines.join("\n")}\n</table></div>`;
}

export function section(title: string, text: string, body: string, className = ""): string {
  return `<section${className === "" ? "" : ` class="${className}"`}>\n<h2>${escapeHtml(title)}</h2>\n${text === "" ? "" : `<p class="soft">${escapeHtml(text)}</p>\n`}${body}\n</section>`;
}
