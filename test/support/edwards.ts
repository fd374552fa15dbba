/**
 * Hostile Ed25519 keys and signatures, built from curve points. What separates verifiers are points with a component of
 * small order: where the others are decided alike by everyone, these are decided by the cofactor.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat } from "../../src/base/bytes.ts";

export type Point = typeof ed25519.Point.BASE;

export const L = ed25519.Point.Fn.ORDER;
export const P = ed25519.Point.Fp.ORDER;
export const BASE = ed25519.Point.BASE;
const ZERO = ed25519.Point.ZERO;

/** The eight points whose order divides 8: multiples of one of order 8. */
export const TORSION: readonly Point[] = (() => {
  for (let y = 2n; ; y++) {
    const point = decode(encodeY(y));
    // [L] leaves the small part; L is odd, so an order of 8 stays 8.
    const small = point?.multiplyUnsafe(L - 1n).add(point);
    if (small === undefined || small.multiplyUnsafe(4n).is0()) continue;
    return Array.from({ length: 8 }, (_, j) => small.multiplyUnsafe(BigInt(j)));
  }
})();

export interface Crafted {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** What the equation without the cofactor says, worked out from the torsion parts alone. */
  readonly cofactorless: boolean;
}

/**
 * A = [a]B + T[aTorsion], R = [r]B + T[rTorsion], S = r + ka: holds when multiplied by the cofactor, always; without it
 * exactly when T[rTorsion] + [k]T[aTorsion] is zero. `spellA` and `spellR` replace the canonical encodings.
 */
export function craft(o: {
  a: bigint;
  aTorsion: number;
  r: bigint;
  rTorsion: number;
  message: Uint8Array;
  spellA?: Uint8Array;
  spellR?: Uint8Array;
}): Crafted {
  const publicKey = o.spellA ?? times(o.a).add(TORSION[o.aTorsion]!).toBytes();
  const rBytes = o.spellR ?? times(o.r).add(TORSION[o.rTorsion]!).toBytes();
  const k = bytesToNumberLE(sha512(concat(rBytes, publicKey, o.message))) % L;
  return {
    publicKey,
    message: o.message,
    signature: concat(rBytes, numberToBytesLE((o.r + k * o.a) % L, 32)),
    cofactorless: (BigInt(o.rTorsion) + k * BigInt(o.aTorsion)) % 8n === 0n,
  };
}

/** The first message, counting up, for which the crafted signature's equation comes out as wanted. */
export function craftUntil(wanted: boolean, o: Omit<Parameters<typeof craft>[0], "message">): Crafted {
  for (let i = 0; ; i++) {
    const crafted = craft({ ...o, message: Uint8Array.of(i) });
    if (crafted.cofactorless === wanted) return crafted;
  }
}

/** The same signature with S + nL for S. */
export function withSPlus(n: bigint, c: Crafted): Uint8Array {
  const s = bytesToNumberLE(c.signature.subarray(32)) + n * L;
  return concat(c.signature.subarray(0, 32), numberToBytesLE(s, 32));
}

/** 32 bytes of y, which may be p or more, and of the sign of x. */
export function encodeY(y: bigint, negative = false): Uint8Array {
  return numberToBytesLE(y + (negative ? 2n ** 255n : 0n), 32);
}

function decode(bytes: Uint8Array): Point | undefined {
  try {
    return ed25519.Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

/** Every encoding of a point that is not the canonical one: 19 values of y come twice, and two points have x = 0. */
export function nonCanonicalPoints(): { bytes: Uint8Array; point: Point }[] {
  const found: { bytes: Uint8Array; point: Point }[] = [];
  for (const negative of [false, true]) {
    for (let y = 0n; y < 19n; y++) {
      const point = decode(encodeY(y, negative));
      if (point !== undefined) found.push({ bytes: encodeY(P + y, negative), point });
    }
  }
  for (const y of [1n, P - 1n]) found.push({ bytes: encodeY(y, true), point: decode(encodeY(y))! });
  return found;
}

/** [n]B, also for n = 0. */
function times(n: bigint): Point {
  return n % L === 0n ? ZERO : BASE.multiplyUnsafe(n % L);
}

/** The 32-byte little-endian u-coordinates of a point on Curve25519. */
export function montgomeryU(point: Point): bigint {
  const { y } = point.toAffine();
  const { Fp } = ed25519.Point;
  return y === 1n ? 0n : Fp.mul(Fp.add(1n, y), Fp.inv(Fp.sub(1n, y)));
}
