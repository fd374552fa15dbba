/**
 * What a policy has built from the commands so far: named tables of rows. Rows are immutable; every write leaves an undo
 * record, so that a command that turns out to come later, or not at all, can be taken back.
 */
import { assert } from "../base/assert.ts";
import { encodeCbor } from "../codec/cbor.ts";
import type { Cbor } from "../codec/cbor.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";

/** One table's name, and the canonical form of its rows. Tables are compared by identity. */
export interface FactTable<Row> {
  readonly name: string;
  /** Absent in a table of traces: what later commands may refer to, but no part of the state. */
  encode?(row: Row): Cbor;
}

export interface Change<Row = unknown> {
  readonly table: FactTable<Row>;
  readonly key: string;
  /** Undefined removes the row. */
  readonly row: Row | undefined;
}

/** A typed `Change`: the row is checked against its table, and the list of changes need not know the type. */
export function change<Row>(table: FactTable<Row>, key: string, row: Row | undefined): Change {
  return { table, key, row };
}

/** What was there before the changes of one command, change by change. */
export type UndoRecord = readonly Change[];

/** Facts as rules see them: to read only. */
export interface FactReader {
  get<Row>(table: FactTable<Row>, key: string): Row | undefined;
  entries<Row>(table: FactTable<Row>): Iterable<readonly [key: string, row: Row]>;
  count(table: FactTable<never>): number;
}

export class Facts implements FactReader {
  readonly #tables = new Map<string, Map<string, unknown>>();
  readonly #definitions = new Map<string, FactTable<unknown>>();

  get<Row>(table: FactTable<Row>, key: string): Row | undefined {
    return this.#tables.get(table.name)?.get(key) as Row | undefined;
  }

  *entries<Row>(table: FactTable<Row>): Iterable<readonly [string, Row]> {
    for (const entry of this.#tables.get(table.name) ?? []) yield entry as [string, Row];
  }

  count(table: FactTable<never>): number {
    return this.#tables.get(table.name)?.size ?? 0;
  }

  apply(changes: readonly Change[]): UndoRecord {
    const undo: Change[] = [];
    for (const c of changes) {
      undo.push({ table: c.table, key: c.key, row: this.get(c.table, c.key) });
      this.#set(c);
    }
    return undo;
  }

  /** Writes without an undo record: these changes cannot be taken back. */
  applyForGood(changes: readonly Change[]): void {
    for (const c of changes) this.#set(c);
  }

  /** Takes back every change. */
  clear(): void {
    this.#tables.clear();
  }

  /** Takes back the newest command whose changes have not been taken back. */
  undo(record: UndoRecord): void {
    for (let i = record.length - 1; i >= 0; i--) this.#set(record[i]!);
  }

  #set({ table, key, row }: Change): void {
    let rows = this.#tables.get(table.name);
    if (rows === undefined) {
      this.#tables.set(table.name, (rows = new Map<string, unknown>()));
      this.#definitions.set(table.name, table);
    }
    assert(this.#definitions.get(table.name) === table, "one definition a table");
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
  }

  /** SHA-256 over all rows but traces, tables and keys in the order of their UTF-16 code units: equal exactly when the facts are. */
  digest(suite: CipherSuite): Uint8Array {
    const chunks: Uint8Array[] = [DOMAIN.stateDigest];
    for (const name of [...this.#tables.keys()].sort()) {
      const rows = this.#tables.get(name)!;
      const table = this.#definitions.get(name)!;
      if (table.encode === undefined) continue;
      for (const key of [...rows.keys()].sort()) {
        chunks.push(encodeCbor([name, key, table.encode(rows.get(key))]));
      }
    }
    return suite.sha256(...chunks);
  }
}
