/**
 * A small graph with a name, told in sentences: a team on one line, and what happened above it. What product and model make
 * of it must be the same, under several settings of the ids, in every order of arrival.
 */
import { idToBytes } from "../../../src/base/ids.ts";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { roleFromRank, rank } from "../../../src/base/roles.ts";
import type { Role } from "../../../src/base/roles.ts";
import { deviceOf } from "../../../src/policy/default/tables.ts";
import type { Team } from "../../../src/team/team.ts";
import { linearExtensions } from "../exhaustive/shapes.ts";
import { CHECKS } from "./attack.ts";
import type { Kind, ModelCommand, Rank } from "./braid.ts";
import { keysOf, Prng } from "./generate.ts";
import { admissible } from "./admission.ts";
import { delivery, newTeam, ofModel, ofTeam, Translation } from "./translation.ts";
import type { Picture } from "./translation.ts";

/** Which of two concurrent commands has the higher id is up to luck: so many draws. */
const DRAWS = 8;
/** Where there are more orders of arrival, so many are drawn. */
const ORDERS = 150;

export interface Deed {
  /** How a sentence about it goes on after its author. */
  readonly says: string;
  readonly kind: Kind;
  readonly fields?: Partial<ModelCommand>;
}

function about(says: string, kind: Kind, target: string, fields: Partial<ModelCommand> = {}): Deed {
  return { says: says.replace("*", target), kind, fields: { target, ...fields } };
}

const toRank = (role: Role): Rank => rank(role) as Rank;

export const add = (target: string, commonName = target): Deed =>
  about(`adds * as "${commonName}"`, "AddDevice", target, { commonName, keys: keysOf(target) });
export const remove = (target: string): Deed => about("removes *", "RemoveDevice", target);
export const raise = (target: string, role: Role): Deed =>
  about(`makes * ${role}`, "AssignRole", target, { newRole: toRank(role) });
export const lower = (target: string, role: Role): Deed =>
  about(`lowers * to ${role}`, "AssignRole", target, { newRole: toRank(role), lowers: true });
export const revoke = (target: string, role: Role): Deed =>
  about(`revokes ${role} of *`, "RevokeRole", target, { newRole: toRank(role) });
export const name = (target: string, netIdentifier: string): Deed =>
  about(`names * ${netIdentifier}`, "AssignNetworkName", target, { netIdentifier });
export const label = (target: string, text: string): Deed =>
  about(`gives * the label ${text}`, "AssignLabel", target, { label: text });
export const unlabel = (target: string, text: string): Deed =>
  about(`takes the label ${text} from *`, "RevokeLabel", target, { label: text });
export const createLabel = (text: string): Deed => ({
  says: `creates the label ${text}`,
  kind: "CreateLabel",
  fields: { label: text },
});
export const deleteLabel = (text: string): Deed => ({
  says: `deletes the label ${text}`,
  kind: "DeleteLabel",
  fields: { label: text },
});
export const close: Deed = { says: "closes the team", kind: "CloseTeam" };

export interface Outcome {
  /** What was refused, in the words it was told in. */
  readonly refused: readonly string[];
  /** "role [network name] [labels]" of each member, and "called …" where its common name is not what it is called here. */
  readonly members: Readonly<Record<string, string>>;
  readonly closed?: true;
}

export interface Told {
  /** On top of these; on the last command of the beginning unless told. */
  readonly on?: readonly string[];
  /** The role claimed; the one the device had in the beginning unless told. */
  readonly as?: Role;
}

export class NamedCase {
  readonly #graph: ModelCommand[] = [];
  readonly #roles: Record<string, Role>;
  readonly #devices = new Set<string>();
  #above = 0;

