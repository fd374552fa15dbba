import { closeSync, openSync, readSync } from "node:fs";
import { fromUtf8 } from "../base/bytes.ts";
import { StoreError } from "../base/errors.ts";

/** A small file of text, read whole. Throws `StoreError` where it cannot be read, is longer or is not UTF-8. */
export function readTextFile(path: string, bytesMax: number): string {
  // One byte more than allowed, so that a longer file shows, whatever its size claims to be.
  const bytes = new Uint8Array(bytesMax + 1);
  let length = 0;
  try {
    const fd = openSync(path, "r");
    try {
      for (let n = -1; n !== 0 && length < bytes.length; length += n) {
        n = readSync(fd, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError("unreadable", `cannot read ${path}: ${reason}`, { cause });
  }
  if (length > bytesMax) throw new StoreError("too-long", `${path} is longer than ${bytesMax} bytes`);
  const text = fromUtf8(bytes.subarray(0, length));
  if (text === undefined) throw new StoreError("not-text", `${path} is not UTF-8 text`);
  return text;
}
