/**
 * Commands that passed every check and that nobody heard builds on (`graph/hearing.ts`): kept in memory only, until
 * somebody does. So what a device writes without end reaches neither the graph nor the flash.
 */
import { copyBytes } from "../base/bytes.ts";
import type { CommandId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Aside } from "../graph/source.ts";
import type { Checked } from "./checked.ts";

export class Pool implements Aside {
  readonly #max: number;
  readonly #pooled = new Map<CommandId, Checked>();

  constructor(max: number = LIMITS.unheardPooledMax) {
    this.#max = max;
  }

  get size(): number {
    return this.#pooled.size;
  }

  get(id: CommandId): Checked | undefined {
    return this.#pooled.get(id);
  }

  has(id: CommandId): boolean {
    return this.#pooled.has(id);
  }

  /**
   * Before each `add`, and before it is asked whether the ancestors of what is added are here. A full pool is emptied, and true
   * returned: none is ever in it without its ancestors, and peers send again what is wanted.
   */
  makeRoom(): boolean {
    if (this.#pooled.size < this.#max) return false;
    this.#pooled.clear();
    return true;
  }

  add(checked: Checked): void {
    const { command, signers } = checked;
    this.#pooled.set(command.id, { command: { ...command, bytes: copyBytes(command.bytes) }, signers });
  }

  delete(id: CommandId): void {
    this.#pooled.delete(id);
  }

  /** At most `max` of those none in the pool builds on, the newest first. */
  newestTips(max: number): CommandId[] {
    const tips: CommandId[] = [];
    const builtOn = new Set<CommandId>();
    for (const { command } of [...this.#pooled.values()].reverse()) {
      if (tips.length === max) break;
      if (!builtOn.has(command.id)) tips.push(command.id);
      for (const id of command.parents) builtOn.add(id);
    }
    return tips;
  }
}
