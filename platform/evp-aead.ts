/**
 * AEAD through the EVP functions of the OpenSSL inside Node, the keys in use each in a context that is kept: a datagram costs
 * five calls of 0.06 µs and no allocation, where `node:crypto` makes an object for each. Public API of OpenSSL only.
 *
 *   caller's buffer ─► staging memory that never moves ─► EVP, in place ─► caller's buffer
 *
 * A context takes 1.7 kB, its key 32 bytes. So there are as many contexts as channels may be busy at a time, and a key that has
 * lost its own takes another's when it is used again.
 *
 * No native code ever sees memory the garbage collector may move or free.
 */
import { assert } from "../src/base/assert.ts";
import { NULL, PinnedMemory } from "./ffi.ts";
import type { FfiModule } from "./ffi.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** OpenSSL's names for what the daemon calls them. */
const CIPHERS = { "aes-256-gcm": "AES-256-GCM", "chacha20-poly1305": "ChaCha20-Poly1305" } as const;
export type EvpAeadName = keyof typeof CIPHERS;

/** The tag of 64 bytes of 4 under a key of 1, a nonce of 2 and 16 bytes of 3 as associated data. */
const KNOWN_TAGS = {
  "aes-256-gcm": "c48ca8798fcd1f83d58ed1bfe388da6b",
  "chacha20-poly1305": "7dde4aca2bb5409174e0864babedeab9",
} as const;

/** EVP_CTRL_AEAD_GET_TAG and _SET_TAG of openssl/evp.h. */
const GET_TAG = 0x10n;
const SET_TAG = 0x11n;
const TAG_LENGTH = BigInt(TAG_BYTES);
const ENCRYPT = 1n;
const DECRYPT = 0n;

/** A device that speaks to more peers than this at once keys one of them again with each datagram, 0.3 µs. */
const CONTEXTS_MAX = 128;
/** Keys stand together in pieces of memory that never move. */
const KEYS_PER_PIECE = 128;

// The staging memory: small things, then associated data up to DATA_AT, then what is encrypted.
const NONCE_AT = 0;
const TAG_AT = 16;
const LENGTH_AT = 32;
const SMALL_BYTES = 128;
const DATA_AT = SMALL_BYTES + 512;
const DATA_BYTES = 16 * 1024;

const P = "pointer";
const I = "i32";
/**
 * Where an int is wanted a pointer is declared, and its register gets the same bits: Node calls a function that takes
 * nothing but pointers directly from compiled code, any other by way of JavaScript that looks at each argument, which makes
 * of 0.9 µs a datagram 1.9.
 */
const SIGNATURES = {
  EVP_CIPHER_fetch: { arguments: [P, "string", P], return: P },
  EVP_CIPHER_free: { arguments: [P], return: "void" },
  EVP_CIPHER_CTX_new: { arguments: [], return: P },
  EVP_CIPHER_CTX_reset: { arguments: [P], return: I },
  EVP_CIPHER_CTX_ctrl: { arguments: [P, P, P, P], return: I },
  EVP_CipherInit_ex: { arguments: [P, P, P, P, P, P], return: I },
  EVP_CipherUpdate: { arguments: [P, P, P, P, P], return: I },
  EVP_CipherFinal_ex: { arguments: [P, P, P], return: I },
} as const;

function functionsOf(ffi: FfiModule) {
  return ffi.dlopen(null, SIGNATURES).functions;
}
type Functions = ReturnType<typeof functionsOf>;

/** An AEAD with its key; the contract is that of `Aead` in src/crypto, which may not be imported here. */
export interface EvpAead {
  readonly name: EvpAeadName;
  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  sealInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): void;
  openInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): boolean;
  destroy(): void;
}

export type EvpAeadFactory = (name: EvpAeadName, key: Uint8Array) => EvpAead;

/** Undefined where the functions are missing or do not compute what they should. */
export function evpAeads(ffi: FfiModule): EvpAeadFactory | undefined {
  try {
    const evp = new Evp(ffi);
    const make: EvpAeadFactory = (name, key) => new KeptContext(evp, name, key);
    for (const name of Object.keys(CIPHERS) as EvpAeadName[]) if (!computes(make, name)) return undefined;
    return make;
  } catch {
    return undefined;
  }
}

