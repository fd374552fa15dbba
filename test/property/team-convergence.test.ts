/**
 * Random worlds: five devices and a stranger act, sign what they like from wherever they like, and learn of each other
 * in any order. Whoever holds the same commands holds the same facts, however it came by them, and tells truly what
 * changed.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AranyaError } from "../../src/base/errors.ts";
import { ROLES } from "../../src/base/roles.ts";
import type { Command } from "../../src/graph/command.ts";
import type { Operation } from "../../src/policy/default/operation.ts";
import type { Acted } from "../../src/team/actions.ts";
import { Facts } from "../../src/policy/facts.ts";
import type { TeamEvent } from "../../src/team/events.ts";
import { FakeSuite } from "../support/fake-suite.ts";
import { op, teamOf } from "../support/world.ts";
import type { World, WorldDevice } from "../support/world.ts";

const DEVICES = 6;

interface Did {
  readonly what: number;
  readonly target: number;
  readonly detail: number;
}

const did: fc.Arbitrary<Did> = fc.record({
  what: fc.nat(11),
  target: fc.nat(DEVICES - 1),
  detail: fc.nat(3),
});
const device = fc.nat(DEVICES - 1);

type Step =
  | { readonly step: "act"; readonly by: number; readonly did: Did }
  | { readonly step: "pull"; readonly by: number; readonly from: number }
  | {
      readonly step: "forge";
      readonly by: number;
      readonly did: Did;
      readonly onto: readonly number[];
      readonly as: number;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ step: fc.constant("act" as const), by: device, did }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant("pull" as const), by: device, from: device }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant("forge" as const),
      by: device,
      did,
      onto: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
      as: fc.nat(7),
    }),
  },
);

function operation(world: World, { what, target, detail }: Did): Operation {
  const on = world.devices[target]!;
  const role = (["user", "operator", "admin", "owner"] as const)[detail]!;
  const label = `label ${detail % 2}`;
  const name = `name-${detail}.example`;
  const all: Operation[] = [
    op.add(on, `named ${detail}`),
    op.remove(on),
    op.raise(on, role),
    op.lower(on, role),
    op.revoke(on, role),
    op.name(on, name),
    op.unname(on, name),
    op.createLabel(label),
    op.deleteLabel(label),
    op.label(on, label),
    op.unlabel(on, label),
    // Seldom: nothing happens afterwards.
    detail === 3 && target === 0 ? op.close() : op.remove(on),
  ];
  return all[what]!;
}

function act(by: WorldDevice, o: Operation): Acted {
  const { actions } = by;
  switch (o.kind) {
    case "AddDevice":
      return actions.addDevice(o.bundle, o.commonName);
    case "RemoveDevice":
      return actions.removeDevice(o.target);
    case "AssignRole":
      return actions.assignRole(o.target, o.role);
    case "RevokeRole":
      return actions.revokeRole(o.target, o.role);
    case "AssignNetworkName":
      return actions.assignNetworkName(o.target, o.netIdentifier);
    case "RevokeNetworkName":
      return actions.revokeNetworkName(o.target, o.netIdentifier);
    case "CreateLabel":
      return actions.createLabel(o.label);
    case "DeleteLabel":
      return actions.deleteLabel(o.label);
    case "AssignLabel":
      return actions.assignLabel(o.target, o.label);
    case "RevokeLabel":
      return actions.revokeLabel(o.target, o.label);
    case "CloseTeam":
      return actions.closeTeam();
    default:
      throw new Error(o.kind);
  }
}

function accepted(at: WorldDevice): Set<string> {
  const { source } = at.team;
  const ids = Array.from({ length: source.size }, (_, i) => source.idAt(i));
  return new Set(ids.filter((id) => at.team.rejectionOf(id) === undefined));
}

/** Runs it, and holds what it reports against what was and what is. */
function truly(
  at: WorldDevice,
  run: () => { events: readonly TeamEvent[]; recalled?: number; accepted?: number },
): void {
  const held = at.team.commandCount;
  const before = accepted(at);
  const { events, ...counts } = run();
  const after = accepted(at);
  const recalled = events.flatMap((e) => (e.type === "commandRecalled" ? [e.commandId] : []));
  const refused = [...before].filter((id) => !after.has(id));
  expect(recalled).toEqual(expect.arrayContaining(refused));
  // Besides those that are refused now, only what counts still and no longer does what it did.
  for (const event of events) {
    if (event.type !== "commandRecalled" || refused.includes(event.commandId)) continue;
    expect(after.has(event.commandId)).toBe(true);
    expect(event.undone).not.toEqual([]);
  }
  const fresh = Array.from({ length: at.team.commandCount - held }, (_, i) => at.team.source.idAt(held + i));
  if (counts.accepted !== undefined) expect(counts.accepted).toBe(fresh.filter((id) => after.has(id)).length);
  if (counts.recalled !== undefined) expect(counts.recalled).toBe(recalled.length);
  // What takes effect comes from a command that counts.
  for (const event of events) {
    if (event.type !== "commandRecalled" && event.type !== "forked")
      expect(after.has(event.commandId)).toBe(true);
  }
}

