/**
 * The product's order, authority and policy held against the slow model, which was written apart from it, on hostile
 * graphs. `MODEL_GRAPHS` sets how many; the first seed that differs is named.
 */
import { expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import type { CommandId, DeviceId, TeamId } from "../../src/base/ids.ts";
import { roleFromRank, rank } from "../../src/base/roles.ts";
import { deviceKeysFrom } from "../../src/crypto/key-bundle.ts";
import type { DeviceKeys } from "../../src/crypto/key-bundle.ts";
import { signCommand } from "../../src/graph/command.ts";
import type { Command } from "../../src/graph/command.ts";
import { encodeFields } from "../../src/policy/default/operation.ts";
import type { Operation } from "../../src/policy/default/operation.ts";
import { DEFAULT_POLICY_ID, defaultPolicy } from "../../src/policy/default/policy.ts";
import { devicesOf, isClosed, LABELS } from "../../src/policy/default/tables.ts";
import { MemoryStorage } from "../../src/store/memory-storage.ts";
import { Team } from "../../src/team/team.ts";
import { FakeSuite } from "../support/fake-suite.ts";
import { evaluate } from "./model/authority.ts";
import type { ModelCommand } from "./model/braid.ts";
import { generateGraph, Prng } from "./model/generate.ts";

const GRAPHS = Number(process.env["MODEL_GRAPHS"] ?? 400);
const suite = new FakeSuite();

/** One meaning for both: the model's commands, signed. */
class Translation {
  readonly commands = new Map<string, Command>();
  readonly #keys = new Map<string, DeviceKeys>();
  teamId!: TeamId;

  constructor(graph: readonly ModelCommand[]) {
    for (const c of graph) this.#add(c);
  }

  device(name: string): DeviceKeys {
    let keys = this.#keys.get(name);
    if (keys === undefined) {
      const secret = (purpose: string): Uint8Array => suite.sha256(utf8(`${purpose} ${name}`));
      // One device of the pool brings another's signing key.
      const signer = name === "d6" ? "d1" : name;
      keys = deviceKeysFrom(suite, {
        identitySecret: secret("identity"),
        signingSecret: suite.sha256(utf8(`signing ${signer}`)),
        encryptionSecret: secret("encryption"),
      });
      this.#keys.set(name, keys);
    }
    return keys;
  }

  #add(c: ModelCommand): void {
    const keys = this.device(c.author);
    const op = this.#operation(c);
    const command = signCommand(suite, keys.signingSecret, {
      scope: c.kind === "Init" ? { nonce: new Uint8Array(32), policyId: DEFAULT_POLICY_ID } : this.teamId,
      author: keys.deviceId,
      parents: c.parents.map((p) => this.commands.get(p)!.id),
      kind: op.kind,
      role: c.role,
      fields: encodeFields(op),
    });
    if (c.kind === "Init") this.teamId = command.teamId;
    this.commands.set(c.id, command);
  }

  #operation(c: ModelCommand): Operation {
    const target = c.target === undefined ? ("" as DeviceId) : this.device(c.target).deviceId;
    const role = roleFromRank(c.newRole ?? 0)!;
    switch (c.kind) {
      case "Init":
        return { kind: "CreateTeam", bundle: this.device(c.author).bundle, commonName: "founder" };
      case "CloseTeam":
        return { kind: c.kind };
      case "AddDevice":
        return {
          kind: c.kind,
          target,
          bundle: this.device(c.target!).bundle,
          commonName: c.commonName ?? "device",
        };
      case "RemoveDevice":
        return { kind: c.kind, target };
      case "AssignRole":
        return { kind: c.kind, target, role, direction: c.lowers === true ? "lower" : "raise" };
      case "RevokeRole":
        return { kind: c.kind, target, role };
      case "AssignNetworkName":
      case "RevokeNetworkName":
        return { kind: c.kind, target, netIdentifier: c.netIdentifier! };
      case "CreateLabel":
      case "DeleteLabel":
        return { kind: c.kind, label: c.label! };
      case "AssignLabel":
      case "RevokeLabel":
        return { kind: c.kind, target, label: c.label! };
    }
  }
}

interface Picture {
  readonly accepted: Readonly<Record<string, boolean>>;
  readonly devices: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  readonly closed: boolean;
}

