/** What others did to the teams of this device, as lines. What it did itself is in the line of the call that did it. */
import type { DeviceId, TeamId } from "../base/ids.ts";
import type { AuditDetail } from "../audit/line.ts";
import type { LogReport } from "../store/append-log.ts";
import type { Refused } from "../team/admitted.ts";
import type { TeamEvent } from "../team/events.ts";
import type { Auditor } from "./audit-trail.ts";
import type { Teams } from "./teams.ts";

export function auditTeams(audit: Auditor, teams: Teams, self: () => DeviceId | undefined): void {
  teams.onEvents((teamId, events) => auditEvents(audit, teamId, events, self()));
  teams.onRefused((teamId, refused) => auditRefusals(audit, teamId, refused));
  teams.onStopped((team, { code, message: reason }) => {
    audit.record({ who: "daemon", act: "graph.stopped", team, outcome: code, detail: { reason } }, "member");
  });
}

/** What the store found when it opened a team's log. */
export function auditDamage(audit: Auditor, team: TeamId, { tornBytes, damage }: LogReport): void {
  const outcome = damage === undefined ? "cut" : "damaged";
  const detail: AuditDetail =
    damage === undefined
      ? { bytes: tornBytes }
      : { keptAs: damage.keptAs, offset: damage.offset, bytes: damage.bytes };
  audit.record({ who: "daemon", act: "store.log", team, outcome, detail });
}

function auditEvents(
  audit: Auditor,
  teamId: TeamId,
  events: readonly TeamEvent[],
  self: DeviceId | undefined,
): void {
  for (const event of events) {
    const { type, author, commandId } = event;
    const who = `device:${author}`;
    if (type === "commandRecalled") {
      const { kind, rule, code } = event;
      const detail = { commandId, kind, rule };
      audit.record({ who, act: "graph.recalled", team: teamId, outcome: code, detail }, "member");
    } else if (type === "forked") {
      const detail = { commandId, other: event.otherCommandId };
      audit.record({ who, act: "graph.forked", team: teamId, outcome: "forked", detail }, "member");
    } else if (author !== self) {
      const target = "deviceId" in event ? event.deviceId : undefined;
      const detail = { commandId, ...detailOf(event) };
      audit.record({ who, act: `graph.${type}`, team: teamId, target, outcome: "done", detail }, "member");
    }
  }
}

/** Commands of others that the policy does not let count. */
function auditRefusals(audit: Auditor, teamId: TeamId, refused: readonly Refused[]): void {
  for (const { author, commandId, kind, code, rule } of refused) {
    const detail = { commandId, kind, rule };
    audit.record(
      { who: `device:${author}`, act: "graph.refused", team: teamId, outcome: code, detail },
      "member",
    );
  }
}

function detailOf(event: TeamEvent): AuditDetail {
  const detail: Record<string, string> = {};
  for (const [name, value] of Object.entries(event)) {
    const isSaid = name === "type" || name === "author" || name === "deviceId";
    if (!isSaid && typeof value === "string") detail[name] = value;
  }
  return detail;
}
