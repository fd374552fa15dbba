/** The site as people meet it: on a phone and on a desk, in light and dark, from a server and from a disk. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Request } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { which } from "../../cross/process.ts";
import { ROOT } from "../support/source-tree.ts";
import {
  focusProblems,
  forgetElementsOfRows,
  lostFromTables,
  rolesOf,
  tablePartsOf,
} from "./accessibility.ts";
import { launch, lowContrast, overflowOf, SIZES, watchedPage } from "./browser.ts";
import type { Scheme } from "./browser.ts";
import { SITE } from "./build.ts";
import { serve } from "./serve.ts";
import type { Served } from "./serve.ts";

const SHOTS = join(ROOT, "build/site-screenshots");

/** One of each kind. */
const PAGES = [
  "index.html",
  "quickstart.html",
  "tutorials/telemetry.html",
  "concepts.html",
  "manual/configuration.html",
  "cli/channel.html",
  "api/index.html",
  "api/create-channel.html",
  "reference/errors.html",
  "reference/limits.html",
  "typescript/classes/Client.html",
  which("doxygen") === undefined ? "c/index.html" : "c/functions.html",
  "wire.html",
  "performance.html",
  "requirements.html",
  "requirements-measured.html",
  "decisions/index.html",
];

let browser: Browser;
let served: Served;

beforeAll(async () => {
  rmSync(SHOTS, { recursive: true, force: true });
  mkdirSync(SHOTS, { recursive: true });
  [browser, served] = await Promise.all([launch(), serve(SITE)]);
});

afterAll(async () => {
  await browser.close();
  await served.stop();
});

const VIEWS = (Object.keys(SIZES) as (keyof typeof SIZES)[]).flatMap((size) =>
  (["light", "dark"] as const).map((scheme): readonly [keyof typeof SIZES, Scheme] => [size, scheme]),
);

test.each(VIEWS)(
  "[DOC-1] pages open on a %s in %s, fit it, are legible, and ask nobody else",
  async (size, scheme) => {
    const context = await browser.newContext({ viewport: SIZES[size], colorScheme: scheme });
    const { page, problems } = await watchedPage(context, served.origin);
    const seen: string[] = [];
    for (const path of PAGES) {
      await page.goto(served.origin + path);
      const overflow = await overflowOf(page);
      if (overflow > 0) seen.push(`${path} is ${overflow} pixels too wide`);
      for (const text of await lowContrast(page)) seen.push(`${path}: contrast ${text}`);
      await page.screenshot({
        path: join(SHOTS, `${size}-${scheme}-${path.replace(/\.html$/, "").replaceAll("/", "-")}.png`),
      });
    }
    await context.close();
    expect([...seen, ...problems]).toEqual([]);
  },
);

