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
import type { Hearing } from "../graph/hearing.ts";
import type { Policy } from "../policy/policy.ts";
import type { Checked, Introduction } from "./checked.ts";
import { Introductions } from "./introductions.ts";
import type { Introduced } from "./introductions.ts";
import type { Pool } from "./pool.ts";
import { Powers } from "./powers.ts";

export interface AdmissionContext {
  readonly suite: CipherSuite;
  readonly teamId: TeamId;
  readonly graph: Graph;
  readonly order: Order;
  readonly hearing: Hearing;
  readonly pool: Pool;
  readonly introductions: Introductions;
  /** Of what is in the graph and in the pool. */
  readonly powers: Powers;
  /** Throws `AranyaError` `UnknownPolicy`. */
  policyFor(init: Command): Policy;
}

export interface CheckedBatch {
  /** To be stored, parents first. */
  readonly commands: readonly Command[];
  /** To be kept aside, parents first: their authors are heard no more by themselves. */
  readonly aside: readonly Checked[];
  /** With how many of the batch that deals; the others are to be checked once these are stored. */
  readonly taken: number;
}

/**
 * The new commands of a batch, parents first, each signed by a device that a command among its ancestors introduced.
 * Throws `DecodeError` for the first that is not: nothing of the batch is taken then. Stops early where an author may
 * have come to be beyond its allowance, so that little of what nobody hears is stored; and, after one at least, where time is up.
 */
export function checkBatch(
  context: AdmissionContext,
  batch: readonly Uint8Array[],
  isTimeUp: () => boolean,
): CheckedBatch {
  const staging = new Staging(context);
  let taken = 0;
  do staging.add(decodeCommand(context.suite, batch[taken++]!));
  while (taken < batch.length && !staging.isEnough && !isTimeUp());
  return { commands: staging.commands, aside: staging.aside(), taken };
}

/**
 * Once stored, a command may be followed down through all that is concurrent with what it stands on, to find the longest chain
 * of its author, and nobody looks at the clock then: so many commands at most together, some 50 ms.
 */
const STEPS_AHEAD_MAX = 100_000;

/** What a command may be followed down through: the order from a cut to a position, and so many that are not in order. */
interface Span {
  readonly cut: number;
  readonly top: number;
  readonly others: number;
}

const NO_SPAN: Span = { cut: -1, top: -1, others: 0 };

/** Of all together. */
function spanOf(spans: readonly Span[]): Span {
  let { cut, top, others } = NO_SPAN;
  for (const span of spans) {
    cut = Math.max(cut, span.cut);
    top = Math.max(top, span.top);
    others = Math.max(others, span.others);
  }
  return { cut, top, others };
}

/** The graph with the commands of a batch on top of it. */
class Staging {
  readonly commands: Command[] = [];
  readonly #context: AdmissionContext;
  readonly #staged = new Map<CommandId, Checked>();
  readonly #aside = new Map<CommandId, Checked>();
  readonly #powers: Powers;
  readonly #introductions: Introductions;
  /** The last command on the longest chain of an author, of those with staged ones. */
  readonly #deepest = new Map<DeviceId, CommandId>();
  /** How many staged commands of an author may be beside its longest chain. */
  readonly #beside = new Map<DeviceId, number>();
  /** Below each staged command, and what these stand on. */
  readonly #spans = new Map<CommandId, Span>();
  #stepsAhead = 0;
  #policy: Policy | undefined;
  #mayBeBeyond = false;

  constructor(context: AdmissionContext) {
    this.#context = context;
    const find = (id: CommandId): Command | undefined => (this.#staged.get(id) ?? this.#unheard(id))?.command;
    this.#powers = new Powers(context.graph, context.order, find, context.powers);
    this.#introductions = new Introductions(
      (id) => find(id) ?? context.graph.get(id),
      this.#powers,
      () => undefined,
    );
    if (context.graph.size > 0) this.#policy = context.policyFor(context.graph.at(0));
  }

  /** What is staged should be stored before more is looked at. */
  get isEnough(): boolean {
    return this.#mayBeBeyond || this.#stepsAhead >= STEPS_AHEAD_MAX;
  }

