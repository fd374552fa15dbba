/**
 * Base58 with the Bitcoin alphabet (draft-msporny-base58): what people read aloud and paste. One text per
 * byte string, so an id has one spelling. Works in limbs of 24 bits and digits of 58^3, whose products stay exact.
 */

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

const LIMB = 2 ** 24;
const DIGIT = 58 ** 3;

export function toBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;

  // Big-endian limbs; the first one takes the bytes that do not fill a limb.
  const limbs: number[] = [];
  let limb = 0;
  for (let i = 0; i < bytes.length; i++) {
    limb = limb * 256 + bytes[i]!;
    if ((bytes.length - 1 - i) % 3 === 0) {
      limbs.push(limb);
      limb = 0;
    }
  }
  let text = "";
  let first = 0;
  while (first < limbs.length) {
    let remainder = 0;
    for (let i = first; i < limbs.length; i++) {
      const value = remainder * LIMB + limbs[i]!;
      limbs[i] = Math.floor(value / DIGIT);
      remainder = value % DIGIT;
    }
    while (first < limbs.length && limbs[first] === 0) first++;
    text =
      ALPHABET[Math.floor(remainder / 3364)]! +
      ALPHABET[Math.floor(remainder / 58) % 58]! +
      ALPHABET[remainder % 58]! +
      text;
  }
  // The digits come in threes: what leads is padding, not leading zero bytes.
  let padding = 0;
  while (padding < text.length && text[padding] === "1") padding++;
  return "1".repeat(zeros) + text.slice(padding);
}

/** Undefined for characters outside the alphabet and for text that is not the one spelling of its bytes. */
export function fromBase58(text: string, byteLengthMax = 128): Uint8Array | undefined {
  // log(58)/log(256) < 0.7322: a text longer than this cannot fit, and is refused before any work.
  if (text.length > Math.ceil(byteLengthMax * 1.366) + 1) return undefined;
  const reversed: number[] = [];
  let zeros = 0;
  let leading = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? VALUES[code]! : -1;
    if (value < 0) return undefined;
    if (leading && value === 0) {
      zeros++;
      continue;
    }
    leading = false;
    let carry = value;
    for (let j = 0; j < reversed.length; j++) {
      const v = reversed[j]! * 58 + carry;
      reversed[j] = v & 0xff;
      carry = v >> 8;
    }
    while (carry > 0) {
      reversed.push(carry & 0xff);
      carry >>= 8;
    }
  }
  const length = zeros + reversed.length;
  if (length > byteLengthMax) return undefined;
  const out = new Uint8Array(length);
  for (let i = 0; i < reversed.length; i++) out[length - 1 - i] = reversed[i]!;
  return out;
}
