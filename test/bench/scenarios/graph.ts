import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { decodeCommand } from "../../../src/graph/command.ts";
import type { Command } from "../../../src/graph/command.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { defaultPolicy } from "../../../src/policy/default/policy.ts";
import { TeamState } from "../../../src/team/state.ts";
import { op, teamOf } from "../../support/world.ts";
import type { World, WorldDevice } from "../../support/world.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import { act, bytesOf, hashAll, timed } from "../lib/chains.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

const LONG = 10_000;
const EACH = 1000;

/** Order and policy by themselves: commands that are decoded already, no signatures, no storage. */
export const graph: Scenario = {
  id: "graph",
  async run(bench) {
    bench.say("graph: making 10,000 and 2 × 1,000");
    const world = teamOf(["owner", "owner"]);
    const [first, second] = [world.devices[0]!, world.devices[1]!];
    first.actions.createLabel("one");
    first.actions.createLabel("two");
    world.level(first, second);
    const base = first.team.commandCount;
    const branch = (device: WorldDevice, label: string): void => act(device.actions, EACH, device.id, label);
    branch(first, "one");
    branch(second, "two");
    const branches = [first, second].map((device) => decoded(world, bytesOf(device, base)));
    const start = decoded(world, bytesOf(first).slice(0, base));
    act(first.actions, LONG - first.team.commandCount, first.id, "one");
    const chain = bytesOf(first).slice(0, LONG);
    return [
      ...(await onChain(bench, world, chain)),
      ...(await merging(bench, start, branches)),
      ...(await oldFork(bench, world, chain, first)),
      ...memory(bench, world, chain),
    ];
  },
};

function decoded(world: World, commands: readonly Uint8Array[]): Command[] {
  return commands.map((bytes) => decodeCommand(world.suite, bytes));
}

class Engine {
  readonly #graph = new Graph();
  readonly state = new TeamState(this.#graph, () => defaultPolicy);

  take(commands: readonly Command[]): this {
    for (const command of commands) this.state.hearing.add(this.#graph.add(command));
    this.state.judge();
    return this;
  }
}

async function onChain(bench: Bench, world: World, chain: readonly Uint8Array[]): Promise<Figure[]> {
  if (!bench.wants("graph/chain")) return [];
  bench.say("graph/chain");
  const perSecond = (ms: number): number => (LONG / ms) * 1000;
  const samples = await inTurns(
    new Map([
      ["floor", async () => perSecond(await timed(() => hashAll(chain)))],
      [
        "chain",
        async () => {
          const commands = decoded(world, chain);
          return perSecond(await timed(() => new Engine().take(commands)));
        },
      ],
    ]),
    bench.budget,
  );
  const what = "10,000 commands in one line, ordered, judged and applied; floor: SHA-256 of each";
  return [
    figure({ id: "graph/chain", unit: "commands/s", what }, samples.get("chain")!, samples.get("floor")),
  ];
}

async function merging(
  bench: Bench,
  start: readonly Command[],
  branches: readonly (readonly Command[])[],
): Promise<Figure[]> {
  if (!bench.wants("graph/merge")) return [];
  bench.say("graph/merge");
  const samples = await inTurns(
    new Map([
      [
        "merge",
        async () => {
          const engine = new Engine().take(start).take(branches[0]!);
          const ms = await timed(() => engine.take(branches[1]!));
          return ((2 * EACH) / ms) * 1000;
        },
      ],
    ]),
    bench.budget,
  );
  const what =
    "1,000 commands undone and 2,000 ordered, judged and applied, as a branch of 1,000 meets another";
  return [figure({ id: "graph/merge", unit: "commands/s", what }, samples.get("merge")!)];
}

async function oldFork(
  bench: Bench,
  world: World,
  chain: readonly Uint8Array[],
  owner: WorldDevice,
): Promise<Figure[]> {
  if (!bench.wants("graph/old-fork")) return [];
  bench.say("graph/old-fork");
  const commands = decoded(world, chain);
  const fork = owner.forge(op.createLabel("late"), { parents: [commands[0]!], as: "owner" });
  const samples = await inTurns(
    new Map([
      ["floor", () => timed(() => hashAll(chain))],
      [
        "fork",
        () => {
          const engine = new Engine().take(commands);
          return timed(() => engine.take([fork]));
        },
      ],
    ]),
    bench.budget,
  );
  const what =
    "one command on top of the first of 10,000: all are undone and judged again; floor: SHA-256 of each";
  return [figure({ id: "graph/old-fork", unit: "ms", what }, samples.get("fork")!, samples.get("floor"))];
}

function memory(bench: Bench, world: World, chain: readonly Uint8Array[]): Figure[] {
  if (!bench.wants("graph/memory")) return [];
  bench.say("graph/memory");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const engines: Engine[] = [];
  const samples: number[] = [];
  for (let round = 0; round < bench.budget.rounds; round++) {
    const before = used();
    engines.push(new Engine().take(decoded(world, chain)));
    samples.push((used() - before) / (LONG / 1000));
  }
  const commandBytes = chain.reduce((sum, bytes) => sum + bytes.length, 0) / (LONG / 1000);
  if (engines.some(({ state }) => state.order.sequence().length !== LONG))
    throw new Error("not all were taken");
  const what = "memory a thousand commands take with all that was made of them; floor: their own bytes";
  return [figure({ id: "graph/memory", unit: "B per 1,000", what }, samples, [commandBytes])];
}
