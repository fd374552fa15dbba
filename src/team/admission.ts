/**
 * Who gets into the graph: a batch of commands from outside, checked before any of it counts. What is refused here leaves
 * no trace; what passes is stored, and may still change nothing when the policy judges it.
 */
import { equalBytes } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import type { CommandId, DeviceId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { decodeCommand, verifyCommandSignature } from "../graph/command.ts";
import type { Command } from "../graph/command.ts";
import type { Graph } from "../graph/graph.ts";
import type { Order } from "../graph/order.ts";
import type { Policy } from "../policy/policy.ts";

/** A command that made a device able to author, and the key it signs with. */
export interface Introduction {
  readonly index: number;
  readonly signingKey: Uint8Array;
}

export interface AdmissionContext {
  readonly suite: CipherSuite;
  readonly teamId: TeamId;
  readonly graph: Graph;
  readonly order: Order;
  readonly introductions: ReadonlyMap<DeviceId, readonly Introduction[]>;
  /** Throws `AranyaError` `UnknownPolicy`. */
  policyFor(init: Command): Policy;
}

/**
 * The new commands of a batch, parents first, each signed by a device that a command among its ancestors introduced.
 * Throws `DecodeError` for the first that is not: nothing of the batch is taken then.
 */
export function checkBatch(context: AdmissionContext, batch: readonly Uint8Array[]): Command[] {
  const staging = new Staging(context);
  for (const bytes of batch) staging.add(decodeCommand(context.suite, bytes));
  return staging.commands;
}

/** The graph with the commands of a batch on top of it. */
class Staging {
  readonly commands: Command[] = [];
  readonly #context: AdmissionContext;
  readonly #indexes = new Map<CommandId, number>();
  readonly #parents: number[][] = [];
  readonly #introductions = new Map<DeviceId, Introduction[]>();
  /** What introduced the author of each staged command in its past. */
  readonly #introducedBy: (readonly Introduction[])[] = [];
  #policy: Policy | undefined;

  constructor(context: AdmissionContext) {
    this.#context = context;
    if (context.graph.size > 0) this.#policy = context.policyFor(context.graph.at(0));
  }

  add(command: Command): void {
    const { graph, suite, teamId } = this.#context;
    if (this.#indexOf(command.id) !== undefined) return;
    if (command.teamId !== teamId) throw new DecodeError("other-team");
    const index = graph.size + this.commands.length;
    if (index >= LIMITS.commandsPerTeamMax) throw new DecodeError("team-full");
    if (command.init !== undefined) {
      if (index !== 0) throw new DecodeError("second-init");
      this.#policy = this.#context.policyFor(command);
    }
    if (this.#policy === undefined) throw new DecodeError("no-init");
    const parents = command.parents.map((id) => {
      const parent = this.#indexOf(id);
      if (parent === undefined) throw new DecodeError("unknown-parent");
      return parent;
    });
    this.#policy.check(suite, command);
    const introduced = this.#policy.introduces(command);
    const introduction = introduced && { index, signingKey: introduced.bundle.signingKey };

    // Init introduces its own author.
    const signers =
      command.init !== undefined && introduction !== undefined
        ? [introduction]
        : this.#introductionsBelow(command.author, parents);
    checkSignature(suite, command, signers);
    this.#introducedBy.push(signers);
    this.#indexes.set(command.id, index);
    this.#parents.push(parents);
    this.commands.push(command);
    if (introduced !== undefined && introduction !== undefined) {
      const known = this.#introductions.get(introduced.deviceId);
      if (known === undefined) this.#introductions.set(introduced.deviceId, [introduction]);
      else known.push(introduction);
    }
  }

  #indexOf(id: CommandId): number | undefined {
    return this.#context.graph.indexOf(id) ?? this.#indexes.get(id);
  }

  /** Introductions of the author among `from` and their ancestors. */
  #introductionsBelow(author: DeviceId, from: readonly number[]): Introduction[] {
    const { graph, order, introductions } = this.#context;
    const missing = new Map<number, Introduction>();
    for (const known of [introductions.get(author), this.#introductions.get(author)]) {
      for (const introduction of known ?? []) missing.set(introduction.index, introduction);
    }
    const below: Introduction[] = [];
    const find = (index: number): void => {
      const introduction = missing.get(index);
      if (introduction === undefined) return;
      below.push(introduction);
      missing.delete(index);
    };
    const held: number[] = [];
    const seen = new Set(from);
    const open = [...seen];
    for (let index = open.pop(); index !== undefined && missing.size > 0; index = open.pop()) {
      if (index < graph.size) {
        held.push(index);
        continue;
      }
      find(index);
      const staged = index - graph.size;
      if (this.commands[staged]!.author === author) {
        // An earlier command of the same author has been through all that is below it.
        for (const introduction of this.#introducedBy[staged]!) find(introduction.index);
        continue;
      }
      for (const parent of this.#parents[staged]!) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        open.push(parent);
      }
    }
    if (missing.size === 0 || held.length === 0) return below;
    const wanted = new Set([...missing.keys()].filter((index) => index < graph.size));
    for (const index of order.amongAncestors(wanted, held)) find(index);
    return below;
  }
}

/**
 * By one of the keys the author was introduced with in the command's own past. A device has one; whoever holds its identity
 * key can make more, each of which everybody would try for each command: more than a few are refused, by all alike.
 */
function checkSignature(suite: CipherSuite, command: Command, signers: readonly Introduction[]): void {
  const keys: Uint8Array[] = [];
  for (const { signingKey } of signers) {
    if (keys.some((key) => equalBytes(key, signingKey))) continue;
    if (keys.length === LIMITS.signingKeysPerDeviceMax) throw new DecodeError("too-many-keys");
    keys.push(signingKey);
  }
  if (keys.length === 0) throw new DecodeError("unknown-author");
  if (!keys.some((key) => verifyCommandSignature(suite, key, command)))
    throw new DecodeError("bad-signature");
}
