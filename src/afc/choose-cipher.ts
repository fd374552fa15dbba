import type { AeadName } from "../crypto/cipher-suite.ts";

/**
 * The cipher with the lowest sum of ranks in both lists, of equal ones ChaCha20-Poly1305: a device puts AES first only
 * where its hardware has it, so AES wins only where both have.
 */
export function chooseCipher(a: readonly AeadName[], b: readonly AeadName[]): AeadName | undefined {
  let best: AeadName | undefined;
  let bestRank = Infinity;
  for (const name of a) {
    const at = b.indexOf(name);
    if (at < 0) continue;
    const rank = a.indexOf(name) + at;
    if (rank < bestRank || (rank === bestRank && name === "chacha20-poly1305")) {
      best = name;
      bestRank = rank;
    }
  }
  return best;
}
