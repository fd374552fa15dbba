/** What new commands came to. */
import type { ErrorCode } from "../base/codes.ts";
import type { CommandId, DeviceId } from "../base/ids.ts";
import type { TeamEvent } from "./events.ts";

/** A command that was taken and changes nothing. */
export interface Refused {
  readonly commandId: CommandId;
  readonly author: DeviceId;
  readonly kind: string;
  readonly code: ErrorCode;
  readonly rule: string;
}

export interface Admitted {
  /** How many commands were new. */
  readonly added: number;
  /** How many of the new ones count. */
  readonly accepted: number;
  /** How many commands that counted no longer do. */
  readonly recalled: number;
  readonly events: readonly TeamEvent[];
  /** Of the new ones that do not count, the first; missing where all do. */
  readonly refused?: readonly Refused[];
}

export const NOTHING_ADMITTED: Admitted = { added: 0, accepted: 0, recalled: 0, events: [] };
