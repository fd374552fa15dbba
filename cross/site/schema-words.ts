/**
 * Fields of what calls take and give, with the words that stand over them in the source: schemas are data, and have no
 * room for comments.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe } from "../../src/ipc/schema.ts";
import type { Fields, Schema } from "../../src/ipc/schema.ts";
import { code, table } from "./html.ts";

/** By the name of the schema and of the field: `teamState.heads`. */
export type FieldWords = ReadonlyMap<string, string>;

const FILES = ["src/ipc/info.ts", "src/ipc/effect.ts"];

export function readFieldWords(root: string): FieldWords {
  const words = new Map<string, string>();
  for (const path of FILES) {
    const file = ts.createSourceFile(
      path,
      readFileSync(join(root, path), "utf8"),
      ts.ScriptTarget.Latest,
      true,
    );
    const visit = (node: ts.Node, name: string): void => {
      if (ts.isVariableDeclaration(node))
        return ts.forEachChild(node, (child) => visit(child, node.name.getText()));
      if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) {
        const own = `${name}.${node.name.getText()}`;
        const comment = ts
          .getJSDocCommentsAndTags(node)
          .map((doc) => (typeof doc.comment === "string" ? doc.comment : ""))
          .join(" ");
        if (comment !== "") words.set(own, comment.replace(/\s+/g, " "));
        return ts.forEachChild(node, (child) => visit(child, own));
      }
      ts.forEachChild(node, (child) => visit(child, name));
    };
    visit(file, "");
  }
  return words;
}

/** What fields mean that nobody comments upon, because they mean the same everywhere. */
const USUAL: Readonly<Record<string, string>> = {
  accepted: "Of those, accepted by the policy.",
  address: "Where the peer listens for sync.",
  afc: "How channels are carried.",
  at: "Time of day, in milliseconds since 1970 by the device's own clock.",
  author: "The device that wrote the command.",
  cause: "Which of its causes it is.",
  channelId: "The channel, by its name on this daemon.",
  closed: "Whether the team was closed.",
  code: "The error code.",
  commandCount: "Commands in the local log.",
  commandId: "The command that did it.",
  commonName: "What people call the device.",
  count: "How many.",
  delivery: "Whether every message arrives, or the newest wins.",
  deviceId: "The device it happened to.",
  direction: "Who opened it: `outgoing` is this device.",
  encryptionKey: "X25519.",
  forMs: "For how long, in milliseconds.",
  from: "The role it had.",
  identityKey: "Ed25519; the device's id is its SHA-256.",
  keyBundle: "Its public keys.",
  kind: "What the command was, such as `AssignRole`.",
  label: "The label.",
  labels: "The labels it has.",
  length: "Of the message, in bytes.",
  netIdentifier: "The network name.",
  otherCommandId: "The other of the two.",
  peerDeviceId: "The device at the other end.",
  policyId: "The policy the team lives under.",
  rateMs: "How often it is asked, in milliseconds.",
  reason: "Why, for people.",
  recalled: "Commands accepted before, and no longer.",
  received: "Commands that were new here.",
  remoteNetIdentifier: "The network name of the other end.",
  role: "Its role.",
  signature: "Of the identity key over the three.",
  signingKey: "Ed25519, for commands.",
  state: "Where it stands.",
  teamId: "The team.",
  to: "The role it has now.",
};

interface Row {
  readonly path: string;
  readonly schema: Schema;
  readonly words: string;
}

/** Fields and those within them, as a table; `name` is the schema's, for the words over its fields. */
export function fieldTable(fields: Fields, words: FieldWords, name: string): string {
  const rows = rowsOf(fields, words, name, "");
  return table(
    ["Field", "Type", "Meaning"],
    rows.map(({ path, schema, words: text }) => [code(path), typeWords(schema), text]),
  );
}

function rowsOf(fields: Fields, words: FieldWords, name: string, path: string): Row[] {
  return Object.entries(fields).flatMap(([key, schema]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const row = { path: at, schema, words: words.get(`${name}.${key}`) ?? USUAL[key] ?? "" };
    const bare = schema.kind === "optional" ? schema.of : schema;
    return bare.kind === "object" ? [row, ...rowsOf(bare.fields, words, `${name}.${key}`, at)] : [row];
  });
}

/** Short: what is inside an object has rows of its own. */
export function typeWords(schema: Schema): string {
  switch (schema.kind) {
    case "optional":
      return `${typeWords(schema.of)}; may be missing`;
    case "object":
      return "object";
    case "array":
      return `list of ${typeWords(schema.of)}, up to ${number(schema.max)}`;
    case "uint":
      return schema.max === Number.MAX_SAFE_INTEGER
        ? "whole number"
        : `whole number, ${number(schema.min)} to ${number(schema.max)}`;
    case "oneOf":
      return schema.values.length > 12
        ? "an error code"
        : schema.values.map((value) => code(value)).join(" or ");
    case "tagged":
      return "object with a `type`";
    case "str":
      return `text, ${bytesOf(schema)}`;
    case "bytes":
      return bytesOf(schema);
    default:
      return describe(schema);
  }
}

function bytesOf({ bytesMin, bytesMax }: { readonly bytesMin: number; readonly bytesMax: number }): string {
  return bytesMin === bytesMax
    ? `${number(bytesMax)} bytes`
    : `${number(bytesMin)} to ${number(bytesMax)} bytes`;
}

/** Digits in groups: 1 000 000. */
export function number(n: number): string {
  return n.toLocaleString("en-US").replaceAll(",", "\u202f");
}
