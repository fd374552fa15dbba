/** Text on its way into HTML and SVG: pages of reports, charts, the documentation. */

const MARKUP: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * As an element's text, or as an attribute's value between quotes of either kind; not inside `<script>` and `<style>`,
 * where nothing is unescaped. What parsers refuse, and what hides or turns round the text beside it (control and format
 * characters, halves of surrogate pairs), is shown as U+FFFD; line feeds and tabs stay.
 */
export function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"']|[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => MARKUP[character] ?? "\ufffd",
  );
}
