/**
 * A cipher suite whose signatures anybody can forge: for property tests, in which a thousand commands are signed for
 * every one that matters. Hashes are real, so ids and digests are those of the product. Counts what it is asked.
 */
import { createHash } from "node:crypto";
import { equalBytes, utf8 } from "../../src/base/bytes.ts";
import { assert } from "../../src/base/assert.ts";
import type { Aead, CipherSuite } from "../../src/crypto/cipher-suite.ts";

export class FakeSuite implements CipherSuite {
  readonly name = "node";
  verifications = 0;

  sha256(...parts: readonly Uint8Array[]): Uint8Array {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  }

  ed25519PublicKey(secret: Uint8Array): Uint8Array {
    return this.sha256(utf8("ed25519"), secret);
  }

  ed25519Sign(secret: Uint8Array, message: Uint8Array): Uint8Array {
    return this.#signature(this.ed25519PublicKey(secret), message);
  }

  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    this.verifications++;
    return equalBytes(signature, this.#signature(publicKey, message));
  }

  #signature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
    const signature = new Uint8Array(64);
    signature.set(this.sha256(publicKey, message));
    return signature;
  }

  ed25519KeyIsSound(publicKey: Uint8Array): boolean {
    return publicKey.length === 32;
  }

  x25519PublicKey(secret: Uint8Array): Uint8Array {
    return this.sha256(utf8("x25519"), secret);
  }

  x25519KeyIsSound(publicKey: Uint8Array): boolean {
    return publicKey.length === 32;
  }

  equalSecret(a: Uint8Array, b: Uint8Array): boolean {
    return equalBytes(a, b);
  }

  hmacSha256(): Uint8Array {
    return missing("hmacSha256");
  }

  hkdf(): Uint8Array {
    return missing("hkdf");
  }

  x25519(): Uint8Array | undefined {
    return missing("x25519");
  }

  aead(): Aead {
    return missing("aead");
  }
}

function missing(what: string): never {
  assert(false, `the fake suite has no ${what}`);
}
