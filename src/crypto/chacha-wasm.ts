/**
 * ChaCha20-Poly1305 (RFC 8439) in WebAssembly, four blocks at a time, for datagrams: `node:crypto` spends 5 µs on making
 * an object before the first byte, which for 1200 bytes is most of it. Additions, rotations, exclusive ors and 64-bit
 * multiplications, no tables and no branches that depend on secrets. Checked against node:crypto, noble and the RFC.
 *
 * Memory: the state of ChaCha20, that of Poly1305, associated data, one block of zeros that becomes the key of Poly1305,
 * and behind it the data. So one run over the last two encrypts and makes the key.
 */
import { assert } from "../base/assert.ts";
import { copyBytes } from "../base/bytes.ts";
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES } from "./cipher-suite.ts";
import type { Aead } from "./cipher-suite.ts";
import { assemble, get, i32, i64, repeat, set, v128 } from "./wasm-assembler.ts";
import type { Code, WasmFunction } from "./wasm-assembler.ts";

const CHACHA_AT = 0; // 16 words: constants, key, counter (not read), nonce
const KEY_AT = CHACHA_AT + 16;
const NONCE_AT = CHACHA_AT + 52;
const POLY_AT = 64; // i64: r0..r4, 5 r1..5 r4, h0..h4, the two halves that are added in the end
const FACTORS_AT = POLY_AT + 40;
const SUM_AT = POLY_AT + 72;
const PAD_AT = POLY_AT + 112;
const TAG_AT = 192;
const SECRETS_END = TAG_AT + 16;
const AAD_AT = 256;
const AAD_BYTES_MAX = 256;
const BLOCK_ZERO_AT = 1024;
const DATA_AT = BLOCK_ZERO_AT + 64;
/** Longer ones cost less by node:crypto. */
const DATA_BYTES_MAX = 8192;
const PAGES = 1;

const BLOCKS_AT_ONCE = 4;
const RUN_BYTES = 64 * BLOCKS_AT_ONCE;

const LIMB_BITS = 26;
const LIMB = (1n << 26n) - 1n;

// --- ChaCha20: parameters 0 where, 1 runs of four blocks, 2 first counter; locals 3 to 18 the words, 19 rounds, 20 to 23

const WORD = 3;
const ROUNDS = 19;
const ROW = 20;

const ROTATE_16 = [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13];
const ROTATE_8 = [3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14];

function rotate(local: number, bits: number): Code {
  const value = get(local);
  if (bits === 16) return set(local, v128.shuffle(value, value, ROTATE_16));
  if (bits === 8) return set(local, v128.shuffle(value, value, ROTATE_8));
  return set(local, v128.or(v128.shl(value, bits), v128.shr(value, 32 - bits)));
}

function quarterRound(a: number, b: number, c: number, d: number): Code {
  const [A, B, C, D] = [a + WORD, b + WORD, c + WORD, d + WORD];
  const step = (x: number, y: number, z: number, bits: number): Code => [
    ...set(x, v128.add(get(x), get(y))),
    ...set(z, v128.xor(get(z), get(x))),
    ...rotate(z, bits),
  ];
  return [...step(A, B, D, 16), ...step(C, D, B, 12), ...step(A, B, D, 8), ...step(C, D, B, 7)];
}

const WORDS = Array.from({ length: 16 }, (_, i) => i);
const COUNTERS = v128.add(v128.splat(get(2)), v128.lanes(0, 1, 2, 3));
const initial = (word: number): Code => (word === 12 ? COUNTERS : v128.splatFrom(CHACHA_AT + 4 * word));

