/** Each method of the table as a C function. */
import { COMMON_ERRORS } from "../../src/ipc/method-definition.ts";
import type { MethodDefinition } from "../../src/ipc/method-definition.ts";
import { METHOD_DOCS } from "../../src/ipc/method-docs.ts";
import { METHODS, methodDefinition } from "../../src/ipc/methods.ts";
import type { AnyMethodName } from "../../src/ipc/methods.ts";
import { describe } from "../../src/ipc/schema.ts";
import type { Schema } from "../../src/ipc/schema.ts";
import { CONSTANT, constant, declare, PREFIX, snake, stripped } from "./types.ts";
import type { Types } from "./types.ts";

/**
 * Methods that are no request and answer of their own in C, and the function written by hand that stands for each. The
 * header's test looks for them.
 */
export const BY_HAND: Partial<Readonly<Record<AnyMethodName, string>>> = {
  hello: "aranya_edge_connect",
  listen: "aranya_edge_poll_data",
  pollData: "aranya_edge_poll_data",
  readData: "aranya_edge_read_data",
  sendData: "aranya_edge_send_data",
  effects: "aranya_edge_next_effect",
};

export const ALL_METHODS = Object.keys(METHODS) as AnyMethodName[];

/** Those that are generated. */
export const CALLS: readonly AnyMethodName[] = ALL_METHODS.filter((name) => {
  if (BY_HAND[name] !== undefined) return false;
  if (methodDefinition(name).via !== "call") throw new Error(`${name} needs a C function written by hand`);
  return true;
});

/** `aranya_edge_status` is the type of what every call returns. */
const RENAMED: Partial<Readonly<Record<AnyMethodName, string>>> = { status: "get_status" };

/** Of the C function, by hand or generated. */
export function functionName(name: AnyMethodName): string {
  return BY_HAND[name] ?? `${PREFIX}${RENAMED[name] ?? snake(name)}`;
}

interface Parameter {
  readonly declaration: string;
  /** In an example. */
  readonly argument: string;
  /** A pointer to the C value, for the encoder. */
  readonly pointer: string;
  readonly doc: string;
}

/** `timeoutMs` is the call's own time-out. */
export const TIMEOUT_PARAM = "timeoutMs";

function parametersOf(definition: MethodDefinition, types: Types): Parameter[] {
  return Object.entries(definition.params)
    .filter(([key]) => key !== TIMEOUT_PARAM)
    .map(([key, schema]) => {
      const name = snake(key);
      const bare = stripped(schema);
      const absent =
        schema.kind !== "optional" ? "" : bare.kind === "oneOf" ? "; 0 for none" : "; NULL for none";
      const doc = `@param ${name} ${describe(bare)}${absent}`;
      switch (bare.kind) {
        case "id":
        case "object":
          return {
            declaration: `const ${declare(`*${name}`, bare, types)}`,
            argument: `&${name}`,
            pointer: name,
            doc,
          };
        case "str":
        case "uint":
        case "oneOf":
          return {
            declaration: declare(name, bare, types),
            argument: exampleOf(name, bare, types),
            pointer: `&${name}`,
            doc,
          };
        default:
          throw new Error(`parameter ${key}: ${bare.kind} has no form in C yet`);
      }
    });
}

const EXAMPLE_TEXTS: Readonly<Record<string, string>> = {
  address: "hub.example",
  common_name: "pump 3",
  label: "telemetry",
  net_identifier: "pump-3.example:5000",
};

function exampleOf(name: string, schema: Schema, types: Types): string {
  if (schema.kind === "oneOf") {
    return `${types.enumOf(schema).replace("enum ", "").toUpperCase()}_${constant(schema.values.at(-1)!)}`;
  }
  if (schema.kind === "uint") return "1000";
  const text = EXAMPLE_TEXTS[name];
  if (text === undefined) throw new Error(`${name} has no example: add one to EXAMPLE_TEXTS`);
  return JSON.stringify(text);
}

interface ResultForm {
  readonly declarations: readonly string[];
  /** In an example. */
  readonly arguments: readonly string[];
  readonly docs: readonly string[];
  /** Of a list. */
  readonly visitor?: { readonly type: string; readonly item: string; readonly value: string };
}

function resultOf(name: AnyMethodName, schema: Schema, types: Types): ResultForm {
  switch (schema.kind) {
    case "bool":
      return {
        declarations: ["bool *changed"],
        arguments: ["&changed"],
        docs: ["@param[out] changed Whether the call changed something here; may be NULL"],
      };
    case "id":
      return {
        declarations: [`${PREFIX}${schema.of}_id *${schema.of}_id`],
        arguments: [`&${schema.of}_id`],
        docs: [`@param[out] ${schema.of}_id ${describe(schema)}; may be NULL`],
      };
    case "object": {
      const struct = types.structOf(schema).name;
      return {
        declarations: [`${PREFIX}${struct} *result`],
        arguments: ["&result"],
        docs: [
          "@param[out] result Texts and lists in it are good until the next call on this client, or the end of `done`",
        ],
      };
    }
    case "array": {
      const type = `${PREFIX}visit_${snake(name)}`;
      const item =
        schema.of.kind === "str" ? "const char *" : `const ${declare("*", schema.of, types).trimEnd()}`;
      const value = schema.of.kind === "str" ? "*(const char *const *)item" : "item";
      return {
        declarations: [`${type} *visit`, "void *visit_user"],
        arguments: [`print_${snake(name)}`, "stdout"],
        docs: [
          "@param visit Is told each item, which is good until it returns. When the call fails it may have been told some",
          "@param visit_user Handed to `visit`",
        ],
        visitor: { type, item, value },
      };
    }
    default:
      throw new Error(`${name}: a result of ${schema.kind} has no form in C yet`);
  }
}

