/**
 * What gets into a graph depends on a command's own past and on nothing else: replicas that get the same hostile commands in
 * other orders and batches, and keep others of them aside, take the same, come to the same facts and can be opened again.
 */
import { expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { AranyaError, DecodeError, StoreError } from "../../src/base/errors.ts";
import type { CommandId } from "../../src/base/ids.ts";
import { rank } from "../../src/base/roles.ts";
import type { Role } from "../../src/base/roles.ts";
import { deviceKeysFrom } from "../../src/crypto/key-bundle.ts";
import type { DeviceKeys } from "../../src/crypto/key-bundle.ts";
import { signCommand } from "../../src/graph/command.ts";
import type { Command } from "../../src/graph/command.ts";
import { encodeFields } from "../../src/policy/default/operation.ts";
import type { Operation } from "../../src/policy/default/operation.ts";
import type { Team } from "../../src/team/team.ts";
import { FakeSuite } from "../support/fake-suite.ts";
import { op, teamOf } from "../support/world.ts";
import type { WorldDevice } from "../support/world.ts";
import { Prng } from "./model/generate.ts";

const suite = new FakeSuite();
const ROLES: readonly Role[] = ["owner", "admin", "operator", "user", "sync"];

/** Allowances so small that most authors come to be heard no more; or so large that none does. */
function founded(commandsPerAuthorMax: number, forkedCommandsMax: number): readonly WorldDevice[] {
  const allowance = { commandsPerAuthorMax, forkedCommandsMax };
  return teamOf(["owner", "operator", "operator", "user"], 0, { suite, allowance, undoMax: 6 }).devices;
}
const members = founded(14, 1);
const [lax] = founded(Infinity, Infinity) as [WorldDevice];
const base = members[0]!.commands();
const { teamId } = members[0]!.team;

/** Three identities with six signing keys each. */
const puppets = [0, 1, 2].map((device) =>
  [0, 1, 2, 3, 4, 5].map((key) => {
    const secret = (name: string): Uint8Array => suite.sha256(utf8(name));
    const identitySecret = secret(`identity ${device}`);
    const [signingSecret, encryptionSecret] = [secret(`s ${device} ${key}`), secret(`e ${device} ${key}`)];
    return deviceKeysFrom(suite, { identitySecret, signingSecret, encryptionSecret });
  }),
);

/** Most of them are taken by a replica that hears everybody; parents first. */
function hostile(rng: Prng): Command[] {
  const replica = lax.copy();
  const taken = [base.at(-1)!];
  const all: Command[] = [];
  const introduced: DeviceKeys[] = [];
  const puppet = (): DeviceKeys => rng.pick(rng.pick(puppets));
  const count = rng.between(20, 90);
  for (let i = 0; i < 3 * count && all.length < count; i++) {
    const isKnown = introduced.length > 0 && rng.chance(0.5);
    const keys = isKnown ? rng.pick(introduced) : rng.chance(0.6) ? rng.pick(members).keys : puppet();
    const about = rng.chance(0.3) ? rng.pick(members).keys : puppet();
    const { deviceId: target, bundle } = about;
    const kind = rng.between(0, 3);
    const said: Operation =
      kind < 2
        ? { kind: "AddDevice", target, bundle, commonName: "x" }
        : kind === 2
          ? {
              kind: "AssignRole",
              target,
              role: rng.pick(ROLES),
              direction: rng.chance(0.7) ? "raise" : "lower",
            }
          : op.createLabel(`label ${i}`);
    const parents = Array.from({ length: rng.chance(0.3) ? rng.between(2, 4) : 1 }, () =>
      rng.chance(0.7) ? rng.pick(taken.slice(-6)) : rng.pick(taken),
    );
    const command = signCommand(suite, keys.signingSecret, {
      scope: teamId,
      author: keys.deviceId,
      parents: [...new Set(parents.map(({ id }) => id))],
      kind: said.kind,
      role: rank(rng.pick(ROLES)),
      fields: encodeFields(said),
    });
    // The same content by another key is the same command.
    if (all.some(({ id }) => id === command.id)) continue;
    if (isTaken(replica, command)) {
      taken.push(command);
      all.push(command);
      if (said.kind === "AddDevice") introduced.push(about);
    } else if (rng.chance(0.1)) all.push(command);
  }
  return all;
}

function isTaken(replica: WorldDevice, ...commands: readonly Command[]): boolean {
  try {
    replica.take(...commands);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** In an order of its own, one by one or in batches; returns what was refused, with all that stands on it. */
function deliver(replica: WorldDevice, commands: readonly Command[], rng: Prng): Set<CommandId> {
  const refused = new Set<CommandId>();
  const there = new Set(base.map(({ id }) => id));
  const left = [...commands];
  const [isHasty, batchMax] = [rng.chance(0.5), rng.pick([1, 8])];
  while (left.length > 0) {
    const batch: Command[] = [];
    for (let n = rng.between(1, batchMax); n > 0 && left.length > 0; n--) {
      const ready = left.filter(({ parents }) => parents.every((id) => there.has(id)));
      const next = isHasty ? ready.at(-1)! : rng.pick(ready);
      left.splice(left.indexOf(next), 1);
      there.add(next.id);
      if (next.parents.some((id) => refused.has(id))) refused.add(next.id);
      else batch.push(next);
    }
    if (isTaken(replica, ...batch)) continue;
    for (const command of batch) {
      const isGood = !command.parents.some((id) => refused.has(id)) && isTaken(replica, command);
      if (!isGood) refused.add(command.id);
    }
  }
  return refused;
}

test("[SYN-4, SYN-8] replicas take the same of what hostile devices with many keys write, in whatever order and batches it comes", () => {
  const reached = { taken: 0, refused: 0, beyond: 0, pooled: 0 };
  for (let seed = 1; seed <= 100; seed++) {
    const rng = new Prng(seed);
    const commands = hostile(rng);
    const replicas = [0, 1, 2, 3].map(() => {
      const replica = members[0]!.copy();
      return { replica, refused: deliver(replica, commands, rng) };
    });
    const [first] = replicas;
    for (const { replica, refused } of replicas) {
      expect([seed, [...refused].sort()]).toEqual([seed, [...first!.refused].sort()]);
      expect([seed, replica.digest]).toEqual([seed, first!.replica.digest]);
      expect([seed, digestOf(replica.reopened())]).toEqual([seed, replica.digest]);
      reached.taken += commands.length - refused.size;
      reached.refused += refused.size;
      reached.beyond += replica.team.unheardDevices().size;
      reached.pooled += replica.team.pooledCount;
    }
  }
  for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(100);
});

interface Reached {
  slices: number;
  diskErrors: number;
  acted: number;
  beyond: number;
  pooled: number;
}

/** Parents first; now and then with some that are there. */
function pageFor(replica: WorldDevice, commands: readonly Command[], rng: Prng): Uint8Array[] {
  const { source } = replica.team;
  const left = commands.filter(({ id }) => !source.isKnown(id) || rng.chance(0.1));
  const isHasty = rng.chance(0.5);
  const page = new Map<CommandId, Uint8Array>();
  for (let n = rng.between(1, 20); n > 0; n--) {
    const ready = left.filter(
      ({ id, parents }) =>
        !page.has(id) && parents.every((parent) => page.has(parent) || source.isKnown(parent)),
    );
    if (ready.length === 0) break;
    const { id, bytes } = isHasty ? ready.at(-1)! : rng.pick(ready);
    page.set(id, bytes);
  }
  return [...page.values()];
}

/** One that can be told by itself to be refused, with all that stands on it. */
function findRefused(replica: WorldDevice, commands: readonly Command[], refused: Set<CommandId>): void {
  const { team } = replica;
  for (const { id, parents, bytes } of commands) {
    if (team.source.isKnown(id) || refused.has(id)) continue;
    if (parents.some((parent) => refused.has(parent))) refused.add(id);
    if (!parents.every((parent) => team.source.isKnown(parent))) continue;
    if (outcomeOf(() => team.take([bytes])) instanceof DecodeError) refused.add(id);
  }
}

function outcomeOf(action: () => unknown): Error | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError || error instanceof StoreError || error instanceof AranyaError)
      return error;
    throw error;
  }
}

