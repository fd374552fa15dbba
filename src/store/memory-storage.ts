import { assert } from "../base/assert.ts";
import { StoreError } from "../base/errors.ts";
import type { Storage } from "../graph/storage.ts";
import { assertRecord } from "./log-format.ts";

/** For devices that must not write flash, and for simulations: gone when the process is. */
export class MemoryStorage implements Storage {
  readonly #records: Uint8Array[] = [];
  #loaded = false;
  #closed = false;

  load(): Uint8Array[] {
    if (this.#closed) throw new StoreError("closed", "the storage is closed");
    this.#loaded = true;
    return this.#records.map((record) => record.slice());
  }

  append(records: readonly Uint8Array[]): void {
    if (this.#closed) throw new StoreError("closed", "the storage is closed");
    assert(this.#loaded, "a storage is loaded before it is appended to");
    for (const record of records) assertRecord(record);
    for (const record of records) this.#records.push(record.slice());
  }

  close(): void {
    this.#closed = true;
  }
}
