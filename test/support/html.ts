/** Whether a page is well-formed and stands alone; strict where browsers forgive. Each answer says what is wrong. */

const VOID = new Set(["meta", "br", "hr", "img", "input", "link"]);
/** `<name attr="value" …>`, `</name>`, or `<name …/>`. */
const TAG = /^<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z_:][a-zA-Z0-9_:.-]*(?:="[^"<]*")?)*)\s*(\/?)>/;
const REFERENCE = /&(?:amp|lt|gt|quot|#39);/g;

export function checkHtml(html: string): string[] {
  const found: string[] = [];
  const open: string[] = [];
  const control = /[^\P{Cc}\n\t]/u.exec(html);
  if (control !== null) found.push(`a control character at ${control.index}`);
  let at = html.startsWith("<!DOCTYPE html>\n") ? "<!DOCTYPE html>\n".length : 0;
  if (at === 0) found.push("no doctype");
  while (at < html.length) {
    const next = html.indexOf("<", at);
    const text = html.slice(at, next < 0 ? undefined : next);
    if (open.at(-1) !== "style") found.push(...checkText(text));
    if (next < 0) break;
    const match = TAG.exec(html.slice(next));
    if (match === null) {
      found.push(`no tag: ${html.slice(next, next + 40)}`);
      at = next + 1;
      continue;
    }
    const [all, closing, name, attributes, selfClosing] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    found.push(...checkText(attributes));
    if (closing === "/") {
      const expected = open.pop();
      if (expected !== name) found.push(`</${name}> closes <${expected ?? "nothing"}>`);
    } else if (selfClosing === "" && !VOID.has(name)) open.push(name);
    at = next + all.length;
  }
  found.push(...open.map((name) => `<${name}> is never closed`));
  return found;
}

function checkText(text: string): string[] {
  const rest = text.replace(REFERENCE, "");
  return [
    ...(rest.includes("&") ? [`a bare & in ${text.trim().slice(0, 40)}`] : []),
    ...(rest.includes(">") ? [`a bare > in ${text.trim().slice(0, 40)}`] : []),
  ];
}

/** What a page would load, run or lead to: by elements, by attributes whatever their value, by style sheets. */
export function referencesIn(html: string): string[] {
  const inTags =
    /<(script|link|iframe|object|embed|img|base|form|foreignObject|a|use|image|animate)\b|\s(src|href|srcset|action|formaction|poster|data|background|on[a-z]+|xlink:href|style)\s*=|http-equiv="refresh"/gi;
  const inStyles = /url\s*\(|@import|expression\s*\(|[a-z]+:\/\//gi;
  // A value may say anything, as text may: it is what the attribute is for that counts.
  const tags = [...html.matchAll(/<(?:[^">]|"[^"]*")*>/g)].map(([tag]) =>
    /http-equiv/i.test(tag) ? tag.toLowerCase() : tag.replace(/="[^"]*"/g, "="),
  );
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map((match) => match[1]!);
  return [
    ...tags.flatMap((tag) => tag.match(inTags) ?? []),
    ...styles.flatMap((style) => style.match(inStyles) ?? []),
  ].map((found) => found.trim());
}
