/** From what happened to a team to what applications are told. */
import type { TeamId } from "../base/ids.ts";
import type { Effect } from "../ipc/effect.ts";
import type { TeamEvent } from "../team/events.ts";

/** UTF-16 units of an error's message that an effect carries: at most 768 bytes, and a `reason` has room for 1024. */
const REASON_LENGTH_MAX = 256;

/** An error's message as the `reason` of an effect. */
export function effectReason(message: string): string {
  return message.slice(0, REASON_LENGTH_MAX);
}

export function effectOf(teamId: TeamId, event: TeamEvent): Effect {
  if (event.type !== "commandRecalled") return { teamId, ...event };
  const { type, commandId, author, kind, rule } = event;
  return { type, teamId, commandId, author, kind, reason: rule };
}