/** The pages of several peers in slices, by turns; meanwhile the disk fails, the device acts, and another opens the log. */
function deliverInSlices(
  replica: WorldDevice,
  commands: readonly Command[],
  rng: Prng,
  reached: Reached,
): Set<CommandId> {
  const { team, storage } = replica;
  const { source } = team;
  const refused = new Set<CommandId>();
  const append = storage.append.bind(storage);
  storage.append = (records) => {
    if (rng.chance(0.1)) {
      reached.diskErrors++;
      throw new StoreError("write-failed", "no space left on device");
    }
    append(records);
  };
  const pages: (readonly Uint8Array[])[] = [[], [], []];
  while (commands.some(({ id }) => !source.isKnown(id) && !refused.has(id))) {
    const peer = rng.between(0, pages.length - 1);
    const wanted = commands.filter(({ id }) => !refused.has(id));
    const page = pages[peer]!.length > 0 ? pages[peer]! : pageFor(replica, wanted, rng);
    pages[peer] = [];
    const error = outcomeOf(() => {
      const { size } = source;
      let steps = rng.between(0, 4);
      const { added, rest } = team.takeSome(page, () => steps-- <= 0);
      expect(added).toBe(source.size - size);
      if (page.length > 0) expect(rest.length).toBeLessThan(page.length);
      pages[peer] = rest;
      reached.slices++;
    });
    if (error instanceof DecodeError) findRefused(replica, commands, refused);
    if (rng.chance(0.3)) {
      team.judge();
      if (outcomeOf(() => replica.actions.createLabel(`own ${source.size}`)) === undefined) reached.acted++;
      if (rng.chance(0.2)) expect(digestOf(replica.reopened())).toBe(replica.digest);
    }
  }
  storage.append = append;
  return refused;
}

function digestOf(team: Team): string {
  return Buffer.from(team.stateDigest()).toString("hex");
}

test("[SYN-4, SYN-8] the same, of pages taken in slices by turns, while the disk fails and devices act in between", () => {
  const reached: Reached = { slices: 0, diskErrors: 0, acted: 0, beyond: 0, pooled: 0 };
  for (let seed = 1; seed <= 50; seed++) {
    const rng = new Prng(seed);
    const commands = hostile(rng);
    const replicas = members.map((member) => {
      const replica = member.copy();
      return { replica, refused: deliverInSlices(replica, commands, rng, reached) };
    });
    const given = new Set([...base, ...commands].map(({ id }) => id));
    const own = replicas.flatMap(({ replica }) => replica.commands().filter(({ id }) => !given.has(id)));
    for (const { replica } of replicas) replica.take(...own);
    const [first] = replicas;
    for (const { replica, refused } of replicas) {
      expect([seed, [...refused].sort()]).toEqual([seed, [...first!.refused].sort()]);
      expect([seed, replica.digest]).toEqual([seed, first!.replica.digest]);
      expect([seed, digestOf(replica.reopened())]).toEqual([seed, replica.digest]);
      reached.beyond += replica.team.unheardDevices().size;
      reached.pooled += replica.team.pooledCount;
    }
  }
  for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(20);
});
