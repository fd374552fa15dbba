/** What curve points must look like before either suite touches them. Public values: nothing here is constant time. */
import { fromHex } from "../base/bytes.ts";

/**
 * What A and R of an Ed25519 signature must be, as far as bytes alone can tell; being on the curve is not looked at.
 * Canonical (RFC 8032 section 5.1.3: y below p, and no sign on x = 0), because OpenSSL lets an A pass that is not. Not
 * of small order, because node:crypto of 26.10 refuses such an A or R and that of 20 takes it: with R = 0, which any
 * member can make, it could split a team that runs both.
 */
export function ed25519PointIsStrict(point: Uint8Array): boolean {
  // The two points with x = 0 are among those of small order: every point that is left has a sign.
  return point.length === 32 && isBelowP(point) && !isOneOf(ED25519_SMALL_ORDER_Y, point);
}

/** Below 2^255 - 19 with the high bit clear, and not of an order that divides 8. */
export function x25519PointIsSound(point: Uint8Array): boolean {
  return point.length === 32 && point[31]! < 0x80 && isBelowP(point) && !isOneOf(X25519_SMALL_ORDER_U, point);
}

/** Order 1: y = 1; 2: y = -1; 4: y = 0; 8: the other two. */
const ED25519_SMALL_ORDER_Y = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map((hex) => fromHex(hex)!);

/** The u of the same points, and -1, which is on the twist. */
const X25519_SMALL_ORDER_U = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((hex) => fromHex(hex)!);

/** p is ed ff ... ff 7f. The high bit is not looked at. */
function isBelowP(bytes: Uint8Array): boolean {
  if (bytes[0]! < 0xed || (bytes[31]! & 0x7f) !== 0x7f) return true;
  for (let i = 1; i < 31; i++) if (bytes[i] !== 0xff) return true;
  return false;
}

/** But for the high bit, which is clear in the list. */
function isOneOf(list: readonly Uint8Array[], bytes: Uint8Array): boolean {
  for (const item of list) {
    let i = 0;
    while (i < 31 && item[i] === bytes[i]) i++;
    if (i === 31 && item[31] === (bytes[31]! & 0x7f)) return true;
  }
  return false;
}
