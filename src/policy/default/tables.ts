/** The fact tables of the default policy, and the questions asked of them. */
import { toHex } from "../../base/bytes.ts";
import { idToBytes } from "../../base/ids.ts";
import type { CommandId, DeviceId } from "../../base/ids.ts";
import { encodeKeyBundle } from "../../codec/key-bundle.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { FactReader, FactTable } from "../facts.ts";
import type { Standing } from "./standing.ts";

/** One standing membership; the key is the id of the command that added it. */
export interface Member {
  readonly deviceId: DeviceId;
  readonly bundle: KeyBundle;
  readonly commonName: string;
  readonly rank: number;
  readonly netIdentifier?: string;
  /** Ascending. */
  readonly labels: readonly string[];
}

export const MEMBERS: FactTable<Member> = {
  name: "member",
  encode: (m) => [
    idToBytes(m.deviceId),
    encodeKeyBundle(m.bundle),
    m.commonName,
    m.rank,
    m.netIdentifier ?? "",
    m.labels,
  ],
};

/** Device id to its standing memberships as the braid has them; one but for two AddDevices that did not know of each other. */
export const DEVICES: FactTable<readonly CommandId[]> = {
  name: "device",
  encode: (memberships) => memberships.map(idToBytes),
};

/**
 * A membership that does not stand: its AddDevice was refused, or it was removed for good. Revocations and raises may still be
 * about it, and must come to the same wherever the graph is cut.
 */
export interface FormerMembership {
  readonly membership: CommandId;
  /** Who may come to stand after all, by an owner's raise; undefined once removed. */
  readonly refused?: { readonly bundle: KeyBundle; readonly commonName: string };
  /** The one before it: a device has as many as anybody cares to sign, and each change keeps the row it replaces. */
  readonly earlier: FormerMembership | undefined;
}

/** Device id to the last of its memberships that do not stand. */
export const FORMER: FactTable<FormerMembership> = { name: "former" };

/** Hex of every public key ever brought to the team to the devices that brought it; survives their removal. */
export const KEYS: FactTable<readonly DeviceId[]> = {
  name: "key",
  encode: (devices) => devices.map(idToBytes),
};

/** Network name to the device that has it. */
export const NAMES: FactTable<DeviceId> = { name: "name", encode: idToBytes };

/** Label to the command that created it. */
export const LABELS: FactTable<CommandId> = { name: "label", encode: idToBytes };

/** One row, under the empty key, once the team is closed. */
export const CLOSED: FactTable<CommandId> = { name: "closed", encode: idToBytes };

/** What the memberships of a device come to. */
export interface Device {
  readonly deviceId: DeviceId;
  readonly bundle: KeyBundle;
  readonly commonName: string;
  readonly rank: number;
  readonly netIdentifier?: string;
  readonly labels: readonly string[];
}

export function membershipsOf(facts: FactReader, deviceId: DeviceId): readonly CommandId[] {
  return facts.get(DEVICES, deviceId) ?? [];
}

/** Memberships of the device that do not stand, in the order in which they came to that. */
export function formerOf(facts: FactReader, deviceId: DeviceId): FormerMembership[] {
  const all: FormerMembership[] = [];
  for (let former = facts.get(FORMER, deviceId); former !== undefined; former = former.earlier)
    all.push(former);
  return all.reverse();
}

/** Every membership the device was ever given, and how it stands. */
export function* standingsOf(facts: FactReader, deviceId: DeviceId): Generator<[CommandId, Standing]> {
  for (const membership of membershipsOf(facts, deviceId)) {
    yield [membership, facts.get(MEMBERS, membership)!.rank];
  }
  for (const { membership, refused } of formerOf(facts, deviceId)) {
    yield [membership, refused === undefined ? "ended" : "refused"];
  }
}

/** Whether the device was ever given a membership, standing or not. */
export function isKnown(facts: FactReader, deviceId: DeviceId): boolean {
  return facts.get(DEVICES, deviceId) !== undefined || facts.get(FORMER, deviceId) !== undefined;
}

/** The highest role among its memberships; undefined for a device that is no member. */
export function rankOf(facts: FactReader, deviceId: DeviceId): number | undefined {
  let highest: number | undefined;
  for (const membership of membershipsOf(facts, deviceId)) {
    const { rank } = facts.get(MEMBERS, membership)!;
    if (highest === undefined || rank > highest) highest = rank;
  }
  return highest;
}

export function deviceOf(facts: FactReader, deviceId: DeviceId): Device | undefined {
  const rows = membershipsOf(facts, deviceId).map((membership) => facts.get(MEMBERS, membership)!);
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  if (rows.length === 1) return last;
  const named = rows.find((row) => row.netIdentifier !== undefined);
  return {
    ...last,
    rank: Math.max(...rows.map((row) => row.rank)),
    ...(named?.netIdentifier !== undefined && { netIdentifier: named.netIdentifier }),
    labels: [...new Set(rows.flatMap((row) => row.labels))].sort(),
  };
}

export function devicesOf(facts: FactReader): Device[] {
  return [...facts.entries(DEVICES)].map(([deviceId]) => deviceOf(facts, deviceId as DeviceId)!);
}

export function keysOf(bundle: KeyBundle): string[] {
  return [bundle.identityKey, bundle.signingKey, bundle.encryptionKey].map(toHex);
}

export function isClosed(facts: FactReader): boolean {
  return facts.get(CLOSED, "") !== undefined;
}
