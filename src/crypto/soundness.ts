/** What public keys must look like before either suite touches them. Public values: nothing here is constant time. */
import { equalBytes, fromHex } from "../base/bytes.ts";

/**
 * RFC 8032 section 5.1.3, as far as bytes alone can tell: y below p, and no sign on x = 0. OpenSSL lets both pass, and
 * a second spelling of a key is a second signature of a message. Says nothing about being on the curve.
 */
export function ed25519PointIsCanonical(point: Uint8Array): boolean {
  if (point.length !== 32 || !yIsBelowP(point)) return false;
  const negative = point[31]! >= 0x80;
  return !negative || !xIsZero(point);
}

/** Below 2^255 - 19 with the high bit clear, and not one of the points whose order divides 8. */
export function x25519PointIsSound(point: Uint8Array): boolean {
  return (
    point.length === 32 &&
    point[31]! < 0x80 &&
    yIsBelowP(point) &&
    !X25519_LOW_ORDER.some((low) => equalBytes(low, point))
  );
}

/** The canonical ones of https://cr.yp.to/ecdh.html#validate: 0, 1, two of order 8, and -1 (on the twist). */
const X25519_LOW_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((hex) => fromHex(hex)!);

/** Ignores the top bit. p is ed ff … ff 7f. */
function yIsBelowP(point: Uint8Array): boolean {
  return point[0]! < 0xed || (point[31]! & 0x7f) !== 0x7f || point.subarray(1, 31).some((b) => b !== 0xff);
}

/** y = 1 or y = -1: the only points with x = 0. Assumes y below p. */
function xIsZero(point: Uint8Array): boolean {
  const filler = point[1]!;
  if (!(filler === 0 ? point[0] === 1 : filler === 0xff && point[0] === 0xec)) return false;
  return (point[31]! & 0x7f) === (filler & 0x7f) && point.subarray(1, 31).every((b) => b === filler);
}
