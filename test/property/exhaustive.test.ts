/**
 * Product and model on every shape a small graph can have, with every choice of commands for its nodes where those are
 * few and a seeded sample where they are not, in every order of arrival where those are few.
 *
 *   EXHAUSTIVE_COMMANDS   nodes of a shape, its root included
 *   EXHAUSTIVE_CHOICES    every choice of commands for a shape where there are at most this many; 10000 reaches 4 nodes
 *   EXHAUSTIVE_SAMPLES    else so many graphs for each number of nodes; no shape goes without
 *   EXHAUSTIVE_ORDERS     every order of arrival where there are at most this many, else one
 *   EXHAUSTIVE_SEED       of the samples
 */
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { linearExtensions, shapesUpTo } from "./exhaustive/shapes.ts";
import type { Shape } from "./exhaustive/shapes.ts";
import { graphOf, WORLDS } from "./exhaustive/worlds.ts";
import type { Move, World } from "./exhaustive/worlds.ts";
import { AMENDED, AS_WRITTEN } from "./model/authority.ts";
import type { ModelCommand } from "./model/braid.ts";
import { Prng } from "./model/generate.ts";
import { admissible } from "./model/admission.ts";
import { delivery, newTeam, ofModel, ofTeam, Translation } from "./model/translation.ts";

const COMMANDS = setting("EXHAUSTIVE_COMMANDS", 8);
const CHOICES = setting("EXHAUSTIVE_CHOICES", 1000);
const SAMPLES = setting("EXHAUSTIVE_SAMPLES", 200);
const ORDERS = setting("EXHAUSTIVE_ORDERS", 6);
const SEED = setting("EXHAUSTIVE_SEED", 1);
const LONG_RUN_MS = 24 * 60 * 60 * 1000;

function setting(name: string, usual: number): number {
  return Number(process.env[name] ?? usual);
}

interface Case {
  readonly world: World;
  readonly shape: Shape;
  readonly graph: readonly ModelCommand[];
  readonly translation: Translation;
}

/** Of each world's beginning several, since ids say how ties in the order fall. */
const BEGINNINGS = new Map(
  WORLDS.map((world) => [world, range(8).map((nonce) => new Translation(world.beginning, nonce))]),
);

test("[IDAM-13] product and model agree on every shape of a small graph", { timeout: LONG_RUN_MS }, () => {
  for (const shapes of shapesUpTo(COMMANDS - 1)) {
    const perShape = Math.ceil(SAMPLES / shapes.length);
    for (const [at, shape] of shapes.entries()) {
      const rng = new Prng(SEED * 1_000_003 + shape.length * 10_007 + at);
      let graphs = 0;
      for (const c of casesOf(shape, perShape, rng)) {
        agree(c, rng);
        graphs++;
      }
      expect(graphs, `of the shape ${JSON.stringify(shape)}`).toBeGreaterThan(0);
    }
  }
});

test("the shapes are all there are: as many as partial orders of so many elements", () => {
  expect(shapesUpTo(6).map((shapes) => shapes.length)).toEqual([1, 2, 5, 16, 63, 318]);
});

test("every order of arrival is the number of ways to climb a shape", () => {
  const fork: Shape = [[], [], []];
  const diamond: Shape = [[], [0], [0], [1, 2]];
  expect(linearExtensions(fork, 6)).toHaveLength(6);
  expect(linearExtensions(fork, 5)).toBeUndefined();
  expect(linearExtensions(diamond, 6)).toEqual([
    [0, 1, 2, 3],
    [0, 2, 1, 3],
  ]);
});

const NOTICED = [
  "revokeRoleOfAnyRole",
  "assignRoleNeedsNoStanding",
  "closeSparesBoth",
  "cutsForget",
] as const;

test.each(NOTICED)("a product with another rule would be noticed: %s", (rule) => {
  const rules = { ...AMENDED, [rule]: AS_WRITTEN[rule] };
  const shapes = shapesUpTo(4).flat();
  const rng = new Prng(SEED);
  const isNoticed = range(4000).some(() => {
    const c = draw(rng.pick(shapes), rng);
    if (c === undefined) return false;
    const { graph, translation } = c;
    return !isDeepStrictEqual(ofModel(graph, translation), ofModel(graph, translation, rules));
  });
  expect(isNoticed).toBe(true);
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** All there are, or `count` drawn. */
function* casesOf(shape: Shape, count: number, rng: Prng): Generator<Case> {
  const all = WORLDS.reduce((sum, { moves }) => sum + moves.length ** shape.length, 0);
  if (all <= CHOICES) {
    for (const world of WORLDS) {
      for (const moves of choices(world.moves, shape.length)) {
        const c = made(world, shape, moves, rng);
        if (c !== undefined) yield c;
      }
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    const c = draw(shape, rng);
    if (c !== undefined) yield c;
  }
}

/** Undefined where luck had nothing for this shape that could be in a graph. */
function draw(shape: Shape, rng: Prng): Case | undefined {
  for (let tries = 0; tries < 50; tries++) {
    const world = rng.pick(WORLDS);
    const moves = shape.map(() => rng.pick(world.moves));
    const c = made(world, shape, moves, rng);
    if (c !== undefined) return c;
  }
  return undefined;
}

/** Undefined where a command would not get in, or two would be the same one: smaller shapes have that graph. */
function made(world: World, shape: Shape, moves: readonly Move[], rng: Prng): Case | undefined {
  const graph = graphOf(world, shape, moves);
  if (admissible(graph).length !== graph.length) return undefined;
  const beginning = rng.pick(BEGINNINGS.get(world)!);
  return { world, shape, graph, translation: new Translation(graph, 0, beginning) };
}

function* choices<T>(from: readonly T[], length: number): Generator<T[]> {
  if (length === 0) yield [];
  else for (const rest of choices(from, length - 1)) for (const one of from) yield [...rest, one];
}

function agree({ world, shape, graph, translation }: Case, rng: Prng): void {
  const bytesOf = (c: ModelCommand): Uint8Array => translation.commands.get(c.id)!.bytes;
  const expected = ofModel(graph, translation);
  const above = graph.slice(world.beginning.length);
  const every = linearExtensions(shape, ORDERS)?.map((order) => order.map((i) => above[i]!));
  const orders = every ?? [delivery(graph, rng).filter((c) => above.includes(c))];
  orders.forEach((order, i) => {
    const team = newTeam(translation);
    team.admit(world.beginning.map(bytesOf));
    // One after the other, which takes the most going back; the last order all at once.
    if (i > 0 && i === orders.length - 1) team.admit(order.map(bytesOf));
    else for (const c of order) team.admit([bytesOf(c)]);
    const actual = ofTeam(graph, translation, team);
    if (!isDeepStrictEqual(actual, expected)) {
      expect(actual, `${world.name}, ${translation.teamId}: ${order.map(said).join("; ")}`).toEqual(expected);
    }
  });
}

function said({ id, parents, author, role, kind, target, newRole, lowers }: ModelCommand): string {
  const about = [target, newRole, lowers === true ? "lower" : undefined].filter((part) => part !== undefined);
  return `${id}(${parents.join(",")}) ${author} as ${role} ${kind} ${about.join(" ")}`.trim();
}
