/** From the model's commands to the product's, and what each makes of them, shown in one form to be compared. */
import { utf8 } from "../../../src/base/bytes.ts";
import { idToBytes } from "../../../src/base/ids.ts";
import type { CommandId, DeviceId, TeamId } from "../../../src/base/ids.ts";
import { roleFromRank } from "../../../src/base/roles.ts";
import { deviceKeysFrom } from "../../../src/crypto/key-bundle.ts";
import type { DeviceKeys } from "../../../src/crypto/key-bundle.ts";
import { INIT_NONCE_BYTES, signCommand } from "../../../src/graph/command.ts";
import type { Command } from "../../../src/graph/command.ts";
import { encodeFields } from "../../../src/policy/default/operation.ts";
import type { Operation } from "../../../src/policy/default/operation.ts";
import { DEFAULT_POLICY_ID, defaultPolicy } from "../../../src/policy/default/policy.ts";
import { devicesOf, isClosed, LABELS } from "../../../src/policy/default/tables.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { Team } from "../../../src/team/team.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { evaluate } from "./authority.ts";
import type { Rules } from "./authority.ts";
import type { ModelCommand } from "./braid.ts";
import type { Prng } from "./generate.ts";

const suite = new FakeSuite();

/** One meaning for both: the model's commands, signed. */
export class Translation {
  readonly commands: Map<string, Command>;
  readonly #keys: Map<string, DeviceKeys>;
  readonly #nonce = new Uint8Array(INIT_NONCE_BYTES);
  teamId!: TeamId;

  /**
   * Every id follows from the graph and `nonce`: another one settles ties in the order differently. `from` translates
   * the beginning of the graph and saves doing it again.
   */
  constructor(graph: readonly ModelCommand[], nonce = 0, from?: Translation) {
    new DataView(this.#nonce.buffer).setUint32(0, nonce);
    this.commands = new Map(from?.commands);
    this.#keys = new Map(from === undefined ? [] : from.#keys);
    if (from !== undefined) this.teamId = from.teamId;
    for (const c of graph) if (!this.commands.has(c.id)) this.#add(c);
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
      scope: c.kind === "Init" ? { nonce: this.#nonce, policyId: DEFAULT_POLICY_ID } : this.teamId,
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

export interface Picture {
  readonly accepted: Readonly<Record<string, boolean>>;
  readonly devices: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  readonly closed: boolean;
}

function show(role: number, name: string | undefined, labels: Iterable<string>): string {
  return `${role} ${name ?? "-"} ${[...labels].sort().join(",")}`;
}

/** `rules`: as amended unless told. */
export function ofModel(graph: readonly ModelCommand[], translation: Translation, rules?: Rules): Picture {
  // The same ids on both sides: they settle the order.
  const commands = graph.map((c) => ({ ...c, idBytes: idToBytes(translation.commands.get(c.id)!.id) }));
  const { verdicts, facts } = evaluate(commands, rules === undefined ? {} : { rules });
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

/** `undoMax`: how far it goes back step by step. */
export function newTeam(translation: Translation, undoMax?: number): Team {
  return new Team({
    suite,
    teamId: translation.teamId,
    storage: new MemoryStorage(),
    policies: [defaultPolicy],
    ...(undoMax !== undefined && { undoMax }),
  });
}

export function ofTeam(graph: readonly ModelCommand[], translation: Translation, team: Team): Picture {
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

/** A random order with parents first. */
export function delivery(graph: readonly ModelCommand[], rng: Prng): ModelCommand[] {
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
