import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ancestry } from "../../../src/graph/ancestry.ts";
import { Graph } from "../../../src/graph/graph.ts";
import type { Command } from "../../../src/graph/command.ts";
import { NaiveDag, node } from "../../support/dag.ts";

const NO_ROWS = { bytes: 0, steps: 0 };
const ROWS_ALONE = { bytes: Infinity, steps: Infinity };

/** `lines` devices that write one after the other, and now and then name what another one wrote. */
function beside(lines: number, length: number, every: number): { graph: Graph; naive: NaiveDag } {
  const graph = new Graph();
  const init = node(0, 0, []);
  const commands = [init];
  graph.add(init);
  const tips = Array.from({ length: lines }, () => init);
  for (let i = 0; i < lines * length; i++) {
    const line = i % lines;
    const other = tips[(line + 1) % lines]!;
    const parents = i % every === 0 && other !== tips[line] ? [tips[line]!, other] : [tips[line]!];
    const next = node(i + 1, 0, parents);
    graph.add(next);
    commands.push(next);
    tips[line] = next;
  }
  return { graph, naive: new NaiveDag(commands) };
}

describe.each([
  ["few long chains", 2, 60, 7],
  ["three, that never meet", 3, 70, Number.MAX_SAFE_INTEGER],
  ["many short ones", 40, 3, 5],
  ["so many that rows are shared", 80, 6, 2],
])("%s", (_name, lines, length, every) => {
  test("every pair is answered as a walk over the parents would", () => {
    const { graph, naive } = beside(lines, length, every);
    const piece = Array.from({ length: graph.size - 1 }, (_, i) => i + 1);
    const byRows = new Ancestry(graph, piece);
    const byBits = new Ancestry(graph, piece, NO_ROWS);
    let related = 0;
    for (const a of piece) {
      for (const b of piece) {
        const expected = naive.isAncestor(graph.at(a), graph.at(b));
        for (const ancestry of [byRows, byBits])
          if (ancestry.isAncestor(a - 1, b - 1) !== expected) expect([a, b]).toEqual(expected);
        if (expected) related++;
      }
    }
    expect(related).toBeGreaterThan(lines * (length - 1));
  });
});

test("rows that share with those below them answer for a graph of any shape", () => {
  let merges = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 90 }),
      fc.array(fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }), { minLength: 100, maxLength: 160 }),
      fc.boolean(),
      (heads, shape, isNear) => {
        const graph = new Graph();
        const commands = [node(0, 0, [])];
        for (let i = 1; i <= heads; i++) commands.push(node(i, 0, [commands[0]!]));
        for (const picks of shape) {
          const near = isNear ? commands.slice(-3) : commands;
          // Now and then one of the newest, and old ones beside it: rows grow, a little each time.
          const parents = new Set(
            picks.map((pick, i) => {
              const from = i === 0 ? near : commands;
              return from[pick % from.length]!;
            }),
          );
          commands.push(node(commands.length, 0, [...parents]));
          if (parents.size > 1) merges++;
        }
        for (const command of commands) graph.add(command);
        const naive = new NaiveDag(commands);
        const ancestry = new Ancestry(
          graph,
          commands.map((_, i) => i),
        );
        for (let a = 0; a < commands.length; a++) {
          for (let b = 0; b < commands.length; b++) {
            const expected = naive.isAncestor(commands[a]!, commands[b]!);
            if (ancestry.isAncestor(a, b) !== expected) expect([a, b]).toEqual(expected);
          }
        }
      },
    ),
    { seed: 5, numRuns: 40 },
  );
  expect(merges).toBeGreaterThan(1000);
});

/**
 * `heads` on one command, named 54 at a time; on top of that `width` devices that name what all of them wrote before. A
 * parent may be an ancestor of another one.
 */
function layers(heads: number, width: number, depth: number, pick: (max: number) => number): Graph {
  const graph = new Graph();
  const add = (parents: readonly Command[]): Command => {
    const command = node(graph.size, 0, [...new Set(parents)]);
    graph.add(command);
    return command;
  };
  const init = add([]);
  const tops = Array.from({ length: heads }, () => add([init]));
  let last = tops[0]!;
  for (let at = 1; at < heads; at += 54) last = add([last, ...tops.slice(at, at + 54)]);
  const lines = Array.from({ length: width }, () => [add([last])]);
  for (let i = 0; i < depth; i++) {
    const below = lines.map((line) => line.at(-1)!);
    for (const line of lines)
      line.push(add([line.at(-1)!, ...below, line[pick(line.length)]!, tops[pick(heads)]!]));
  }
  return graph;
}

function allBut(graph: Graph): number[] {
  return Array.from({ length: graph.size - 1 }, (_, i) => i + 1);
}

test("rows and bits say the same of thousands of commands, wide below and deep above", () => {
  let state = 1;
  const pick = (max: number): number => (state = Math.imul(state, 48271) >>> 1) % max;
  for (const [heads, width, depth] of [
    [600, 3, 300],
    [300, 40, 6],
    [70, 8, 200],
  ] as const) {
    const graph = layers(heads, width, depth, pick);
    const piece = allBut(graph);
    const [rows, bits] = [new Ancestry(graph, piece, ROWS_ALONE), new Ancestry(graph, piece, NO_ROWS)];
    for (let a = 0; a < piece.length; a++) {
      for (let b = 0; b < piece.length; b++) {
        if (rows.isAncestor(a, b) !== bits.isAncestor(a, b)) expect([heads, a, b]).toEqual("the same");
      }
    }
  }
});

test("[SYN-8] devices that name each other's commands again and again are not gone through entry by entry", () => {
  const graph = layers(1000, 52, 4, () => 0);
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const set = Map.prototype.set;
  let entries = 0;
  Map.prototype.set = function (this: Map<unknown, unknown>, ...args) {
    entries++;
    return set.apply(this, args);
  };
  try {
    new Ancestry(graph, allBut(graph));
  } finally {
    Map.prototype.set = set;
  }
  // Each of some 200 merges has 50 rows of 1000 entries to go through: ten million.
  expect(entries).toBeLessThan(200_000);
});

/** Of memory outside the heap, for an `Ancestry`. */
function bytesFor(graph: Graph): number {
  const before = process.memoryUsage().arrayBuffers;
  const ancestry = new Ancestry(
    graph,
    Array.from({ length: graph.size }, (_, i) => i),
  );
  const after = process.memoryUsage().arrayBuffers;
  expect(ancestry.isAncestor(0, graph.size - 1)).toBe(true);
  return after - before;
}

test("[SYN-8] heads by the thousand take what they are, not a bit for each pair of them", () => {
  const graph = new Graph();
  const init = node(0, 0, []);
  graph.add(init);
  const heads = Array.from({ length: 20_000 }, (_, i) => node(i + 1, 0, [init]));
  for (const head of heads) graph.add(head);
  // And what names them all, 55 at a time.
  let last = heads[0]!;
  for (let at = 0; at < 5500; at += 54) {
    last = node(20_001 + at, 0, [last, ...heads.slice(at + 1, at + 55)]);
    graph.add(last);
  }
  // A bit for each pair would be 50 MB.
  expect(bytesFor(graph)).toBeLessThan(10_000_000);
});
