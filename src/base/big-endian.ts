/** Big-endian unsigned integers in byte arrays, without a DataView for each. Callers check lengths: reading past the end gives nonsense. */

/** Numbers of 2^53 and above are not exact in JavaScript: their high half begins here. */
const INEXACT_HIGH = 2 ** 21;

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Undefined from 2^53 on. */
export function readU64(bytes: Uint8Array, at: number): number | undefined {
  const high = readU32(bytes, at);
  return high < INEXACT_HIGH ? high * 2 ** 32 + readU32(bytes, at + 4) : undefined;
}

/** `value` from 0 to 2^32 - 1. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** `value` from 0 to 2^53 - 1. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / 2 ** 32));
  writeU32(bytes, at + 4, value >>> 0);
}
