/** Every page as its reader follows it: what it says is typed, what it shows is seen. */
import { afterAll, describe, expect, test } from "vitest";
import { commandErrors } from "./lib/commands.ts";
import { blocksOf } from "./lib/page.ts";
import { ALL, LESSONS, MANUAL, OTHERS, read } from "./lib/pages.ts";
import { Reader } from "./lib/reader.ts";
import { typeErrors } from "./lib/types.ts";

const reader = new Reader();
afterAll(() => reader.close());

/** Of all blocks with something to run; the rest need a device, and say why. */
const LEFT_MAX = { lesson: 3, other: 12 };
const PAGE_MS_MAX = 120_000;

async function followed(page: string, leftMax: number): Promise<readonly string[]> {
  const { left, remains } = await reader.follow(read(page));
  for (const { line, reason } of left) console.info(`${page}:${line} is not run here: ${reason}`);
  expect(left.filter(({ reason }) => reason !== "no compiler").length).toBeLessThanOrEqual(leftMax);
  return remains;
}

describe.concurrent("for who begins", () => {
  test.each(LESSONS)(
    "[DOC-2] %s does what it says, and cleans up",
    { timeout: PAGE_MS_MAX },
    async (page) => {
      expect(await followed(page, LEFT_MAX.lesson)).toEqual([]);
    },
  );

  test.each(MANUAL)("[DOC-3] %s does what it says", { timeout: PAGE_MS_MAX }, async (page) => {
    await followed(page, LEFT_MAX.other);
  });

  test.each(OTHERS)("%s does what it says", { timeout: PAGE_MS_MAX }, async (page) => {
    await followed(page, LEFT_MAX.other);
  });
});

test("[CLI-1, INV-1, IDAM-1, AFC-1] twelve commands from nothing to an encrypted message between two daemons", () => {
  for (const page of ["README.md", "docs/quickstart.md"]) {
    const typed = blocksOf(read(page))
      .filter(({ language, info }) => language === "sh" && info === "")
      .flatMap(({ text }) => text.split("\n"));
    const first = typed.findIndex((line) => line.startsWith("aranya-edge daemon"));
    const last = typed.findIndex((line) => line.includes("aranya-edge channel send"));
    const commands = typed.slice(first, last + 1).filter((line) => line.includes("aranya-edge "));
    expect({ page, commands: commands.length }).toEqual({ page, commands: 12 });
  }
});

test("TypeScript on the pages means what the client library means", () => {
  expect(typeErrors(new Map(ALL.map((page) => [page, read(page)])), reader.directory())).toEqual([]);
});

test.each(ALL)("commands that %s names are there, and their options", (page) => {
  expect(commandErrors(read(page))).toEqual([]);
});
