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
    const file = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node, name: string): void => {
      if (ts.isVariableDeclaration(node)) return ts.forEachChild(node, (child) => visit(child, node.name.getText()));
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
    const row = { path: at, schema, words: words.get(`${name}.${key}`) ?? "" };
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
    default:
      return describe(schema);
  }
}

/** Digits in groups: 1 000 000. */
export function number(n: number): string {
  return n.toLocaleString("en-US").replaceAll(",", "\u202f");
}
