/**
 * What an accepted command does to the facts in front of it in the braid, and what it runs into there: names and labels
 * already taken, devices already gone. Authority has been settled before (`judge.ts`, `authority.ts`).
 */
import type { CommandId, DeviceId } from "../../base/ids.ts";
import { limitFields } from "../../base/limit-reached.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Effect } from "../effects.ts";
import { change } from "../facts.ts";
import type { Change, FactReader } from "../facts.ts";
import { NOTHING_CHANGED, reject } from "../policy.ts";
import type { Action, Verdict } from "../policy.ts";
import type { Operation } from "./operation.ts";
import { addMembership, moveMemberships, namesOf } from "./memberships.ts";
import type { Transition } from "./memberships.ts";
import { DEFAULT_RANK, OWNER_RANK } from "./standing.ts";
import { CLOSED, LABELS, MEMBERS, membershipsOf, NAMES } from "./tables.ts";
import type { Member } from "./tables.ts";

/** `targets`: the memberships the command is about. `transitions`: what it makes of the standing of memberships. */
export function perform(
  facts: FactReader,
  op: Operation,
  action: Action,
  targets: readonly CommandId[],
  transitions: readonly Transition[],
): Verdict {
  switch (op.kind) {
    case "CreateTeam":
    case "AddDevice": {
      // A draft has no id yet, and is only asked whether it would be accepted.
      if (action.id === undefined) return NOTHING_CHANGED;
      const [deviceId, rank] =
        op.kind === "CreateTeam"
          ? ([action.author, OWNER_RANK] as const)
          : ([op.target, DEFAULT_RANK] as const);
      return addMembership(facts, deviceId, action.id, rank, {
        bundle: op.bundle,
        commonName: op.commonName,
      });
    }
    case "RemoveDevice":
    case "AssignRole":
    case "RevokeRole":
      return moveMemberships(facts, op.target, transitions);
    case "CloseTeam":
      return accept(
        underOwnId(action, (id) => change(CLOSED, "", id)),
        [{ type: "teamClosed" }],
      );
    case "CreateLabel": {
      const { label } = op;
      if (facts.get(LABELS, label) !== undefined)
        return reject("LabelExists", "there is such a label already", { label });
      // The policy limits this, not only the author's daemon: a device's row holds its labels, and every change of the row is kept.
      if (facts.count(LABELS) >= LIMITS.labelsPerTeamMax) {
        const rule = `a team has at most ${LIMITS.labelsPerTeamMax} labels`;
        return reject("LimitReached", rule, limitFields("labelsPerTeamMax"));
      }
      return accept(
        underOwnId(action, (id) => change(LABELS, label, id)),
        [{ type: "labelCreated", label }],
      );
    }
    case "DeleteLabel":
      return deleteLabel(facts, op.label);
    case "AssignLabel":
    case "RevokeLabel":
      return setLabel(facts, op.kind === "AssignLabel", op.target, op.label, targets);
    case "AssignNetworkName":
      return assignNetworkName(facts, op.target, op.netIdentifier, targets);
    case "RevokeNetworkName":
      return revokeNetworkName(facts, op.target, op.netIdentifier, targets);
    case "CreateChannel":
      return NOTHING_CHANGED;
  }
}

function accept(changes: readonly Change[], effects: readonly Effect[]): Verdict {
  return { accepted: true, changes, effects };
}

/** What holds the id of the command that wrote it. A draft has none yet, and is only asked whether it would be accepted. */
function underOwnId(action: Action, make: (id: CommandId) => Change): readonly Change[] {
  return action.id === undefined ? [] : [make(action.id)];
}

/** Those of a command's targets that stand where the braid puts it, with their rows. */
function standing(facts: FactReader, targets: readonly CommandId[]): [CommandId, Member][] {
  return targets.flatMap((m): [CommandId, Member][] => {
    const row = facts.get(MEMBERS, m);
    return row === undefined ? [] : [[m, row]];
  });
}