test.each(["a server", "a disk"])(
  "[DOC-1] the search finds a call however it is spelt, by keyboard alone, from %s",
  async (where) => {
    const origin = where === "a server" ? served.origin : `${pathToFileURL(SITE).href}/`;
    const context = await browser.newContext({ viewport: SIZES.desktop });
    const { page, problems } = await watchedPage(context, origin);
    const loaded: string[] = [];
    page.on("request", (request) => loaded.push(request.url()));
    for (const spelling of [
      "CreateChannel",
      "createChannel",
      "create_channel",
      "aranya_edge_create_channel",
    ]) {
      await page.goto(`${origin}quickstart.html`);
      expect(
        loaded.filter((url) => url.endsWith("search-index.js")),
        "the index comes when it is wanted",
      ).toEqual([]);
      await page.keyboard.press("/");
      await page.keyboard.type(spelling);
      await page.locator("#search-results li").first().waitFor();
      await page.screenshot({ path: join(SHOTS, `search-${spelling}.png`) });
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${origin}api/create-channel.html`);
      expect(await page.locator("h1").textContent()).toBe("createChannel");
      loaded.length = 0;
    }
    await context.close();
    expect(problems).toEqual([]);
  },
);

test.each([
  ["NotAuthorised", "reference/errors.html#notauthorised"],
  ["ARANYA_EDGE_NOT_AUTHORISED", "reference/errors.html#notauthorised"],
  ["sync.listen", "manual/configuration.html#synclisten"],
  ["rekeyAfterMs", "manual/configuration.html#afcrekeyafterms"],
  ["channel cat", "cli/channel.html#channel-cat"],
  ["labelRevoked", "reference/effects.html#labelrevoked"],
])("the search for %s leads to %s", async (text, wanted) => {
  const context = await browser.newContext({ viewport: SIZES.phone });
  const { page, problems } = await watchedPage(context, served.origin);
  await page.goto(`${served.origin}index.html`);
  await page.locator("#search-box").fill(text);
  await page.locator("#search-results li").first().waitFor();
  expect(await overflowOf(page)).toBe(0);
  const found = await page
    .locator("#search-results a")
    .evaluateAll((links) => links.slice(0, 3).map((link) => (link as unknown as { href: string }).href));
  expect(found).toContain(served.origin + wanted);
  await page.locator("#search-box").press("Escape");
  expect(await page.locator("#search-results").isHidden()).toBe(true);
  await context.close();
  expect(problems).toEqual([]);
});

test("without JavaScript everything but the search is there", async () => {
  const context = await browser.newContext({ viewport: SIZES.phone, javaScriptEnabled: false });
  const { page, problems } = await watchedPage(context, served.origin);
  await page.goto(`${served.origin}api/create-channel.html`);
  expect(await page.locator("article").innerText()).toContain(
    "Opens a channel to the device with that network name",
  );
  expect(await page.locator("#search").isHidden()).toBe(true);
  await page.locator("a.menu").click();
  await page.locator("nav.contents").getByRole("link", { name: "Quickstart", exact: true }).click();
  await page.waitForURL(`${served.origin}quickstart.html`);
  await context.close();
  expect(problems).toEqual([]);
});

test("the first key leads past the head, and what has the focus shows it", async () => {
  const context = await browser.newContext({ viewport: SIZES.desktop });
  const { page } = await watchedPage(context, served.origin);
  await page.goto(`${served.origin}api/create-channel.html`);
  await page.keyboard.press("Tab");
  expect(await page.locator(":focus").textContent()).toBe("Skip to the text");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.closest('main') !== null")).toBe(true);
  expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  await context.close();
});

test.each(Object.keys(SIZES) as (keyof typeof SIZES)[])(
  "what has the focus shows it, and is in sight, from the first stop of a page to its last on a %s",
  async (size) => {
    const context = await browser.newContext({ viewport: SIZES[size], reducedMotion: "reduce" });
    const { page } = await watchedPage(context, served.origin);
    for (const path of ["index.html", "quickstart.html", "reference/errors.html", "afc.html"]) {
      await page.goto(served.origin + path);
      expect(await focusProblems(page, 400), path).toEqual([]);
    }
    await context.close();
  },
);

test("who wishes no motion sees none", async () => {
  for (const [reducedMotion, behaviour] of [
    ["reduce", "auto"],
    ["no-preference", "smooth"],
  ] as const) {
    const context = await browser.newContext({ viewport: SIZES.desktop, reducedMotion });
    const { page } = await watchedPage(context, served.origin);
    await page.goto(`${served.origin}quickstart.html`);
    expect(await page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")).toBe(behaviour);
    const moving =
      "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s' || getComputedStyle(one).animationName !== 'none').length";
    expect(await page.evaluate(moving)).toBe(0);
    await context.close();
  }
});

test("[DOC-1] on a phone a table is one to a screen reader, in every browser, with all its rows and cells", async () => {
  const context = await browser.newContext({ viewport: SIZES.phone });
  const { page } = await watchedPage(context, served.origin);
  let rows = 0;
  for (const path of PAGES) {
    await page.goto(served.origin + path);
    const parts = await tablePartsOf(page);
    rows += await page.locator("table.rows tr").count();
    expect(await lostFromTables(page, parts), path).toEqual([]);
    await forgetElementsOfRows(page);
    expect(await lostFromTables(page, parts), `${path}, of roles in the markup alone`).toEqual([]);
  }
  expect(rows).toBeGreaterThan(50);
  // What that is worth: a cell that is not shown, and a table that does not say what it is.
  await page.goto(`${served.origin}reference/errors.html`);
  const parts = await tablePartsOf(page);
  await page.evaluate("document.querySelector('.rows td').style.display = 'none'");
  expect(await lostFromTables(page, parts)).toHaveLength(1);
  await page.evaluate("document.querySelector('.rows').removeAttribute('role')");
  await forgetElementsOfRows(page);
  expect((await lostFromTables(page, parts)).join("\n")).toContain("with the role table");
  await context.close();
});

test("a page has its landmarks, and the search says how much it found", async () => {
  const context = await browser.newContext({ viewport: SIZES.phone });
  const { page } = await watchedPage(context, served.origin);
  await page.goto(`${served.origin}reference/errors.html`);
  const roles = await rolesOf(page);
  for (const role of ["banner", "search", "main", "contentinfo", "status"])
    expect(roles.get(role), role).toBe(1);
  expect(roles.get("navigation")).toBe(3);
  const status = page.getByRole("status");
  for (const [text, said] of [
    ["device", /^\d+ found, 12 shown$/],
    ["labelRevoked", /^\d+ found$/],
    ["nothingiscalledlikethis", /^Nothing found$/],
  ] as const) {
    await page.getByRole("combobox").fill(text);
    await expect.poll(() => status.textContent()).toMatch(said);
  }
  await page.getByRole("combobox").press("Escape");
  expect(await status.textContent()).toBe("");
  await context.close();
});

test("on paper there is the text and nothing around it", async () => {
  const context = await browser.newContext({ viewport: SIZES.desktop });
  const { page } = await watchedPage(context, served.origin);
  await page.emulateMedia({ media: "print" });
  await page.goto(`${served.origin}api/create-channel.html`);
  expect(await page.locator("article").isVisible()).toBe(true);
  for (const around of [".top", ".contents", ".steps"])
    expect(await page.locator(around).isVisible(), around).toBe(false);
  await page.pdf({ path: join(SHOTS, "paper.pdf"), format: "A4" });
  await context.close();
});

test("a picture still on its way when its page is left is no problem; one that was refused is", async () => {
  const context = await browser.newContext({ viewport: SIZES.desktop });
  const { page, problems } = await watchedPage(context, served.origin);
  const picture = `${served.origin}assets/picture.svg`;
  const isPicture = (request: Request): boolean => request.url() === picture;
  await page.route(picture, () => undefined);
  const asked = page.waitForRequest(picture);
  await page.setContent(`<img src="${picture}" alt="">`, { waitUntil: "commit" });
  await asked;
  const gaveUp = page.waitForEvent("requestfailed", isPicture);
  await page.goto(`${served.origin}quickstart.html`);
  expect((await gaveUp).failure()?.errorText).toBe("net::ERR_ABORTED");
  expect(problems).toEqual([]);

  await page.unroute(picture);
  await page.route(picture, (route) => route.abort("connectionreset"));
  await page.goto(`${served.origin}quickstart.html`);
  const refused = page.waitForEvent("requestfailed", isPicture);
  await page.setContent(`<img src="${picture}" alt="">`);
  await refused;
  await context.close();
  expect(problems).toContain(`failed: ${picture} (net::ERR_CONNECTION_RESET)`);
});

// What the checks above are worth: a page with everything wrong.

test("planted: an error, a request elsewhere, a wide page and pale words are seen", async () => {
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-site-"));
  cpSync(join(SITE, "assets"), join(directory, "assets"), { recursive: true });
  const html = readFileSync(join(SITE, "index.html"), "utf8");
  const planted =
    '<script src="gone.js"></script><script>throw new Error("planted")</script><img src="http://192.0.2.1/x.png" alt="">' +
    `<p class="planted">${"wide".repeat(500)}</p>`;
  writeFileSync(join(directory, "index.html"), html.replace("</article>", `${planted}</article>`));
  writeFileSync(
    join(directory, "assets/site.css"),
    `${readFileSync(join(SITE, "assets/site.css"), "utf8")}.planted { overflow-wrap: normal; color: #888; background: #999; }`,
  );
  const spoilt = await serve(directory);
  const context = await browser.newContext({ viewport: SIZES.phone });
  try {
    const { page, problems } = await watchedPage(context, spoilt.origin);
    await page.goto(spoilt.origin);
    expect(await overflowOf(page)).toBeGreaterThan(0);
    expect((await lowContrast(page)).join("\n")).toMatch(/P\.planted: wide/);
    // The pages' own policy refuses the script and the picture, and says so.
    await expect.poll(() => problems.join("\n")).toMatch(/404: .*gone\.js/);
    const said = (): string => problems.filter((problem) => problem.startsWith("console: ")).join("\n");
    await expect.poll(said).toMatch(/Content Security Policy/);
  } finally {
    await context.close();
    await spoilt.stop();
    rmSync(directory, { recursive: true });
  }
});
