/**
 * What a program that was compiled against the header, and linked to the library, has of both inside it: one line of text for
 * each. The compiler is asked, and only as far as assembly, so that nothing of another processor has to run.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../process.ts";

/** Kind and name, and what holds of it. */
export type Facts = ReadonlyMap<string, string>;

interface Member {
  readonly name: string;
  readonly type: string;
}

interface Declared {
  readonly structs: ReadonlyMap<string, readonly Member[]>;
  readonly enums: ReadonlyMap<string, readonly string[]>;
  /** Signatures without the names of parameters. */
  readonly functions: ReadonlyMap<string, string>;
  readonly callbacks: ReadonlyMap<string, string>;
  /** Sizes of buffers that callers have made. */
  readonly sizes: readonly string[];
}

/** Of a header, as this compiler lays it out. */
export function headerFacts(header: string, compiler: string): Map<string, string> {
  const { structs, enums, functions, callbacks, sizes } = declaredIn(header);
  const asked = new Map<string, readonly string[]>();
  const texts = new Map<string, string>();
  for (const name of sizes) asked.set(`bytes ${name}`, [name]);
  for (const [name, values] of enums) {
    asked.set(`enum ${name}`, [`sizeof(${name})`]);
    for (const value of values) asked.set(`value ${value}`, [value]);
  }
  for (const [name, members] of structs) {
    asked.set(`struct ${name}`, [`sizeof(${name})`, `_Alignof(${name})`]);
    for (const { name: member, type } of members) {
      const key = `field ${name}.${member}`;
      asked.set(key, [`offsetof(${name}, ${member})`, `sizeof(((${name} *)0)->${member})`]);
      texts.set(key, type);
    }
  }
  const facts = new Map<string, string>();
  for (const [key, numbers] of answers(header, compiler, asked)) {
    facts.set(key, [...numbers, ...(texts.has(key) ? [texts.get(key)!] : [])].join(" "));
  }
  for (const [name, text] of functions) facts.set(`function ${name}`, text);
  for (const [name, text] of callbacks) facts.set(`callback ${name}`, text);
  return facts;
}

/** Of a shared library: its name, and each symbol with its version. `prefix`: before the names of binutils. */
export function libraryFacts(library: string, prefix: string): Map<string, string> {
  const soname = /SONAME +(\S+)/.exec(run([`${prefix}objdump`, "-p", library]))?.[1] ?? "none";
  const facts = new Map([["soname", soname]]);
  const symbols = run([`${prefix}nm`, "--dynamic", "--defined-only", "--with-symbol-versions", library]);
  for (const [, type, name, version] of symbols.matchAll(/^\S+ (\w) (\w+)@@?(\w+)$/gm)) {
    if (type !== "A") facts.set(`symbol ${name!}`, version!);
  }
  return facts;
}

function answers(
  header: string,
  compiler: string,
  asked: ReadonlyMap<string, readonly string[]>,
): Map<string, string[]> {
  const keys = [...asked.keys()];
  const questions = keys.flatMap((key, i) =>
    asked
      .get(key)!
      .map((value) => `\t__asm__ volatile("\\n.ascii \\"->${i} %c0\\"" : : "i"((long)(${value})));`),
  );
  const source = `#include "aranya_edge.h"\nvoid abi(void);\nvoid abi(void) {\n${questions.join("\n")}\n}\n`;
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-abi-"));
  let assembly: string;
  try {
    writeFileSync(join(directory, "aranya_edge.h"), header);
    writeFileSync(join(directory, "abi.c"), source);
    assembly = run([compiler, "-std=c11", "-S", "-O0", "-o", "-", join(directory, "abi.c")]);
  } finally {
    rmSync(directory, { recursive: true });
  }
  const found = new Map<string, string[]>(keys.map((key) => [key, []]));
  for (const [, index, value] of assembly.matchAll(/"->(\d+) (-?\d+)"/g)) {
    found.get(keys[Number(index)]!)!.push(value!);
  }
  return found;
}

/** Of a header in the shape that ours has. Throws where there is a type it does not understand. */
function declaredIn(header: string): Declared {
  const text = header.replace(/\/\*[\s\S]*?\*\//g, "");
  const found = <T>(pattern: RegExp, read: (body: string) => T): Map<string, T> =>
    new Map([...text.matchAll(pattern)].map(([, name, body]) => [name!, read(body!)]));
  const declared = {
    structs: found(/^typedef struct (\w+) \{\n([\s\S]*?)^\} \1;/gm, (body) => membersOf(body, "")),
    enums: found(/^typedef enum (\w+) \{\n([\s\S]*?)^\} \1;/gm, (body) =>
      [...body.matchAll(/^\s*(\w+)\b/gm)].map((match) => match[1]!),
    ),
    functions: new Map(
      [...text.matchAll(/^ARANYA_EDGE_API ([^;(]*?)(\w+)\(([^;]*)\);/gm)].map(([, result, name, list]) => [
        name!,
        signature(result!, list!),
      ]),
    ),
    callbacks: new Map(
      [...text.matchAll(/^typedef (\w+) (\w+)\(([^;]*)\);/gm)].map(([, result, name, list]) => [
        name!,
        signature(result!, list!),
      ]),
    ),
    sizes: [...text.matchAll(/^#define (ARANYA_EDGE_(?:ID|ID_TEXT|KEY_BUNDLE)_BYTES) /gm)].map((m) => m[1]!),
  };
  const handles = text.match(/^typedef struct (\w+) \1;/gm)?.length ?? 0;
  const understood = handles + declared.structs.size + declared.enums.size + declared.callbacks.size;
  const typedefs = text.match(/^typedef /gm)?.length ?? 0;
  const functions = text.match(/^ARANYA_EDGE_API /gm)?.length ?? 0;
  if (understood !== typedefs || functions !== declared.functions.size)
    throw new Error("the header declares something that abi-facts.ts cannot read");
  return declared;
}

function membersOf(body: string, prefix: string): Member[] {
  const union = /^\tunion \{\n([\s\S]*?)^\t\} (\w+);/gm;
  const inner = [...body.matchAll(union)].flatMap(([, members, name]) => membersOf(members!, `${name!}.`));
  const own = [...body.replace(union, "").matchAll(/([^;]+);/g)].map(([, declaration]): Member => {
    const [, type, name, dimensions] = /^(.*?)(\w+)((?:\[\w+\])*)$/.exec(spaced(declaration!))!;
    return { name: prefix + name!, type: (type! + dimensions!).trim() };
  });
  return [...own, ...inner];
}

function signature(result: string, parameters: string): string {
  const types = spaced(parameters)
    .split(", ")
    .map((parameter) => /^(.*[ *])\w+$/.exec(parameter)?.[1]?.trim() ?? parameter);
  return `${spaced(result)} (${types.join(", ")})`;
}

function spaced(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
