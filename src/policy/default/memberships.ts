/** How the facts about one device change when its memberships begin to stand, change role, or end. */
import type { CommandId, DeviceId } from "../../base/ids.ts";
import { roleFromRank } from "../../base/roles.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { Effect } from "../effects.ts";
import { change } from "../facts.ts";
import type { Change, FactReader } from "../facts.ts";
import { NOTHING_CHANGED } from "../policy.ts";
import type { Verdict } from "../policy.ts";
import type { Standing } from "./standing.ts";
import {
  deviceOf,
  DEVICES,
  FORMER,
  formerOf,
  KEYS,
  keysOf,
  MEMBERS,
  membershipsOf,
  NAMES,
} from "./tables.ts";
import type { FormerMembership, Member } from "./tables.ts";

/** What becomes of one membership. */
export interface Transition {
  readonly membership: CommandId;
  readonly to: Standing;
}

/** The keys and the name that a membership brings. */
export interface Introduced {
  readonly bundle: KeyBundle;
  readonly commonName: string;
}

/** An accepted AddDevice or init: a new membership, and keys that are the device's from now on. */
export function addMembership(
  facts: FactReader,
  deviceId: DeviceId,
  membership: CommandId,
  rank: number,
  introduced: Introduced,
): Verdict {
  const keys = keysOf(introduced.bundle).flatMap((key) => {
    const holders = facts.get(KEYS, key) ?? [];
    return holders.includes(deviceId) ? [] : [change(KEYS, key, [...holders, deviceId].sort())];
  });
  const standing = standingMembers(facts, deviceId);
  standing.set(membership, { deviceId, ...introduced, rank, labels: [] });
  return settle(facts, deviceId, standing, facts.get(FORMER, deviceId), keys);
}

/** A refused AddDevice: nothing but the trace that later commands may be about. */
export function setAside(
  facts: FactReader,
  deviceId: DeviceId,
  membership: CommandId,
  introduced: Introduced,
): readonly Change[] {
  const earlier = facts.get(FORMER, deviceId);
  return [change(FORMER, deviceId, { membership, refused: introduced, earlier })];
}

/** All that one command does to the memberships of one device. */
export function moveMemberships(
  facts: FactReader,
  deviceId: DeviceId,
  transitions: readonly Transition[],
): Verdict {
  const standing = standingMembers(facts, deviceId);
  const ended: CommandId[] = [];
  const raised = new Map<CommandId, number>();
  for (const { membership, to } of transitions) {
    const row = standing.get(membership);
    if (to === "refused") continue;
    if (to === "ended") {
      standing.delete(membership);
      ended.push(membership);
    } else if (row !== undefined) {
      standing.set(membership, { ...row, rank: to });
    } else {
      raised.set(membership, to);
    }
  }
  for (const { membership, refused } of raised.size > 0 ? formerOf(facts, deviceId) : []) {
    const rank = raised.get(membership);
    if (rank === undefined || refused === undefined) continue;
    standing.set(membership, { deviceId, ...refused, rank, labels: [] });
  }
  let former = without(facts.get(FORMER, deviceId), new Set([...ended, ...raised.keys()]));
  for (const membership of ended) former = { membership, earlier: former };
  return settle(facts, deviceId, standing, former, []);
}

/** What comes before the first of `gone` is shared. */
function without(
  former: FormerMembership | undefined,
  gone: ReadonlySet<CommandId>,
): FormerMembership | undefined {
  const later: FormerMembership[] = [];
  let [rest, left] = [former, gone.size];
  let kept = former;
  for (; rest !== undefined && left > 0; rest = rest.earlier) {
    if (gone.has(rest.membership)) {
      left--;
      kept = undefined;
    } else {
      later.push(rest);
    }
  }
  if (kept !== undefined) return kept;
  return later.reduceRight((earlier: FormerMembership | undefined, row) => ({ ...row, earlier }), rest);
}

function standingMembers(facts: FactReader, deviceId: DeviceId): Map<CommandId, Member> {
  return new Map(membershipsOf(facts, deviceId).map((m) => [m, facts.get(MEMBERS, m)!]));
}

/** From the facts as they are to the memberships as they are to be. */
function settle(
  facts: FactReader,
  deviceId: DeviceId,
  standing: ReadonlyMap<CommandId, Member>,
  former: FormerMembership | undefined,
  more: readonly Change[],
): Verdict {
  const before = deviceOf(facts, deviceId);
  const changes = [...more];
  for (const membership of membershipsOf(facts, deviceId)) {
    if (!standing.has(membership)) changes.push(change(MEMBERS, membership, undefined));
  }
  for (const [membership, row] of standing) {
    if (facts.get(MEMBERS, membership)?.rank !== row.rank) changes.push(change(MEMBERS, membership, row));
  }
  if (!sameItems([...standing.keys()], membershipsOf(facts, deviceId))) {
    changes.push(change(DEVICES, deviceId, standing.size === 0 ? undefined : [...standing.keys()]));
  }
  if (former !== facts.get(FORMER, deviceId)) changes.push(change(FORMER, deviceId, former));
  if (changes.length === 0) return NOTHING_CHANGED;

  const rows = [...standing.values()];
  const effects: Effect[] = [];
  const last = rows.at(-1);
  if (last === undefined) {
    if (before !== undefined) effects.push({ type: "deviceRemoved", deviceId });
  } else {
    const rank = Math.max(...rows.map((row) => row.rank));
    const role = roleFromRank(rank)!;
    // Also when a device that was added twice at once goes by the other name from now on.
    if (before?.commonName !== last.commonName)
      effects.push({ type: "deviceAdded", deviceId, commonName: last.commonName, role });
    if (before !== undefined && before.rank !== rank) {
      effects.push({ type: "roleChanged", deviceId, from: roleFromRank(before.rank)!, to: role });
    }
  }
  // A membership takes along what was given under it; a device that stays by another one is told what it lost.
  for (const netIdentifier of namesOf(facts, deviceId)) {
    if (rows.some((row) => row.netIdentifier === netIdentifier)) continue;
    changes.push(change(NAMES, netIdentifier, undefined));
    if (last !== undefined) effects.push({ type: "networkNameRevoked", deviceId, netIdentifier });
  }
  for (const label of before?.labels ?? []) {
    if (last === undefined || rows.some((row) => row.labels.includes(label))) continue;
    effects.push({ type: "labelRevoked", deviceId, label });
  }
  return { accepted: true, changes, effects };
}

/** The names its memberships hold: one, but for two memberships at once. */
export function namesOf(facts: FactReader, deviceId: DeviceId): string[] {
  const names = membershipsOf(facts, deviceId).flatMap((m) => facts.get(MEMBERS, m)?.netIdentifier ?? []);
  return [...new Set(names)];
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
