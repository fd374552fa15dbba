/**
 * Base32 (RFC 4648, section 6) without padding: capitals and digits alone, so that nothing on the way takes a character
 * for markup, and a wrong character damages five neighbouring bits and no more. Whole groups of 5 bytes only.
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** `bytes.length` must be a multiple of 5, so that every text is the only one of its bytes. */
export function toBase32(bytes: Uint8Array): string {
  if (bytes.length % 5 !== 0) throw new RangeError(`base32 takes multiples of 5 bytes, not ${bytes.length}`);
  let text = "";
  for (let i = 0; i < bytes.length; i += 5) {
    const high = (bytes[i]! << 12) | (bytes[i + 1]! << 4) | (bytes[i + 2]! >> 4);
    const low = ((bytes[i + 2]! & 15) << 16) | (bytes[i + 3]! << 8) | bytes[i + 4]!;
    for (const half of [high, low]) {
      for (let shift = 15; shift >= 0; shift -= 5) text += ALPHABET[(half >> shift) & 31]!;
    }
  }
  return text;
}

/** Undefined for anything but whole groups of 8 characters of the alphabet. */
export function fromBase32(text: string): Uint8Array | undefined {
  if (text.length % 8 !== 0) return undefined;
  const out = new Uint8Array((text.length / 8) * 5);
  let bits = 0;
  let pending = 0;
  let length = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    pending = ((pending << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[length++] = (pending >> bits) & 0xff;
    }
  }
  return out;
}
