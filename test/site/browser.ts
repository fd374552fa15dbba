/** A real browser, Debian's, that says what pages get wrong. */
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { which } from "../../cross/process.ts";

export type Scheme = "light" | "dark";

export const SIZES = {
  phone: { width: 320, height: 640 },
  desktop: { width: 1440, height: 900 },
} as const;

export function launch(): Promise<Browser> {
  const program = which("chromium") ?? which("chromium-browser") ?? which("google-chrome");
  if (program === undefined)
    throw new Error("no browser here: apt-get install --no-install-recommends chromium");
  // As root there is no sandbox; what is opened is ours.
  return chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A page and what was wrong with everything it opened so far. */
export interface Watched {
  readonly page: Page;
  readonly problems: string[];
}

/** `origin`: what the site's addresses begin with; anything else is a problem, and is not fetched. */
export async function watchedPage(context: BrowserContext, origin: string): Promise<Watched> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "no reason given";
    // The browser itself gave up what a page it left had still asked for, its icon say.
    if (why !== "net::ERR_ABORTED") problems.push(`failed: ${request.url()} (${why})`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  await page.route("**", (route) => {
    const url = route.request().url();
    if (url.startsWith(origin)) return route.continue();
    problems.push(`elsewhere: ${url}`);
    return route.abort();
  });
  return { page, problems };
}

/** How many pixels it is wider than the screen. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/** Texts whose contrast with the ground beneath is below AA: 4.5, or 3 where they are large. */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate(CONTRAST);
}

const CONTRAST = `(() => {
  const parse = (color) => { const n = color.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const luminance = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((v) => { const c = v / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] === 1) return color;
    }
    return parse("rgb(255, 255, 255)");
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.textContent.trim() === "" || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(parse(style.color)), luminance(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      found.add(ratio.toFixed(2) + " " + element.tagName + "." + element.className + ": " + walker.currentNode.textContent.trim().slice(0, 30));
    }
  }
  return [...found];
})()`;
