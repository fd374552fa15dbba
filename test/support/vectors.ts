import { readFileSync } from "node:fs";
import { fromHex } from "../../src/base/bytes.ts";

/** A file of `test/vectors/`; the caller says what is in it. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8")) as T;
}

/** Hexadecimal that must be right. */
export function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}