function computes(make: EvpAeadFactory, name: EvpAeadName): boolean {
  const aead = make(name, new Uint8Array(KEY_BYTES).fill(1));
  const nonce = new Uint8Array(NONCE_BYTES).fill(2);
  const aad = new Uint8Array(16).fill(3);
  const plaintext = new Uint8Array(64).fill(4);
  const sealed = aead.seal(nonce, aad, plaintext);
  const opened = aead.open(nonce, aad, sealed);
  sealed[0]! ^= 1;
  const forged = aead.open(nonce, aad, sealed);
  aead.destroy();
  const tag = Buffer.from(sealed.subarray(-TAG_BYTES)).toString("hex");
  return tag === KNOWN_TAGS[name] && opened?.every((b) => b === 4) === true && forged === undefined;
}

/** The functions, the ciphers and the staging memory, shared by all keys: nothing here outlives a call. */
class Evp {
  readonly functions: Functions;
  readonly memory: PinnedMemory;
  readonly nonce: bigint;
  readonly tag: bigint;
  readonly length: bigint;
  readonly data: bigint;
  readonly keys: KeyMemory;
  readonly #contexts: Context[] = [];
  #nextContext = 0;
  readonly #ciphers: Readonly<Record<EvpAeadName, bigint>>;
  // Of the last datagram: most are as long as the one before, and a BigInt costs an allocation.
  #dataBytes = 0;
  #aadBytes = 0;
  lengthOfData = 0n;
  lengthOfAad = 0n;
  tagBehindData: bigint;
  aad: bigint;

  constructor(ffi: FfiModule) {
    this.functions = functionsOf(ffi);
    this.memory = new PinnedMemory(ffi, DATA_AT + DATA_BYTES + TAG_BYTES);
    this.nonce = this.memory.pointer(NONCE_AT);
    this.tag = this.memory.pointer(TAG_AT);
    this.length = this.memory.pointer(LENGTH_AT);
    this.keys = new KeyMemory(ffi);
    this.data = this.memory.pointer(DATA_AT);
    this.tagBehindData = this.data;
    this.aad = this.data;
    const fetch = (name: EvpAeadName): bigint => {
      const cipher = this.functions.EVP_CIPHER_fetch(NULL, CIPHERS[name], NULL);
      assert(cipher !== NULL, "evp: a cipher is missing");
      return cipher;
    };
    this.#ciphers = { "aes-256-gcm": fetch("aes-256-gcm"), "chacha20-poly1305": fetch("chacha20-poly1305") };
  }

