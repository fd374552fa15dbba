/** What a piece of the measuring is, and what it is given. */
import type { Figure } from "./report.ts";
import type { Rig } from "./rig.ts";

/** How much is done. */
export interface Plan {
  /** Commands in the team at each look, ascending. */
  readonly commandSteps: readonly number[];
  /** Channels at each look, ascending. */
  readonly channelSteps: readonly number[];
  /** Before memory is looked at. */
  readonly settleMs: number;
  /** How long an idle daemon is watched. */
  readonly idleMs: number;
  /** Of each load. */
  readonly loadMs: number;
  /** Of each kind of start. */
  readonly starts: number;
  /** Actions, each made durable by itself. */
  readonly actions: number;
  readonly sequentialBytes: number;
  /** Of the small writes, and of the reads: as many, or as long as that. */
  readonly samples: number;
  readonly samplesMs: number;
}

export interface Bench {
  readonly rig: Rig;
  readonly plan: Plan;
  readonly add: (figure: Figure) => void;
  readonly skip: (what: string, reason: string) => void;
  readonly note: (text: string) => void;
  readonly say: (what: string) => void;
}

export interface Section {
  readonly name: string;
  /** In a line. */
  readonly what: string;
  /** Processes of the executable it runs at once, this one besides; each needs memory. */
  readonly daemons: number;
  readonly run: (bench: Bench) => Promise<void>;
}