const LOW_WORDS = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const HIGH_WORDS = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_HALVES = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** Four words of four blocks lie the wrong way round: turned, and over the data. */
function xorRow(word: number): Code {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => get(WORD + word + i)) as [Code, Code, Code, Code];
  const [ab, ab2, cd, cd2] = [0, 1, 2, 3].map((i) => get(ROW + i)) as [Code, Code, Code, Code];
  const onto = (block: number, value: Code): Code => {
    const offset = 64 * block + 4 * word;
    return v128.store(get(0), offset, v128.xor(v128.load(get(0), offset), value));
  };
  return [
    ...set(ROW, v128.shuffle(a, b, LOW_WORDS)),
    ...set(ROW + 1, v128.shuffle(a, b, HIGH_WORDS)),
    ...set(ROW + 2, v128.shuffle(c, d, LOW_WORDS)),
    ...set(ROW + 3, v128.shuffle(c, d, HIGH_WORDS)),
    ...onto(0, v128.shuffle(ab, cd, LOW_HALVES)),
    ...onto(1, v128.shuffle(ab, cd, HIGH_HALVES)),
    ...onto(2, v128.shuffle(ab2, cd2, LOW_HALVES)),
    ...onto(3, v128.shuffle(ab2, cd2, HIGH_HALVES)),
  ];
}

const CHACHA: WasmFunction = {
  name: "chacha",
  params: ["i32", "i32", "i32"],
  locals: [...WORDS.map(() => "v128" as const), "i32", "v128", "v128", "v128", "v128"],
  body: repeat(1, [
    ...WORDS.flatMap((word) => set(WORD + word, initial(word))),
    ...set(ROUNDS, i32.const(10)),
    ...repeat(ROUNDS, [
      ...[0, 1, 2, 3].flatMap((i) => quarterRound(i, 4 + i, 8 + i, 12 + i)),
      ...[0, 1, 2, 3].flatMap((i) =>
        quarterRound(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4)),
      ),
    ]),
    ...WORDS.flatMap((word) => set(WORD + word, v128.add(get(WORD + word), initial(word)))),
    ...[0, 4, 8, 12].flatMap(xorRow),
    ...set(0, i32.add(get(0), i32.const(RUN_BYTES))),
    ...set(2, i32.add(get(2), i32.const(BLOCKS_AT_ONCE))),
  ]),
};

// --- Poly1305 in limbs of 26 bits, so that sums of five products fit 64

const ZERO = i32.const(0);
const limb = (value: Code): Code => i64.and(value, i64.const(LIMB));
/** The five limbs of 128 bits in two halves. */
const split = (low: Code, high: Code): Code[] => [
  limb(low),
  limb(i64.shr(low, 26)),
  limb(i64.or(i64.shr(low, 52), i64.shl(high, 12))),
  limb(i64.shr(high, 14)),
  i64.shr(high, 40),
];

/** Parameter 0: where the 32 bytes of key are. Locals 1 and 2: the half that multiplies. */
const POLY_KEY: WasmFunction = {
  name: "polyKey",
  params: ["i32"],
  locals: ["i64", "i64"],
  body: [
    ...set(1, i64.and(i64.load(get(0), 0), i64.const(0x0ffffffc0fffffffn))),
    ...set(2, i64.and(i64.load(get(0), 8), i64.const(0x0ffffffc0ffffffcn))),
    ...split(get(1), get(2)).flatMap((r, i) => i64.store(ZERO, POLY_AT + 8 * i, r)),
    ...[1, 2, 3, 4].flatMap((i) =>
      i64.store(ZERO, FACTORS_AT + 8 * (i - 1), i64.mul(i64.load(ZERO, POLY_AT + 8 * i), i64.const(5n))),
    ),
    ...[0, 1, 2, 3, 4].flatMap((i) => i64.store(ZERO, SUM_AT + 8 * i, i64.const(0n))),
    ...i64.store(ZERO, PAD_AT, i64.load(get(0), 16)),
    ...i64.store(ZERO, PAD_AT + 8, i64.load(get(0), 24)),
  ],
};

// Parameters 0 where, 1 how many blocks of 16. Locals 2 and 3 a block, 4 to 8 h, 9 to 13 r, 14 to 17 its factors, 18 to 22
// products.
const H = 4;
const R = 9;
const FACTOR = 14;
const PRODUCT = 18;
const FIVE = [0, 1, 2, 3, 4];

/** Limb `i` of h times r: what goes beyond 2^130 comes back five times. */
function product(i: number): Code {
  return FIVE.map((j) => {
    const other = i - j;
    return i64.mul(get(H + j), get(other >= 0 ? R + other : FACTOR + (other + 5) - 1));
  }).reduce((a, b) => i64.add(a, b));
}

