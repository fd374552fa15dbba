/** Pulls between random replicas of random graphs, against what set arithmetic says must come out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { idFromBytes } from "../../src/base/ids.ts";
import type { CommandId } from "../../src/base/ids.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { instant } from "../../src/base/time.ts";
import type { CommandSource } from "../../src/graph/source.ts";
import { MissingCommands } from "../../src/sync/missing.ts";
import { Requester } from "../../src/sync/requester.ts";
import { Responder } from "../../src/sync/responder.ts";
import { showGraph } from "../../src/sync/sample.ts";
import { FAKE_TEAM, fakeCommand, FakeSource } from "../support/fake-source.ts";
import type { FakeCommand } from "../support/fake-source.ts";
import { runPull } from "../support/sync-pair.ts";
import type { PullTrace } from "../support/sync-pair.ts";

const START = instant(0);

/** Each command has some of the `near` commands before it as parents, so there are branches and merges. */
const graphs = fc
  .array(fc.record({ parents: fc.array(fc.nat(), { maxLength: 4 }), near: fc.nat({ max: 12 }) }), {
    maxLength: 60,
  })
  .map((picks) => {
    const all: FakeCommand[] = [fakeCommand("root")];
    for (const { parents, near } of picks) {
      const back = Math.min(all.length, near + 1);
      const picked = parents.length === 0 ? [0] : parents;
      const chosen = new Set(picked.map((p) => all[all.length - 1 - (p % back)]!));
      all.push(fakeCommand(`c${all.length}`, [...chosen], 80 + near));
    }
    return all;
  });

/** A downward-closed part of the graph, in an order of arrival of its own. */
function replica(all: readonly FakeCommand[], tips: readonly number[], order: readonly number[]): FakeSource {
  const byId = new Map(all.map((c) => [c.id, c]));
  const part = new Set<FakeCommand>();
  const include = (c: FakeCommand): void => {
    if (part.has(c)) return;
    part.add(c);
    for (const p of c.parents) include(byId.get(p)!);
  };
  for (const tip of tips) include(all[tip % all.length]!);
  const source = new FakeSource();
  const waiting = [...part];
  for (let turn = 0; waiting.length > 0; turn++) {
    const ready = waiting.filter((c) => c.parents.every((p) => source.indexOf(p) !== undefined));
    const next = ready[(order[turn % Math.max(1, order.length)] ?? 0) % ready.length]!;
    source.add(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return source;
}

function pull(
  mine: FakeSource,
  theirs: FakeSource,
  all: readonly FakeCommand[],
  pageBytes: number,
  chunkBytes?: number,
): PullTrace {
  return runPull({
    requester: new Requester({ source: mine, teamId: FAKE_TEAM, now: START }),
    responder: new Responder({
      authorize: () => theirs,
      now: START,
      limits: { ...LIMITS, syncPageBytesMax: pageBytes },
    }),
    mine,
    known: new Map(all.map((c) => [c.id as string, c])),
    chunkBytes,
  });
}

/** What `source` holds of `ids` and all below them. */
function ancestry(source: CommandSource, ids: Iterable<CommandId>): Set<CommandId> {
  const out = new Set<CommandId>();
  const visit = (index: number): void => {
    if (out.has(source.idAt(index))) return;
    out.add(source.idAt(index));
    source.parentsAt(index).forEach(visit);
  };
  for (const id of ids) {
    const index = source.indexOf(id);
    if (index !== undefined) visit(index);
  }
  return out;
}

test("[SYN-3] after a pull the asker holds the union; what it held already is sent only where it showed nothing of it", () => {
  const part = fc.array(fc.nat(), { maxLength: 5 });
  const order = fc.array(fc.nat(), { maxLength: 8 });
  fc.assert(
    fc.property(
      graphs,
      part,
      part,
      order,
      order,
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 500 }),
      (all, mineTips, theirTips, o1, o2, pageBytes, chunkBytes) => {
        const mine = replica(all, mineTips, o1);
        const theirs = replica(all, theirTips, o2);
        const before = mine.ids();
        const shown = showGraph(mine);
        const showed = ancestry(theirs, [...shown.heads, ...shown.sample]);
        const expected = [...theirs.ids()].filter((id) => !showed.has(id));
        const added = expected.filter((id) => !before.has(id)).length;

        const trace = pull(mine, theirs, all, pageBytes, chunkBytes);

        // Parents first: the fake source throws on a command whose parents have not come.
        expect(mine.ids()).toEqual(new Set([...before, ...theirs.ids()]));
        expect(trace.outcome).toEqual({
          type: "done",
          received: expected.length,
          added,
          heads: theirs.heads(),
        });
        // One round trip for each page, and one for nothing.
        expect(trace.asked).toBe(Math.max(1, trace.pages.length));
        if (shown.heads.every((id) => theirs.indexOf(id) !== undefined)) expect(expected).toHaveLength(added);
      },
    ),
    { numRuns: 400 },
  );
});