function deleteLabel(facts: FactReader, label: string): Verdict {
  if (facts.get(LABELS, label) === undefined)
    return reject("UnknownLabel", "there is no such label", { label });
  const changes = [change(LABELS, label, undefined)];
  for (const [membership, row] of facts.entries(MEMBERS)) {
    if (!row.labels.includes(label)) continue;
    changes.push(
      change(MEMBERS, membership as CommandId, { ...row, labels: row.labels.filter((l) => l !== label) }),
    );
  }
  return accept(changes, [{ type: "labelDeleted", label }]);
}

function setLabel(
  facts: FactReader,
  assign: boolean,
  deviceId: DeviceId,
  label: string,
  targets: readonly CommandId[],
): Verdict {
  if (facts.get(LABELS, label) === undefined)
    return reject("UnknownLabel", "there is no such label", { label });
  const rows = standing(facts, targets);
  if (rows.length === 0) return reject("UnknownDevice", "the device is not a member", { deviceId });
  const changes = rows
    .filter(([, row]) => row.labels.includes(label) !== assign)
    .map(([membership, row]) => {
      const labels = assign ? [...row.labels, label].sort() : row.labels.filter((l) => l !== label);
      return change(MEMBERS, membership, { ...row, labels });
    });
  if (changes.length === 0) return NOTHING_CHANGED;
  // A device has the labels of all its memberships: another one may give it this label too.
  const changed = changes.map((c) => c.key);
  const byAnother = standing(facts, membershipsOf(facts, deviceId)).some(
    ([m, row]) => row.labels.includes(label) && !changed.includes(m),
  );
  const effect: Effect = { type: assign ? "labelAssigned" : "labelRevoked", deviceId, label };
  return accept(changes, byAnother ? [] : [effect]);
}

function assignNetworkName(
  facts: FactReader,
  deviceId: DeviceId,
  netIdentifier: string,
  targets: readonly CommandId[],
): Verdict {
  const rows = standing(facts, targets);
  if (rows.length === 0) return reject("UnknownDevice", "the device is not a member", { deviceId });
  const holder = facts.get(NAMES, netIdentifier);
  if (holder !== undefined && holder !== deviceId) {
    return reject("NameInUse", "a network name belongs to one device at a time", {
      netIdentifier,
      deviceId: holder,
    });
  }
  if (rows.every(([, row]) => row.netIdentifier === netIdentifier)) return NOTHING_CHANGED;
  // One name a device: memberships the author did not know of give up theirs.
  const others = standing(facts, membershipsOf(facts, deviceId)).filter(([m]) => !targets.includes(m));
  const changes = [
    ...rows.map(([membership, row]) => change(MEMBERS, membership, { ...row, netIdentifier })),
    ...others.map(([membership, { netIdentifier: _, ...row }]) => change(MEMBERS, membership, row)),
  ];
  for (const name of namesOf(facts, deviceId)) changes.push(change(NAMES, name, undefined));
  changes.push(change(NAMES, netIdentifier, deviceId));
  return accept(changes, [{ type: "networkNameAssigned", deviceId, netIdentifier }]);
}

function revokeNetworkName(
  facts: FactReader,
  deviceId: DeviceId,
  netIdentifier: string,
  targets: readonly CommandId[],
): Verdict {
  const rows = standing(facts, targets);
  if (rows.length === 0) return reject("UnknownDevice", "the device is not a member", { deviceId });
  const holding = rows.filter(([, row]) => row.netIdentifier === netIdentifier);
  if (holding.length === 0) {
    return reject("UnknownName", "the device does not have this network name", { deviceId, netIdentifier });
  }
  const changes = holding.map(([membership, { netIdentifier: _, ...row }]) =>
    change(MEMBERS, membership, row),
  );
  const kept = standing(facts, membershipsOf(facts, deviceId)).some(
    ([m, row]) => row.netIdentifier === netIdentifier && !holding.some(([h]) => h === m),
  );
  if (kept) return accept(changes, []);
  return accept(
    [...changes, change(NAMES, netIdentifier, undefined)],
    [{ type: "networkNameRevoked", deviceId, netIdentifier }],
  );
}
