/**
 * The device's three secret keys in one file, `keystore/device.keys`: 116 bytes, numbers big-endian.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   0 |              magic, 8 bytes: 41 45 4b 45 59 53 0d 0a          |
 *     |                         ("AEKEYS\r\n")                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   8 |                          version = 1                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  12 |    sealing scheme: 0 = none, 1 = Argon2id and AES-256-GCM     |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  16 |                   identity secret, 32 bytes                   |
 *  48 |                    signing secret, 32 bytes                   |
 *  80 |                  encryption secret, 32 bytes                  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * 112 |                  CRC-32C of bytes 0 to 111                    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Scheme 1 is reserved for a passphrase and refused today; its layout after byte 16 will be its own, and as long as
 * needed. Written once, never changed. No error says anything of what is in the file.
 */
import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { DecodeError, StoreError } from "../base/errors.ts";
import { FixedReader } from "../codec/fixed.ts";
import { attempt, ignoreErrors, join, readUpTo, writeNewFile } from "./files.ts";
import type { Files } from "./files.ts";

const MAGIC = Uint8Array.of(0x41, 0x45, 0x4b, 0x45, 0x59, 0x53, 0x0d, 0x0a);
const VERSION = 1;
const SEALING_NONE = 0;
const SEALING_PASSPHRASE = 1;
const SECRET_BYTES = 32;
const CRC_AT = 16 + 3 * SECRET_BYTES;
const KEYSTORE_BYTES = CRC_AT + 4;

const KEYS = "device.keys";
/** A crash can leave it; nobody reads it. */
export const KEYS_NEW = "device.keys.new";

/** 32 bytes each. Which curves they are for is not known here. */
export interface DeviceSecrets {
  readonly identitySecret: Uint8Array;
  readonly signingSecret: Uint8Array;
  readonly encryptionSecret: Uint8Array;
}

export class Keystore {
  readonly #files: Files;
  readonly #directory: string;

