/** Where a team's commands are kept, in the order of arrival. Synchronous; one writer. */
export interface Storage {
  /** Every record, oldest first, as it was appended. Called once, before the first `append`. */
  load(): Iterable<Uint8Array>;
  /**
   * All of the records or none: durable when it returns. Throws `StoreError`, and then nothing of this call is kept
   * and the storage can be used again.
   */
  append(records: readonly Uint8Array[]): void;
  close(): void;
}
