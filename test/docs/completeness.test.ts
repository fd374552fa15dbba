/** Tables of the manual that have to name all there is, and figures that have to be those measured. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../../src/base/codes.ts";
import { ROLES } from "../../src/base/roles.ts";
import { exitCodeOfApi } from "../../src/cli/exit-codes.ts";
import { effectSchema } from "../../src/ipc/effect.ts";
import { MATRIX } from "../../src/policy/default/matrix.ts";
import { ALL, read } from "./lib/pages.ts";
import { firstColumn, tableUnder } from "./lib/tables.ts";

const TROUBLES = "docs/manual/troubleshooting.md";

/** First arguments of such calls in those sources. */
function named(calls: string, ...paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => [
    ...read(path).matchAll(new RegExp(`\\b(?:${calls})\\(\\s*"([\\w+-]+)"`, "g")),
  ]);
  return [...new Set(found.map((match) => match[1]!))];
}

test("[DOC-3] troubleshooting knows every error code, and its exit code", () => {
  const rows = tableUnder(read(TROUBLES), "Error codes");
  const told = rows.map((row) => [row[0], row.at(-1)]);
  const there = (Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]).map((code) => [
    `\`${code}\``,
    String(exitCodeOfApi(code)),
  ]);
  expect(told).toEqual(there);
});

test("[DOC-3] troubleshooting knows everything status draws attention to", () => {
  const what = named("attention", "src/cli/commands/status.ts");
  expect(what.length).toBeGreaterThan(5);
  expect(firstColumn(read(TROUBLES), "What `status` finds")).toEqual(what.sort());
});

test("[DOC-3] troubleshooting knows every check of doctor", () => {
  const files = readdirSync("src/cli/doctor").map((name) => `src/cli/doctor/${name}`);
  const checks = named("ok|warn|fail|tried|guarded", ...files);
  expect(checks.length).toBeGreaterThan(15);
  expect(firstColumn(read(TROUBLES), "What `doctor` finds")).toEqual(checks.sort());
});

test("[DOC-2] the tutorial on effects knows every effect", () => {
  const effects = Object.keys(effectSchema.variants).sort();
  expect(firstColumn(read("docs/tutorials/effects.md"), "All effects")).toEqual(effects);
});

test("[DOC-3] the matrix in concepts is the policy's", () => {
  const cells = { any: "yes", below: "below", self: "itself", "below, self": "below, itself" } as const;
  const rows = Object.entries(MATRIX).map(([operation, row]) => [
    operation,
    ...ROLES.map((role) => {
      const cell = row[role];
      return cell === undefined ? "no" : cells[cell];
    }),
  ]);
  expect(tableUnder(read("docs/concepts.md"), "Roles")).toEqual(expect.arrayContaining(rows));
});

test("[DOC-3] the manual's figures are those that were measured", () => {
  const measured = tableUnder(read("docs/requirements-measured.md"), "At a glance");
  const told = tableUnder(read("docs/manual/requirements.md"), "Memory and disk");
  expect(told.length).toBeGreaterThan(5);
  for (const [what, figure] of told) expect(measured.find((row) => row[0] === what)?.[1]).toBe(figure);
});

/** Of the specification, and those the code keeps to. */
const WORDS =
  "AFC, Aranya, IDAM, IPC, UDS, daemon, client, device, policy, sync, team, user, control plane, data plane, command, " +
  "action, effect, fact, recall, finalize, head, parent, ancestor, braid, requester, responder, session, sample, peer cache, " +
  "label, seal, open, datagram, frame, sequence number, epoch, key phase, replay window, in flight, RTO, MTU, key bundle, " +
  "common name, network name, net identifier, role, owner, admin, operator, channel, message, ephemeral command, invite";

test("the glossary has every word, each once, in order", () => {
  const words = tableUnder(read("docs/glossary.md"), "Glossary").map((row) => row[0]!.replaceAll("**", ""));
  expect(words).toEqual([...new Set(words)].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
  const told = words.flatMap((word) => word.split(", "));
  expect(WORDS.split(", ").filter((word) => !told.includes(word))).toEqual([]);
});

test("drawings say what they show, in light and dark, and are small", () => {
  const drawings = readdirSync("docs/drawings").map((name) => `docs/drawings/${name}`);
  expect(drawings.length).toBeGreaterThan(2);
  const pages = [...ALL, "docs/graph.md", "docs/afc.md", "docs/security.md"].map(read).join("\n");
  for (const drawing of drawings) {
    const svg = read(drawing);
    expect(svg).toMatch(/aria-labelledby="title desc"[\s\S]*<title id="title">\w[\s\S]*<desc id="desc">\w/);
    expect(svg).toContain("prefers-color-scheme: dark");
    // No text is smaller, so that none is below 10 px where a phone shows it: whole if it is narrow, else to be scrolled.
    expect(Math.min(...[...svg.matchAll(/font[^;]*?(\d+)px/g)].map(([, px]) => Number(px)))).toBeGreaterThan(
      11,
    );
    expect(["320", "720"]).toContain(/ width="(\d+)"/.exec(svg)![1]);
    expect(svg.length).toBeLessThan(8192);
    expect(pages).toContain(`(${drawing.replace("docs/", "")})`);
  }
});

test("a table without its rows would be noticed", () => {
  const page = "## A\n\n| x | y |\n|---|---|\n| `a`, `b` | 1 |\n| `c` | 2 |\n\n## B\n\n| `d` | 3 |\n";
  expect(firstColumn(page, "A")).toEqual(["a", "b", "c"]);
  expect(tableUnder(page, "A")).toEqual([
    ["`a`, `b`", "1"],
    ["`c`", "2"],
  ]);
  expect(() => tableUnder(page, "C")).toThrow("no heading C");
});
