/** The method table as data for the C library's encoder and decoder. */
import { effectSchema, errorCode } from "../../src/ipc/effect.ts";
import { channelMeta } from "../../src/ipc/info.ts";
import { methodDefinition } from "../../src/ipc/methods.ts";
import type { AnyMethodName } from "../../src/ipc/methods.ts";
import { id, object } from "../../src/ipc/schema.ts";
import type { Fields, Schema } from "../../src/ipc/schema.ts";
import { CALLS, TIMEOUT_PARAM } from "./calls.ts";
import { membersOf, PREFIX, snake, stripped } from "./types.ts";
import type { Types } from "./types.ts";

/** Requests of the library's own, besides the calls. */
const INTERNAL: readonly AnyMethodName[] = ["hello", "listen"];

export function tables(types: Types): string {
  const writer = new TableWriter(types);
  for (const name of [...INTERNAL, ...CALLS]) writer.method(name);
  writer.effects();
  writer.errorCodes();
  writer.named(
    "ae_channel_meta_schema",
    writer.fieldsOf("received", channelMeta.fields),
    `sizeof(${PREFIX}received)`,
  );
  // Of an object with one id: the decoder's `out` is the id.
  const gone = object({ channelId: id("channel") });
  const fields = writer.emitFields(
    Object.entries(gone.fields).map(
      ([key, schema]) => `{"${key}", ${writer.schema(schema)}, 0, AE_NO_OFFSET, false, false}`,
    ),
  );
  writer.named("ae_channel_gone_schema", { fields, count: 1 }, "AE_ID_BYTES");
  return writer.text();
}

interface FieldTable {
  readonly fields: string;
  readonly count: number;
}

class TableWriter {
  readonly #types: Types;
  readonly #out: string[] = [];
  /** One of each: by what it says. */
  readonly #known = new Map<string, string>();
  #count = 0;

  constructor(types: Types) {
    this.#types = types;
  }

  text(): string {
    return this.#out.join("\n\n");
  }

  method(name: AnyMethodName): void {
    const { params, result } = methodDefinition(name);
    const entries = Object.entries(params).map(([key, schema]) => {
      const optional = schema.kind === "optional";
      return `{"${key}", ${this.schema(stripped(schema))}, 0, AE_NO_OFFSET, ${optional}, ${key === TIMEOUT_PARAM}}`;
    });
    if (entries.length > 8) throw new Error(`${name}: ae_encode_params takes eight parameters`);
    const fields = entries.length === 0 ? "NULL" : this.emitFields(entries);
    this.#out.push(
      `const struct ae_method ae_method_${snake(name)} = {"${name}", ${fields}, ${entries.length}, ${this.schema(result)}};`,
    );
  }

  effects(): void {
    const variants = Object.entries(effectSchema.variants) as [string, Fields][];
    const entries = variants.map(([type, fields]) => {
      const struct = `effect_${snake(type)}`;
      const schema = this.#object(struct, fields);
      return `{"${type}", ${schema}, offsetof(${PREFIX}effect, of.${snake(type)}), AE_NO_OFFSET, false, false}`;
    });
    const fields = this.emitFields(entries);
    this.#out.push(
      `const struct ae_schema ae_effect_schema = {AE_TAGGED, ${variants.length}, sizeof(${PREFIX}effect), 0, 0, ${fields}, NULL, NULL};`,
    );
  }

  errorCodes(): void {
    this.#out.push(`const struct ae_schema *const ae_error_codes = ${this.schema(errorCode)};`);
  }

  named(name: string, { fields, count }: FieldTable, size: string): void {
    this.#out.push(
      `const struct ae_schema ${name} = {AE_OBJECT, ${count}, ${size}, 0, 0, ${fields}, NULL, NULL};`,
    );
  }

  /** A pointer to the schema. */
  schema(schema: Schema): string {
    switch (schema.kind) {
      case "bool":
        return this.#emit("AE_BOOL, 0, sizeof(bool), 0, 0, NULL, NULL, NULL");
      case "str":
        return this.#emit(
          `AE_TEXT, 0, sizeof(const char *), ${schema.bytesMin}, ${schema.bytesMax}, NULL, NULL, NULL`,
        );
      case "uint":
        return this.#emit(
          `AE_UINT, 0, sizeof(uint64_t), UINT64_C(${schema.min}), UINT64_C(${schema.max}), NULL, NULL, NULL`,
        );
      case "bytes":
        return this.#emit(
          `AE_BYTES, 0, ${schema.bytesMax}, ${schema.bytesMin}, ${schema.bytesMax}, NULL, NULL, NULL`,
        );
      case "id":
        return this.#emit("AE_ID, 0, AE_ID_BYTES, 0, 0, NULL, NULL, NULL");
      case "oneOf": {
        const names = this.#once(
          `static const char *const NAME[] = {${schema.values.map((v) => JSON.stringify(v)).join(", ")}};`,
          "names",
        );
        return this.#emit(`AE_ONE_OF, ${schema.values.length}, sizeof(int), 0, 0, NULL, ${names}, NULL`);
      }
      case "array":
        return this.#emit(`AE_LIST, 0, 0, 0, UINT64_C(${schema.max}), NULL, NULL, ${this.schema(schema.of)}`);
      case "object":
        return this.#object(this.#types.structOf(schema).name, schema.fields);
      default:
        throw new Error(`${schema.kind} has no form in C yet`);
    }
  }

  fieldsOf(struct: string, fields: Fields): FieldTable {
    if (Object.keys(fields).length > 32) throw new Error(`${struct}: the decoder counts up to 32 fields`);
    const type = `${PREFIX}${struct}`;
    const entries = membersOf(fields, this.#types).map(({ key, name, schema, aux, optional }) => {
      const auxOffset = aux === undefined ? "AE_NO_OFFSET" : `offsetof(${type}, ${aux.name})`;
      const inner = schema.kind === "array" ? this.#list(schema) : this.schema(schema);
      return `{"${key}", ${inner}, offsetof(${type}, ${name}), ${auxOffset}, ${optional}, false}`;
    });
    return { fields: this.emitFields(entries), count: entries.length };
  }

  emitFields(entries: readonly string[]): string {
    return this.#once(`static const struct ae_field NAME[] = {\n\t${entries.join(",\n\t")}};`, "fields");
  }

  #object(struct: string, fields: Fields): string {
    const { fields: name, count } = this.fieldsOf(struct, fields);
    return this.#emit(`AE_OBJECT, ${count}, sizeof(${PREFIX}${struct}), 0, 0, ${name}, NULL, NULL`);
  }

  /** In a struct. */
  #list({ of, max }: Extract<Schema, { kind: "array" }>): string {
    const kind = of.kind === "id" ? "AE_IDS" : of.kind === "str" ? "AE_TEXTS" : "AE_CHOICES";
    return this.#emit(`${kind}, 0, 0, 0, ${max}, NULL, NULL, ${this.schema(of)}`);
  }

  #emit(initialiser: string): string {
    return `&${this.#once(`static const struct ae_schema NAME = {${initialiser}};`, "schema")}`;
  }

  #once(text: string, kind: string): string {
    let name = this.#known.get(text);
    if (name === undefined) {
      name = `${kind}_${this.#count++}`;
      this.#known.set(text, name);
      this.#out.push(text.replace("NAME", name));
    }
    return name;
  }
}
