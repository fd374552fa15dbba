/**
 * Braid: the one total order of a set of commands, the same on every device that holds them. Built from the back: of the
 * commands all of whose children are placed, the one with the lowest (priority, id) goes in front of what is placed.
 * So ancestors come first, and of concurrent commands those of high priority come early.
 */
import { compareIds } from "../base/ids.ts";
import type { CommandId } from "../base/ids.ts";

export interface BraidNode {
  readonly priority: number;
  readonly id: CommandId;
  /** Positions in the input of those parents that are in the input. */
  readonly parents: readonly number[];
}

/** Positions in `nodes`, in braid order. Takes time n log n and memory n. */
export function braid(nodes: readonly BraidNode[]): number[] {
  const childrenLeft = new Uint32Array(nodes.length);
  for (const node of nodes) for (const parent of node.parents) childrenLeft[parent]!++;

  const ready = new ReadyHeap(nodes);
  for (let i = 0; i < nodes.length; i++) if (childrenLeft[i] === 0) ready.push(i);

  const backwards: number[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    backwards.push(next);
    for (const parent of nodes[next]!.parents) if (--childrenLeft[parent]! === 0) ready.push(parent);
  }
  return backwards.reverse();
}

/** A binary heap of positions, lowest (priority, id) on top. */
class ReadyHeap {
  readonly #nodes: readonly BraidNode[];
  readonly #items: number[] = [];

  constructor(nodes: readonly BraidNode[]) {
    this.#nodes = nodes;
  }

  #before(a: number, b: number): boolean {
    const x = this.#nodes[a]!;
    const y = this.#nodes[b]!;
    return x.priority !== y.priority ? x.priority < y.priority : compareIds(x.id, y.id) < 0;
  }

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!this.#before(item, items[up]!)) break;
      items[at] = items[up]!;
      at = up;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && this.#before(items[down + 1]!, items[down]!)) down++;
      if (!this.#before(items[down]!, last)) break;
      items[at] = items[down]!;
      at = down;
    }
    items[at] = last;
    return top;
  }
}
