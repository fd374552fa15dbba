/** Every command anybody of the world ever signed, and who knew of what: the truth replicas are held against. */
import type { CommandId, DeviceId } from "../../src/base/ids.ts";
import type { CipherSuite } from "../../src/crypto/cipher-suite.ts";
import { decodeCommand } from "../../src/graph/command.ts";
import type { Command } from "../../src/graph/command.ts";

interface Known {
  readonly command: Command;
  /** Bit i: the i-th command is an ancestor. */
  readonly ancestors: bigint;
  readonly bit: bigint;
}

export class Ledger {
  readonly #suite: CipherSuite;
  readonly #known = new Map<CommandId, Known>();
  readonly #byAuthor = new Map<DeviceId, Known[]>();

  constructor(suite: CipherSuite) {
    this.#suite = suite;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Of a command whose parents are known. One signed twice is one. */
  add(bytes: Uint8Array): Command {
    const command = decodeCommand(this.#suite, bytes);
    const before = this.#known.get(command.id);
    if (before !== undefined) return before.command;
    let ancestors = 0n;
    for (const parent of command.parents) {
      const known = this.#known.get(parent);
      if (known !== undefined) ancestors |= known.ancestors | known.bit;
    }
    const known = { command, ancestors, bit: 1n << BigInt(this.#known.size) };
    this.#known.set(command.id, known);
    const own = this.#byAuthor.get(command.author);
    if (own === undefined) this.#byAuthor.set(command.author, [known]);
    else own.push(known);
    return command;
  }

  /** As `add`, of a command found with a device: only if it is that device's own. */
  addOwn(device: DeviceId, bytes: Uint8Array): void {
    if (decodeCommand(this.#suite, bytes).author === device) this.add(bytes);
  }

  get(id: CommandId): Command | undefined {
    return this.#known.get(id)?.command;
  }

  /** Commands of the same author that neither know this one nor are known to it. */
  concurrentOwn(id: CommandId): Command[] {
    const known = this.#known.get(id)!;
    return (this.#byAuthor.get(known.command.author) ?? [])
      .filter((other) => other !== known && (known.ancestors & other.bit) === 0n)
      .filter((other) => (other.ancestors & known.bit) === 0n)
      .map((other) => other.command);
  }
}
