/**
 * The strict CBOR of signed commands and of sync (RFC 8949, section 4.2 core deterministic encoding, and less than
 * that): unsigned integers below 2^53, byte strings, text and arrays, definite lengths. One encoding a value: a head that
 * would fit fewer bytes is refused, and nothing else in the subset has a choice. Text that is not well-formed or begins
 * with a byte order mark has no encoding. Why not a library: docs/decisions/0001-two-cbor-readers.md.
 */
import { assert } from "../base/assert.ts";
import { fromUtf8, utf8 } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";

export type Cbor = number | Uint8Array | string | readonly Cbor[];

/** Major types (RFC 8949, section 3.1). */
const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;

/** A value without an encoding is a bug: text from people has been checked before it comes here. */
export function encodeCbor(value: Cbor): Uint8Array {
  const writer = new Writer();
  writer.value(value);
  return writer.end();
}

/**
 * Throws `DecodeError`. `depthMax` counts arrays within arrays. Nothing is allocated beyond the input's own size, whatever
 * its heads promise; byte strings are copies.
 */
export function decodeCbor(bytes: Uint8Array, depthMax = 4): Cbor {
  const reader = new Reader(bytes, depthMax);
  const value = reader.value();
  reader.end();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** How many more arrays within each other there may be. */
  #depthLeft: number;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = bytes;
    this.#depthLeft = depthMax;
  }

  value(): Cbor {
    const start = this.#at;
    const head = this.#byte();
    const major = head >> 5;
    if (major !== UINT && major !== BYTES && major !== TEXT && major !== ARRAY)
      throw new DecodeError("bad-type", start);
    const argument = this.#argument(head & 31, start);
    if (major === UINT) return argument;
    // Of an array too: no item takes less than a byte.
    if (argument > this.#bytes.length - this.#at) throw new DecodeError("truncated", this.#at);
    if (major === ARRAY) return this.#array(argument, start);
    const from = this.#at;
    this.#at += argument;
    return major === BYTES ? copyRange(this.#bytes, from, this.#at) : this.#text(from, this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new DecodeError("trailing-bytes", this.#at);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new DecodeError("truncated", this.#at);
    this.#at++;
    return byte;
  }

  /** In the fewest bytes that it fits, or not at all. */
  #argument(info: number, start: number): number {
    if (info < 24) return info;
    if (info > 27) throw new DecodeError("bad-type", start);
    const width = 1 << (info - 24);
    let argument = 0;
    for (let i = 0; i < width; i++) argument = argument * 256 + this.#byte();
    if (argument < LEAST[info - 24]!) throw new DecodeError("not-canonical", start);
    // What is rounded, is rounded to no less than 2^53.
    if (argument > Number.MAX_SAFE_INTEGER) throw new DecodeError("too-large", start);
    return argument;
  }

  #array(length: number, start: number): Cbor[] {
    if (this.#depthLeft === 0) throw new DecodeError("too-deep", start);
    this.#depthLeft--;
    const items: Cbor[] = [];
    for (let i = 0; i < length; i++) items.push(this.value());
    this.#depthLeft++;
    return items;
  }

  #text(from: number, to: number): string {
    if (to - from <= SHORT) {
      let text = "";
      let at = from;
      for (; at < to && this.#bytes[at]! < 0x80; at++) text += String.fromCharCode(this.#bytes[at]!);
      if (at === to) return text;
    }
    const text = fromUtf8(this.#bytes.subarray(from, to));
    if (text === undefined) throw new DecodeError("bad-text", from);
    if (text.startsWith(BYTE_ORDER_MARK)) throw new DecodeError("bad-text", from);
    return text;
  }
}

/** The least argument that needs 1, 2, 4 or 8 bytes of its own. */
const LEAST = [24, 2 ** 8, 2 ** 16, 2 ** 32] as const;
const BYTE_ORDER_MARK = "\ufeff";
/** Up to here a loop is faster than a call into the engine. */
const SHORT = 64;

/** Shares no memory with what it copies. */
function copyRange(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from);
  if (copy.length > SHORT) copy.set(bytes.subarray(from, to));
  else for (let i = 0; i < copy.length; i++) copy[i] = bytes[from + i]!;
  return copy;
}

class Writer {
  #bytes = new Uint8Array(512);
  #length = 0;

  value(value: Cbor): void {
    if (typeof value === "number") {
      assert(Number.isSafeInteger(value) && value >= 0, "cbor: an integer from 0 to 2^53 - 1");
      this.#head(UINT, value);
    } else if (typeof value === "string") {
      assert(value.isWellFormed() && !value.startsWith(BYTE_ORDER_MARK), "cbor: text that has an encoding");
      const bytes = utf8(value);
      this.#head(TEXT, bytes.length);
      this.#append(bytes);
    } else if (value instanceof Uint8Array) {
      this.#head(BYTES, value.length);
      this.#append(value);
    } else {
      assert(Array.isArray(value), "cbor: a value of the subset");
      this.#head(ARRAY, value.length);
      for (const item of value as readonly Cbor[]) this.value(item);
    }
  }

  end(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #head(major: number, argument: number): void {
    this.#makeRoom(9);
    let width = 0;
    if (argument >= LEAST[0]) {
      const size = LEAST.findLastIndex((least) => argument >= least);
      width = 1 << size;
      this.#bytes[this.#length++] = (major << 5) | (24 + size);
    } else {
      this.#bytes[this.#length++] = (major << 5) | argument;
    }
    let rest = argument;
    for (let at = this.#length + width - 1; at >= this.#length; at--) {
      this.#bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += width;
  }

  #append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
