/** The sections of the header that are the method table in C. */
import { CODE_MEANINGS } from "../../src/base/code-meanings.ts";
import { ERROR_CODES } from "../../src/base/codes.ts";
import { LIMITS } from "../../src/base/limits.ts";
import type { LimitName } from "../../src/base/limits.ts";
import { effectSchema } from "../../src/ipc/effect.ts";
import { PROTOCOL_VERSION, TIMEOUT_MS_MAX } from "../../src/ipc/methods.ts";
import type { Fields } from "../../src/ipc/schema.ts";
import { callDeclarations, comment, inC } from "./calls.ts";
import { CONSTANT, constant, HELLO, membersOf, PREFIX, snake, TEXTS_DOC } from "./types.ts";
import type { Types } from "./types.ts";

/** What each code means to whoever meets it. */
const STATUS_DOCS = Object.fromEntries(
  Object.entries(CODE_MEANINGS).map(([code, { meaning, fields }]) => [
    code,
    inC(fields === undefined ? meaning : `${meaning}. Fields: ${fields.join(", ")}`),
  ]),
);

interface LimitText {
  readonly name: string;
  readonly value: number;
  readonly doc: string;
}

const limit = (name: string, from: LimitName, doc: string): LimitText => ({ name, value: LIMITS[from], doc });

const LIMIT_TEXTS: readonly LimitText[] = [
  { name: "PROTOCOL_VERSION", value: PROTOCOL_VERSION, doc: "The protocol spoken with the daemon" },
  { name: "TIMEOUT_MS_MAX", value: TIMEOUT_MS_MAX, doc: "The longest any call may take" },
  limit("MESSAGE_BYTES_MAX", "ipcMessageBytesMax", "A message"),
  limit("FRAME_BYTES_MAX", "ipcFrameBytesMax", "A frame on the socket"),
  limit("REQUEST_BYTES_MAX", "ipcRequestBytesMax", "A request"),
  limit("SEND_BYTES_IN_FLIGHT_MAX", "ipcSendBytesInFlightMax", "Messages sent and not answered, together"),
  limit("LABEL_BYTES_MAX", "labelBytesMax", "A label"),
  limit("COMMON_NAME_BYTES_MAX", "commonNameBytesMax", "A common name"),
  limit("NET_IDENTIFIER_BYTES_MAX", "netIdentifierBytesMax", "A network name or address"),
  limit("SOCKET_PATH_BYTES_MAX", "socketPathBytesMax", "The path of the daemon's socket"),
  limit(
    "KEY_BUNDLE_TEXT_BYTES_MAX",
    "keyBundleTextBytesMax",
    "A key bundle as text, with what mail does to it",
  ),
  limit("TEAMS_MAX", "teamsMax", "Teams in the local store"),
  limit("CHANNELS_MAX", "channelsMax", "Channels"),
];

export function headerSections(types: Types): Readonly<Record<string, string>> {
  return {
    limits: LIMIT_TEXTS.map(
      ({ name, value, doc }) => `/** ${doc}. */\n#define ${CONSTANT}${name} ${value}u`,
    ).join("\n"),
    status: enumText("status", Object.keys(ERROR_CODES), {
      docs: STATUS_DOCS,
      doc: "How a call ended. The same list, with the same numbers, as everywhere else; more may be added at the end.",
      zero: [`${CONSTANT}OK`, "Success"],
      prefix: "",
    }),
    types: [
      ...types.enums.map((e) => enumText(e.name, e.values, { doc: `${e.doc} 0 is none.` })),
      ...types.structs
        .filter((s) => s.name !== HELLO.name)
        .map((s) => structText(s.name, s.schema.fields, s.doc, types)),
    ].join("\n\n"),
    effects: effectsText(types),
    calls: callDeclarations(types),
  };
}

function enumText(
  name: string,
  values: readonly string[],
  o: {
    docs?: Readonly<Record<string, string>>;
    doc: string;
    zero?: readonly [string, string];
    prefix?: string;
  },
): string {
  const prefix = o.prefix ?? `${constant(name)}_`;
  const lines = values.map((value, i) => {
    const doc = o.docs?.[value];
    return `\t${CONSTANT}${prefix}${constant(value)} = ${i + 1},${doc === undefined ? "" : ` /**< ${doc} */`}`;
  });
  const zero = o.zero === undefined ? [] : [`\t${o.zero[0]} = 0, /**< ${o.zero[1]} */`];
  const body = [...zero, ...lines].join("\n");
  return `${comment([o.doc])}\ntypedef enum ${PREFIX}${name} {\n${body}\n} ${PREFIX}${name};`;
}

function structText(name: string, fields: Fields, doc: string, types: Types): string {
  const lines = membersOf(fields, types).flatMap((member) => {
    const { declaration, aux, schema, optional } = member;
    const texts = schema.kind === "array" && schema.of.kind === "str" ? ` /**< ${TEXTS_DOC} */` : "";
    const missing =
      optional && aux === undefined && schema.kind === "str" ? " /**< NULL where there is none */" : "";
    return [...(aux === undefined ? [] : [`\t${aux.declaration};`]), `\t${declaration};${texts}${missing}`];
  });
  return `${comment([doc])}\ntypedef struct ${PREFIX}${name} {\n${lines.join("\n")}\n} ${PREFIX}${name};`;
}

function effectsText(types: Types): string {
  const variants = Object.entries(effectSchema.variants) as [string, Fields][];
  const structs = variants.map(([type, fields]) => {
    const words = type.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
    return structText(`effect_${snake(type)}`, fields, `Effect: ${words}.`, types);
  });
  const members = variants.map(([type]) => `\t\t${PREFIX}effect_${snake(type)} ${snake(type)};`);
  return [
    enumText(
      "effect_type",
      variants.map(([type]) => type),
      { doc: "What an effect tells of." },
    ),
    ...structs,
    `${comment(["What happened. `type` says which member of the union tells of it."])}\n` +
      `typedef struct ${PREFIX}effect {\n\t${PREFIX}effect_type type;\n\tunion {\n${members.join("\n")}\n\t} of;\n} ${PREFIX}effect;`,
  ].join("\n\n");
}
