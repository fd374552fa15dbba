/**
 * How what the method table describes looks in C: names of structs and enums, of their members, and which need a member
 * besides that says whether they are there or how many. Everything has a name, or generation stops.
 */
import { ROLES } from "../../src/base/roles.ts";
import { daemonConfigSchema } from "../../src/ipc/config.ts";
import { delivery, direction, effectSchema, errorCode, role } from "../../src/ipc/effect.ts";
import * as info from "../../src/ipc/info.ts";
import { METHODS } from "../../src/ipc/methods.ts";
import type { Fields, Schema } from "../../src/ipc/schema.ts";

export const PREFIX = "aranya_edge_";
export const CONSTANT = "ARANYA_EDGE_";

export type ObjectSchema = Extract<Schema, { kind: "object" }>;

export interface Struct {
  readonly name: string;
  readonly schema: ObjectSchema;
  readonly doc: string;
}

export interface Enum {
  readonly name: string;
  readonly values: readonly string[];
  readonly doc: string;
}

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`).replaceAll("-", "_");
}

export function constant(name: string): string {
  return snake(name).replace(/^_/, "").toUpperCase();
}

/** Of objects that stand by themselves; those inside them are named after their place. */
const STRUCTS: readonly Struct[] = [
  {
    name: "key_bundle",
    schema: info.keyBundle,
    doc: "The public half of a device, signed by its identity key.",
  },
  {
    name: "config",
    schema: daemonConfigSchema,
    doc: "Settings wanted of the daemon. What is zero or NULL is not asked for.",
  },
  {
    name: "daemon_status",
    schema: info.daemonStatus,
    doc: "Which daemon this is, where it listens, what it costs, and which ways it found for AFC at its start.",
  },
  { name: "metrics_text", schema: info.metricsText, doc: "The daemon's metrics." },
  { name: "sync_report", schema: info.syncReport, doc: "What a sync brought." },
  { name: "team_state", schema: info.teamState, doc: "Where a team stands on this device." },
  { name: "device_info", schema: info.deviceInfo, doc: "A device of a team." },
  {
    name: "sync_peer_info",
    schema: info.syncPeerInfo,
    doc: "A sync peer, with how it last fared. Times of day are milliseconds since 1970 by the device's own clock.",
  },
  { name: "channel_info", schema: info.channelInfo, doc: "A channel." },
  { name: "received", schema: METHODS.readData.result, doc: "A message, and from whom; `length` in bytes." },
];

/** The answer to the first request; nothing of it is public. */
export const HELLO: Struct = { name: "hello", schema: METHODS.hello.result, doc: "" };

const ENUMS = new Map<Schema, Enum>([
  [role, { name: "role", values: ROLES, doc: "A device's role in a team, highest first." }],
  [delivery, { name: "delivery", values: delivery.values, doc: "How a channel delivers." }],
  [direction, { name: "direction", values: direction.values, doc: "Who opened a channel." }],
]);

export const TEXTS_DOC = "one behind the other, each with its NUL; see aranya_edge_next_text";

export class Types {
  readonly enums: Enum[] = [...ENUMS.values()];
  /** Inner ones before those they are in. */
  readonly structs: Struct[] = [];
  readonly #enums = new Map<Schema, Enum>(ENUMS);
  readonly #structs = new Map<Schema, Struct>();
  readonly #fields = new Map<string, Fields>();

  constructor() {
    for (const struct of [...STRUCTS, HELLO]) this.#addStruct(struct);
    for (const [type, fields] of Object.entries(effectSchema.variants)) {
      const name = `effect_${snake(type)}`;
      this.#fields.set(name, fields);
      this.#addInner(name, fields);
    }
  }

  structOf(schema: Schema): Struct {
    const struct = this.#structs.get(schema);
    if (struct === undefined) throw new Error("an object without a name in C: add it to STRUCTS");
    return struct;
  }

  /** `enum …`. */
  enumOf(schema: Schema): string {
    if (schema === errorCode) return `enum ${PREFIX}status`;
    const found = this.#enums.get(schema);
    if (found === undefined) throw new Error("a choice without a name in C: add it to ENUMS");
    return `enum ${PREFIX}${found.name}`;
  }

  #addStruct(struct: Struct): void {
    this.#structs.set(struct.schema, struct);
    this.#addInner(struct.name, struct.schema.fields);
    this.structs.push(struct);
  }

  #addInner(parent: string, fields: Fields): void {
    for (const [name, schema] of Object.entries(fields)) {
      const bare = stripped(schema);
      const element = bare.kind === "array" ? bare.of : bare;
      const inner = `${parent}_${snake(name)}`;
      if (element.kind === "object" && !this.#structs.has(element)) {
        this.#addStruct({ name: inner, schema: element, doc: `\`${name}\` of aranya_edge_${parent}.` });
      } else if (element.kind === "oneOf" && element !== errorCode && !this.#enums.has(element)) {
        const added = { name: inner, values: element.values, doc: `\`${name}\` of aranya_edge_${parent}.` };
        this.#enums.set(element, added);
        this.enums.push(added);
      }
    }
  }
}

