/**
 * CBOR of control messages. cbor-x does the work, without its records and shared structures; what it would read beyond
 * plain data (tags, which build dates, patterns, references …; indefinite lengths; duplicate keys) never reaches it,
 * because the heads are walked first. Integers may have any width and numbers may be float64: these bytes are not
 * signed, so one value may have several encodings.
 */
import { Encoder } from "cbor-x/encode";
import type { Options } from "cbor-x";
import { fromUtf8 } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";

const DEPTH_MAX = 8;

const coder = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  structuredClone: false,
  tagUint8Array: false,
  variableMapSize: true,
  int64AsNumber: true,
} as Options);

/** A fresh array. Objects must be plain, without undefined values, and text well-formed. */
export function encodeControl(value: unknown): Uint8Array {
  return Uint8Array.from(coder.encode(value));
}

/** Throws `DecodeError`. Byte strings in the value alias the input: copy what is kept. */
export function decodeControl(bytes: Uint8Array): unknown {
  walk(bytes);
  try {
    return coder.decode(bytes);
  } catch (cause) {
    throw new DecodeError("bad-cbor", 0, cause instanceof Error ? cause.message : undefined);
  }
}

interface Container {
  itemsLeft: number;
  /** In a map: the keys so far; items alternate between keys and values. */
  readonly keys?: Set<string>;
}

/** Refuses everything that is not plain data, and lengths beyond the input, before anything is built. */
function walk(bytes: Uint8Array): void {
  const open: Container[] = [];
  let offset = 0;
  do {
    if (offset >= bytes.length) throw new DecodeError("truncated", offset);
    const start = offset;
    const major = bytes[offset]! >> 5;
    const info = bytes[offset]! & 31;
    offset++;
    if (info > 27) throw new DecodeError("bad-type", start);
    const width = info < 24 ? 0 : 1 << (info - 24);
    if (width > bytes.length - offset) throw new DecodeError("truncated", offset);
    let argument = info;
    if (width > 0) {
      argument = 0;
      for (let i = 0; i < width; i++) argument = argument * 256 + bytes[offset + i]!;
      offset += width;
    }

    const parent = open.at(-1);
    const isKey = parent?.keys !== undefined && parent.itemsLeft % 2 === 0;
    if (isKey && major !== 3) throw new DecodeError("bad-key", start);
    if (parent !== undefined) parent.itemsLeft--;

    switch (major) {
      case 0:
      case 1:
        break;
      case 2:
      case 3: {
        if (argument > bytes.length - offset) throw new DecodeError("truncated", offset);
        const content = bytes.subarray(offset, offset + argument);
        offset += argument;
        if (major === 2) break;
        const text = fromUtf8(content);
        if (text === undefined) throw new DecodeError("bad-utf8", start);
        if (!isKey) break;
        if (parent.keys.has(text)) throw new DecodeError("duplicate-key", start);
        parent.keys.add(text);
        break;
      }
      case 4:
      case 5: {
        const itemsLeft = major === 4 ? argument : 2 * argument;
        if (itemsLeft > bytes.length - offset) throw new DecodeError("truncated", offset);
        if (open.length >= DEPTH_MAX) throw new DecodeError("too-deep", start);
        open.push(major === 4 ? { itemsLeft } : { itemsLeft, keys: new Set() });
        break;
      }
      case 7: {
        const isSimple = info === 20 || info === 21 || info === 22; // false, true, null
        if (!isSimple && info !== 27) throw new DecodeError("bad-type", start); // 27: float64
        break;
      }
      default:
        throw new DecodeError("bad-type", start);
    }
    while (open.length > 0 && open.at(-1)!.itemsLeft === 0) open.pop();
  } while (open.length > 0);
  if (offset !== bytes.length) throw new DecodeError("trailing-bytes", offset);
}
