/** The C header and its tables say what the method table says: a call added there and not here fails. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALL_METHODS, BY_HAND, functionName } from "../../../cross/client-c/calls.ts";
import { generated, HEADER } from "../../../cross/client-c/generate.ts";
import { ERROR_CODES } from "../../../src/base/codes.ts";
import { METHOD_DOCS } from "../../../src/ipc/method-docs.ts";
import { methodDefinition } from "../../../src/ipc/methods.ts";
import { ROOT } from "../../support/source-tree.ts";

const header = readFileSync(join(ROOT, HEADER), "utf8");

test("[DOC-4] what is committed is what the method table generates: npm run client-c -- generate", () => {
  for (const [path, text] of generated()) {
    expect(readFileSync(join(ROOT, path), "utf8") === text, `${path} is stale`).toBe(true);
  }
});

test("[DOC-1] every method has a function in the header, with a description, its errors and who may call it", () => {
  for (const name of ALL_METHODS) {
    const found = new RegExp(
      `/\\*\\*((?:(?!\\*/).)*)\\*/\\nARANYA_EDGE_API [^;(]*\\b${functionName(name)}\\(`,
      "s",
    ).exec(header);
    expect(found, `${name}: ${functionName(name)}`).not.toBeNull();
    const { errors } = methodDefinition(name);
    const { permission } = METHOD_DOCS[name];
    if (BY_HAND[name] !== undefined) continue;
    const words = found![1]!.replace(/\s*\n \* ?/g, " ");
    expect(words).toContain(`Permission: ${permission}`);
    for (const code of errors) {
      expect(words).toContain(`ARANYA_EDGE_${code.replace(/(?!^)[A-Z]/g, "_$&").toUpperCase()}`);
    }
  }
});

test("statuses have the numbers they have everywhere", () => {
  for (const [code, number] of Object.entries(ERROR_CODES)) {
    const name = code.replace(/(?!^)[A-Z]/g, "_$&").toUpperCase();
    expect(header).toMatch(new RegExp(`\\tARANYA_EDGE_${name} = ${number},`));
  }
  // The decoder takes the place in the list for the number.
  expect(Object.values(ERROR_CODES)).toEqual(Object.keys(ERROR_CODES).map((_, i) => i + 1));
});

test("the version is the package's", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  expect(header).toContain(`#define ARANYA_EDGE_VERSION "${version}"`);
});
