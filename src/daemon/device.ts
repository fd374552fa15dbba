/** The identity of this device: one key bundle for all its teams. */
import { AranyaError } from "../base/errors.ts";
import type { DeviceId } from "../base/ids.ts";
import type { Entropy } from "../base/time.ts";
import { ED25519_SECRET_BYTES, X25519_BYTES } from "../crypto/cipher-suite.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { deviceKeysFrom } from "../crypto/key-bundle.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import type { Keystore } from "../store/keystore.ts";

export class Device {
  readonly #suite: CipherSuite;
  readonly #entropy: Entropy;
  readonly #keystore: Keystore;
  #keys: DeviceKeys | undefined;

  /** Throws `StoreError` rather than begin as another device when there are keys that cannot be read. */
  constructor(options: { suite: CipherSuite; entropy: Entropy; keystore: Keystore }) {
    this.#suite = options.suite;
    this.#entropy = options.entropy;
    this.#keystore = options.keystore;
    const secrets = this.#keystore.open();
    if (secrets !== undefined) this.#keys = deviceKeysFrom(this.#suite, secrets);
  }

  get isInitialised(): boolean {
    return this.#keys !== undefined;
  }

  /** Undefined until `init`. */
  get keysIfAny(): DeviceKeys | undefined {
    return this.#keys;
  }

  /** Makes keys if there are none: durable when it returns. */
  init(): DeviceId {
    if (this.#keys === undefined) {
      const secrets = {
        identitySecret: this.#entropy.bytes(ED25519_SECRET_BYTES),
        signingSecret: this.#entropy.bytes(ED25519_SECRET_BYTES),
        encryptionSecret: this.#entropy.bytes(X25519_BYTES),
      };
      this.#keystore.create(secrets);
      this.#keys = deviceKeysFrom(this.#suite, secrets);
    }
    return this.#keys.deviceId;
  }

  /** Throws `DeviceNotInitialised`. */
  keys(): DeviceKeys {
    if (this.#keys !== undefined) return this.#keys;
    throw new AranyaError(
      "DeviceNotInitialised",
      "this device has no keys yet: make them first, with initDevice",
    );
  }
}
