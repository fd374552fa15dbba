import type { ErrorCode } from "../base/codes.ts";
import type { CommandId, DeviceId } from "../base/ids.ts";
import type { CommandEffect, Effect } from "../policy/effects.ts";

/** What became of the facts of a team, in the order in which it happened. */
export type TeamEvent =
  | CommandEffect
  | {
      /** A command that was accepted no longer is; `undone` is what it had done. */
      readonly type: "commandRecalled";
      readonly commandId: CommandId;
      readonly author: DeviceId;
      readonly kind: string;
      readonly code: ErrorCode;
      readonly rule: string;
      readonly undone: readonly Effect[];
    }
  | {
      /** Two commands of one author, neither of which knows the other: a cloned or restored device, or a liar. */
      readonly type: "forked";
      readonly commandId: CommandId;
      readonly otherCommandId: CommandId;
      readonly author: DeviceId;
    };