function prototype(name: AnyMethodName, types: Types): string {
  const definition = methodDefinition(name);
  const all = [
    "aranya_edge *client",
    ...parametersOf(definition, types).map((p) => p.declaration),
    ...resultOf(name, definition.result, types).declarations,
    "const aranya_edge_options *options",
  ];
  return `aranya_edge_status ${functionName(name)}(${all.join(", ")})`;
}

function errorNames(definition: MethodDefinition): string {
  return [...definition.errors, ...COMMON_ERRORS].map((code) => `${CONSTANT}${constant(code)}`).join(", ");
}

export function callDeclarations(types: Types): string {
  return CALLS.map((name) => {
    const definition = methodDefinition(name);
    const result = resultOf(name, definition.result, types);
    const parameters = parametersOf(definition, types);
    const example = ["client", ...parameters.map((p) => p.argument), ...result.arguments, "NULL"].join(", ");
    const lines = [
      inC(METHOD_DOCS[name].doc),
      "",
      `Permission: ${METHOD_DOCS[name].permission}.`,
      "",
      "@param client The client",
      ...parameters.map((p) => p.doc),
      ...result.docs,
      "@param options Time-out and callback; NULL waits with the client's own time-out",
      `@return ARANYA_EDGE_OK, or ${errorNames(definition)}`,
      "@code",
      `${functionName(name)}(${example});`,
      "@endcode",
    ];
    const visitor =
      result.visitor === undefined
        ? ""
        : `/** Is told each item of ${functionName(name)}(). */\n` +
          `typedef void ${result.visitor.type}(void *visit_user, ${result.visitor.item}${result.visitor.item.endsWith("*") ? "" : " "}item);\n\n`;
    return `${visitor}${comment(lines)}\nARANYA_EDGE_API ${prototype(name, types)};`;
  })
    .map(wrapDeclaration)
    .join("\n\n");
}

/** Names of methods and parameters as they are here. Methods of one word are left alone: they are words. */
export function inC(doc: string): string {
  return doc
    .replace(/\b[a-z]+[A-Z]\w*\b/g, (word) =>
      Object.hasOwn(METHODS, word) ? `${functionName(word as AnyMethodName)}()` : word,
    )
    .replace(/`(\w+)`/g, (_, name: string) => `\`${snake(name)}\``);
}

export function callDefinitions(types: Types): string {
  return CALLS.map((name) => {
    const definition = methodDefinition(name);
    const pointers = parametersOf(definition, types).map((p) => p.pointer);
    const result = resultOf(name, definition.result, types);
    const method = `&ae_method_${snake(name)}`;
    const args = pointers.length === 0 ? "" : `\tconst void *const args[] = {${pointers.join(", ")}};\n`;
    const argsName = pointers.length === 0 ? "NULL" : "args";
    if (result.visitor === undefined) {
      const out = /(\w+)$/.exec(result.declarations[0]!)![1]!;
      return `${prototype(name, types)}\n{\n${args}\treturn ae_call(client, ${method}, ${argsName}, ${out}, options);\n}`;
    }
    const { type, value } = result.visitor;
    return (
      `static void visit_${snake(name)}(void (*visit)(void), void *user, const void *item)\n{\n` +
      `\t((${type} *)visit)(user, ${value});\n}\n\n` +
      `${prototype(name, types)}\n{\n${args}` +
      `\treturn ae_list(client, ${method}, ${argsName}, visit == NULL ? NULL : visit_${snake(name)}, (void (*)(void))visit,\n\t\t       visit_user, options);\n}`
    );
  })
    .map(wrapDeclaration)
    .join("\n\n");
}

/** Doxygen, wrapped. */
export function comment(lines: readonly string[]): string {
  const out = lines.flatMap((line) => (line === "" ? [" *"] : wrap(line, 112).map((l) => ` * ${l}`)));
  return ["/**", ...out, " */"].join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.replaceAll("*/", "* /").split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Long parameter lists continue behind the parenthesis. */
function wrapDeclaration(text: string): string {
  return text
    .split("\n")
    .flatMap((line) => {
      if (line.length <= 118 || line.startsWith(" *")) return [line];
      const open = line.indexOf("(");
      const indent = " ".repeat(open + 1 > 60 ? 8 : open + 1);
      const parts = line.split(/(?<=,) /);
      const lines = [parts[0]!];
      for (const part of parts.slice(1)) {
        if (lines.at(-1)!.length + 1 + part.length > 118) lines.push(indent + part);
        else lines.push(`${lines.pop()!} ${part}`);
      }
      return lines;
    })
    .join("\n");
}
