/**
 * CRC-32C (Castagnoli, RFC 3720 section 12.1 and appendix B.4): finds what a medium or a line did by accident. It
 * proves nothing against an adversary.
 */

/** The polynomial 0x1edc6f41 with its bits reversed, as the algorithm shifts right. */
const POLYNOMIAL = 0x82f63b78;

/**
 * TABLES[k][byte]: what the byte does to the checksum when k bytes follow it. With four of them, four bytes at a time
 * ("slicing", Kounavis and Berry 2005): every log is checksummed whole when it is opened.
 */
const SLICE = 4;
const TABLES = Array.from({ length: SLICE }, () => new Uint32Array(256));
const [FIRST, SECOND, THIRD, FOURTH] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  FIRST[byte] = crc;
}
for (let k = 1; k < SLICE; k++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = TABLES[k - 1]![byte]!;
    TABLES[k]![byte] = FIRST[before & 0xff]! ^ (before >>> 8);
  }
}

/**
 * An unsigned 32-bit number, over `bytes` from `start` to `end`. `seed` is the checksum of what comes before:
 * crc(a ‖ b) = crc32c(b, crc32c(a)).
 */
export function crc32c(bytes: Uint8Array, seed = 0, start = 0, end = bytes.length): number {
  let crc = ~seed;
  let at = start;
  for (; at + SLICE <= end; at += SLICE) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      FOURTH[crc & 0xff]! ^ THIRD[(crc >>> 8) & 0xff]! ^ SECOND[(crc >>> 16) & 0xff]! ^ FIRST[crc >>> 24]!;
  }
  for (; at < end; at++) crc = FIRST[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
