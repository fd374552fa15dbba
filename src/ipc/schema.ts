/**
 * What may cross the Unix socket or stand in a configuration, as data: one description gives the TypeScript type, the
 * check of what came from outside, and the reference. Checks are strict (unknown keys are refused, nothing is coerced)
 * and return fresh values: bytes are copied, because decoded ones alias the socket's buffer.
 */
import { unreachable } from "../base/assert.ts";
import { utf8 } from "../base/bytes.ts";
import { AranyaError } from "../base/errors.ts";
import { parseId } from "../base/ids.ts";
import type { ChannelId, CommandId, DeviceId, TeamId } from "../base/ids.ts";

export interface IdKinds {
  readonly device: DeviceId;
  readonly team: TeamId;
  readonly command: CommandId;
  readonly channel: ChannelId;
}

/** Undefined for text that is accepted; else what it must be. */
export type TextCheck = (text: string) => string | undefined;

export type Fields = Readonly<Record<string, Schema>>;

export type Schema =
  | { readonly kind: "bool" }
  | { readonly kind: "str"; readonly bytesMax: number; readonly bytesMin: number; readonly check?: TextCheck }
  | { readonly kind: "uint"; readonly min: number; readonly max: number }
  | { readonly kind: "bytes"; readonly bytesMin: number; readonly bytesMax: number }
  | { readonly kind: "id"; readonly of: keyof IdKinds }
  | { readonly kind: "oneOf"; readonly values: readonly string[] }
  | { readonly kind: "optional"; readonly of: Schema }
  | { readonly kind: "array"; readonly of: Schema; readonly max: number }
  | { readonly kind: "object"; readonly fields: Fields }
  | { readonly kind: "tagged"; readonly variants: Readonly<Record<string, Fields>> };

type Flat<T> = { readonly [K in keyof T]: T[K] };

export type InferFields<F> = Flat<
  { [K in keyof F as F[K] extends { kind: "optional" } ? never : K]: Infer<F[K]> } & {
    [K in keyof F as F[K] extends { kind: "optional" } ? K : never]?: Infer<F[K]>;
  }
>;

/** The TypeScript type of what a schema lets through. */
export type Infer<S> = S extends { kind: "bool" }
  ? boolean
  : S extends { kind: "str" }
    ? string
    : S extends { kind: "uint" }
      ? number
      : S extends { kind: "bytes" }
        ? Uint8Array
        : S extends { kind: "id"; of: infer K extends keyof IdKinds }
          ? IdKinds[K]
          : S extends { kind: "oneOf"; values: readonly (infer V)[] }
            ? V
            : S extends { kind: "optional"; of: infer O }
              ? Infer<O>
              : S extends { kind: "array"; of: infer O }
                ? Infer<O>[]
                : S extends { kind: "object"; fields: infer F }
                  ? InferFields<F>
                  : S extends { kind: "tagged"; variants: infer V }
                    ? { [T in keyof V]: Flat<{ type: T } & InferFields<V[T]>> }[keyof V]
                    : never;

export const bool = { kind: "bool" } as const;

/** UTF-8 bytes, well-formed; at least one unless told. */
export function str(
  bytesMax: number,
  options: { readonly bytesMin?: number; readonly check?: TextCheck } = {},
) {
  const { bytesMin = 1, check } = options;
  return { kind: "str", bytesMin, bytesMax, ...(check && { check }) } as const;
}

export function uint(max: number = Number.MAX_SAFE_INTEGER, min = 0) {
  return { kind: "uint", min, max } as const;
}

export function bytes(bytesMax: number, bytesMin = 0) {
  return { kind: "bytes", bytesMin, bytesMax } as const;
}

/** Base58 text of 32 bytes. */
export function id<const K extends keyof IdKinds>(of: K) {
  return { kind: "id", of } as const;
}

export function oneOf<const V extends string>(values: readonly V[]) {
  return { kind: "oneOf", values } as const;
}

/** In an object: the key may be missing. */
export function optional<S extends Schema>(of: S) {
  return { kind: "optional", of } as const;
}

export function array<S extends Schema>(of: S, max: number) {
  return { kind: "array", of, max } as const;
}

export function object<F extends Fields>(fields: F) {
  return { kind: "object", fields } as const;
}

/** A union told apart by the text in `type`. */
export function tagged<V extends Readonly<Record<string, Fields>>>(variants: V) {
  return { kind: "tagged", variants } as const;
}

/** Throws `AranyaError` InvalidArgument { field, reason }; `field` is the path from the root, such as `sync.listen`. */
export function validate<S extends Schema>(schema: S, value: unknown, field = ""): Infer<S> {
  return checkValue(schema, value, field) as Infer<S>;
}

