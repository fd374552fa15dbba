/** Effects, error codes and limits: one page each, from the tables of the source. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CODE_MEANINGS } from "../../src/base/code-meanings.ts";
import { ERROR_CODES } from "../../src/base/codes.ts";
import type { ErrorCode } from "../../src/base/codes.ts";
import { LIMITS } from "../../src/base/limits.ts";
import type { LimitName } from "../../src/base/limits.ts";
import { exitCodeOfApi } from "../../src/cli/exit-codes.ts";
import { effectSchema } from "../../src/ipc/effect.ts";
import type { EffectType } from "../../src/ipc/effect.ts";
import { COMMON_ERRORS } from "../../src/ipc/method-definition.ts";
import { methodDefinition } from "../../src/ipc/methods.ts";
import { constant } from "../client-c/types.ts";
import { CALL_DOCS } from "./calls/index.ts";
import type { PublicMethod } from "./calls/call-doc.ts";
import { callPath } from "./call-pages.ts";
import { code, escapeMarkdown, table } from "./html.ts";
import type { Source } from "./page.ts";
import { fieldTable, number } from "./schema-words.ts";
import type { FieldWords } from "./schema-words.ts";

/** One sentence each, or two. */
const EFFECT_WORDS: Readonly<Record<EffectType, string>> = {
  deviceAdded: "A device is on the team, or goes by another common name.",
  deviceRemoved: "A device is no longer on the team. Its labels and network name went with it.",
  roleChanged: "A device has another role.",
  networkNameAssigned: "A device has this network name, in place of any before.",
  networkNameRevoked: "A device has this network name no more.",
  labelCreated: "A label is there.",
  labelDeleted: "A label is gone, from every device.",
  labelAssigned: "A device has a label.",
  labelRevoked: "A device has a label no more.",
  teamClosed: "The team is closed, for good.",
  commandRecalled:
    "What a command had done is undone: seen from now, its author was not allowed to. If the command still does something, that is told after this.",
  forked:
    "Two concurrent commands by one author: a device that was cloned or restored from a backup, or lies. Remove it, and add it again with new keys.",
  teamStopped: "The team cannot be followed here: it was created under a policy this daemon does not know.",
  channelOpened: "A channel is open, by this device or to it.",
  channelClosed: "A channel is closed; `reason` says by whom and why.",
  syncSucceeded:
    "A sync brought something, or ended a row of failures. One that brought nothing new is not told.",
  syncFailed: "The first of a row of failures; `syncPeers` shows the rest.",
  syncStalled:
    "The team has been level with none of its sync peers for more than three of their intervals and a minute, or lacks heads that a peer announced. Told once, until `syncResumed`.",
  syncResumed: "A stall is over, also because the team has no sync peer any more.",
  effectsLost:
    "The reader was too slow: effects were dropped, and the stream ends here. Query the state and begin again.",
};

const CALLS = Object.keys(CALL_DOCS) as PublicMethod[];

function callLink(name: PublicMethod): string {
  return `[${name}](../${callPath(name).slice("docs/".length)})`;
}

export function effectsPage(words: FieldWords): Source {
  const types = Object.keys(effectSchema.variants) as EffectType[];
  const sections = types.map((type) => {
    const causes = CALLS.filter((name) => CALL_DOCS[name].effects.some((raised) => raised.type === type));
    const parts = [
      `## ${type}`,
      EFFECT_WORDS[type],
      causes.length === 0 ? "" : `Raised by ${causes.map(callLink).join(", ")}.`,
      fieldTable(effectSchema.variants[type], words, `effectSchema.${type}`),
    ];
    return parts.filter((part) => part !== "").join("\n\n");
  });
  return {
    path: "docs/reference/effects.md",
    markdown: `# Effects

What happens on this device's teams, peers and channels is told as a stream of effects: [effects](../api/effects.md) in
TypeScript, \`aranya_edge_next_effect\` in C, \`aranya-edge watch\` on the command line. Each has a \`type\`. Those with a
\`commandId\` were caused by that command of the graph, and come on every device of the team as soon as the command reaches it.
An effect says what came to pass, not what was asked for: a command that is recalled later is told by \`commandRecalled\`.

${sections.join("\n\n")}
`,
  };
}

