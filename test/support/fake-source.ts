import { createHash } from "node:crypto";
import { compareBytes, utf8 } from "../../src/base/bytes.ts";
import { idFromBytes, idToBytes } from "../../src/base/ids.ts";
import type { CommandId, TeamId } from "../../src/base/ids.ts";
import type { CommandSource } from "../../src/graph/source.ts";

/** A team's command reduced to what sync sees: an id, parents and some bytes. */
export interface FakeCommand {
  readonly id: CommandId;
  readonly parents: readonly CommandId[];
  readonly bytes: Uint8Array;
}

export const FAKE_TEAM = idFromBytes<TeamId>(new Uint8Array(32).fill(7));

/** `name` decides the id; `length` is that of the bytes, which start with the id. */
export function fakeCommand(name: string, parents: readonly FakeCommand[] = [], length = 200): FakeCommand {
  const idBytes = new Uint8Array(createHash("sha256").update(utf8(name)).digest());
  const bytes = new Uint8Array(length);
  bytes.set(idBytes);
  return { id: idFromBytes(idBytes), parents: parents.map((p) => p.id), bytes };
}

/** The reference a hostile page is measured against: only commands of `known`, once each, parents first. */
export class FakeSource implements CommandSource {
  readonly #commands: FakeCommand[] = [];
  readonly #parents: number[][] = [];
  readonly #index = new Map<CommandId, number>();
  readonly #heads = new Set<CommandId>();

  constructor(commands: readonly FakeCommand[] = []) {
    for (const command of commands) this.add(command);
  }

  /** False for a command already held; throws where a parent is missing. */
  add(command: FakeCommand): boolean {
    if (this.#index.has(command.id)) return false;
    const parents = command.parents.map((p) => {
      const at = this.#index.get(p);
      if (at === undefined) throw new Error("unknown parent");
      return at;
    });
    this.#index.set(command.id, this.#commands.length);
    this.#commands.push(command);
    this.#parents.push(parents);
    for (const p of command.parents) this.#heads.delete(p);
    this.#heads.add(command.id);
    return true;
  }

  /** What a host does with a page: how many were new. `known` finds a command by its bytes. */
  admit(page: readonly Uint8Array[], known: ReadonlyMap<string, FakeCommand>): number {
    let added = 0;
    for (const bytes of page) {
      const command = known.get(idFromBytes<CommandId>(bytes.slice(0, 32)));
      if (command === undefined) throw new Error("not a command");
      if (this.add(command)) added++;
    }
    return added;
  }

  get size(): number {
    return this.#commands.length;
  }

  heads(): readonly CommandId[] {
    return [...this.#heads].sort((a, b) => compareBytes(idToBytes(a), idToBytes(b)));
  }

  isKnown(id: CommandId): boolean {
    return this.#index.has(id);
  }

  asideTips(): readonly CommandId[] {
    return [];
  }

  indexOf(id: CommandId): number | undefined {
    return this.#index.get(id);
  }

  idAt(index: number): CommandId {
    return this.#commands[index]!.id;
  }

  parentsAt(index: number): readonly number[] {
    return this.#parents[index]!;
  }

  bytesAt(index: number): Uint8Array {
    return this.#commands[index]!.bytes;
  }

  ids(): ReadonlySet<CommandId> {
    return new Set(this.#index.keys());
  }
}
