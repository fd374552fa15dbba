import type { CommandId } from "../base/ids.ts";

/** What sync needs of a graph: reading only, and nothing of the policy. A team not synced yet is an empty one. */
export interface CommandSource {
  /** How many commands there are. */
  readonly size: number;
  /** Commands without children, ascending by the bytes of their ids. */
  heads(): readonly CommandId[];
  /** Position in the order of arrival, parents before children; undefined for a command not held. */
  indexOf(id: CommandId): number | undefined;
  idAt(index: number): CommandId;
  /** Positions of the parents of the command at `index`; each is lower than `index`. */
  parentsAt(index: number): readonly number[];
  /** Signature and payload. */
  bytesAt(index: number): Uint8Array;
  /** Held, or kept aside: nothing to ask for. */
  isKnown(id: CommandId): boolean;
  /** At most `max` commands kept aside, the newest, that nothing kept aside builds on. */
  asideTips(max: number): readonly CommandId[];
}

/** Commands kept beside the graph, each with its ancestors there or in the graph. */
export interface Aside {
  has(id: CommandId): boolean;
  newestTips(max: number): readonly CommandId[];
}
