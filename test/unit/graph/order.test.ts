import { describe, expect, test } from "vitest";
import { braid } from "../../../src/graph/braid.ts";
import { Graph } from "../../../src/graph/graph.ts";
import type { Command } from "../../../src/graph/command.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { CommandId } from "../../../src/base/ids.ts";
import { Order } from "../../../src/graph/order.ts";
import { node, takeUp } from "../../support/dag.ts";

function ordered(...commands: Command[]): { graph: Graph; order: Order } {
  const graph = new Graph();
  const order = new Order(graph, (command) => command.role);
  for (const command of commands) graph.add(command);
  takeUp(graph, order);
  return { graph, order };
}

describe("braid", () => {
  const id = (n: number): CommandId => idFromBytes<CommandId>(new Uint8Array(32).fill(n));

  test("nothing is in no order", () => {
    expect(braid([])).toEqual([]);
  });

  test("of concurrent commands the one with the lowest (priority, id) comes last", () => {
    const nodes = [
      { priority: 0, id: id(5), parents: [] },
      { priority: 2, id: id(1), parents: [0] },
      { priority: 0, id: id(9), parents: [0] },
      { priority: 0, id: id(3), parents: [0] },
      { priority: 2, id: id(7), parents: [0] },
    ];
    expect(braid(nodes)).toEqual([0, 4, 1, 2, 3]);
  });

  test("an ancestor comes first, however low", () => {
    const nodes = [
      { priority: 4, id: id(1), parents: [1] },
      { priority: 0, id: id(2), parents: [2] },
      { priority: 3, id: id(3), parents: [] },
    ];
    expect(braid(nodes)).toEqual([2, 1, 0]);
  });

  test("a parent below the cut, not among the input, is no business of the braid's", () => {
    expect(braid([{ priority: 0, id: id(1), parents: [] }])).toEqual([0]);
  });
});

describe("order", () => {
  const root = node(0, 0, []);

  test("on top of a single head nothing is undone", () => {
    const { graph, order } = ordered(root);
    let top = root;
    for (let i = 1; i < 50; i++) {
      top = node(i, i % 5, [top]);
      const index = graph.add(top);
      expect(takeUp(graph, order)).toEqual({ undo: 0, pieces: [[index]] });
    }
  });

  test("a fork from the middle undoes what is behind the fork point, and no more", () => {
    const chain = [root];
    for (let i = 1; i < 10; i++) chain.push(node(i, 0, [chain[i - 1]!]));
    const { graph, order } = ordered(...chain);
    graph.add(node(100, 0, [chain[6]!]));
    const { undo, pieces } = takeUp(graph, order);
    expect(undo).toBe(3);
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toHaveLength(4);
  });

  test("what names all heads is a cut: the fork is behind it for good", () => {
    const left = node(1, 0, [root]);
    const right = node(2, 0, [root]);
    const { graph, order } = ordered(root, left, right);
    const merge = node(3, 0, [left, right]);
    graph.add(merge);
    expect(takeUp(graph, order)).toMatchObject({ undo: 2, pieces: [{ length: 2 }, { length: 1 }] });
    graph.add(node(4, 0, [merge]));
    expect(takeUp(graph, order)).toMatchObject({ undo: 0, pieces: [{ length: 1 }] });
  });

  test("a parent named although an ancestor of another parent changes nothing", () => {
    const next = node(1, 0, [root]);
    const top = node(2, 0, [root, next]);
    const { graph, order } = ordered(root, next);
    graph.add(top);
    expect(takeUp(graph, order)).toEqual({ undo: 0, pieces: [[2]] });
    expect(order.amongAncestors([new Set([0, 1])], [2])).toEqual(new Set([0, 1]));
  });
});

test("heads are the commands without children, ascending by id", () => {
  const graph = new Graph();
  const root = node(0, 0, []);
  graph.add(root);
  const children = [1, 2, 3, 4].map((i) => node(i, 0, [root]));
  for (const child of children) graph.add(child);
  const sorted = [...children].sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map((c) => c.id);
  expect(graph.heads()).toEqual(sorted);
  const top = node(9, 0, children.slice(0, 2));
  graph.add(top);
  expect([...graph.heads()].sort()).toEqual([top.id, children[2]!.id, children[3]!.id].sort());
});