function perform(world: World, s: Step, reached: Record<string, number>): void {
  const by = world.devices[s.by]!;
  if (s.step === "pull") {
    truly(by, () => by.pull(world.devices[s.from]!));
  } else if (s.step === "act") {
    const o = operation(world, s.did);
    try {
      truly(by, () => act(by, o));
      reached["acted"]!++;
    } catch (error) {
      if (!(error instanceof AranyaError)) throw error;
      reached["refused"]!++;
    }
  } else {
    const { source } = by.team;
    if (source.size === 0) return;
    const parents = [...new Set(s.onto.map((n) => source.idAt(n % source.size)))];
    const role = ROLES[s.as];
    const command = by.forge(operation(world, s.did), { parents, ...(role && { as: role }) });
    try {
      truly(by, () => by.take(command));
      reached["forged"]!++;
    } catch (error) {
      // Signed by nobody its past knows, or a name that cannot be.
      expect((error as { code: string }).code).toBe("unknown-author");
    }
  }
}

/** Some order with parents first, as a network might bring it. */
function anyOrder(commands: readonly Command[], chance: () => number): Command[] {
  const left = [...commands];
  const there = new Set<string>();
  const out: Command[] = [];
  while (left.length > 0) {
    const ready = left.filter((c) => c.parents.every((p) => there.has(p)));
    const next = ready[Math.floor(chance() * ready.length)]!;
    left.splice(left.indexOf(next), 1);
    there.add(next.id);
    out.push(next);
  }
  return out;
}

test("[IDAM-7, SYN-4] replicas that hold the same commands hold the same facts, and say truly what changed", () => {
  const reached: Record<string, number> = { acted: 0, refused: 0, forged: 0 };
  const suite = new FakeSuite();
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 60, size: "max" }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (steps, stream) => {
        const world = teamOf(["owner", "owner", "admin", "operator", "user"], 1, { suite });
        world.devices[0]!.actions.createLabel("label 0");
        for (const s of steps) perform(world, s, reached);

        // Each by itself: a log opened again comes to what it was.
        for (const at of world.devices) expect(at.reopened().stateDigest()).toEqual(at.team.stateDigest());

        world.level();
        const [first] = world.devices as [WorldDevice];
        for (const at of world.devices) {
          expect(at.digest).toBe(first.digest);
          expect(at.team.heads()).toEqual(first.team.heads());
        }
        const commands = first.commands();
        const chance = (): number => stream.next().value as number;
        const verdicts = commands.map(({ id }) => first.team.rejectionOf(id)?.code);
        const atOnce = world.observer();
        atOnce.take(...commands);
        const oneByOne = world.observer();
        for (const command of anyOrder(commands, chance)) truly(oneByOne, () => oneByOne.take(command));
        const inBatches = world.observer();
        const order = anyOrder(commands, chance);
        while (order.length > 0) inBatches.take(...order.splice(0, 1 + Math.floor(chance() * 9)));
        for (const other of [atOnce, oneByOne, inBatches]) {
          expect(other.digest).toBe(first.digest);
          expect(commands.map(({ id }) => other.team.rejectionOf(id)?.code)).toEqual(verdicts);
        }
      },
    ),
    { seed: Number(process.env["TEAM_SEED"] ?? 1), numRuns: Number(process.env["TEAM_RUNS"] ?? 25) },
  );
  expect(reached["acted"]).toBeGreaterThan(50);
  expect(reached["forged"]).toBeGreaterThan(50);
  expect(reached["refused"]).toBeGreaterThan(50);
});

test("taking changes back leaves facts as they were, in any number and order of tables", () => {
  const table = fc.constantFrom("a", "b", "c").map((name) => TABLES[name]!);
  const changes = fc.array(
    fc.record({ table, key: fc.constantFrom("", "x", "y"), row: fc.option(fc.nat(5), { nil: undefined }) }),
    { maxLength: 6 },
  );
  const suite = new FakeSuite();
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (all) => {
      const facts = new Facts();
      const digests = [facts.digest(suite)];
      const undo = all.map((each) => {
        const record = facts.apply(each);
        digests.push(facts.digest(suite));
        return record;
      });
      for (const record of undo.reverse()) {
        expect(facts.digest(suite)).toEqual(digests.pop());
        facts.undo(record);
      }
      expect(facts.digest(suite)).toEqual(digests.pop());
      for (const each of all) facts.apply(each);
      const again = new Facts();
      // The last write of each row is all that shows.
      for (const [key, c] of new Map(all.flat().map((c) => [`${c.table.name}/${c.key}`, c]))) {
        expect(key).toContain(c.key);
        again.apply([c]);
      }
      expect(again.digest(suite)).toEqual(facts.digest(suite));
    }),
    { seed: 2, numRuns: 300 },
  );
});

const TABLES: Record<string, { name: string; encode: (row: unknown) => number }> = Object.fromEntries(
  ["a", "b", "c"].map((name) => [name, { name, encode: (row: unknown) => row as number }]),
);