function show(role: number, name: string | undefined, labels: Iterable<string>): string {
  return `${role} ${name ?? "-"} ${[...labels].sort().join(",")}`;
}

function ofModel(graph: readonly ModelCommand[], translation: Translation): Picture {
  // The same ids on both sides: they settle the order.
  const commands = graph.map((c) => ({ ...c, idBytes: translation.commands.get(c.id)!.idBytes }));
  const { verdicts, facts } = evaluate(commands);
  return {
    accepted: Object.fromEntries(graph.map((c) => [c.id, verdicts.get(c.id)!.accepted])),
    devices: Object.fromEntries(
      [...facts.devices].map(([name, d]) => [
        translation.device(name).deviceId,
        show(d.role, d.netIdentifier, d.labels),
      ]),
    ),
    labels: [...facts.labels].sort(),
    closed: facts.closed,
  };
}

function newTeam(translation: Translation): Team {
  return new Team({
    suite,
    teamId: translation.teamId,
    storage: new MemoryStorage(),
    policies: [defaultPolicy],
  });
}

function ofTeam(graph: readonly ModelCommand[], translation: Translation, team: Team): Picture {
  const idOf = (c: ModelCommand): CommandId => translation.commands.get(c.id)!.id;
  return {
    accepted: Object.fromEntries(graph.map((c) => [c.id, team.rejectionOf(idOf(c)) === undefined])),
    devices: Object.fromEntries(
      devicesOf(team.facts).map((d) => [d.deviceId, show(d.rank, d.netIdentifier, d.labels)]),
    ),
    labels: [...team.facts.entries(LABELS)].map(([label]) => label).sort(),
    closed: isClosed(team.facts),
  };
}

/** Without what could not get in: commands of devices that nothing in their past introduces, and what stands on those. */
function admissible(graph: readonly ModelCommand[]): ModelCommand[] {
  const known = new Map<string, Set<string>>();
  const contents = new Set<string>();
  return graph.filter((c) => {
    // The same content is the same command.
    const { kind, author, role, target, newRole, lowers = false, label, netIdentifier } = c;
    const parents = [...c.parents].sort();
    const content = JSON.stringify([
      kind,
      author,
      role,
      target,
      newRole,
      lowers,
      label,
      netIdentifier,
      parents,
    ]);
    if (contents.has(content)) return false;
    contents.add(content);
    if (!c.parents.every((p) => known.has(p))) return false;
    const introduced = new Set(c.parents.flatMap((p) => [...known.get(p)!]));
    if (c.kind === "Init") introduced.add(c.author);
    if (!introduced.has(c.author)) return false;
    if (c.kind === "AddDevice") introduced.add(c.target!);
    known.set(c.id, introduced);
    return true;
  });
}

/** A random order with parents first. */
function delivery(graph: readonly ModelCommand[], rng: Prng): ModelCommand[] {
  const left = [...graph];
  const out: ModelCommand[] = [];
  const sent = new Set<string>();
  while (left.length > 0) {
    const ready = left.filter((c) => c.parents.every((p) => sent.has(p)));
    const next = ready[rng.between(0, ready.length - 1)]!;
    left.splice(left.indexOf(next), 1);
    sent.add(next.id);
    out.push(next);
  }
  return out;
}

test("[IDAM-7] [IDAM-13] product and model agree on hostile graphs, whatever the order of arrival", () => {
  for (let seed = 1; seed <= GRAPHS; seed++) {
    const graph = admissible(generateGraph(seed, { commandsMax: seed % 4 === 0 ? 40 : 18 }));
    const translation = new Translation(graph);
    const expected = ofModel(graph, translation);
    const rng = new Prng(seed);
    for (let round = 0; round < 3; round++) {
      const team = newTeam(translation);
      const queue = delivery(graph, rng).map((c) => translation.commands.get(c.id)!.bytes);
      // Everything at once, one at a time, in batches.
      const batch = [queue.length, 1, rng.between(2, 7)][round]!;
      for (let i = 0; i < queue.length; i += batch) team.admit(queue.slice(i, i + batch));
      expect(ofTeam(graph, translation, team), `seed ${seed}, round ${round}`).toEqual(expected);
    }
  }
});

test("the ranks of the model are those of the product", () => {
  expect(["sync", "user", "operator", "admin", "owner"].map((role) => rank(role as never))).toEqual([
    0, 1, 2, 3, 4,
  ]);
});