/** The type in the words of the reference. */
export function describe(schema: Schema): string {
  switch (schema.kind) {
    case "bool":
      return "boolean";
    case "str":
      return `text, ${schema.bytesMin} to ${schema.bytesMax} bytes`;
    case "uint":
      return `integer, ${schema.min} to ${schema.max}`;
    case "bytes":
      return schema.bytesMin === schema.bytesMax
        ? `${schema.bytesMax} bytes`
        : `${schema.bytesMin} to ${schema.bytesMax} bytes`;
    case "id":
      return `${schema.of} id`;
    case "oneOf":
      return schema.values.map((v) => `"${v}"`).join(", ");
    case "optional":
      return `${describe(schema.of)} (optional)`;
    case "array":
      return `up to ${schema.max} of: ${describe(schema.of)}`;
    case "object":
      return `{ ${describeFields(schema.fields)} }`;
    case "tagged":
      return Object.entries(schema.variants)
        .map(([type, fields]) => `{ type: "${type}"; ${describeFields(fields)} }`)
        .join(" or ");
    default:
      return unreachable(schema, "describe");
  }
}

function describeFields(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, schema]) => `${name}: ${describe(schema)}`)
    .join("; ");
}

function refuse(field: string, reason: string): never {
  const name = field === "" ? "value" : field;
  throw new AranyaError("InvalidArgument", `${name}: ${reason}`, { field: name, reason });
}

/** The same where the schema is known only at run time. */
export function checkValue(schema: Schema, value: unknown, field = ""): unknown {
  switch (schema.kind) {
    case "bool":
      return typeof value === "boolean" ? value : refuse(field, "must be true or false");
    case "str":
      return checkText(schema, value, field);
    case "uint":
      if (!Number.isSafeInteger(value) || (value as number) < schema.min || (value as number) > schema.max) {
        refuse(field, `must be a whole number from ${schema.min} to ${schema.max}`);
      }
      return value === 0 ? 0 : value; // never -0
    case "bytes":
      if (!(value instanceof Uint8Array)) return refuse(field, "must be bytes");
      if (value.length < schema.bytesMin || value.length > schema.bytesMax)
        refuse(field, `must be ${describe(schema)}`);
      return Uint8Array.from(value);
    case "id":
      if (typeof value !== "string" || parseId(value) === undefined) {
        refuse(field, `must be a ${schema.of} id: 32 bytes in base58`);
      }
      return value;
    case "oneOf":
      if (typeof value !== "string" || !schema.values.includes(value)) {
        refuse(field, `must be one of ${schema.values.join(", ")}`);
      }
      return value;
    case "optional":
      return value === undefined ? undefined : checkValue(schema.of, value, field);
    case "array":
      if (!Array.isArray(value)) return refuse(field, "must be a list");
      if (value.length > schema.max) refuse(field, `must have at most ${schema.max} entries`);
      return Array.from(value, (item: unknown, i) => checkValue(schema.of, item, `${field}[${i}]`));
    case "object":
      return checkFields(schema.fields, asRecord(value, field), field);
    case "tagged": {
      const { type, ...rest } = asRecord(value, field);
      const fields =
        typeof type === "string" && Object.hasOwn(schema.variants, type) ? schema.variants[type] : undefined;
      if (fields === undefined) return refuse(join(field, "type"), "is not a known type");
      return { type, ...checkFields(fields, rest, field) };
    }
    default:
      return unreachable(schema, "validate");
  }
}

function checkText(schema: Extract<Schema, { kind: "str" }>, value: unknown, field: string): string {
  if (typeof value !== "string") return refuse(field, "must be text");
  // Characters first: no megabytes are encoded only to be refused.
  if (value.length > schema.bytesMax || utf8(value).length > schema.bytesMax) {
    refuse(field, `must be at most ${schema.bytesMax} bytes of UTF-8`);
  }
  if (value.length < schema.bytesMin) refuse(field, "must not be empty");
  if (/\p{Surrogate}/u.test(value)) refuse(field, "must be well-formed Unicode");
  const complaint = schema.check?.(value);
  if (complaint !== undefined) refuse(field, complaint);
  return value;
}

function asRecord(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    return refuse(field, "must be an object");
  }
  return value as Record<string, unknown>;
}

function checkFields(
  fields: Fields,
  record: Record<string, unknown>,
  field: string,
): Record<string, unknown> {
  for (const key of Object.keys(record)) {
    if (!Object.hasOwn(fields, key)) {
      const known = Object.keys(fields).join(", ");
      refuse(
        join(field, key.slice(0, 64)),
        known === "" ? "is unknown: nothing is expected here" : `is unknown; known here: ${known}`,
      );
    }
  }
  const out: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(fields)) {
    const value = Object.hasOwn(record, key) ? record[key] : undefined;
    if (value === undefined) {
      if (schema.kind !== "optional") refuse(join(field, key), "is missing");
      continue;
    }
    out[key] = checkValue(schema, value, join(field, key));
  }
  return out;
}

function join(field: string, key: string): string {
  return field === "" ? key : `${field}.${key}`;
}
