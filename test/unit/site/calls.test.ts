/** Every call is described in full, and its examples are what they say: TypeScript, C, and command lines. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { functionName } from "../../../cross/client-c/calls.ts";
import { callPages } from "../../../cross/site/call-pages.ts";
import { CALL_DOCS, CALL_GROUPS } from "../../../cross/site/calls/index.ts";
import type { PublicMethod } from "../../../cross/site/calls/call-doc.ts";
import { readFieldWords } from "../../../cross/site/schema-words.ts";
import { which } from "../../../cross/process.ts";
import { METHOD_DOCS } from "../../../src/ipc/method-docs.ts";
import { METHODS, methodDefinition } from "../../../src/ipc/methods.ts";
import type { AnyMethodName } from "../../../src/ipc/methods.ts";
import { ROOT } from "../../support/source-tree.ts";
import { checkCommandLines } from "./command-lines.ts";

const PUBLIC = (Object.keys(METHODS) as AnyMethodName[]).filter(
  (name) => methodDefinition(name).internal === undefined,
) as PublicMethod[];

const words = readFieldWords(ROOT);
const BOTH = { hasC: true, hasTypeScript: true };

test("[DOC-1] every public method of the table is described, once, and nothing else is", () => {
  expect(Object.keys(CALL_DOCS).sort()).toEqual([...PUBLIC].sort());
  expect(CALL_GROUPS.flatMap((group) => group.calls).sort()).toEqual([...PUBLIC].sort());
});

test("[DOC-1] its page says parameters, errors with remedies, permission and effects", () => {
  const pages = new Map(callPages(words, BOTH).map((page) => [page.names?.[0], page.markdown]));
  for (const name of PUBLIC) {
    const { params, errors } = methodDefinition(name);
    const { doc, permission } = METHOD_DOCS[name];
    const page = pages.get(name)!;
    expect(page).toContain(doc.slice(0, 30));
    expect(page.toLowerCase()).toContain(permission.toLowerCase());
    for (const key of Object.keys(params)) expect(page, name).toContain(`| \`${key}\` |`);
    for (const code of errors) expect(page, name).toContain(`| [${code}](../reference/errors.md#`);
    for (const { type } of CALL_DOCS[name].effects)
      expect(page, name).toContain(`[${type}](../reference/effects.md#`);
  }
});

test("without typedoc or Doxygen no page leads to what is not there", () => {
  for (const { markdown } of callPages(words, { hasC: false, hasTypeScript: false }))
    expect(markdown).not.toMatch(/\.\.\/c\/functions|typescript\/classes/);
});

/** In every example: what earlier calls left. */
const PRELUDE_TS = `import { Client, serializeKeyBundle } from "${ROOT}/src/client/index.ts";
import type { ChannelId, DeviceId, KeyBundle, TeamId } from "${ROOT}/src/client/index.ts";
export { Client, serializeKeyBundle };
export type { ChannelId, DeviceId, KeyBundle, TeamId };
`;
const GIVEN = {
  client: "Client",
  teamId: "TeamId",
  deviceId: "DeviceId",
  channelId: "ChannelId",
  keyBundle: "KeyBundle",
};

/** What the compiler says of the examples. Names of its own may stand in for those given. */
function checkTypeScript(examples: Readonly<Record<string, string>>): string[] {
  const functions = Object.entries(examples).map(([name, example]) => {
    const given = Object.entries(GIVEN).filter(([own]) => !new RegExp(`(const|let) ${own}\\b`).test(example));
    return `export async function example_${name}(${given.map((pair) => pair.join(": ")).join(", ")}): Promise<void> {\n${example}\n}`;
  });
  const path = join(ROOT, "test/unit/site/examples-in-memory.ts");
  const text = `${PRELUDE_TS}${functions.join("\n")}\n`;
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (file) => ts.sys.readFile(file)).config as {
    compilerOptions: object;
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost({ ...options, noUnusedLocals: false, noUnusedParameters: false });
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, version, ...rest) =>
    file === path ? ts.createSourceFile(file, text, version) : read(file, version, ...rest);
  host.fileExists = (file) => file === path || ts.sys.fileExists(file);
  const program = ts.createProgram(
    [path],
    { ...options, noUnusedLocals: false, noUnusedParameters: false },
    host,
  );
  const source = program.getSourceFile(path)!;
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
    (diagnostic) => {
      const line = source.getLineAndCharacterOfPosition(diagnostic.start!).line;
      return `${text.split("\n")[line]!}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`;
    },
  );
}