  /** The founder is the owner "o". `first`: what it does before anything else happens. */
  constructor(roles: Record<string, Role>, ...first: readonly Deed[]) {
    this.#roles = { o: "owner", ...roles };
    this.#push(
      "o",
      { says: "init", kind: "Init", fields: { commonName: "o", keys: keysOf("o") } },
      "init",
      [],
    );
    for (const [device, role] of Object.entries(roles)) {
      this.by("o", add(device));
      if (role !== "sync") this.by("o", raise(device, role));
    }
    for (const deed of first) this.by("o", deed);
    this.#above = this.#graph.length;
  }

  /** The last command of the beginning. */
  get root(): string {
    return this.#graph[this.#above - 1]!.id;
  }

  by(author: string, deed: Deed, { on, as }: Told = {}): string {
    const parents = on ?? [this.#above === 0 ? this.#graph.at(-1)!.id : this.root];
    let id = `${author} ${deed.says}`;
    while (this.#graph.some((c) => c.id === id)) id += ", again";
    this.#push(author, deed, id, parents, as);
    return id;
  }

  /** Each on top of the one before. */
  chain(author: string, deeds: readonly Deed[], told: Told = {}): string[] {
    let on = told.on;
    return deeds.map((deed) => {
      const id = this.by(author, deed, { ...told, ...(on && { on }) });
      on = [id];
      return id;
    });
  }

  #push(author: string, deed: Deed, id: string, parents: readonly string[], as?: Role): void {
    const role = toRank(as ?? this.#roles[author]!);
    const { kind, fields } = deed;
    for (const device of [author, fields?.target ?? author]) this.#devices.add(device);
    this.#graph.push({ id, idBytes: new Uint8Array(32), author, parents, kind, role, ...fields });
  }

  /** Of a graph too large to be looked at in every order and from every side: ids and orders as they come. */
  outcomeOfLarge(): Outcome {
    const translation = new Translation(this.#graph);
    const picture = ofModel(this.#graph, translation);
    return this.#tell(translation, picture, this.#agree(translation, picture, this.#drawnOrders(0, 2), 0));
  }

  /** The one outcome, whatever the ids. */
  outcome(): Outcome {
    const outcomes = this.outcomes();
    expect(outcomes).toHaveLength(1);
    return outcomes[0]!;
  }

  /** All outcomes that ids can make of it, told apart by what they say. */
  outcomes(): Outcome[] {
    expect(admissible(this.#graph)).toEqual(this.#graph);
    const found = new Map<string, Outcome>();
    for (let draw = 0; draw < DRAWS; draw++) {
      const translation = new Translation(this.#graph, draw);
      const picture = ofModel(this.#graph, translation);
      const team = this.#hold(translation, picture, draw);
      const outcome = this.#tell(translation, picture, team);
      found.set(JSON.stringify(outcome), outcome);
    }
    return [...found.keys()].sort().map((key) => found.get(key)!);
  }

  /** The product comes to the model's picture in every order, and the picture is one that authority allows. */
  #hold(translation: Translation, expected: Picture, draw: number): Team {
    const graph = this.#graph.map((c) => ({ ...c, idBytes: idToBytes(translation.commands.get(c.id)!.id) }));
    for (const check of CHECKS) expect(check(graph)).toEqual([]);
    return this.#agree(translation, expected, this.#orders(draw), draw);
  }

  #agree(translation: Translation, expected: Picture, orders: ModelCommand[][], draw: number): Team {
    const bytesOf = (c: ModelCommand): Uint8Array => translation.commands.get(c.id)!.bytes;
    const teams = orders.map((order, i) => {
      const team = newTeam(translation);
      team.admit(this.#graph.slice(0, this.#above).map(bytesOf));
      // Once all at once, else one after the other, which takes the most going back.
      if (i === 0) team.admit(order.map(bytesOf));
      else for (const c of order) team.admit([bytesOf(c)]);
      const actual = ofTeam(this.#graph, translation, team);
      if (!isDeepStrictEqual(actual, expected)) {
        expect(actual, `draw ${draw}: ${order.map((c) => c.id).join("; ")}`).toEqual(expected);
      }
      return team;
    });
    for (const team of teams) expect(team.stateDigest()).toEqual(teams[0]!.stateDigest());
    return teams[0]!;
  }

  /** Of what lies above the beginning. */
  #orders(draw: number): ModelCommand[][] {
    const above = this.#graph.slice(this.#above);
    const shape = above.map((c) =>
      c.parents.map((p) => above.findIndex((other) => other.id === p)).filter((at) => at >= 0),
    );
    const all = linearExtensions(shape, ORDERS)?.map((order) => order.map((i) => above[i]!));
    return all ?? this.#drawnOrders(draw, ORDERS / DRAWS);
  }

  #drawnOrders(seed: number, count: number): ModelCommand[][] {
    const rng = new Prng(seed);
    return Array.from({ length: count }, () => delivery(this.#graph, rng).filter((c) => this.#isAbove(c)));
  }

  #isAbove(c: ModelCommand): boolean {
    return this.#graph.indexOf(c) >= this.#above;
  }

  #tell(translation: Translation, picture: Picture, team: Team): Outcome {
    const members = [...this.#devices].flatMap((device): [string, string][] => {
      const { deviceId } = translation.device(device);
      const shown = picture.devices[deviceId];
      if (shown === undefined) return [];
      const { commonName } = deviceOf(team.facts, deviceId)!;
      const [role, netIdentifier, labels] = shown.split(" ");
      const called = commonName === device || commonName === "founder" ? "" : `called ${commonName}`;
      const had = [netIdentifier === "-" ? "" : netIdentifier, labels, called].filter((part) => part !== "");
      return [[device, [roleFromRank(Number(role)), ...had].join(" ")]];
    });
    return {
      refused: this.#graph.filter((c) => picture.accepted[c.id] === false).map((c) => c.id),
      members: Object.fromEntries(members),
      ...(picture.closed && { closed: true as const }),
    };
  }
}
