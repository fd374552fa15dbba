/** A page for each call: what it does in any language, then how it is written in three. */
import { CODE_MEANINGS } from "../../src/base/code-meanings.ts";
import type { ErrorCode } from "../../src/base/codes.ts";
import { ROLES } from "../../src/base/roles.ts";
import { exitCodeOfApi } from "../../src/cli/exit-codes.ts";
import * as info from "../../src/ipc/info.ts";
import { COMMON_ERRORS } from "../../src/ipc/method-definition.ts";
import { METHOD_DOCS } from "../../src/ipc/method-docs.ts";
import { methodDefinition } from "../../src/ipc/methods.ts";
import type { Schema } from "../../src/ipc/schema.ts";
import { MATRIX } from "../../src/policy/default/matrix.ts";
import { functionName } from "../client-c/calls.ts";
import { CALL_DOCS, CALL_GROUPS } from "./calls/index.ts";
import type { PublicMethod, Raised } from "./calls/call-doc.ts";
import { code, escapeMarkdown, table } from "./html.ts";
import type { Source } from "./page.ts";
import { fieldTable, typeWords } from "./schema-words.ts";
import type { FieldWords } from "./schema-words.ts";

/** What parameters mean wherever they appear. A parameter without words stops the build. */
const PARAMETERS: Readonly<Record<string, string>> = {
  address: "Where the peer listens for sync: a DNS name or IPv4 address; port 4321 unless it says another.",
  buffer: "Where the message goes. 1 MiB takes any.",
  bytes: "The message. It must stay as it is until the call has ended.",
  channelId: "The channel, as createChannel or a received message named it.",
  commonName: "What people call the device. Nothing depends on it.",
  delivery: "`reliable` unless told.",
  deviceId: "The device meant.",
  expectedDeviceId: "The only device to accept at that address.",
  keyBundle: "The public keys that getKeyBundle returned on the device to be added.",
  label: "The label's name.",
  netIdentifier: "A network name: a DNS name or IPv4 address; port 4321 unless it says another.",
  rateMs: "Milliseconds from one sync to the next.",
  role: "One of the five roles.",
  teamId: "The team.",
  timeoutMs: "Milliseconds the call may take.",
};

const WHERE: Readonly<Record<Raised["where"], string>> = {
  here: "this device",
  members: "every device of the team, this one too, as soon as the command reaches it",
  "both ends": "both ends of the channel",
};

/** Schemas with words over their fields, by what the method table uses. */
const NAMED = new Map<Schema, string>(Object.entries(info).map(([name, schema]) => [schema as Schema, name]));

/** Which pages of libraries there are to link to. */
export interface Libraries {
  readonly hasC: boolean;
  readonly hasTypeScript: boolean;
}

export function callPages(words: FieldWords, libraries: Libraries): Source[] {
  const pages = CALL_GROUPS.flatMap(({ calls }) => calls.map((name) => callPage(name, words, libraries)));
  return [overview(), ...pages];
}

