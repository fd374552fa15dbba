/** Graphs without signatures for tests of order alone, and slow, obviously right answers about them. */
import { compareBytes } from "../../src/base/bytes.ts";
import { idFromBytes } from "../../src/base/ids.ts";
import type { CommandId, DeviceId, TeamId } from "../../src/base/ids.ts";
import type { Command } from "../../src/graph/command.ts";
import type { Graph } from "../../src/graph/graph.ts";
import type { Order, Reordering } from "../../src/graph/order.ts";

/** A command that is nothing but its place: `role` serves as its priority. */
export function node(seed: number, priority: number, parents: readonly Command[], author = ""): Command {
  const idBytes = new Uint8Array(32);
  new DataView(idBytes.buffer).setUint32(0, Math.imul(seed + 1, 0x9e3779b1) >>> 0);
  new DataView(idBytes.buffer).setUint32(28, seed);
  return {
    id: idFromBytes<CommandId>(idBytes),
    teamId: "" as TeamId,
    author: author as DeviceId,
    parents: parents.map((parent) => parent.id),
    kind: "node",
    role: priority,
    fields: [],
    init: undefined,
    reading: undefined,
    bytes: idBytes,
  };
}

export class NaiveDag {
  readonly commands: readonly Command[];
  readonly #ancestors = new Map<CommandId, ReadonlySet<CommandId>>();

  /** Parents first. */
  constructor(commands: readonly Command[]) {
    this.commands = commands;
    for (const { id, parents } of commands) {
      this.#ancestors.set(id, new Set(parents.flatMap((p) => [p, ...this.#ancestors.get(p)!])));
    }
  }

  isAncestor(a: Command, of: Command): boolean {
    return this.#ancestors.get(of.id)!.has(a.id);
  }

  isCut(c: Command): boolean {
    return this.commands.every((o) => o === c || this.isAncestor(o, c) || this.isAncestor(c, o));
  }

  /** From the back: of those all of whose children are placed, the lowest (priority, id). */
  braid(): Command[] {
    const placed: Command[] = [];
    const left = new Set(this.commands);
    while (left.size > 0) {
      const ready = [...left].filter((c) => ![...left].some((o) => o.parents.includes(c.id)));
      ready.sort((a, b) => a.role - b.role || compareBytes(a.bytes, b.bytes));
      placed.unshift(ready[0]!);
      left.delete(ready[0]!);
    }
    return placed;
  }
}

/** Orders what the graph holds beyond what is ordered: all of it heard. */
export function takeUp(graph: Graph, order: Order): Reordering {
  const first = order.sequence().length;
  return order.update(Array.from({ length: graph.size - first }, (_, i) => first + i));
}

/** When a command arrives, among those that can. */
export interface Arrival {
  /** Whose is lowest comes first. */
  readonly hurry: number;
  /** Whether what has arrived is taken up after it. */
  readonly flush: boolean;
}

/** Commands as they arrive, each with its `flush`: parents first, else the hurried ones first. `steps` begins with the second. */
export function arrivals(commands: readonly Command[], steps: readonly Arrival[]): [Command, boolean][] {
  const left = commands.map((command, i) => ({
    command,
    hurry: steps[i - 1]?.hurry ?? 0,
    flush: steps[i - 1]?.flush ?? true,
  }));
  const there = new Set<string>();
  const out: [Command, boolean][] = [];
  while (left.length > 0) {
    const ready = left.filter(({ command }) => command.parents.every((p) => there.has(p)));
    const next = ready.reduce((a, b) => (b.hurry < a.hurry ? b : a));
    left.splice(left.indexOf(next), 1);
    there.add(next.command.id);
    out.push([next.command, next.flush]);
  }
  return out;
}