test("what is missing is everything that is neither shown nor below it, in the order of arrival, as the graph grows", () => {
  fc.assert(
    fc.property(
      graphs,
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.nat(),
      fc.integer({ min: 1, max: 1500 }),
      (all, picks, grownAt, pageBytes) => {
        const size = 1 + (grownAt % all.length);
        const source = new FakeSource(all.slice(0, size));
        // Also ids the asked does not know, now or yet.
        const shown = picks.map((p) => all[p % all.length]!.id);
        const known = ancestry(source, shown);
        const missing = new MissingCommands(source, [...shown, fakeCommand("elsewhere").id]);
        const takeAll = (): CommandId[] => {
          const ids: CommandId[] = [];
          for (let page = missing.take(pageBytes); page.length > 0; page = missing.take(pageBytes)) {
            ids.push(...page.map((bytes) => idFromBytes<CommandId>(bytes.slice(0, 32))));
            const total = page.reduce((sum, bytes) => sum + bytes.length, 0);
            expect(page.length === 1 || total <= pageBytes).toBe(true);
          }
          return ids;
        };
        const lacks = (from: number, has: ReadonlySet<CommandId>): CommandId[] =>
          all.slice(from, source.size).flatMap((c) => (has.has(c.id) ? [] : [c.id]));

        expect(takeAll()).toEqual(lacks(0, known));
        for (const command of all) source.add(command);
        expect(takeAll()).toEqual(lacks(size, ancestry(source, shown)));
        expect(missing.peek()).toBeUndefined();
      },
    ),
    { numRuns: 500 },
  );
});

test("[SYN-8] two replicas that went apart k commands ago waste at most k/8", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 600 }),
      fc.nat({ max: 600 }),
      fc.nat({ max: 50 }),
      (common, k, m) => {
        const trunk: FakeCommand[] = [];
        for (let i = 0; i < common; i++) trunk.push(fakeCommand(`t${i}`, trunk.slice(-1)));
        const branch = (name: string, length: number): FakeCommand[] => {
          const all = trunk.slice();
          for (let i = 0; i < length; i++) all.push(fakeCommand(`${name}${i}`, all.slice(-1)));
          return all;
        };
        const a = branch("a", k);
        const b = branch("b", m);
        const trace = pull(new FakeSource(a), new FakeSource(b), [...a, ...b], LIMITS.syncPageBytesMax);
        if (trace.outcome?.type !== "done") throw new Error("not done");
        expect(trace.outcome.added).toBe(m);
        expect(trace.outcome.received - m).toBeLessThanOrEqual(k / 8);
      },
    ),
    { numRuns: 60 },
  );
});

test("of more heads than fit the newest are shown, and the pull still ends with the union", () => {
  const root = fakeCommand("root");
  const leaves = Array.from({ length: LIMITS.syncHeadsMax + 50 }, (_, i) => fakeCommand(`leaf${i}`, [root]));
  const all = [root, ...leaves];
  const mine = new FakeSource(all);
  expect(new Set(showGraph(mine).heads)).toEqual(new Set(leaves.slice(50).map((c) => c.id)));
  const more = fakeCommand("more", leaves.slice(0, 3));
  const trace = pull(mine, new FakeSource([...all, more]), [...all, more], LIMITS.syncPageBytesMax);
  expect(trace.outcome).toMatchObject({ type: "done", added: 1 });
  expect(mine.size).toBe(all.length + 1);
});

test("the sample of the largest graph fits, starts dense and reaches the first command", () => {
  const size = LIMITS.commandsPerTeamMax;
  const line: CommandSource = {
    size,
    heads: () => [String(size - 1) as CommandId],
    indexOf: (id) => Number(id),
    idAt: (index) => String(index) as CommandId,
    parentsAt: (index) => (index === 0 ? [] : [index - 1]),
    bytesAt: () => new Uint8Array(200),
    isKnown: () => true,
    asideTips: () => [],
  };
  const sample = showGraph(line).sample.map(Number);
  expect(sample.length).toBeLessThanOrEqual(LIMITS.syncSampleMax);
  expect(sample.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, i) => size - 2 - i));
  expect(sample.at(-1)).toBe(0);
  for (let i = 1; i < sample.length; i++) {
    expect(sample[i - 1]! - sample[i]!).toBeLessThanOrEqual(Math.max(1, (size - sample[i - 1]!) / 8));
  }
});
