/** What new commands came to. */
import type { TeamEvent } from "./events.ts";

export interface Admitted {
  /** How many commands were new. */
  readonly added: number;
  /** How many of the new ones count. */
  readonly accepted: number;
  /** How many commands that counted no longer do. */
  readonly recalled: number;
  readonly events: readonly TeamEvent[];
}

export const NOTHING_ADMITTED: Admitted = { added: 0, accepted: 0, recalled: 0, events: [] };
