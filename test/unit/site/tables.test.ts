/** Pages made of tables have every row of them. */
import { expect, test } from "vitest";
import { cliPages } from "../../../cross/site/cli-pages.ts";
import { configPage } from "../../../cross/site/config-page.ts";
import { effectsPage, errorsPage, limitsPage } from "../../../cross/site/reference-pages.ts";
import { number, readFieldWords } from "../../../cross/site/schema-words.ts";
import { CODE_MEANINGS } from "../../../src/base/code-meanings.ts";
import { ERROR_CODES } from "../../../src/base/codes.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { NO_CLI } from "../../../src/cli/command.ts";
import { makeProgram } from "../../../src/cli/program.ts";
import { nodesOf, treeOf } from "../../../src/cli/tree.ts";
import { effectSchema } from "../../../src/ipc/effect.ts";
import { daemonConfigFileSchema, parseDaemonConfig } from "../../../src/ipc/config.ts";
import { CONFIG_DOCS, exampleConfig, settingsOf } from "../../../src/ipc/config-docs.ts";
import type { Fields, Schema } from "../../../src/ipc/schema.ts";
import { ROOT } from "../../support/source-tree.ts";

test("[DOC-1] every error code has a meaning, a remedy, a number and an exit code", () => {
  const { markdown } = errorsPage();
  for (const [code, number] of Object.entries(ERROR_CODES)) {
    expect(markdown).toContain(`\n## ${code}\n`);
    expect(markdown).toMatch(new RegExp(`\\*\\*Numbers\\*\\*: ${number} in C`));
  }
  for (const { meaning, remedy } of Object.values(CODE_MEANINGS)) {
    expect(meaning).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[a-z].*[^.]$/);
  }
});

test("[DOC-1] every effect has a section with its fields", () => {
  const { markdown } = effectsPage(readFieldWords(ROOT));
  for (const [type, fields] of Object.entries(effectSchema.variants) as [string, Fields][]) {
    const section = markdown.split(`\n## ${type}\n`)[1]!.split("\n## ")[0]!;
    for (const field of Object.keys(fields))
      expect(section, type).toMatch(new RegExp(`\\| \`${field}\` \\| [^|]+ \\| [^| ]`));
  }
});

test("every limit is on the page with its value", () => {
  const { markdown } = limitsPage(ROOT);
  for (const [name, value] of Object.entries(LIMITS))
    expect(markdown).toContain(`| \`${name}\` | ${number(value)} |`);
});

test("every setting has words, and an example that the daemon takes", () => {
  const paths = settingsOf(daemonConfigFileSchema, CONFIG_DOCS).flatMap((entry) =>
    "schema" in entry ? [entry.path] : [],
  );
  expect(paths).toEqual(leavesOf(daemonConfigFileSchema));
  const example = exampleConfig(daemonConfigFileSchema, CONFIG_DOCS);
  expect(leavesIn(example)).toEqual(paths);
  expect(parseDaemonConfig(example)).toEqual(example);
  for (const path of paths)
    expect(configPage().markdown).toMatch(new RegExp(`\n##+ ${path.replace("[]", "")}\n`));
});

function leavesOf(schema: Schema, path = ""): string[] {
  if (schema.kind === "optional") return leavesOf(schema.of, path);
  if (schema.kind === "array") return leavesOf(schema.of, `${path}[]`);
  if (schema.kind !== "object") return [path];
  return Object.entries(schema.fields).flatMap(([key, of]) =>
    leavesOf(of, path === "" ? key : `${path}.${key}`),
  );
}

function leavesIn(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => leavesIn(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, of]) => leavesIn(of, path === "" ? key : `${path}.${key}`));
}

test("every command and option is on the page of its command", () => {
  const pages = new Map(cliPages().map((page) => [page.path, page.markdown]));
  for (const node of nodesOf(treeOf(makeProgram(NO_CLI)))) {
    if (node.path.length === 0 || node.commands.length > 0) continue;
    const page = pages.get(`docs/cli/${node.path[0]!}.md`)!;
    for (const { flag } of node.options)
      if (node.text === undefined || flag !== "--help") expect(page, node.path.join(" ")).toContain(flag);
    for (const { name } of node.arguments) expect(page).toContain(name);
  }
});
