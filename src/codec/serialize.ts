/**
 * Key bundles and ids as applications store, send and print them [CLI-5, CLI-6].
 *
 *   key bundle, cbor    [ 1, identity key, signing key, encryption key, signature ], 170 bytes
 *   key bundle, text    -----BEGIN ARANYA KEY BUNDLE-----
 *                       base32 of: version 1 | the four parts, 160 bytes | CRC-32C of all before, big-endian
 *                       -----END ARANYA KEY BUNDLE-----
 *   id                  32 bytes; 64 lower-case hex digits; base58
 *
 * One encoding of each value is accepted. The text is held to that too, but for what mail and terminals do to it: white
 * space of any kind in any place, and ">" for quoting. Here a bundle's form is checked and nothing more: whether its keys
 * are sound and its signature holds is for the daemon to say, when the bundle is used.
 */
import { toBase32, fromBase32 } from "../base/base32.ts";
import { concat, fromHex, fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { AranyaError, DecodeError } from "../base/errors.ts";
import { ID_BYTES, idFromBytes, idToBytes, parseId } from "../base/ids.ts";
import type { Id } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { KEY_BUNDLE_BYTES, decodeKeyBundle, encodeKeyBundle } from "./key-bundle.ts";
import type { KeyBundle } from "./key-bundle.ts";

export const KEY_BUNDLE_SCHEMES = ["cbor", "text"] as const;
export type KeyBundleScheme = (typeof KEY_BUNDLE_SCHEMES)[number];

export const ID_SCHEMES = ["raw", "hex", "base58"] as const;
export type IdScheme = (typeof ID_SCHEMES)[number];

/** Throws `InvalidArgument` for what is not a key bundle; says nothing about its signature. */
export function serializeKeyBundle(scheme: KeyBundleScheme, keyBundle: KeyBundle): Uint8Array {
  checkScheme(KEY_BUNDLE_SCHEMES, scheme);
  for (const [part, length] of PARTS) {
    const bytes: unknown = (keyBundle as Partial<KeyBundle> | undefined)?.[part];
    if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
      throw invalid("keyBundle", `${part} must be ${length} bytes`);
    }
  }
  return scheme === "cbor" ? toCbor(keyBundle) : utf8(toText(keyBundle));
}

/** Throws `InvalidArgument`, with the reason, for bytes that are not exactly one key bundle. */
export function deserializeKeyBundle(scheme: KeyBundleScheme, bytes: Uint8Array): KeyBundle {
  checkScheme(KEY_BUNDLE_SCHEMES, scheme);
  checkBytes(bytes);
  return publicly(() => (scheme === "cbor" ? fromCbor(bytes) : fromText(bytes)));
}

/** Throws `InvalidArgument` for what is not an id. */
export function serializeId(scheme: IdScheme, id: Id): Uint8Array {
  checkScheme(ID_SCHEMES, scheme);
  if (typeof id !== "string" || parseId(id) === undefined)
    throw invalid("id", "not the base58 text of 32 bytes");
  if (scheme === "base58") return utf8(id);
  const raw = idToBytes(id);
  return scheme === "raw" ? raw : utf8(toHex(raw));
}

/** Throws `InvalidArgument` for bytes that are not exactly one id. The caller says what kind of id it is. */
export function deserializeId<T extends Id = Id>(scheme: IdScheme, bytes: Uint8Array): T {
  checkScheme(ID_SCHEMES, scheme);
  checkBytes(bytes);
  if (scheme === "raw") {
    if (bytes.length !== ID_BYTES) throw invalid("bytes", `an id has ${ID_BYTES} bytes, not ${bytes.length}`);
    return idFromBytes<T>(bytes);
  }
  const text = bytes.length <= 2 * ID_BYTES ? fromUtf8(bytes) : undefined;
  if (scheme === "hex") {
    const raw = text?.length === 2 * ID_BYTES ? fromHex(text) : undefined;
    if (raw === undefined) throw invalid("bytes", `not ${2 * ID_BYTES} lower-case hex digits`);
    return idFromBytes<T>(raw);
  }
  const id = text === undefined ? undefined : parseId<T>(text);
  if (id === undefined) throw invalid("bytes", "not the base58 text of 32 bytes");
  return id;
}