/** From limb to limb, and from the last to the first; each is below 2^26 then, but for the second by a little. */
function carry(limbs: readonly number[]): Code {
  const over = (from: number, to: number, times: Code | undefined): Code => {
    const high = i64.shr(get(from), LIMB_BITS);
    return [
      ...set(to, i64.add(get(to), times === undefined ? high : i64.mul(high, times))),
      ...set(from, limb(get(from))),
    ];
  };
  return [
    ...[0, 1, 2, 3].flatMap((i) => over(limbs[i]!, limbs[i + 1]!, undefined)),
    ...over(limbs[4]!, limbs[0]!, i64.const(5n)),
    ...over(limbs[0]!, limbs[1]!, undefined),
  ];
}

const POLY: WasmFunction = {
  name: "poly",
  params: ["i32", "i32"],
  locals: Array.from({ length: 21 }, () => "i64" as const),
  body: [
    ...FIVE.flatMap((i) => set(H + i, i64.load(ZERO, SUM_AT + 8 * i))),
    ...FIVE.flatMap((i) => set(R + i, i64.load(ZERO, POLY_AT + 8 * i))),
    ...[0, 1, 2, 3].flatMap((i) => set(FACTOR + i, i64.load(ZERO, FACTORS_AT + 8 * i))),
    ...repeat(1, [
      ...set(2, i64.load(get(0), 0)),
      ...set(3, i64.load(get(0), 8)),
      ...split(get(2), get(3)).flatMap((part, i) =>
        // Every block is a whole one: 2^128 is added to each.
        set(H + i, i64.add(get(H + i), i === 4 ? i64.or(part, i64.const(1n << 24n)) : part)),
      ),
      ...FIVE.flatMap((i) => set(PRODUCT + i, product(i))),
      ...carry(FIVE.map((i) => PRODUCT + i)),
      ...FIVE.flatMap((i) => set(H + i, get(PRODUCT + i))),
      ...set(0, i32.add(get(0), i32.const(16))),
    ]),
    ...FIVE.flatMap((i) => i64.store(ZERO, SUM_AT + 8 * i, get(H + i))),
  ],
};

// Locals 0 to 4 h, 5 to 9 h - p, 10 which of them, 11 and 12 the halves, 13 a sum.
const POLY_TAG: WasmFunction = {
  name: "polyTag",
  params: [],
  locals: Array.from({ length: 14 }, () => "i64" as const),
  body: [
    ...FIVE.flatMap((i) => set(i, i64.load(ZERO, SUM_AT + 8 * i))),
    ...carry(FIVE),
    ...carry(FIVE),
    // h + 5 - 2^130: not negative where h is p or more.
    ...set(5, i64.add(get(0), i64.const(5n))),
    ...[1, 2, 3, 4].flatMap((i) => [
      ...set(5 + i, i64.add(get(i), i64.shr(get(4 + i), LIMB_BITS))),
      ...set(4 + i, limb(get(4 + i))),
    ]),
    ...set(9, i64.sub(get(9), i64.const(1n << 26n))),
    ...set(10, i64.sub(i64.shr(get(9), 63), i64.const(1n))), // all ones where h - p is to be taken
    ...FIVE.flatMap((i) =>
      set(i, i64.or(i64.and(get(5 + i), get(10)), i64.and(get(i), i64.sub(i64.const(-1n), get(10))))),
    ),
    ...set(11, i64.or(i64.or(get(0), i64.shl(get(1), 26)), i64.shl(get(2), 52))),
    ...set(12, i64.or(i64.or(i64.shr(get(2), 12), i64.shl(get(3), 14)), i64.shl(get(4), 40))),
    ...set(13, i64.add(get(11), i64.load(ZERO, PAD_AT))),
    ...i64.store(ZERO, TAG_AT, get(13)),
    ...set(12, i64.add(i64.add(get(12), i64.load(ZERO, PAD_AT + 8)), i64.below(get(13), get(11)))),
    ...i64.store(ZERO, TAG_AT + 8, get(12)),
  ],
};

interface Functions {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly chacha: (at: number, runs: number, counter: number) => void;
  readonly polyKey: (at: number) => void;
  readonly poly: (at: number, blocks: number) => void;
  readonly polyTag: () => void;
}

