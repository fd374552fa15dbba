/** As much of XML as Doxygen writes: elements, attributes, text, five entities. Whatever else comes stops the build. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Element | string)[];
}

const TOKEN =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>]*>|<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy;

export function parseXml(text: string): Element {
  const root: Element & { children: (Element | string)[] } = { name: "", attributes: {}, children: [] };
  const open: (Element & { children: (Element | string)[] })[] = [root];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    end = match.index + match[0].length;
    const [, closing, name, attributes = "", empty, words] = match;
    if (words !== undefined) open.at(-1)!.children.push(unescape(words));
    if (name === undefined) continue;
    if (closing === "/") {
      const closed = open.pop()!;
      if (closed.name !== name) throw new Error(`</${name}> closes <${closed.name}>`);
      continue;
    }
    const element = { name, attributes: attributesOf(attributes), children: [] };
    open.at(-1)!.children.push(element);
    if (empty !== "/") open.push(element);
  }
  if (end !== text.length || open.length !== 1) throw new Error(`no XML from character ${end} on`);
  return childrenOf(root)[0]!;
}

export function childrenOf(element: Element, name?: string): Element[] {
  return element.children.filter(
    (child): child is Element => typeof child !== "string" && (name === undefined || child.name === name),
  );
}

export function childOf(element: Element, name: string): Element | undefined {
  return childrenOf(element, name)[0];
}

/** All text within it. */
export function textOf(element: Element | undefined): string {
  if (element === undefined) return "";
  return element.children
    .map((child) => (typeof child === "string" ? child : child.name === "sp" ? " " : textOf(child)))
    .join("");
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map((m) => [
      m[1]!,
      unescape(m[2] ?? m[3]!),
    ]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

function unescape(text: string): string {
  return text.replace(/&(#x?)?(\w+);/g, (whole, numeric: string | undefined, name: string) => {
    if (numeric !== undefined) return String.fromCodePoint(Number.parseInt(name, numeric === "#x" ? 16 : 10));
    const entity = ENTITIES[name];
    if (entity === undefined) throw new Error(`${whole} is no entity of ours`);
    return entity;
  });
}
