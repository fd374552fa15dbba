/** Order, cuts and ancestry, kept up to date as commands arrive, against answers computed from scratch each time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Ancestry } from "../../src/graph/ancestry.ts";
import type { Command } from "../../src/graph/command.ts";
import { Graph } from "../../src/graph/graph.ts";
import { Order } from "../../src/graph/order.ts";
import { arrivals, NaiveDag, node, takeUp } from "../support/dag.ts";
import type { Arrival } from "../support/dag.ts";

interface Step extends Arrival {
  /** Parents: how far back each is; none of them: all heads. */
  readonly back: readonly number[];
  readonly priority: number;
  readonly id: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  back: fc.oneof(
    fc.constant([]),
    fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 3 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
  ),
  priority: fc.nat({ max: 4 }),
  id: fc.nat({ max: 1000 }),
  hurry: fc.nat({ max: 100 }),
  flush: fc.boolean(),
});

function build(steps: readonly Step[]): Command[] {
  const commands = [node(0, 0, [])];
  const children = new Set<string>();
  for (const [i, { back, priority, id }] of steps.entries()) {
    const parents =
      back.length === 0
        ? commands.filter((c) => !children.has(c.id))
        : [...new Set(back.map((n) => commands[commands.length - 1 - (n % commands.length)]!))];
    for (const parent of parents) children.add(parent.id);
    commands.push(node((id + 1) * 1000 + i, priority, parents));
  }
  return commands;
}

test("order, cuts and ancestry are what they would be computed from scratch, whenever they are asked for", () => {
  const reached = { cuts: 0, pieces: 0, undone: 0, kept: 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const graph = new Graph();
      const order = new Order(graph, (command) => command.role);
      const arriving = arrivals(build(steps), steps);
      let before: number[] = [];
      for (const [i, [command, flush]] of arriving.entries()) {
        graph.add(command);
        if (!flush && i < arriving.length - 1) continue;
        const { undo, pieces } = takeUp(graph, order);
        const original = new Map(arriving.map(([c]) => [c.id, c]));
        const at = (index: number): Command => original.get(graph.idAt(index))!;
        const naive = new NaiveDag(arriving.slice(0, i + 1).map(([c]) => c));

        const sequence = [...order.sequence()];
        expect(sequence.map((index) => graph.idAt(index))).toEqual(naive.braid().map((c) => c.id));
        for (const [position, index] of sequence.entries()) expect(order.positionOf(index)).toBe(position);

        // What is not undone stays where it was; the pieces are all the rest.
        const kept = before.length - undo;
        expect(sequence.slice(0, kept)).toEqual(before.slice(0, kept));
        expect(pieces.flat()).toEqual(sequence.slice(kept));
        reached.undone += undo;
        reached.kept += kept;
        before = sequence;

        // A piece is one cut, or everything between two.
        for (const [p, piece] of pieces.entries()) {
          const areCuts = piece.map((index) => naive.isCut(at(index)));
          expect(areCuts).toEqual(piece.map(() => piece.length === 1));
          if (piece.length > 1 && p > 0) expect(pieces[p - 1]).toHaveLength(1);
          reached[piece.length === 1 ? "cuts" : "pieces"]++;
          const ancestry = new Ancestry(graph, piece);
          for (let a = 0; a < piece.length; a++) {
            for (let b = 0; b < piece.length; b++) {
              const [x, y] = [at(piece[a]!), at(piece[b]!)];
              expect(ancestry.isAncestor(a, b)).toBe(naive.isAncestor(x, y));
              expect(ancestry.isConcurrent(a, b)).toBe(
                x !== y && !naive.isAncestor(x, y) && !naive.isAncestor(y, x),
              );
            }
          }
        }
        const past = (a: number, b: number): boolean => a === b || naive.isAncestor(at(a), at(b));
        for (const [i, b] of sequence.entries()) {
          const other = sequence[(7 * i) % sequence.length]!;
          const wanted = new Set(sequence.filter((_, place) => (place + i) % 3 > 0));
          const expected = [...wanted].filter((a) => past(a, b) || past(a, other));
          expect(order.amongAncestors([wanted], [b, other])).toEqual(new Set(expected));
          expect(order.amongAncestors([new Set([b])], [b])).toEqual(new Set([b]));
        }
      }
    }),
    { seed: 10, numRuns: 150 },
  );
  // The generator reaches what this is about.
  expect(Math.min(...Object.values(reached))).toBeGreaterThan(100);
});
