/**
 * A device that forks itself, or writes, without end is heard no more by itself (docs/decisions/0011-unheard.md). What is
 * heard depends on the set of commands alone; replicas that stored different parts of a flood come to the same facts.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AuthorTally } from "../../src/graph/author-tally.ts";
import type { Command } from "../../src/graph/command.ts";
import { Graph } from "../../src/graph/graph.ts";
import { Hearing } from "../../src/graph/hearing.ts";
import { Order } from "../../src/graph/order.ts";
import { arrivals, NaiveDag, node, takeUp } from "../support/dag.ts";
import type { Arrival } from "../support/dag.ts";
import { FakeSuite } from "../support/fake-suite.ts";
import { op, teamOf } from "../support/world.ts";
import type { WorldDevice } from "../support/world.ts";

const ALLOWANCE = { commandsPerAuthorMax: 9, forkedCommandsMax: 2 };

interface Step extends Arrival {
  readonly author: number;
  /** Which of the commands before it are its parents. */
  readonly parents: readonly number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  author: fc.nat({ max: 3 }),
  parents: fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 3 }),
  hurry: fc.nat({ max: 100 }),
  flush: fc.boolean(),
});

/** Each command picks its parents among the last few, so that there are chains and forks. */
function build(steps: readonly Step[]): Command[] {
  const commands = [node(0, 0, [], "author-0")];
  for (const [i, { author, parents }] of steps.entries()) {
    const recent = commands.slice(-6);
    const above = new Set(parents.map((p) => recent[p % recent.length]!));
    // The first never forks: somebody has to be heard.
    if (author === 0) above.add(commands.filter((c) => c.author === "author-0").at(-1)!);
    commands.push(node(i + 1, 0, [...above], `author-${author}`));
  }
  return commands;
}

/** The definition, nothing kept: the longest chain by trying, what is heard by asking all children. */
function naivelyHeard(commands: readonly Command[]): Set<string> {
  const dag = new NaiveDag(commands);
  const heard = new Map<Command, boolean>();
  const longestTo = (command: Command): number =>
    1 +
    Math.max(
      0,
      ...commands
        .filter((c) => c.author === command.author && dag.isAncestor(c, command))
        .map((c) => longestTo(c)),
    );
  const beyond = new Set(
    commands
      .map((c) => c.author)
      .filter((author) => {
        const own = commands.filter((c) => c.author === author);
        return (
          own.length > ALLOWANCE.commandsPerAuthorMax ||
          own.length - Math.max(...own.map(longestTo)) > ALLOWANCE.forkedCommandsMax
        );
      }),
  );
  const isHeard = (command: Command): boolean => {
    const known = heard.get(command);
    if (known !== undefined) return known;
    const children = commands.filter((c) => c.parents.includes(command.id));
    const result = !beyond.has(command.author) || children.some(isHeard);
    heard.set(command, result);
    return result;
  };
  return new Set(commands.filter(isHeard).map((c) => c.id));
}

test("what is heard is what the definition says, in every order of arrival", () => {
  const reached = { beyond: 0, silenced: 0, heardAgain: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 12, maxLength: 30 }), (steps) => {
      const graph = new Graph();
      const order = new Order(graph, ({ role }) => role);
      const hearing = new Hearing(graph, order, ALLOWANCE);
      const heard = new Set<number>();
      const arriving = arrivals(build(steps), steps);
      let updated = 0;
      for (const [i, [command, flush]] of arriving.entries()) {
        hearing.add(graph.add(command));
        if (!flush && i < arriving.length - 1) continue;
        const change = hearing.update();
        order.update(change.heard, change.silenced);
        for (const index of change.silenced) expect(heard.delete(index)).toBe(true);
        for (const index of change.heard) {
          expect(heard.has(index)).toBe(false);
          if (index < updated) reached.heardAgain++;
          heard.add(index);
        }
        updated = graph.size;
        reached.silenced += change.silenced.size;
        const expected = naivelyHeard(arriving.slice(0, i + 1).map(([c]) => c));
        expect(new Set([...heard].map((index) => graph.idAt(index)))).toEqual(expected);
        for (let index = 0; index < graph.size; index++)
          expect(hearing.isHeard(index)).toBe(heard.has(index));
      }
      reached.beyond += hearing.beyond().size;
    }),
    { seed: 11, numRuns: 300 },
  );
  for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(20);
});