export function errorsPage(): Source {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  const sections = codes.map((name) => {
    const { meaning, fields, remedy } = CODE_MEANINGS[name];
    const raisers = CALLS.filter((call) => methodDefinition(call).errors.includes(name));
    const from = COMMON_ERRORS.includes(name)
      ? "Any call may end with it."
      : raisers.length === 0
        ? "When a client connects."
        : `${raisers.map(callLink).join(", ")}.`;
    return `## ${name}

${escapeMarkdown(meaning)}.

- **What to do**: ${escapeMarkdown(remedy)}.
- **Fields**: ${fields === undefined ? "none" : fields.map((field) => code(field)).join(", ")}.
- **Numbers**: ${ERROR_CODES[name]} in C (\`ARANYA_EDGE_${constant(name)}\`); the command line ends with ${exitCodeOfApi(name)}.
- **From**: ${from}`;
  });
  return {
    path: "docs/reference/errors.md",
    names: codes.map((name) => `ARANYA_EDGE_${constant(name)}`),
    markdown: `# Error codes

Every refusal has a code that never changes its meaning; match on it, never on the message. TypeScript throws an \`AranyaError\`
with \`code\` and \`fields\`; C returns the number, and \`aranya_edge_error_field\` gives the fields; the command line prints the code
and ends with an exit code of its own.

${table(
  ["Code", "Meaning", "Exit code"],
  codes.map((name) => [
    `[${name}](#${name.toLowerCase()})`,
    escapeMarkdown(CODE_MEANINGS[name].meaning),
    String(exitCodeOfApi(name)),
  ]),
)}

${sections.join("\n\n")}
`,
  };
}

const UNITS: readonly (readonly [suffix: RegExp, unit: string])[] = [
  [/Bytes(Max|Probed|InFlightMax|PerPeerMax|WaitingMax)?$|BytesProbedMax$|BytesMax$/, "bytes"],
  [/Ms$/, "milliseconds"],
  [/Bits$/, "bits"],
  [/PerSecondMax$/, "a second"],
];

const GROUP_NAMES: Readonly<Record<string, string>> = { afc: "AFC", ipc: "The Unix socket" };

/** Groups and remarks are comments of the table: `// graph` over a group, `// what it is` behind an entry. */
export function limitsPage(root: string): Source {
  const source = readFileSync(join(root, "src/base/limits.ts"), "utf8");
  const groups: { title: string; rows: string[][] }[] = [];
  let remark = "";
  for (const line of source.split("\n")) {
    const entry = /^ {2}(\w+): [^/]+?,(?: \/\/ (.*))?$/.exec(line);
    const comment = /^ {2}\/\/ (.*)$/.exec(line)?.[1];
    // A comment that explains stands over one entry, one that names over a group.
    if (comment?.includes(":") === true) remark = comment;
    else if (comment !== undefined) groups.push({ title: GROUP_NAMES[comment] ?? comment, rows: [] });
    if (entry === null) continue;
    const name = entry[1] as LimitName;
    const unit = UNITS.find(([suffix]) => suffix.test(name))?.[1] ?? "";
    const words = [spell(name), ...[remark, entry[2] ?? ""].filter((text) => text !== "")].join("; ");
    remark = "";
    groups.at(-1)!.rows.push([code(name), number(LIMITS[name]), unit, escapeMarkdown(capital(words))]);
  }
  const sections = groups.map(
    ({ title, rows }) =>
      `## ${escapeMarkdown(capital(title))}\n\n${table(["Name", "Value", "Unit", "What it bounds"], rows)}`,
  );
  return {
    path: "docs/reference/limits.md",
    names: Object.keys(LIMITS),
    markdown: `# Limits

Every queue, map and size that something outside can grow has a named maximum. What an application meets is told as
[LimitReached](errors.md#limitreached) or [MessageTooLarge](errors.md#messagetoolarge), with the name; what a stranger or a peer
runs into costs them, and nobody else. They are compiled in. Values are of this version.

${sections.join("\n\n")}
`,
  };
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

/** \`devicesPerTeamMax\`: devices per team. */
function spell(name: string): string {
  return name
    .replace(/(Max|Ms)$/, "")
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^ipc /, "");
}
