/**
 * What of the C client follows from the method table: sections of the header, the encoder's and decoder's tables, the
 * calls. `npm run client-c -- generate` writes them; test/unit/client-c compares what is committed with what comes out.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callDefinitions } from "./calls.ts";
import { headerSections } from "./header.ts";
import { tables } from "./tables.ts";
import { HELLO, membersOf, PREFIX, Types } from "./types.ts";

const ROOT = join(import.meta.dirname, "../..");
export const HEADER = "src/client-c/include/aranya_edge.h";

const NOTICE = "/* Generated from src/ipc by `npm run client-c -- generate`: change it there. */";

/** Path to contents, of every file that is generated in whole or in part. */
export function generated(): Map<string, string> {
  const types = new Types();
  const hello = membersOf(HELLO.schema.fields, types).map((m) => `\t${m.declaration};`);
  return new Map([
    [HEADER, withSections(readFileSync(join(ROOT, HEADER), "utf8"), headerSections(types))],
    [
      "src/client-c/src/hello.h",
      `${NOTICE}\n#ifndef AE_HELLO_H\n#define AE_HELLO_H\n\n#include <stdint.h>\n\n` +
        `typedef struct ${PREFIX}hello {\n${hello.join("\n")}\n} ${PREFIX}hello;\n\n#endif\n`,
    ],
    [
      "src/client-c/src/tables.c",
      `${NOTICE}\n#include <stddef.h>\n\n#include "hello.h"\n#include "internal.h"\n\n${tables(types)}\n`,
    ],
    [
      "src/client-c/src/calls.c",
      `${NOTICE}\n#include "internal.h"\n#include "methods.h"\n\n${callDefinitions(types)}\n`,
    ],
    ["src/client-c/src/methods.h", methodsHeader()],
  ]);
}

function methodsHeader(): string {
  const names = [...tables(new Types()).matchAll(/^const struct ae_method (\w+) /gm)].map((m) => m[1]!);
  const lines = names.map((name) => `extern const struct ae_method ${name};`);
  return `${NOTICE}\n#ifndef AE_METHODS_H\n#define AE_METHODS_H\n\n#include "schema.h"\n\n${lines.join("\n")}\n\n#endif\n`;
}

function withSections(header: string, sections: Readonly<Record<string, string>>): string {
  let text = header;
  for (const [name, content] of Object.entries(sections)) {
    const begin = `/* begin generated: ${name} */\n`;
    const end = `/* end generated: ${name} */\n`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${HEADER} has no section ${name}`);
    text = `${text.slice(0, from + begin.length)}\n${content}\n\n${text.slice(to)}`;
  }
  return text;
}

export function writeGenerated(): void {
  for (const [path, text] of generated()) writeFileSync(join(ROOT, path), text);
}