test("the longest chain of an author is found whatever arrives when", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 12, maxLength: 30 }), (steps) => {
      const commands = build(steps);
      const figures = [steps, steps.map((s) => ({ ...s, hurry: 0 }))].map((how) => {
        const graph = new Graph();
        const order = new Order(graph, ({ role }) => role);
        const tally = new AuthorTally(graph, order);
        for (const [command, flush] of arrivals(commands, how)) {
          tally.add(graph.add(command));
          if (flush && how === steps) takeUp(graph, order);
        }
        return [0, 1, 2, 3].map((n) => {
          const author = node(0, 0, [], `author-${n}`).author;
          return [tally.count(author), tally.beside(author)];
        });
      });
      expect(figures[0]).toEqual(figures[1]);
    }),
    { seed: 12, numRuns: 200 },
  );
});

interface Deed {
  readonly by: number;
  readonly at: number;
  /** On the device's own heads, or from a point of the past. */
  readonly from: number | undefined;
  readonly what: number;
}

const deed: fc.Arbitrary<Deed> = fc.record({
  by: fc.nat({ max: 4 }),
  at: fc.nat({ max: 3 }),
  from: fc.option(fc.nat({ max: 1000 }), { nil: undefined }),
  what: fc.nat({ max: 5 }),
});

test("replicas that stored different parts of a flood come to the same facts", () => {
  const reached = { pooled: 0, beyond: 0, differ: 0 };
  const world = teamOf(["owner", "admin", "operator", "operator", "user"], 1, {
    suite: new FakeSuite(),
    allowance: { commandsPerAuthorMax: 40, forkedCommandsMax: 3 },
    undoMax: 6,
  });
  const [owner, , , , user, stranger] = world.devices as [
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
  ];
  const base = owner.commands();
  const does = [
    (i: number) => op.createLabel(`label ${i}`),
    (i: number) => op.label(user, `label ${i - 1}`),
    (i: number) => op.name(user, `name-${i}.example`),
    () => op.raise(world.devices[3]!, "admin"),
    () => op.remove(world.devices[2]!),
    () => op.add(stranger),
  ];
  fc.assert(
    fc.property(fc.array(deed, { minLength: 10, maxLength: 40 }), (deeds) => {
      const replicas = [0, 1, 2, 3].map(() => owner.copy());
      for (const [i, { by, at, from, what }] of deeds.entries()) {
        const author = world.devices[by]!;
        const replica = replicas[at]!;
        // The first two are honest: on top of what they hear, from a replica of their own.
        const held = replica.commands();
        const past =
          from === undefined || by < 2
            ? undefined
            : held[base.length - 1 + (from % (held.length - base.length + 1))];
        if (by < 2) {
          replicas[by]!.team.admit(held.slice(base.length).map((c) => c.bytes));
          replicas[by]!.team.act(author.keys, {
            kind: "CreateLabel",
            role: by === 0 ? 4 : 3,
            fields: [`honest ${i}`],
          });
        } else {
          const command = author.forge(does[what]!(i), {
            parents: past === undefined ? replica.team.heads().slice(0, 50) : [past],
            as: by === 4 ? "user" : "operator",
          });
          replica.take(command);
        }
      }
      for (const replica of replicas) reached.pooled += replica.team.pooledCount;
      for (let round = 0; round < 4; round++) {
        for (const a of replicas) for (const b of replicas) if (a !== b) a.pull(b);
      }
      if (new Set(replicas.map((r) => r.team.commandCount)).size > 1) reached.differ++;
      reached.beyond += replicas[0]!.team.unheardDevices().size;
      expect(new Set(replicas.map((r) => [...r.team.unheardDevices()].sort().join())).size).toBe(1);
      expect(new Set(replicas.map((r) => r.digest)).size).toBe(1);
      // And a replica opened again, that has forgotten what it kept aside.
      expect(Buffer.from(replicas[0]!.reopened().stateDigest()).toString("hex")).toBe(replicas[0]!.digest);
    }),
    { seed: 13, numRuns: 150 },
  );
  for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(5);
});