test("[DOC-1] the examples in TypeScript are TypeScript", () => {
  const examples = Object.fromEntries(PUBLIC.map((name) => [name, CALL_DOCS[name].ts]));
  expect(checkTypeScript(examples)).toEqual([]);
  const wrong = {
    planted: 'await client.createLabel("telemetry", teamId);',
    typo: "await client.creatTeam();",
  };
  expect(checkTypeScript(wrong)).toHaveLength(2);
});

const PRELUDE_C = `#include <aranya_edge.h>
#include <stdio.h>
void print_team(void *user, const aranya_edge_team_id *item);
void print_device(void *user, const aranya_edge_device_info *item);
void print_label(void *user, const char *item);
void print_peer(void *user, const aranya_edge_sync_peer_info *item);
void print_channel(void *user, const aranya_edge_channel_info *item);
`;
const GIVEN_C =
  "aranya_edge *client, aranya_edge_team_id team_id, aranya_edge_device_id device_id, aranya_edge_channel_id channel_id, " +
  "aranya_edge_key_bundle key_bundle, bool changed";

function checkC(examples: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-examples-"));
  try {
    const file = join(directory, "examples.c");
    const functions = Object.entries(examples).map(
      ([name, example]) =>
        `void example_${name}(${GIVEN_C});\nvoid example_${name}(${GIVEN_C})\n{\n${example}\n}`,
    );
    writeFileSync(file, `${PRELUDE_C}${functions.join("\n")}\n`);
    const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fsyntax-only"];
    const { stderr, status } = spawnSync("cc", [...flags, `-I${join(ROOT, "src/client-c/include")}`, file], {
      encoding: "utf8",
    });
    return status === 0 ? "" : stderr;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("[DOC-1] the examples in C call what the header declares, each its own function", () => {
  const header = readFileSync(join(ROOT, "src/client-c/include/aranya_edge.h"), "utf8");
  for (const name of PUBLIC) {
    const example = CALL_DOCS[name].c;
    expect(example).toContain(`${functionName(name)}(`);
    for (const [word] of example.matchAll(/\baranya_edge_\w+|\bARANYA_EDGE_\w+/g))
      expect(header).toMatch(new RegExp(`\\b${word}\\b`));
  }
  // The rest is for a compiler to say; .ci/run has one.
  if (which("cc") === undefined) return;
  expect(checkC(Object.fromEntries(PUBLIC.map((name) => [name, CALL_DOCS[name].c])))).toBe("");
  expect(checkC({ planted: "aranya_edge_create_team(client, &device_id, NULL);" })).toContain("incompatible");
});

test("[DOC-1] the examples in shell are command lines of ours", () => {
  for (const name of PUBLIC) expect(checkCommandLines(CALL_DOCS[name].shell), name).toEqual([]);
});

test.each([
  ["aranya-edge team creat", /no command/],
  ["aranya-edge team create --initialise", /no option/],
  ["aranya-edge peer add", /address is missing/],
  ["aranya-edge peer add a b", /too many/],
  ["aranya-edge role assign sensor boss", /boss is none of/],
  ["echo x | aranya-edge channel send gateway", /label is missing/],
  ["ls", /no aranya-edge/],
])("a planted command line is seen: %s", (line, problem) => {
  expect(checkCommandLines(line).join("\n")).toMatch(problem);
});
