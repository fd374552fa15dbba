import { describe, expect, test } from "vitest";
import { Ancestry } from "../../../src/graph/ancestry.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { NaiveDag, node } from "../../support/dag.ts";

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
])("%s", (_name, lines, length, every) => {
  test("every pair is answered as a walk over the parents would", () => {
    const { graph, naive } = beside(lines, length, every);
    const piece = Array.from({ length: graph.size - 1 }, (_, i) => i + 1);
    const ancestry = new Ancestry(graph, piece);
    let related = 0;
    for (const a of piece) {
      for (const b of piece) {
        const expected = naive.isAncestor(graph.at(a), graph.at(b));
        if (ancestry.isAncestor(a - 1, b - 1) !== expected) expect([a, b]).toEqual(expected);
        if (expected) related++;
      }
    }
    expect(related).toBeGreaterThan(lines * (length - 1));
  });
});