/** The types of the language do not have it, only those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Functions };
}

/** Compiled once for all keys; nothing of a key stays in its memory after a call. */
class ChaChaModule {
  readonly #functions: Functions;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor() {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
    this.#functions = new Instance(new Module(assemble(PAGES, [CHACHA, POLY_KEY, POLY, POLY_TAG]))).exports;
    this.#bytes = new Uint8Array(this.#functions.memory.buffer);
    this.#view = new DataView(this.#functions.memory.buffer);
  }

  static fits(aadBytes: number, dataBytes: number): boolean {
    return aadBytes <= AAD_BYTES_MAX && dataBytes <= DATA_BYTES_MAX;
  }

  seal(key: Uint8Array, nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): void {
    const { chacha, polyKey } = this.#functions;
    const bytes = this.#bytes;
    const length = end - at;
    this.#start(key, nonce);
    bytes.fill(0, BLOCK_ZERO_AT, DATA_AT);
    bytes.set(buffer.subarray(at, end), DATA_AT);
    chacha(BLOCK_ZERO_AT, Math.ceil((64 + length) / RUN_BYTES), 0);
    polyKey(BLOCK_ZERO_AT);
    this.#authenticate(buffer, aadAt, at, length);
    bytes.copyWithin(DATA_AT + length, TAG_AT, TAG_AT + AEAD_TAG_BYTES);
    buffer.set(bytes.subarray(DATA_AT, DATA_AT + length + AEAD_TAG_BYTES), at);
    this.#forget();
  }

  open(
    key: Uint8Array,
    nonce: Uint8Array,
    buffer: Uint8Array,
    aadAt: number,
    at: number,
    end: number,
  ): boolean {
    const { chacha, polyKey } = this.#functions;
    const bytes = this.#bytes;
    const length = end - at - AEAD_TAG_BYTES;
    this.#start(key, nonce);
    bytes.fill(0, BLOCK_ZERO_AT, DATA_AT);
    chacha(BLOCK_ZERO_AT, 1, 0);
    polyKey(BLOCK_ZERO_AT);
    bytes.set(buffer.subarray(at, end - AEAD_TAG_BYTES), DATA_AT);
    this.#authenticate(buffer, aadAt, at, length);
    let difference = 0;
    for (let i = 0; i < AEAD_TAG_BYTES; i++) {
      difference |= bytes[TAG_AT + i]! ^ buffer[end - AEAD_TAG_BYTES + i]!;
    }
    if (difference === 0 && length > 0) {
      chacha(DATA_AT, Math.ceil(length / RUN_BYTES), 1);
      buffer.set(bytes.subarray(DATA_AT, DATA_AT + length), at);
    }
    this.#forget();
    return difference === 0;
  }

  /** Whole blocks alone. */
  poly1305(key: Uint8Array, blocks: Uint8Array): Uint8Array {
    const { polyKey, poly, polyTag } = this.#functions;
    this.#bytes.set(key, BLOCK_ZERO_AT);
    this.#bytes.set(blocks, DATA_AT);
    polyKey(BLOCK_ZERO_AT);
    poly(DATA_AT, blocks.length / 16);
    polyTag();
    const tag = this.#bytes.slice(TAG_AT, TAG_AT + AEAD_TAG_BYTES);
    this.#forget();
    return tag;
  }

  #start(key: Uint8Array, nonce: Uint8Array): void {
    this.#bytes.set(SIGMA, CHACHA_AT);
    this.#bytes.set(key, KEY_AT);
    this.#bytes.set(nonce, NONCE_AT);
  }

  /** RFC 8439 section 2.8: associated data and ciphertext, each filled up with zeros, and both lengths. */
  #authenticate(buffer: Uint8Array, aadAt: number, at: number, length: number): void {
    const { poly, polyTag } = this.#functions;
    const bytes = this.#bytes;
    const aadBytes = at - aadAt;
    if (aadBytes > 0) {
      const padded = (aadBytes + 15) & ~15;
      bytes.set(buffer.subarray(aadAt, at), AAD_AT);
      bytes.fill(0, AAD_AT + aadBytes, AAD_AT + padded);
      poly(AAD_AT, padded / 16);
    }
    const padded = (length + 15) & ~15;
    bytes.fill(0, DATA_AT + length, DATA_AT + padded);
    this.#view.setUint32(DATA_AT + padded, aadBytes, true);
    this.#view.setUint32(DATA_AT + padded + 4, 0);
    this.#view.setUint32(DATA_AT + padded + 8, length, true);
    this.#view.setUint32(DATA_AT + padded + 12, 0);
    poly(DATA_AT, padded / 16 + 1);
    polyTag();
  }

  #forget(): void {
    this.#bytes.fill(0, 0, SECRETS_END);
    this.#bytes.fill(0, BLOCK_ZERO_AT, DATA_AT);
  }
}