export function stripped(schema: Schema): Schema {
  return schema.kind === "optional" ? stripped(schema.of) : schema;
}

/** Whether a `has_…` member is needed to say that the value is there. */
function needsFlag(schema: Schema): boolean {
  if (schema.kind !== "optional") return false;
  const bare = stripped(schema);
  switch (bare.kind) {
    case "str":
    case "oneOf":
      return false;
    case "uint":
      return bare.min === 0;
    case "object":
      // One of which everything is optional is missing when all of it is.
      return !Object.values(bare.fields).every((field) => field.kind === "optional");
    default:
      return true;
  }
}

export interface Member {
  /** Of the method table. */
  readonly key: string;
  readonly schema: Schema;
  readonly optional: boolean;
  /** A C declaration without its semicolon. */
  readonly declaration: string;
  readonly name: string;
  /** The member besides: `has_…` or `…_count`. */
  readonly aux?: { readonly name: string; readonly declaration: string };
}

export function membersOf(fields: Fields, types: Types): Member[] {
  return Object.entries(fields).map(([key, schema]) => memberOf(key, schema, types));
}

function memberOf(key: string, schema: Schema, types: Types): Member {
  const name = snake(key);
  const bare = stripped(schema);
  const common = { key, schema: bare, optional: schema.kind === "optional", name };
  if (bare.kind === "array") {
    const aux = { name: `${name}_count`, declaration: `size_t ${name}_count` };
    return { ...common, declaration: listDeclaration(name, bare, types), aux };
  }
  const declaration = declare(name, bare, types);
  if (!needsFlag(schema)) return { ...common, declaration };
  return { ...common, declaration, aux: { name: `has_${name}`, declaration: `bool has_${name}` } };
}

/** Choices are few and stand in the struct; the others stay where they arrived. */
const CHOICES_MAX = 8;

function listDeclaration(
  name: string,
  { of, max }: Extract<Schema, { kind: "array" }>,
  types: Types,
): string {
  if (of.kind === "id") return `const ${PREFIX}${of.of}_id *${name}`;
  if (of.kind === "str") return `const char *${name}`;
  if (of.kind === "oneOf" && max <= CHOICES_MAX) return `${types.enumOf(of)} ${name}[${max}]`;
  throw new Error(`${name}: a list of ${of.kind} has no form in C yet`);
}

export function declare(name: string, schema: Schema, types: Types): string {
  switch (schema.kind) {
    case "bool":
      return `bool ${name}`;
    case "str":
      return `const char *${name}`;
    case "uint":
      return `uint64_t ${name}`;
    case "bytes":
      if (schema.bytesMin !== schema.bytesMax) throw new Error(`${name}: bytes of no fixed length`);
      return `uint8_t ${name}[${schema.bytesMax}]`;
    case "id":
      return `${PREFIX}${schema.of}_id ${name}`;
    case "oneOf":
      return `${types.enumOf(schema)} ${name}`;
    case "object":
      return `${PREFIX}${types.structOf(schema).name} ${name}`;
    default:
      throw new Error(`${name}: ${schema.kind} has no form in C yet`);
  }
}
