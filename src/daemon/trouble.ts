/** Logs what an administrator should know of a batch of commands: a few lines, however many forks a member makes. */
import type { DeviceId, TeamId } from "../base/ids.ts";
import type { TeamEvent } from "../team/events.ts";
import type { Logger } from "./log.ts";

/** Devices named for one batch. More fork at once only where somebody makes them up. */
const FORKERS_NAMED_MAX = 8;

export function logTrouble(log: Logger, teamId: TeamId, events: readonly TeamEvent[]): void {
  const forks = new Map<DeviceId, (TeamEvent & { type: "forked" })[]>();
  const recalled: (TeamEvent & { type: "commandRecalled" })[] = [];
  for (const event of events) {
    if (event.type === "commandRecalled") recalled.push(event);
    if (event.type !== "forked") continue;
    const known = forks.get(event.author);
    if (known === undefined) forks.set(event.author, [event]);
    else known.push(event);
  }
  for (const [author, [first, ...more]] of [...forks].slice(0, FORKERS_NAMED_MAX)) {
    const { commandId, otherCommandId } = first!;
    log.warn({ teamId, author, commandId, otherCommandId, more: more.length }, "a device forked");
  }
  const [first, ...more] = recalled;
  if (first === undefined) return;
  const { commandId, author, kind, rule } = first;
  log.warn({ teamId, commandId, author, kind, rule, more: more.length }, "recalled");
}