  /** Gives a key a context: the one given out longest ago, whichever key has it. */
  contextFor(owner: KeptContext, key: bigint): Context {
    const { functions: f } = this;
    let context = this.#contexts[this.#nextContext];
    if (context === undefined) {
      const pointer = f.EVP_CIPHER_CTX_new();
      assert(pointer !== NULL, "evp: no memory for a context");
      context = { pointer, owner: undefined };
      this.#contexts.push(context);
    }
    this.#nextContext = (this.#nextContext + 1) % CONTEXTS_MAX;
    // Until the key is set the context is nobody's.
    context.owner = undefined;
    check(f.EVP_CipherInit_ex(context.pointer, this.#ciphers[owner.name], NULL, key, NULL, ENCRYPT));
    context.owner = owner;
    return context;
  }

  /** Overwrites the key schedule. */
  release(context: Context): void {
    check(this.functions.EVP_CIPHER_CTX_reset(context.pointer));
    context.owner = undefined;
  }

  /** What is in the staging memory: associated data up to `data`, then so many bytes. */
  stage(aadBytes: number, dataBytes: number): void {
    if (dataBytes !== this.#dataBytes) {
      this.#dataBytes = dataBytes;
      this.lengthOfData = BigInt(dataBytes);
      this.tagBehindData = this.memory.pointer(DATA_AT + dataBytes);
    }
    if (aadBytes !== this.#aadBytes) {
      this.#aadBytes = aadBytes;
      this.lengthOfAad = BigInt(aadBytes);
      this.aad = this.memory.pointer(DATA_AT - aadBytes);
    }
  }
}

interface Context {
  readonly pointer: bigint;
  owner: KeptContext | undefined;
}

/** Memory for keys, in places of 32 bytes. A place that was given back holds zeros. */
class KeyMemory {
  readonly #ffi: FfiModule;
  readonly #pieces: PinnedMemory[] = [];
  readonly #free: number[] = [];

  constructor(ffi: FfiModule) {
    this.#ffi = ffi;
  }

  /** Copies the key into a free place, and returns the place. */
  put(key: Uint8Array): number {
    if (this.#free.length === 0) {
      const first = this.#pieces.length * KEYS_PER_PIECE;
      this.#pieces.push(new PinnedMemory(this.#ffi, KEYS_PER_PIECE * KEY_BYTES));
      for (let i = KEYS_PER_PIECE - 1; i >= 0; i--) this.#free.push(first + i);
    }
    const place = this.#free.pop()!;
    const { piece, at } = this.#find(place);
    piece.bytes.set(key, at);
    return place;
  }

  pointer(place: number): bigint {
    const { piece, at } = this.#find(place);
    return piece.pointer(at);
  }

  giveBack(place: number): void {
    const { piece, at } = this.#find(place);
    piece.bytes.fill(0, at, at + KEY_BYTES);
    this.#free.push(place);
  }

  #find(place: number): { piece: PinnedMemory; at: number } {
    const piece = this.#pieces[Math.floor(place / KEYS_PER_PIECE)]!;
    return { piece, at: (place % KEYS_PER_PIECE) * KEY_BYTES };
  }
}

class KeptContext implements EvpAead {
  readonly name: EvpAeadName;
  readonly #evp: Evp;
  /** Where its key is; -1 once it is destroyed. */
  #place: number;
  /** The context in use. It is another key's once its `owner` says so. */
  #context: Context | undefined;

