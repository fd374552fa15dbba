/**
 * What an accepted command does to the facts in front of it in the braid, and what it runs into there: names and labels
 * already taken, devices already gone. Authority has been settled before (`judge.ts`, `authority.ts`).
 */
import type { CommandId, DeviceId } from "../../base/ids.ts";
import { roleFromRank } from "../../base/roles.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { Effect } from "../effects.ts";
import { change } from "../facts.ts";
import type { Change, FactReader } from "../facts.ts";
import { NOTHING_CHANGED, reject } from "../policy.ts";
import type { Action, Verdict } from "../policy.ts";
import type { Operation } from "./operation.ts";
import type { Standing } from "./standing.ts";
import { CLOSED, DEVICES, KEYS, keysOf, LABELS, MEMBERS, membershipsOf, NAMES, rankOf } from "./tables.ts";
import type { Member } from "./tables.ts";

/** What becomes of one membership. */
export interface Transition {
  readonly membership: CommandId;
  readonly to: Standing;
  /** For a membership that begins to stand: whom it adds. */
  readonly adds?: { readonly deviceId: DeviceId; readonly bundle: KeyBundle; readonly commonName: string };
}

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
    case "AddDevice":
    case "RemoveDevice":
    case "AssignRole":
    case "RevokeRole":
      return move(facts, op.kind === "CreateTeam" ? action.author : op.target, transitions);
    case "CloseTeam":
      return accept(
        underOwnId(action, (id) => change(CLOSED, "", id)),
        [{ type: "teamClosed" }],
      );
    case "CreateLabel": {
      const { label } = op;
      if (facts.get(LABELS, label) !== undefined)
        return reject("LabelExists", "a label is created once", { label });
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

/** All transitions of one command are about one device. */
function move(facts: FactReader, deviceId: DeviceId, transitions: readonly Transition[]): Verdict {
  const before = rankOf(facts, deviceId);
  const rows = new Map(membershipsOf(facts, deviceId).map((m) => [m, facts.get(MEMBERS, m)!]));
  const changes: Change[] = [];
  const effects: Effect[] = [];
  let addedName = "";
  for (const { membership, to, adds } of transitions) {
    const row = rows.get(membership);
    if (typeof to !== "number") {
      if (row === undefined) continue;
      rows.delete(membership);
      changes.push(change(MEMBERS, membership, undefined));
    } else if (row !== undefined) {
      if (row.rank === to) continue;
      rows.set(membership, { ...row, rank: to });
      changes.push(change(MEMBERS, membership, { ...row, rank: to }));
    } else if (adds !== undefined) {
      const { bundle, commonName } = adds;
      const added: Member = { deviceId, bundle, commonName, rank: to, labels: [] };
      rows.set(membership, added);
      addedName = commonName;
      changes.push(change(MEMBERS, membership, added));
      for (const key of keysOf(bundle)) {
        const holders = facts.get(KEYS, key) ?? [];
        if (!holders.includes(deviceId)) changes.push(change(KEYS, key, [...holders, deviceId].sort()));
      }
    }
  }
  if (changes.length === 0) return NOTHING_CHANGED;
  const left = [...rows.keys()].sort();
  changes.push(change(DEVICES, deviceId, left.length === 0 ? undefined : left));
  for (const name of namesOf(facts, deviceId)) {
    if (![...rows.values()].some((row) => row.netIdentifier === name))
      changes.push(change(NAMES, name, undefined));
  }

  const after = left.length === 0 ? undefined : Math.max(...[...rows.values()].map((row) => row.rank));
  if (before === undefined && after !== undefined) {
    effects.push({ type: "deviceAdded", deviceId, commonName: addedName, role: roleFromRank(after)! });
  } else if (before !== undefined && after === undefined) {
    effects.push({ type: "deviceRemoved", deviceId });
  } else if (before !== undefined && after !== undefined && before !== after) {
    effects.push({ type: "roleChanged", deviceId, from: roleFromRank(before)!, to: roleFromRank(after)! });
  }
  return accept(changes, effects);
}

function namesOf(facts: FactReader, deviceId: DeviceId): string[] {
  const names = membershipsOf(facts, deviceId).flatMap((m) => facts.get(MEMBERS, m)?.netIdentifier ?? []);
  return [...new Set(names)];
}

/** Those of a command's targets that stand where the braid puts it, with their rows. */
function standing(facts: FactReader, targets: readonly CommandId[]): [CommandId, Member][] {
  return targets.flatMap((m): [CommandId, Member][] => {
    const row = facts.get(MEMBERS, m);
    return row === undefined ? [] : [[m, row]];
  });
}

function deleteLabel(facts: FactReader, label: string): Verdict {
  if (facts.get(LABELS, label) === undefined) return reject("UnknownLabel", "the label exists", { label });
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
  if (facts.get(LABELS, label) === undefined) return reject("UnknownLabel", "the label exists", { label });
  const rows = standing(facts, targets);
  if (rows.length === 0) return reject("UnknownDevice", "the device is a member", { deviceId });
  const changes = rows
    .filter(([, row]) => row.labels.includes(label) !== assign)
    .map(([membership, row]) => {
      const labels = assign ? [...row.labels, label].sort() : row.labels.filter((l) => l !== label);
      return change(MEMBERS, membership, { ...row, labels });
    });
  if (changes.length === 0) return NOTHING_CHANGED;
  return accept(changes, [{ type: assign ? "labelAssigned" : "labelRevoked", deviceId, label }]);
}

function assignNetworkName(
  facts: FactReader,
  deviceId: DeviceId,
  netIdentifier: string,
  targets: readonly CommandId[],
): Verdict {
  const rows = standing(facts, targets);
  if (rows.length === 0) return reject("UnknownDevice", "the device is a member", { deviceId });
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
  if (rows.length === 0) return reject("UnknownDevice", "the device is a member", { deviceId });
  const holding = rows.filter(([, row]) => row.netIdentifier === netIdentifier);
  if (holding.length === 0) {
    return reject("UnknownName", "the device has this network name", { deviceId, netIdentifier });
  }
  const changes = holding.map(([membership, { netIdentifier: _, ...row }]) =>
    change(MEMBERS, membership, row),
  );
  const kept = standing(facts, membershipsOf(facts, deviceId)).some(
    ([m, row]) => row.netIdentifier === netIdentifier && !holding.some(([h]) => h === m),
  );
  if (!kept) changes.push(change(NAMES, netIdentifier, undefined));
  return accept(changes, [{ type: "networkNameRevoked", deviceId, netIdentifier }]);
}
