/**
 * Base58 with the Bitcoin alphabet (draft-msporny-base58): what people read aloud and paste. One text per
 * byte string, so an id has one spelling. Every command read costs a few of these, so they work on three bytes and four
 * characters at a time, whose products stay exact, and without the remainder operator, which is slow beyond 32 bits.
 */

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CODES = Uint8Array.from(ALPHABET, (c) => c.charCodeAt(0));
const ONE = CODES[0]!;
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

const LIMB_BYTES = 3;
const LIMB = 256 ** LIMB_BYTES;
const DIGIT_CHARACTERS = 4;
const DIGIT = 58 ** DIGIT_CHARACTERS;

export function toBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;

  // Lowest digit first. The first limb takes the bytes that do not fill one.
  const digits: number[] = [];
  let limb = 0;
  for (let i = zeros; i < bytes.length; i++) {
    limb = limb * 256 + bytes[i]!;
    if ((bytes.length - 1 - i) % LIMB_BYTES === 0) {
      multiplyAdd(digits, DIGIT, LIMB, limb);
      limb = 0;
    }
  }
  const reversed: number[] = [];
  for (const digit of digits) {
    let rest = digit;
    for (let i = 0; i < DIGIT_CHARACTERS; i++) {
      const quotient = Math.floor(rest / 58);
      reversed.push(CODES[rest - quotient * 58]!);
      rest = quotient;
    }
  }
  // The characters come in fours: what leads is padding, not leading zero bytes.
  while (reversed[reversed.length - 1] === ONE) reversed.pop();
  for (let i = 0; i < zeros; i++) reversed.push(ONE);
  return String.fromCharCode(...reversed.reverse());
}

/** Undefined for characters outside the alphabet and for text that is not the one spelling of its bytes. */
export function fromBase58(text: string, byteLengthMax = 128): Uint8Array | undefined {
  // log(58)/log(256) < 0.7322: a text longer than this cannot fit, and is refused before any work.
  if (text.length > Math.ceil(byteLengthMax * 1.366) + 1) return undefined;
  let zeros = 0;
  while (zeros < text.length && text.charCodeAt(zeros) === ONE) zeros++;

  // Lowest limb first. The first digit takes the characters that do not fill one.
  const limbs: number[] = [];
  let digit = 0;
  for (let i = zeros; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? VALUES[code]! : -1;
    if (value < 0) return undefined;
    digit = digit * 58 + value;
    if ((text.length - 1 - i) % DIGIT_CHARACTERS === 0) {
      multiplyAdd(limbs, LIMB, DIGIT, digit);
      digit = 0;
    }
  }
  const highest = limbs[limbs.length - 1] ?? 0;
  const highestBytes = highest >= 65536 ? 3 : highest >= 256 ? 2 : highest > 0 ? 1 : 0;
  const length = zeros + Math.max(0, limbs.length - 1) * LIMB_BYTES + highestBytes;
  if (length > byteLengthMax) return undefined;
  const out = new Uint8Array(length);
  let at = length;
  for (const limb of limbs) {
    for (let shift = 0; shift < 24 && at > zeros; shift += 8) out[--at] = limb >>> shift;
  }
  return out;
}

/** number = number * factor + summand, the number given by its places to a base, lowest first, no leading zeros. */
function multiplyAdd(places: number[], base: number, factor: number, summand: number): void {
  let carry = summand;
  for (let i = 0; i < places.length; i++) {
    // Below 2^48: the quotient, rounded once, is never rounded up to the next integer.
    const value = places[i]! * factor + carry;
    carry = Math.floor(value / base);
    places[i] = value - carry * base;
  }
  while (carry > 0) {
    const quotient = Math.floor(carry / base);
    places.push(carry - quotient * base);
    carry = quotient;
  }
}