  constructor(evp: Evp, name: EvpAeadName, key: Uint8Array) {
    assert(key.length === KEY_BYTES, "aead: key length");
    this.name = name;
    this.#evp = evp;
    this.#place = evp.keys.put(key);
  }

  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const out = new Uint8Array(plaintext.length + TAG_BYTES);
    const context = this.#begin(nonce, ENCRYPT);
    this.#authenticate(context, aad);
    this.#transform(context, plaintext, out);
    const { functions: f, memory } = this.#evp;
    check(f.EVP_CipherFinal_ex(context, this.#evp.data, this.#evp.length));
    check(f.EVP_CIPHER_CTX_ctrl(context, GET_TAG, TAG_LENGTH, this.#evp.tag));
    out.set(memory.bytes.subarray(TAG_AT, TAG_AT + TAG_BYTES), plaintext.length);
    return out;
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - TAG_BYTES;
    const context = this.#begin(nonce, DECRYPT);
    if (length < 0) return undefined;
    const { functions: f, memory } = this.#evp;
    memory.bytes.set(sealed.subarray(length), TAG_AT);
    check(f.EVP_CIPHER_CTX_ctrl(context, SET_TAG, TAG_LENGTH, this.#evp.tag));
    this.#authenticate(context, aad);
    const out = new Uint8Array(length);
    this.#transform(context, sealed.subarray(0, length), out);
    if (f.EVP_CipherFinal_ex(context, this.#evp.data, this.#evp.length) === 1) return out;
    out.fill(0);
    return undefined;
  }

  sealInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): void {
    const evp = this.#evp;
    const length = end - at;
    checkRange(buffer, aadAt, at, end, end + TAG_BYTES);
    if (length > DATA_BYTES || at - aadAt > DATA_AT - SMALL_BYTES) {
      buffer.set(this.seal(nonce, buffer.subarray(aadAt, at), buffer.subarray(at, end)), at);
      return;
    }
    const { functions: f, memory } = evp;
    const context = this.#begin(nonce, ENCRYPT);
    evp.stage(at - aadAt, length);
    memory.bytes.set(buffer.subarray(aadAt, end), DATA_AT - (at - aadAt));
    if (at > aadAt) check(f.EVP_CipherUpdate(context, NULL, evp.length, evp.aad, evp.lengthOfAad));
    if (length > 0) check(f.EVP_CipherUpdate(context, evp.data, evp.length, evp.data, evp.lengthOfData));
    check(f.EVP_CipherFinal_ex(context, evp.tag, evp.length));
    check(f.EVP_CIPHER_CTX_ctrl(context, GET_TAG, TAG_LENGTH, evp.tagBehindData));
    buffer.set(memory.bytes.subarray(DATA_AT, DATA_AT + length + TAG_BYTES), at);
  }

  openInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): boolean {
    const evp = this.#evp;
    const length = end - at - TAG_BYTES;
    checkRange(buffer, aadAt, at, end, end);
    if (length > DATA_BYTES || at - aadAt > DATA_AT - SMALL_BYTES || length < 0) {
      const opened = this.open(nonce, buffer.subarray(aadAt, at), buffer.subarray(at, end));
      if (opened !== undefined) buffer.set(opened, at);
      return opened !== undefined;
    }
    const { functions: f, memory } = evp;
    const context = this.#begin(nonce, DECRYPT);
    evp.stage(at - aadAt, length);
    memory.bytes.set(buffer.subarray(aadAt, end), DATA_AT - (at - aadAt));
    check(f.EVP_CIPHER_CTX_ctrl(context, SET_TAG, TAG_LENGTH, evp.tagBehindData));
    if (at > aadAt) check(f.EVP_CipherUpdate(context, NULL, evp.length, evp.aad, evp.lengthOfAad));
    if (length > 0) check(f.EVP_CipherUpdate(context, evp.data, evp.length, evp.data, evp.lengthOfData));
    if (f.EVP_CipherFinal_ex(context, evp.tag, evp.length) !== 1) return false;
    buffer.set(memory.bytes.subarray(DATA_AT, DATA_AT + length), at);
    return true;
  }

  destroy(): void {
    if (this.#place === -1) return;
    if (this.#context?.owner === this) this.#evp.release(this.#context);
    this.#context = undefined;
    this.#evp.keys.giveBack(this.#place);
    this.#place = -1;
  }

  #begin(nonce: Uint8Array, direction: bigint): bigint {
    const evp = this.#evp;
    assert(this.#place !== -1, "aead: used after destroy");
    assert(nonce.length === NONCE_BYTES, "aead: nonce length");
    let context = this.#context;
    if (context?.owner !== this) {
      context = evp.contextFor(this, evp.keys.pointer(this.#place));
      this.#context = context;
    }
    evp.memory.bytes.set(nonce, NONCE_AT);
    check(evp.functions.EVP_CipherInit_ex(context.pointer, NULL, NULL, NULL, evp.nonce, direction));
    return context.pointer;
  }

  #authenticate(context: bigint, aad: Uint8Array): void {
    const { functions: f, memory, data, length } = this.#evp;
    for (let at = 0; at < aad.length; at += DATA_BYTES) {
      const part = aad.subarray(at, at + DATA_BYTES);
      memory.bytes.set(part, DATA_AT);
      check(f.EVP_CipherUpdate(context, NULL, length, data, BigInt(part.length)));
    }
  }

  #transform(context: bigint, from: Uint8Array, to: Uint8Array): void {
    const { functions: f, memory, data, length } = this.#evp;
    for (let at = 0; at < from.length; at += DATA_BYTES) {
      const part = from.subarray(at, at + DATA_BYTES);
      memory.bytes.set(part, DATA_AT);
      check(f.EVP_CipherUpdate(context, data, length, data, BigInt(part.length)));
      to.set(memory.bytes.subarray(DATA_AT, DATA_AT + part.length), at);
    }
  }
}

function check(result: number): void {
  assert(result === 1, "evp: refused");
}

function checkRange(buffer: Uint8Array, aadAt: number, at: number, end: number, last: number): void {
  assert(aadAt >= 0 && aadAt <= at && at <= end && last <= buffer.length, "aead: range");
}