const VERSION = 1;
const PARTS = [
  ["identityKey", 32],
  ["signingKey", 32],
  ["encryptionKey", 32],
  ["signature", 64],
] as const;

function toCbor(b: KeyBundle): Uint8Array {
  return encodeCbor([VERSION, b.identityKey, b.signingKey, b.encryptionKey, b.signature]);
}

function fromCbor(bytes: Uint8Array): KeyBundle {
  const value = decodeCbor(bytes, 1);
  if (!Array.isArray(value) || value.length !== 1 + PARTS.length) throw new DecodeError("bad-key-bundle");
  const [version, ...parts] = value as readonly unknown[];
  if (version !== VERSION) throw new DecodeError("bad-version");
  const sized = parts.map((part, i) => {
    const [name, length] = PARTS[i]!;
    if (!(part instanceof Uint8Array) || part.length !== length)
      throw new DecodeError("bad-key-bundle", 0, name);
    return part;
  });
  return decodeKeyBundle(concat(...sized));
}

const BEGIN = "-----BEGIN ARANYA KEY BUNDLE-----";
const END = "-----END ARANYA KEY BUNDLE-----";
/** 1 + 160 + 4 bytes are 33 groups of base32, 264 characters, six lines of 44. */
const BODY_BYTES = 1 + KEY_BUNDLE_BYTES + 4;
const LINE_CHARACTERS = 44;

function toText(b: KeyBundle): string {
  const body = concat(Uint8Array.of(VERSION), encodeKeyBundle(b), new Uint8Array(4));
  new DataView(body.buffer).setUint32(BODY_BYTES - 4, crc32c(body.subarray(0, -4)));
  const lines = toBase32(body).match(new RegExp(`.{${LINE_CHARACTERS}}`, "g"))!;
  return [BEGIN, ...lines, END, ""].join("\n");
}

function fromText(bytes: Uint8Array): KeyBundle {
  if (bytes.length > LIMITS.keyBundleTextBytesMax)
    throw new DecodeError("too-long", LIMITS.keyBundleTextBytesMax);
  const text = fromUtf8(bytes);
  if (text === undefined) throw new DecodeError("bad-text");
  const bare = withoutLayout(text);
  const begin = withoutLayout(BEGIN);
  const end = withoutLayout(END);
  if (!bare.startsWith(begin)) throw new DecodeError("no-begin-line");
  if (!bare.endsWith(end) || bare.length < begin.length + end.length) throw new DecodeError("no-end-line");
  const body = fromBase32(bare.slice(begin.length, -end.length));
  if (body?.length !== BODY_BYTES) throw new DecodeError("bad-text", 0, "characters are missing or wrong");
  const checksum = new DataView(body.buffer).getUint32(BODY_BYTES - 4);
  if (crc32c(body.subarray(0, -4)) !== checksum) throw new DecodeError("bad-checksum");
  if (body[0] !== VERSION) throw new DecodeError("bad-version");
  return decodeKeyBundle(body.subarray(1, -4));
}

/** White space, the no-break spaces that mail makes of it, and quoting. */
function withoutLayout(text: string): string {
  return text.replace(/[\s>]+/g, "");
}

function checkScheme(schemes: readonly string[], scheme: string): void {
  if (!schemes.includes(scheme)) throw invalid("scheme", `must be one of ${schemes.join(", ")}`);
}

function checkBytes(bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw invalid("bytes", "must be a Uint8Array");
}

function publicly<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw invalid("bytes", cause.code, cause);
  }
}

function invalid(field: string, reason: string, cause?: unknown): AranyaError {
  return new AranyaError("InvalidArgument", `${field}: ${reason}`, { field, reason }, { cause });
}
