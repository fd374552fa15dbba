/** What admission has found out about a command. */
import type { CommandId } from "../base/ids.ts";
import type { Command } from "../graph/command.ts";

/** A command that passed every check. */
export interface Checked {
  readonly command: Command;
  /** What introduced its author in its past, one for each key. */
  readonly signers: readonly Introduction[];
}

/** A command that made a device able to author, and the key it signs with. */
export interface Introduction {
  readonly id: CommandId;
  readonly signingKey: Uint8Array;
}
