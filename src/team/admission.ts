/**
 * Who gets into the graph: a batch of commands from outside, checked before any of it counts. What is refused here leaves
 * no trace; what passes is stored, and may still change nothing when the policy judges it.
 */
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
  /** The introduction under which each staged command was found good. */
  readonly #signedUnder: (Introduction | undefined)[] = [];
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

    if (command.init !== undefined && introduction !== undefined) {
      if (!verifyCommandSignature(suite, introduction.signingKey, command))
        throw new DecodeError("bad-signature");
      this.#signedUnder.push(introduction);
    } else {
      this.#signedUnder.push(this.#findSigner(command, parents));
    }
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

  /** An introduction of the author among the ancestors, under whose key the signature holds. */
  #findSigner(command: Command, parents: readonly number[]): Introduction {
    const candidates = [
      ...(this.#context.introductions.get(command.author) ?? []),
      ...(this.#introductions.get(command.author) ?? []),
    ];
    let known = false;
    for (const [i, candidate] of candidates.entries()) {
      if (!this.#isBelow(candidate, command.author, parents)) continue;
      known = true;
      // One device normally has one signing key, however often it was added: do not try it twice.
      const tried = candidates
        .slice(0, i)
        .some((c) => sameKey(c, candidate) && this.#isBelow(c, command.author, parents));
      if (!tried && verifyCommandSignature(this.#context.suite, candidate.signingKey, command))
        return candidate;
    }
    throw new DecodeError(known ? "bad-signature" : "unknown-author");
  }

  /** Whether the introduction is one of `from` or an ancestor of one. */
  #isBelow(introduction: Introduction, author: DeviceId, from: readonly number[]): boolean {
    const { graph, order } = this.#context;
    const seen = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (index === introduction.index) return true;
      if (index < introduction.index || seen.has(index)) continue;
      seen.add(index);
      if (index < graph.size) {
        if (introduction.index < graph.size && order.isAncestor(introduction.index, index)) return true;
        continue;
      }
      const staged = index - graph.size;
      // An earlier command of the same author, good under the same introduction, spares the walk.
      if (this.commands[staged]!.author === author && this.#signedUnder[staged]?.index === introduction.index)
        return true;
      open.push(...this.#parents[staged]!);
    }
    return false;
  }
}

function sameKey(a: Introduction, b: Introduction): boolean {
  return a.signingKey.every((byte, i) => byte === b.signingKey[i]);
}
