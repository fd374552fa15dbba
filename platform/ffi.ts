/**
 * `node:ffi` where there is one: Node 26, not 20.11. Calls take pointers as BigInt into memory of our own that never
 * moves; that costs 0.06 µs a call, an array argument five times as much.
 */
import type * as Ffi from "node:ffi";

export type FfiModule = typeof Ffi;

/** Undefined where this Node has none. Its one warning, that it is experimental, is not shown. */
export function loadFfi(): FfiModule | undefined {
  // Not an import: 20.11 would fail on it. There `getBuiltinModule` itself is missing.
  const host = process as unknown as {
    getBuiltinModule?: (id: string) => unknown;
    emitWarning: (...args: unknown[]) => void;
  };
  const { emitWarning } = host;
  host.emitWarning = (...args) => {
    if (!/^FFI is an experimental feature/.test(String(args[0]))) emitWarning.apply(process, args);
  };
  try {
    return host.getBuiltinModule?.("node:ffi") as FfiModule | undefined;
  } catch {
    return undefined; // built or started without it
  } finally {
    host.emitWarning = emitWarning;
  }
}

/** Memory that native code may be told about, for as long as this object lives. */
export class PinnedMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #base: bigint;

  constructor(ffi: FfiModule, byteLength: number) {
    const buffer = new ArrayBuffer(byteLength);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.#base = ffi.getRawPointer(buffer);
  }

  pointer(at: number): bigint {
    return this.#base + BigInt(at);
  }
}

export const NULL = 0n;
