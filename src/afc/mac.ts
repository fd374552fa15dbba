import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";
import { MAC_BYTES } from "./wire.ts";

/** From the receiver's public encryption key: proves no identity, only that the sender knows whom it talks to. */
export function mac1Key(suite: CipherSuite, receiverPublic: Uint8Array): Uint8Array {
  return suite.sha256(DOMAIN.afcMac1, receiverPublic);
}

export function mac(suite: CipherSuite, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return suite.hmacSha256(key, bytes).subarray(0, MAC_BYTES);
}

/** Of the MAC at `at` over everything before it. */
export function macHolds(suite: CipherSuite, key: Uint8Array, datagram: Uint8Array, at: number): boolean {
  return suite.equalSecret(mac(suite, key, datagram.subarray(0, at)), datagram.subarray(at, at + MAC_BYTES));
}
