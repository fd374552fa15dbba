/**
 * CRC-32C (Castagnoli, RFC 3720 section 12.1 and appendix B.4): finds what a medium or a line did by accident. It
 * proves nothing against an adversary.
 */

/** The polynomial 0x1edc6f41 with its bits reversed, as the algorithm shifts right. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = new Uint32Array(256);
for (let i = 0; i < TABLE.length; i++) {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  TABLE[i] = crc;
}

/** An unsigned 32-bit number. `seed` is the checksum of what comes before: crc(a ‖ b) = crc32c(b, crc32c(a)). */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
