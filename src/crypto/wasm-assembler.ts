/** The little of the WebAssembly binary format that chacha-wasm.ts needs: one memory, functions without results. */

export type Code = readonly number[];
export type ValueType = "i32" | "i64" | "v128";

const TYPES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** A module that exports its memory of `pages` times 64 KiB as `memory`, and each function under its name. */
export function assemble(pages: number, functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [0x60, ...vector(f.params.map((t) => [TYPES[t]])), 0]);
  const exports = functions.map((f, i) => [...text(f.name), 0, ...unsigned(i)]);
  const bodies = functions.map((f) => {
    const code = [...vector(f.locals.map((t) => [1, TYPES[t]])), ...f.body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, vector([[...text("memory"), 2, 0], ...exports])),
    ...section(10, vector(bodies)),
  ]);
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value))],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
};

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  load: (address: Code, offset: number): Code => [...address, 0x29, 0, ...unsigned(offset)],
  store: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    0x37,
    0,
    ...unsigned(offset),
  ],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x7c],
  sub: (a: Code, b: Code): Code => [...a, ...b, 0x7d],
  mul: (a: Code, b: Code): Code => [...a, ...b, 0x7e],
  and: (a: Code, b: Code): Code => [...a, ...b, 0x83],
  or: (a: Code, b: Code): Code => [...a, ...b, 0x84],
  shl: (a: Code, bits: number): Code => [...a, ...i64.const(BigInt(bits)), 0x86],
  shr: (a: Code, bits: number): Code => [...a, ...i64.const(BigInt(bits)), 0x88],
  /** 1 or 0, without a branch. */
  below: (a: Code, b: Code): Code => [...a, ...b, 0x54, 0xad],
};

const simd = (...operation: number[]): Code => [0xfd, ...operation];

/** Four lanes of 32 bits. */
export const v128 = {
  load: (address: Code, offset: number): Code => [...address, ...simd(0x00), 0, ...unsigned(offset)],
  store: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    ...simd(0x0b),
    0,
    ...unsigned(offset),
  ],
  /** One word of memory in all lanes. */
  splatFrom: (offset: number): Code => [...i32.const(0), ...simd(0x09), 0, ...unsigned(offset)],
  splat: (value: Code): Code => [...value, ...simd(0x11)],
  lanes: (...words: readonly number[]): Code => [
    ...simd(0x0c),
    ...words.flatMap((w) => [w, w >>> 8, w >>> 16, w >>> 24].map((b) => b & 0xff)),
  ],
  /** Bytes 0 to 15 are those of `a`, 16 to 31 those of `b`. */
  shuffle: (a: Code, b: Code, bytes: readonly number[]): Code => [...a, ...b, ...simd(0x0d), ...bytes],
  add: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xae, 0x01)],
  xor: (a: Code, b: Code): Code => [...a, ...b, ...simd(0x51)],
  or: (a: Code, b: Code): Code => [...a, ...b, ...simd(0x50)],
  shl: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xab, 0x01)],
  shr: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xad, 0x01)],
};

/** `body` as often as the local says, at least once; the local is 0 then. */
export function repeat(local: number, body: Code): Code {
  const countDown = set(local, i32.add(get(local), i32.const(-1)));
  return [0x03, 0x40, ...body, ...countDown, ...get(local), 0x0d, 0, 0x0b];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return vector(Array.from(value, (c) => [c.charCodeAt(0)]));
}

/** LEB128. */
function unsigned(value: number): Code {
  const out: number[] = [];
  for (; value > 0x7f; value >>>= 7) out.push((value & 0x7f) | 0x80);
  return [...out, value];
}

function signed(value: bigint): Code {
  const out: number[] = [];
  for (;;) {
    const byte = Number(value & 0x7fn);
    value >>= 7n;
    if ((value === 0n && byte < 0x40) || (value === -1n && byte >= 0x40)) return [...out, byte];
    out.push(byte | 0x80);
  }
}