/** `createChannel` → docs/api/create-channel.md. */
export function callPath(name: PublicMethod): string {
  return `docs/api/${kebab(name)}.md`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function snake(name: string): string {
  return kebab(name).replaceAll("-", "_");
}

function overview(): Source {
  const groups = CALL_GROUPS.map(({ title, calls }) => {
    const rows = calls.map((name) => [
      `[${name}](${kebab(name)}.md)`,
      escapeMarkdown(firstSentence(METHOD_DOCS[name].doc)),
    ]);
    return `## ${title}\n\n${table(["Call", "What it does"], rows)}`;
  });
  return {
    path: "docs/api/index.md",
    markdown: `# API: every call

The same calls in every language: \`createChannel\` in TypeScript, \`aranya_edge_create_channel\` in C, and commands such as
\`aranya-edge channel send\` for people and scripts. Each page says what a call does before it says how it is written.

- **Every call ends**: in a result, or in an [error](../reference/errors.md) with a stable code. Each takes a time-out;
  30 seconds unless told.
- **A boolean result** is true when the call changed something here.
- **Calls that write a command** are judged by the policy on this device at once, and on every other device when they reach it.
  What turns out not to have been allowed is recalled, which the [effect](../reference/effects.md) \`commandRecalled\` tells.
- **Any call may end with** ${COMMON_ERRORS.map((name) => errorLink(name)).join(", ")}.
- **In the examples** a client is connected, and \`teamId\`, \`deviceId\` and \`channelId\` (in C \`team_id\` and so on) are those of
  earlier calls. TypeScript: [client library](../typescript/README.md). C: [quickstart](../c-quickstart.md).

${groups.join("\n\n")}
`,
  };
}

function callPage(name: PublicMethod, words: FieldWords, { hasC, hasTypeScript }: Libraries): Source {
  const definition = methodDefinition(name);
  const doc = CALL_DOCS[name];
  const parts = [
    `# ${name}`,
    escapeMarkdown(METHOD_DOCS[name].doc).replaceAll("\\`", "`"),
    doc.notes ?? "",
    "## Parameters",
    parameters(name),
    "## Result",
    doc.result,
    resultFields(definition.result, words),
    "## Errors",
    errorTable(definition.errors),
    `Besides, as any call: ${COMMON_ERRORS.map((code) => errorLink(code)).join(", ")}.`,
    "## Permission",
    permission(name, METHOD_DOCS[name].permission),
    "## Effects",
    effects(doc.effects),
    "## Examples",
    `### Shell\n\n\`\`\`sh\n${doc.shell}\n\`\`\``,
    `### TypeScript\n\n\`\`\`ts\n${doc.ts}\n\`\`\``,
    hasTypeScript ? `[Client.${name}](../typescript/classes/Client.md#${name.toLowerCase()})` : "",
    `### C\n\n\`\`\`c\n${doc.c}\n\`\`\``,
    hasC ? `[${functionName(name)}](../c/functions.md#${functionName(name)})` : "",
    `## See also\n\n${doc.related.map((other) => `[${other}](${kebab(other)}.md)`).join(", ")}`,
  ];
  return {
    path: callPath(name),
    markdown: `${parts.filter((part) => part !== "").join("\n\n")}\n`,
    names: [name, name[0]!.toUpperCase() + name.slice(1), snake(name), functionName(name)],
  };
}

function parameters(name: PublicMethod): string {
  const { params, via } = methodDefinition(name);
  const rows = Object.entries(params).map(([key, schema]) => {
    const words = PARAMETERS[key];
    // Of a request it is the time-out that every call has.
    const isOptional = schema.kind === "optional" || (key === "timeoutMs" && via === "call");
    if (words === undefined) throw new Error(`${name}: say in cross/site/call-pages.ts what ${key} is`);
    return [
      code(key),
      schema === info.keyBundle
        ? "key bundle, as [getKeyBundle](get-key-bundle.md#result) returns it"
        : typeWords(schema).replace("; may be missing", ""),
      isOptional ? "no" : "yes",
      words,
    ];
  });
  return rows.length === 0
    ? "None, but for the time-out that every call takes."
    : table(["Name", "Type and bounds", "Required", "Meaning"], rows);
}

function resultFields(schema: Schema, words: FieldWords): string {
  const item = schema.kind === "array" ? schema.of : schema;
  if (item.kind !== "object") return "";
  return fieldTable(item.fields, words, NAMED.get(item) ?? "");
}

/** With what each means and what to do, which is what one reads the page for when it happens. */
function errorTable(codes: readonly ErrorCode[]): string {
  if (codes.length === 0) return "None of its own.";
  const rows = codes.map((name) => [
    errorLink(name),
    escapeMarkdown(CODE_MEANINGS[name].meaning),
    escapeMarkdown(CODE_MEANINGS[name].remedy),
    String(exitCodeOfApi(name)),
  ]);
  return table(["Code", "Meaning", "What to do", "Exit code"], rows);
}

function errorLink(name: ErrorCode): string {
  return `[${name}](../reference/errors.md#${name.toLowerCase()})`;
}

function permission(name: PublicMethod, words: string): string {
  const kind = name[0]!.toUpperCase() + name.slice(1);
  const rows = Object.entries(MATRIX).filter(([row]) => row === kind || row.startsWith(`${kind} `));
  const sentence = `${words[0]!.toUpperCase()}${words.slice(1)}.`;
  if (rows.length === 0) return sentence;
  const head = ["Operation", ...ROLES];
  const body = rows.map(([row, cells]) => [row, ...ROLES.map((role) => cells[role] ?? "no")]);
  return `${sentence}

${table(head, body)}

*any*: whoever the target is. *below*: a device whose role is below the caller's own. *self*: the caller itself. Who may not gets
[NotAuthorised](../reference/errors.md#notauthorised), and nothing changes.`;
}

function effects(raised: readonly Raised[]): string {
  if (raised.length === 0) return "None.";
  const rows = raised.map(({ type, where, when }) => [
    `[${type}](../reference/effects.md#${type.toLowerCase()})`,
    WHERE[where],
    when ?? "whenever the call did something",
  ]);
  return table(["Effect", "Told on", "When"], rows);
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)![0].replace(/:$/, ".");
}
