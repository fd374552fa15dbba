/** From what happened to a team to what applications are told. */
import type { TeamId } from "../base/ids.ts";
import type { Effect } from "../ipc/effect.ts";
import type { TeamEvent } from "../team/events.ts";

export function effectOf(teamId: TeamId, event: TeamEvent): Effect {
  if (event.type !== "commandRecalled") return { teamId, ...event };
  const { type, commandId, author, kind, rule } = event;
  return { type, teamId, commandId, author, kind, reason: rule };
}
