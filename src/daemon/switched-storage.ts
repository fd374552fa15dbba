import type { Storage } from "../graph/storage.ts";

/**
 * A team's log until somebody asks for `graphStore: "memory"`: from then on nothing is written any more, and the file
 * stays as it is.
 */
export class SwitchedStorage implements Storage {
  #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  load(): Iterable<Uint8Array> {
    return this.#storage.load();
  }

  append(records: readonly Uint8Array[]): void {
    this.#storage.append(records);
  }

  close(): void {
    this.#storage.close();
  }

  /** From now on `replacement` is written to. It begins empty: what came before is in the team's graph. */
  switchTo(replacement: Storage): void {
    this.#storage.close();
    this.#storage = replacement;
  }
}
