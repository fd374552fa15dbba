/** What assistive technology gets of a page: the browser's own tree, and where the focus goes. */
import type { Page } from "playwright-core";
import { TABLE_ROLES } from "./page-checks.ts";

/** Groups of rows are nothing to go by, and Chromium leaves some out. */
const COUNTED = Object.keys(TABLE_ROLES).filter((name) => TABLE_ROLES[name] !== "rowgroup");

/** How often each role is in the tree that the browser hands to screen readers. */
export async function rolesOf(page: Page): Promise<Map<string, number>> {
  const session = await page.context().newCDPSession(page);
  try {
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const roles = new Map<string, number>();
    for (const { ignored, role } of nodes) {
      const name = String(role?.value);
      if (!ignored) roles.set(name, (roles.get(name) ?? 0) + 1);
    }
    return roles;
  } finally {
    await session.detach();
  }
}

/** How many parts of tables there are, by the role they have. */
export async function tablePartsOf(page: Page): Promise<Map<string, number>> {
  const there = await page.evaluate<[string, number][]>(
    `${JSON.stringify(COUNTED)}.map((name) => [name, document.querySelectorAll("article " + name).length])`,
  );
  const parts = new Map<string, number>();
  for (const [name, count] of there) {
    const role = TABLE_ROLES[name]!;
    parts.set(role, (parts.get(role) ?? 0) + count);
  }
  return parts;
}

/** Which of those parts the browser's tree has fewer or more of. */
export async function lostFromTables(page: Page, parts: ReadonlyMap<string, number>): Promise<string[]> {
  const roles = await rolesOf(page);
  return [...parts]
    .filter(([role, count]) => (roles.get(role) ?? 0) !== count)
    .map(([role, count]) => `${roles.get(role) ?? 0} of ${count} with the role ${role}`);
}

/** As browsers do that make no table of blocks: of tables shown as such nothing stays but what the markup says. */
export function forgetElementsOfRows(page: Page): Promise<void> {
  return page.evaluate(`(() => {
    for (const element of [...document.querySelectorAll(".rows, .rows *")].filter((one) => /^(TABLE|THEAD|TBODY|TR|TH|TD)$/.test(one.tagName)).reverse()) {
      const block = document.createElement("x-" + element.tagName.toLowerCase());
      for (const { name, value } of element.attributes) block.setAttribute(name, value);
      block.append(...element.childNodes);
      element.replaceWith(block);
    }
  })()`);
}

/** Goes through the page by Tab, `stops` of them at most; answers which show no focus, or are hidden while they have it. */
export async function focusProblems(page: Page, stops: number): Promise<string[]> {
  const found: string[] = [];
  for (let stop = 0; stop < stops; stop++) {
    await page.keyboard.press("Tab");
    const problem = await page.evaluate<string | undefined>(FOCUS);
    if (problem === "left") return found;
    if (problem !== undefined) found.push(problem);
  }
  return found;
}

const FOCUS = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return "left";
  const name = element.tagName + " " + (element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 30);
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) return name + ": no outline";
  const box = element.getBoundingClientRect();
  const head = document.querySelector(".top");
  const top = head.contains(element) || element.classList.contains("skip") ? 0 : head.getBoundingClientRect().bottom;
  if (box.bottom <= top || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return name + ": out of sight";
})()`;