/** "expand 32-byte k" */
const SIGMA = Uint8Array.from([101, 120, 112, 97, 110, 100, 32, 51, 50, 45, 98, 121, 116, 101, 32, 107]);

/** Compiled when it is first wanted; null where this machine cannot. */
let shared: ChaChaModule | null | undefined;

function sharedModule(): ChaChaModule | undefined {
  if (shared === undefined) {
    try {
      shared = new ChaChaModule();
    } catch {
      shared = null; // no SIMD, or no memory that may be run
    }
  }
  return shared ?? undefined;
}

/**
 * Poly1305 of one to 64 whole blocks of 16 bytes, for tests: through ChaCha20 nobody can choose the keys that reach the edges
 * of its arithmetic. Undefined where WebAssembly is not to be had.
 */
export function poly1305ByWasm(key: Uint8Array, blocks: Uint8Array): Uint8Array | undefined {
  assert(
    key.length === 32 && blocks.length > 0 && blocks.length <= 1024 && blocks.length % 16 === 0,
    "poly1305",
  );
  return sharedModule()?.poly1305(key, blocks);
}

/**
 * `aead`, a ChaCha20-Poly1305 with the same key, does what is long or not in place.
 * `aead` itself where WebAssembly is not to be had.
 */
export function chachaForDatagrams(aead: Aead, key: Uint8Array): Aead {
  const module = sharedModule();
  return module === undefined ? aead : new DatagramChaCha(module, aead, key);
}

class DatagramChaCha implements Aead {
  readonly name = "chacha20-poly1305";
  readonly #module: ChaChaModule;
  readonly #other: Aead;
  readonly #key: Uint8Array;
  #destroyed = false;

  constructor(module: ChaChaModule, other: Aead, key: Uint8Array) {
    assert(key.length === AEAD_KEY_BYTES, "aead: key length");
    this.#module = module;
    this.#other = other;
    this.#key = copyBytes(key);
  }

  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return this.#other.seal(nonce, aad, plaintext);
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    return this.#other.open(nonce, aad, sealed);
  }

  sealInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): void {
    if (!ChaChaModule.fits(at - aadAt, end - at)) {
      this.#other.sealInPlace(nonce, buffer, aadAt, at, end);
      return;
    }
    this.#check(nonce, buffer, aadAt, at, end, end + AEAD_TAG_BYTES);
    this.#module.seal(this.#key, nonce, buffer, aadAt, at, end);
  }

  openInPlace(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number): boolean {
    if (!ChaChaModule.fits(at - aadAt, end - at))
      return this.#other.openInPlace(nonce, buffer, aadAt, at, end);
    this.#check(nonce, buffer, aadAt, at, end, end);
    if (end - at < AEAD_TAG_BYTES) return false;
    return this.#module.open(this.#key, nonce, buffer, aadAt, at, end);
  }

  destroy(): void {
    this.#key.fill(0);
    this.#destroyed = true;
    this.#other.destroy();
  }

  #check(nonce: Uint8Array, buffer: Uint8Array, aadAt: number, at: number, end: number, last: number): void {
    assert(!this.#destroyed, "aead: used after destroy");
    assert(nonce.length === AEAD_NONCE_BYTES, "aead: nonce length");
    assert(aadAt >= 0 && aadAt <= at && at <= end && last <= buffer.length, "aead: range");
  }
}
