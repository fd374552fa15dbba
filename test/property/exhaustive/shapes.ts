/**
 * Every shape a graph can have above its root: the parents of each node, each shape once up to renaming. Parents are
 * never each other's ancestors, as in commands of a daemon, so shapes are the partial orders of that many elements:
 * 1, 2, 5, 16, 63, 318, 2045 (OEIS A000112).
 */

/** Entry i: the parents of node i, by index, ascending, all below i. A node without any stands on the root. */
export type Shape = readonly (readonly number[])[];

/** All shapes of 1 to `nodesMax` nodes beside the root; entry n - 1 has those of n. */
export function shapesUpTo(nodesMax: number): Shape[][] {
  const bySize: Shape[][] = [];
  let previous: Shape[] = [[]];
  for (let nodes = 1; nodes <= nodesMax; nodes++) {
    const found = new Map<string, Shape>();
    for (const shape of previous) {
      // Whatever a shape's last maximal node is, taking it away leaves a smaller shape.
      for (const parents of antichains(shape)) {
        const larger = [...shape, parents];
        const key = canonical(larger);
        if (!found.has(key)) found.set(key, larger);
      }
    }
    previous = [...found.values()];
    bySize.push(previous);
  }
  return bySize;
}

/** Every order in which the nodes can arrive, parents first; undefined where there are more than `max`. */
export function linearExtensions(shape: Shape, max: number): number[][] | undefined {
  const orders: number[][] = [];
  const visit = (order: readonly number[]): boolean => {
    if (order.length === shape.length) return orders.push([...order]) <= max;
    return shape.every(
      (parents, node) =>
        order.includes(node) || !parents.every((p) => order.includes(p)) || visit([...order, node]),
    );
  };
  return visit([]) ? orders : undefined;
}

/** Bit j of entry i: node j is an ancestor of node i. */
function ancestorBits(shape: Shape): number[] {
  const bits: number[] = [];
  for (const parents of shape) bits.push(parents.reduce((all, p) => all | (1 << p) | bits[p]!, 0));
  return bits;
}

/** Every set of nodes none of which is an ancestor of another, the empty one included. */
function antichains(shape: Shape): number[][] {
  const below = ancestorBits(shape);
  const found: number[][] = [];
  const extend = (chosen: readonly number[], from: number): void => {
    found.push([...chosen]);
    for (let node = from; node < shape.length; node++) {
      if (chosen.every((c) => (below[node]! & (1 << c)) === 0)) extend([...chosen, node], node + 1);
    }
  };
  extend([], 0);
  return found;
}

/** The same text for two shapes exactly when renaming nodes makes one of the other. */
function canonical(shape: Shape): string {
  const below = ancestorBits(shape);
  const isBelow = (a: number, b: number): boolean => (below[b]! & (1 << a)) !== 0;
  const nodes = shape.map((_, i) => i);
  // A node's colour is what can be said of it without naming nodes; only nodes of one colour need trying in every order.
  let colours = nodes.map(() => "");
  for (let round = 0; round < 3; round++) {
    const about = nodes.map((i) => {
      const of = (related: (j: number) => boolean): string =>
        nodes
          .filter(related)
          .map((j) => colours[j])
          .sort()
          .join();
      return `${colours[i]!}(${of((j) => isBelow(j, i))})(${of((j) => isBelow(i, j))})`;
    });
    const names = [...new Set(about)].sort();
    colours = about.map((text) => String.fromCharCode(97 + names.indexOf(text)));
  }
  const classes = [...new Set(colours)].sort().map((colour) => nodes.filter((i) => colours[i] === colour));
  let least: string | undefined;
  const arrange = (order: readonly number[], rest: readonly (readonly number[])[]): void => {
    const [first, ...others] = rest;
    if (first === undefined) {
      const text = order.map((i) => order.map((j) => (isBelow(j, i) ? 1 : 0)).join("")).join(" ");
      if (least === undefined || text < least) least = text;
    } else if (
      first.length === 0 ||
      first.every((i) => below[i] === below[first[0]!] && sameAbove(i, first[0]!))
    ) {
      arrange([...order, ...first], others);
    } else {
      for (const i of first) arrange([...order, i], [first.filter((j) => j !== i), ...others]);
    }
  };
  /** Nodes with the same ancestors and descendants can change places without anybody noticing. */
  const sameAbove = (a: number, b: number): boolean => nodes.every((i) => isBelow(a, i) === isBelow(b, i));
  arrange([], classes);
  return `${colours.slice().sort().join("")} ${least!}`;
}