  /** Touches nothing yet. */
  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /**
   * Undefined when there are no keys yet. Throws `StoreError` rather than read keys that somebody else may have read or
   * put there, or that are damaged.
   */
  open(): DeviceSecrets | undefined {
    const files = this.#files;
    const path = join(this.#directory, KEYS);
    if (!this.#isPrivate(this.#directory, "directory", 0o700)) return undefined;
    if (!this.#isPrivate(path, "file", 0o600)) return undefined;
    // One byte more than there should be, so that a longer file shows.
    const bytes = new Uint8Array(KEYSTORE_BYTES + 1);
    try {
      const length = attempt("read", path, () => {
        const file = files.open(path, "read");
        try {
          return readUpTo(file, bytes, 0);
        } finally {
          file.close();
        }
      });
      return decodeSecrets(bytes.subarray(0, length));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw refusal(path, error);
    } finally {
      bytes.fill(0);
    }
  }

  /** Durable when it returns; on `StoreError` there are no keys. Never overwrites: `keystore-exists`. */
  create(secrets: DeviceSecrets): void {
    const files = this.#files;
    const path = join(this.#directory, KEYS);
    const temporary = join(this.#directory, KEYS_NEW);
    if (!this.#isPrivate(this.#directory, "directory", 0o700)) {
      throw new StoreError("not-found", `${this.#directory} is gone; restart the daemon, which makes it`);
    }
    if (attempt("look at", path, () => files.status(path)) !== undefined) {
      throw new StoreError(
        "keystore-exists",
        `${path} exists and is never overwritten; it is this device's identity`,
      );
    }
    const bytes = encodeSecrets(secrets);
    try {
      attempt("write", path, () => {
        writeNewFile(files, temporary, [bytes]);
        try {
          files.rename(temporary, path);
          files.syncDirectory(this.#directory);
        } catch (error) {
          // Nobody was told of these keys: a second try must not find them half there.
          for (const leftover of [temporary, path]) ignoreErrors(() => files.unlink(leftover));
          throw error;
        }
      });
    } finally {
      bytes.fill(0);
    }
  }

  /** False when there is nothing at the path. */
  #isPrivate(path: string, type: "file" | "directory", mode: number): boolean {
    const status = attempt("look at", path, () => this.#files.status(path));
    if (status === undefined) return false;
    if (status.type !== type) {
      const wanted = type === "file" ? "regular file" : "directory";
      const found =
        status.type === "symlink" ? "symbolic link" : status.type === "other" ? "special file" : status.type;
      throw new StoreError(
        "keystore-not-regular",
        `${path} is a ${found}, not a ${wanted}; put a ${wanted} there`,
      );
    }
    const uid = attempt("look at", path, () => this.#files.userId());
    if (status.uid !== uid) {
      throw new StoreError(
        "keystore-not-ours",
        `${path} belongs to user ${status.uid}, the daemon runs as user ${uid}; run: chown ${uid} ${path}`,
      );
    }
    if ((status.mode & 0o077) !== 0) {
      throw new StoreError(
        "keystore-not-private",
        `${path} has mode ${octal(status.mode)}, open to others; run: chmod ${octal(mode)} ${path}, and consider the ` +
          "keys in it known to whoever could read them",
      );
    }
    return true;
  }
}

/** The whole file. */
export function encodeSecrets(secrets: DeviceSecrets): Uint8Array {
  const bytes = new Uint8Array(KEYSTORE_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, VERSION);
  view.setUint32(12, SEALING_NONE);
  let at = 16;
  for (const secret of [secrets.identitySecret, secrets.signingSecret, secrets.encryptionSecret]) {
    assert(secret.length === SECRET_BYTES, "a secret key has 32 bytes");
    bytes.set(secret, at);
    at += SECRET_BYTES;
  }
  view.setUint32(CRC_AT, crc32c(bytes.subarray(0, CRC_AT)));
  return bytes;
}

/** Copies. Throws `DecodeError`: `bad-magic`, `bad-version`, `sealed`, `bad-scheme`, `truncated`, `trailing-bytes`, `bad-checksum`. */
export function decodeSecrets(bytes: Uint8Array): DeviceSecrets {
  const reader = new FixedReader(bytes);
  if (!equalBytes(reader.bytes(MAGIC.length), MAGIC)) throw new DecodeError("bad-magic");
  if (reader.u32() !== VERSION) throw new DecodeError("bad-version", 8);
  const scheme = reader.u32();
  if (scheme === SEALING_PASSPHRASE) throw new DecodeError("sealed", 12);
  if (scheme !== SEALING_NONE) throw new DecodeError("bad-scheme", 12);
  const identitySecret = reader.bytes(SECRET_BYTES);
  const signingSecret = reader.bytes(SECRET_BYTES);
  const encryptionSecret = reader.bytes(SECRET_BYTES);
  const checksum = reader.u32();
  reader.end();
  if (checksum !== crc32c(bytes.subarray(0, CRC_AT))) throw new DecodeError("bad-checksum", CRC_AT);
  return {
    identitySecret: identitySecret.slice(),
    signingSecret: signingSecret.slice(),
    encryptionSecret: encryptionSecret.slice(),
  };
}

function refusal(path: string, error: DecodeError): StoreError {
  const options = { cause: error };
  switch (error.code) {
    case "sealed":
      return new StoreError(
        "keystore-sealed",
        `${path} is sealed with a passphrase, which this version cannot open; use the newer program that sealed it`,
        options,
      );
    case "bad-version":
    case "bad-scheme":
      return new StoreError(
        "keystore-unknown-version",
        `${path} is of a version this program does not know, or damaged; use the program that wrote it or restore a backup`,
        options,
      );
    default:
      return new StoreError(
        "keystore-damaged",
        `${path} is damaged (${error.code}); restore it from a backup, or move it away to begin as a new device`,
        options,
      );
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