  aside(): Checked[] {
    return [...this.#aside.values()];
  }

  add(command: Command): void {
    const { suite, teamId, hearing } = this.#context;
    const { id, author, parents } = command;
    if (this.#isKnown(id)) return;
    if (command.teamId !== teamId) throw new DecodeError("other-team");
    if (command.init !== undefined) {
      if (this.#size > 0) throw new DecodeError("second-init");
      this.#policy = this.#context.policyFor(command);
    }
    if (this.#policy === undefined) throw new DecodeError("no-init");
    if (!parents.every((parent) => this.#isKnown(parent))) throw new DecodeError("unknown-parent");
    this.#policy.check(suite, command);

    const isHeard = !hearing.beyond().has(author);
    if (isHeard) for (const unheard of this.#unheardBelow(parents)) this.#stage(unheard, false);

    const { signers, isOnLongest } = this.#lookBelow(command, isHeard);
    checkSignature(suite, command, signers);
    if (isHeard) this.#stage({ command, signers }, isOnLongest);
    else {
      this.#aside.set(id, { command, signers });
      this.#powers.add(this.#policy, command);
    }
  }

  get #size(): number {
    return this.#context.graph.size + this.commands.length;
  }

  #stage(checked: Checked, isOnLongest: boolean): void {
    const { command } = checked;
    const { id, author, parents } = command;
    // What is stored without its parents cannot be opened again.
    if (!parents.every((parent) => this.#context.graph.has(parent) || this.#staged.has(parent)))
      throw new DecodeError("unknown-parent");
    if (this.#size >= LIMITS.commandsPerTeamMax) throw new DecodeError("team-full");
    this.#aside.delete(id);
    this.#staged.set(id, checked);
    this.commands.push(command);
    this.#introductions.add(this.#policy!, command);
    const span = spanOf(parents.map((parent) => this.#spanBelow(parent)));
    this.#spans.set(id, span);
    if (!this.#context.hearing.beyond().has(author)) this.#stepsAhead += span.top - span.cut + span.others;
    if (isOnLongest) {
      this.#deepest.set(author, id);
      return;
    }
    const beside = (this.#beside.get(author) ?? 0) + 1;
    this.#beside.set(author, beside);
    if (beside >= this.#context.hearing.allowance.forkedCommandsMax) this.#mayBeBeyond = true;
  }

  #spanBelow(id: CommandId): Span {
    const { graph, order } = this.#context;
    const known = this.#spans.get(id);
    if (known !== undefined) return known;
    const spans: Span[] = [];
    const open = [graph.indexOf(id)!];
    const seen = new Set(open);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const isOrdered = order.isUpTo(Infinity, at);
      spans.push(
        isOrdered
          ? { cut: order.cutBelow(at), top: order.positionOf(at), others: 0 }
          : { ...NO_SPAN, others: seen.size },
      );
      // Not in order yet: what it stands on is.
      for (const parent of isOrdered ? [] : graph.parentsAt(at)) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        open.push(parent);
      }
    }
    const span = spanOf(spans);
    this.#spans.set(id, span);
    return span;
  }

  #isKnown(id: CommandId): boolean {
    return this.#context.graph.isKnown(id) || this.#staged.has(id) || this.#aside.has(id);
  }

  #unheard(id: CommandId): Checked | undefined {
    return this.#aside.get(id) ?? (this.#staged.has(id) ? undefined : this.#context.pool.get(id));
  }

  /** What is kept aside of commands and their ancestors, parents first. */
  #unheardBelow(ids: readonly CommandId[]): Checked[] {
    const found = new Map<CommandId, Checked>();
    const open = ids.map((id) => ({ id, parentsDone: false }));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const unheard = this.#unheard(next.id);
      if (unheard === undefined || found.has(next.id)) continue;
      if (next.parentsDone) {
        found.set(next.id, unheard);
        continue;
      }
      open.push({ id: next.id, parentsDone: true });
      for (const id of unheard.command.parents) open.push({ id, parentsDone: false });
    }
    return [...found.values()];
  }

  /** What introduced the author of a command in its past, and whether the last of the author's longest chain lies there. */
  #lookBelow(command: Command, isHeard: boolean): { signers: readonly Introduction[]; isOnLongest: boolean } {
    const { graph, hearing, introductions } = this.#context;
    const { id, author } = command;
    const introduced = command.init && this.#policy!.introduces(command);
    // Init introduces its own author.
    if (introduced) return { signers: [{ id, signingKey: introduced.bundle.signingKey }], isOnLongest: true };

    // Of who is heard no more nobody counts what is beside what: its forks are not looked for that either.
    const inGraph = isHeard ? hearing.deepest(author) : undefined;
    const deepest = this.#deepest.get(author) ?? (inGraph === undefined ? undefined : graph.idAt(inGraph));
    const stored = introductions.of(author);
    const staged = this.#introductions.of(author);
    // What introduces in what is kept aside is not among what is known. It is below a parent or not at all.
    const isAside = command.parents.some((parent) => this.#unheard(parent) !== undefined);
    const found = new Found(deepest, isAside ? Infinity : stored.keyCount + staged.keyCount);
    const held = this.#lookInBatch(found, author, command.parents, [stored, staged]);
    if (held.length > 0 && !found.isAll) this.#lookInGraph(found, stored, held);
    return { signers: found.signers, isOnLongest: found.hasDeepest };
  }

  /** Through what is staged and kept aside; returns graph indexes of what it stands on. */
  #lookInBatch(
    found: Found,
    author: DeviceId,
    parents: readonly CommandId[],
    introduced: readonly Introduced[],
  ): number[] {
    const { graph } = this.#context;
    const held: number[] = [];
    const seen = new Set(parents);
    const open = [...parents];
    for (let id = open.pop(); id !== undefined && !found.isAll; id = open.pop()) {
      found.see(id);
      for (const { byId } of introduced) found.add(byId.get(id));
      const unheard = this.#unheard(id);
      const above = unheard ?? this.#staged.get(id);
      if (above === undefined) {
        held.push(graph.indexOf(id)!);
        continue;
      }
      if (unheard !== undefined) {
        const brought = this.#policy!.introduces(unheard.command);
        if (brought?.deviceId === author && this.#powers.has(this.#policy!, unheard.command))
          found.add({ id, signingKey: brought.bundle.signingKey });
      }
      if (above.command.author === author) {
        // An earlier command of the same author has been through all that is below it.
        for (const signer of above.signers) found.add(signer);
        continue;
      }
      for (const parent of above.command.parents) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        open.push(parent);
      }
    }
    return held;
  }

  #lookInGraph(found: Found, { byId, indexes }: Introduced, held: readonly number[]): void {
    const { graph, order } = this.#context;
    const deepest = found.hasDeepest ? undefined : graph.indexOf(found.deepest!);
    const wanted = deepest === undefined ? [indexes] : [indexes, new Set([deepest])];
    order.amongAncestors(wanted, held, (index) => {
      const id = graph.idAt(index);
      found.see(id);
      found.add(byId.get(id));
      return found.isAll;
    });
  }
}

/** What was met below a command: keys that its author was introduced with, and the last command of the author's longest chain. */
class Found {
  readonly signers: Introduction[] = [];
  readonly deepest: CommandId | undefined;
  hasDeepest: boolean;
  readonly #keysMax: number;

  /** `keysMax`: there are no more. */
  constructor(deepest: CommandId | undefined, keysMax: number) {
    this.deepest = deepest;
    this.hasDeepest = deepest === undefined;
    this.#keysMax = keysMax;
  }

  /** Nothing that could still be met would make a difference. */
  get isAll(): boolean {
    if (this.signers.length > LIMITS.signingKeysPerDeviceMax) return true;
    return this.hasDeepest && this.signers.length >= this.#keysMax;
  }

  see(id: CommandId): void {
    if (id === this.deepest) this.hasDeepest = true;
  }

  add(introduction: Introduction | undefined): void {
    if (introduction === undefined || this.signers.length > LIMITS.signingKeysPerDeviceMax) return;
    if (this.signers.some(({ signingKey }) => equalBytes(signingKey, introduction.signingKey))) return;
    this.signers.push(introduction);
  }
}

/**
 * By one of the keys the author was introduced with in the command's own past. A device has one; whoever holds its identity
 * key can make more, each of which everybody would try for each command: more than a few are refused, by all alike.
 */
function checkSignature(suite: CipherSuite, command: Command, signers: readonly Introduction[]): void {
  if (signers.length > LIMITS.signingKeysPerDeviceMax) throw new DecodeError("too-many-keys");
  if (signers.length === 0) throw new DecodeError("unknown-author");
  if (!signers.some(({ signingKey }) => verifyCommandSignature(suite, signingKey, command)))
    throw new DecodeError("bad-signature");
}
