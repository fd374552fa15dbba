/**
 * The strict CBOR of signed commands and of sync (RFC 8949, section 4.2 core deterministic encoding, and less than
 * that): unsigned integers below 2^53, byte strings, text and arrays, definite lengths, one encoding per value. `cborg`
 * reads and writes; what it lets through beyond this subset is refused here, last of all by encoding again and
 * comparing bytes. Text that is not well-formed or begins with a byte order mark has no encoding.
 */
import { decode, encode } from "cborg";
import { assert } from "../base/assert.ts";
import { copyBytes, equalBytes } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";

export type Cbor = number | Uint8Array | string | readonly Cbor[];

/** A value without an encoding is a bug: text from people has been checked before it comes here. */
export function encodeCbor(value: Cbor): Uint8Array {
  assert(isSubset(value), "cbor: value outside the subset");
  return copyBytes(encode(value)); // a Buffer, part of a pool
}

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
  useMaps: true,
};

/** Throws `DecodeError`; never returns anything outside `Cbor`. `depthMax` counts arrays within arrays. */
export function decodeCbor(bytes: Uint8Array, depthMax = 4): Cbor {
  checkDepth(bytes, depthMax);
  let value: unknown;
  try {
    value = decode(bytes, STRICT);
  } catch (cause) {
    throw new DecodeError("bad-cbor", 0, cause instanceof Error ? cause.message : undefined);
  }
  if (!isSubset(value)) throw new DecodeError("bad-type");
  if (!equalBytes(encode(value), bytes)) throw new DecodeError("not-canonical");
  return value;
}

function isSubset(value: unknown): value is Cbor {
  if (value instanceof Uint8Array) return true;
  if (typeof value === "string") return value.isWellFormed() && !value.startsWith("\ufeff");
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
  return Array.isArray(value) && value.every(isSubset);
}

/**
 * Walks the heads only, before anything is built: refuses other types, depth, and lengths beyond the input, so that
 * hostile bytes cannot make the reader recurse or allocate more than the input's own size.
 */
function checkDepth(bytes: Uint8Array, depthMax: number): void {
  const open: number[] = []; // items still to come, per array we are inside of
  let offset = 0;
  do {
    if (offset >= bytes.length) throw new DecodeError("truncated", offset);
    const start = offset;
    const major = bytes[offset]! >> 5;
    const info = bytes[offset]! & 31;
    offset++;
    let argument = info;
    if (info >= 24) {
      if (info > 27) throw new DecodeError("bad-type", start);
      const width = 1 << (info - 24);
      if (offset + width > bytes.length) throw new DecodeError("truncated", offset);
      argument = 0;
      for (let i = 0; i < width; i++) argument = argument * 256 + bytes[offset + i]!;
      offset += width;
    }
    if (open.length > 0) open[open.length - 1]!--;
    if (major === 2 || major === 3) {
      if (argument > bytes.length - offset) throw new DecodeError("truncated", offset);
      offset += argument;
    } else if (major === 4) {
      if (argument > bytes.length - offset) throw new DecodeError("truncated", offset);
      if (open.length >= depthMax) throw new DecodeError("too-deep", start);
      open.push(argument);
    } else if (major !== 0) {
      throw new DecodeError("bad-type", start);
    }
    while (open.length > 0 && open[open.length - 1] === 0) open.pop();
  } while (open.length > 0);
  if (offset !== bytes.length) throw new DecodeError("trailing-bytes", offset);
}
