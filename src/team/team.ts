/**
 * One team as one device holds it: the graph of its commands, the order they are judged in, and the facts they come to.
 *
 *   admit(batch)   commands from a peer:  checkBatch -> storage -> graph -> order -> policy -> facts, events
 *   act(draft)     a command of our own:  policy on the facts -> sign -> storage -> graph -> ...
 *
 * A command is durable before it counts, and nothing after that can fail. New commands that come before others in the
 * braid make it undo those, judge, and apply them again; what was accepted and no longer is comes out as an event.
 */
import { assert } from "../base/assert.ts";
import { AranyaError, DecodeError } from "../base/errors.ts";
import type { CommandId, DeviceId, TeamId } from "../base/ids.ts";
import type { Cbor } from "../codec/cbor.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { Ancestry } from "../graph/ancestry.ts";
import { decodeCommand, INIT_NONCE_BYTES, parentsThatFit, signCommand } from "../graph/command.ts";
import type { Command } from "../graph/command.ts";
import { Graph } from "../graph/graph.ts";
import { Order } from "../graph/order.ts";
import type { Piece } from "../graph/order.ts";
import type { CommandSource } from "../graph/source.ts";
import type { Storage } from "../graph/storage.ts";
import type { Effect } from "../policy/effects.ts";
import { Facts } from "../policy/facts.ts";
import type { FactReader, UndoRecord } from "../policy/facts.ts";
import type { Policy, Rejection, Verdict } from "../policy/policy.ts";
import { checkBatch } from "./admission.ts";
import type { Introduction } from "./admission.ts";
import type { TeamEvent } from "./events.ts";

export interface TeamOptions {
  readonly suite: CipherSuite;
  readonly teamId: TeamId;
  readonly storage: Storage;
  /** Every policy this daemon can run. */
  readonly policies: readonly Policy[];
}

export interface Draft {
  readonly kind: string;
  /** Rank of the role to act in. */
  readonly role: number;
  readonly fields: readonly Cbor[];
}

export interface Admitted {
  /** How many commands were new. */
  readonly added: number;
  /** How many of the new ones count. */
  readonly accepted: number;
  /** How many commands that counted no longer do. */
  readonly recalled: number;
  readonly events: readonly TeamEvent[];
}

interface Applied {
  readonly index: number;
  readonly undo: UndoRecord;
  readonly effects: readonly Effect[];
  readonly rejection: Rejection | undefined;
}

export class Team {
  readonly teamId: TeamId;
  readonly #suite: CipherSuite;
  readonly #storage: Storage;
  readonly #policies: readonly Policy[];
  readonly #graph = new Graph();
  readonly #order: Order;
  readonly #facts = new Facts();
  /** One entry a position of the order. */
  readonly #applied: Applied[] = [];
  readonly #introductions = new Map<DeviceId, Introduction[]>();
  #policy: Policy | undefined;
  #digest: Uint8Array | undefined;

  /**
   * Loads what the storage holds; signatures were checked before it was stored and are not checked again. Throws
   * `AranyaError` `UnknownPolicy`, `StoreError`, or `DecodeError` for records that never were commands of this team.
   */
  constructor(options: TeamOptions) {
    this.teamId = options.teamId;
    this.#suite = options.suite;
    this.#storage = options.storage;
    this.#policies = options.policies;
    this.#order = new Order(this.#graph, (command) => this.#running().priority(command));
    for (const bytes of this.#storage.load()) this.#addStored(decodeCommand(this.#suite, bytes));
    this.#reorder();
  }

  /** Undefined until the first command has arrived. */
  get policyId(): string | undefined {
    return this.#policy?.id;
  }

  get isSynced(): boolean {
    return this.#graph.size > 0;
  }

  get facts(): FactReader {
    return this.#facts;
  }

  get source(): CommandSource {
    return this.#graph;
  }

  get commandCount(): number {
    return this.#graph.size;
  }

  heads(): readonly CommandId[] {
    return this.#graph.heads();
  }

  /** SHA-256 over the facts: equal on two devices exactly when their facts are. */
  stateDigest(): Uint8Array {
    return (this.#digest ??= this.#facts.digest(this.#suite));
  }

  /** Why a command changes nothing; undefined for one that counts or is not held. */
  rejectionOf(id: CommandId): Rejection | undefined {
    const index = this.#graph.indexOf(id);
    return index === undefined ? undefined : this.#applied[this.#order.positionOf(index)]?.rejection;
  }

  /** Commands from a peer, parents first. Throws and takes nothing if one of them is no command of this team. */
  admit(batch: readonly Uint8Array[]): Admitted {
    const commands = checkBatch(
      {
        suite: this.#suite,
        teamId: this.teamId,
        graph: this.#graph,
        order: this.#order,
        introductions: this.#introductions,
        policyFor: (init) => this.#policyFor(init),
      },
      batch,
    );
    return this.#commit(commands);
  }

  /** Judges an action on the facts as they are: what `act` would come to. Ephemeral commands go through here too. */
  evaluate(author: DeviceId, draft: Draft): Verdict {
    return this.#running().evaluate(this.#facts, { author, ...draft });
  }

  /**
   * Signs and stores a command on top of all heads. The caller has evaluated it. With more heads than fit it is repeated,
   * each on top of the one before, until every head that counts is named: the last one is judged by what the caller saw,
   * those before it may change nothing. `target`: whose commands a revocation names first, so as not to undo them.
   */
  act(keys: DeviceKeys, draft: Draft, target?: DeviceId): Admitted {
    const body = { scope: this.teamId, author: keys.deviceId, ...draft };
    const room = parentsThatFit(body);
    const heads = this.#headsToName(keys.deviceId, target);
    const commands: Command[] = [];
    for (let next = 0; next === 0 || heads[next]?.counts === true;) {
      const before = commands.at(-1);
      const parents = before === undefined ? [] : [before.id];
      while (parents.length < room && next < heads.length) parents.push(heads[next++]!.id);
      commands.push(signCommand(this.#suite, keys.signingSecret, { ...body, parents }));
    }
    return this.#commit(commands);
  }

  close(): void {
    this.#storage.close();
  }

  /**
   * The author's own first, else it would fork from itself; then those that count, the target's before others; then what
   * was refused, which need not be named. Within each by id.
   */
  #headsToName(author: DeviceId, target: DeviceId | undefined): { id: CommandId; counts: boolean }[] {
    const heads = this.#graph.heads().map((id) => {
      const by = this.#graph.get(id)!.author;
      const counts = this.rejectionOf(id) === undefined;
      return { id, counts, weight: by === author ? 0 : !counts ? 3 : by === target ? 1 : 2 };
    });
    return heads.sort((a, b) => a.weight - b.weight);
  }

  #running(): Policy {
    if (this.#policy === undefined) {
      throw new AranyaError("TeamNotSynced", "no command of this team has arrived yet", {
        teamId: this.teamId,
      });
    }
    return this.#policy;
  }

  #policyFor(init: Command): Policy {
    const policyId = init.init?.policyId ?? "";
    const policy = this.#policies.find((p) => p.id === policyId);
    if (policy !== undefined) return policy;
    const shown = JSON.stringify(policyId.slice(0, 64));
    throw new AranyaError(
      "UnknownPolicy",
      `this daemon does not have the policy ${shown} the team was created under`,
      {
        teamId: this.teamId,
        policyId: policyId.slice(0, 64),
      },
    );
  }

  #commit(commands: readonly Command[]): Admitted {
    if (commands.length === 0) return { added: 0, accepted: 0, recalled: 0, events: [] };
    this.#storage.append(commands.map((command) => command.bytes));
    const firstNew = this.#graph.size;
    for (const command of commands) this.#add(command);
    const events = this.#reorder();
    let accepted = 0;
    for (let index = firstNew; index < this.#graph.size; index++) {
      if (this.#applied[this.#order.positionOf(index)]!.rejection === undefined) accepted++;
    }
    const recalled = events.filter((event) => event.type === "commandRecalled").length;
    return { added: commands.length, accepted, recalled, events };
  }

  /** Storage may be exchanged or damaged between two runs: what makes it no graph of this team is said, not assumed away. */
  #addStored(command: Command): void {
    if (command.teamId !== this.teamId) throw new DecodeError("other-team");
    if (this.#graph.has(command.id)) throw new DecodeError("twice");
    if (this.#graph.size === 0 && command.init === undefined) throw new DecodeError("no-init");
    if (!command.parents.every((id) => this.#graph.has(id))) throw new DecodeError("unknown-parent");
    this.#add(command);
  }

  #add(command: Command): void {
    if (command.init !== undefined) this.#policy = this.#policyFor(command);
    const index = this.#graph.add(command);
    const introduced = this.#running().introduces(command);
    if (introduced === undefined) return;
    const introduction = { index, signingKey: introduced.bundle.signingKey };
    const known = this.#introductions.get(introduced.deviceId);
    if (known === undefined) this.#introductions.set(introduced.deviceId, [introduction]);
    else known.push(introduction);
  }

  /** Brings order and facts up to the graph. */
  #reorder(): TeamEvent[] {
    const firstNew = this.#order.length;
    if (this.#graph.size === firstNew) return [];
    this.#digest = undefined;
    const { undo, pieces } = this.#order.extend();
    const former = new Map<number, Applied>();
    for (let i = 0; i < undo; i++) {
      const applied = this.#applied.pop();
      assert(applied !== undefined, "what is undone was applied");
      this.#facts.undo(applied.undo);
      former.set(applied.index, applied);
    }
    const events: TeamEvent[] = [];
    for (const piece of pieces) this.#applyPiece(piece, former, firstNew, events);
    return events;
  }

  #applyPiece(
    piece: Piece,
    former: ReadonlyMap<number, Applied>,
    firstNew: number,
    events: TeamEvent[],
  ): void {
    const policy = this.#running();
    const commands = piece.map((index) => this.#graph.at(index));
    const ancestry = piece.length > 1 ? new Ancestry(this.#graph, piece) : undefined;
    const rulings = ancestry && policy.rule?.({ commands, ancestry }, this.#facts);
    for (const [i, command] of commands.entries()) {
      const verdict = policy.evaluate(this.#facts, command, rulings?.[i]);
      const applied: Applied = {
        index: piece[i]!,
        undo: this.#facts.apply(verdict.changes ?? []),
        effects: verdict.accepted ? verdict.effects : [],
        rejection: verdict.accepted ? undefined : verdict.rejection,
      };
      this.#applied.push(applied);
      tell(command, former.get(applied.index), applied, events);
    }
    if (ancestry !== undefined) tellForks(commands, piece, ancestry, firstNew, events);
  }
}

/** The id of a team is that of its first command, which its founder signs. */
export function foundingCommand(
  suite: CipherSuite,
  keys: DeviceKeys,
  policyId: string,
  nonce: Uint8Array,
  draft: Draft,
): Command {
  assert(nonce.length === INIT_NONCE_BYTES, "32 random bytes");
  return signCommand(suite, keys.signingSecret, {
    scope: { nonce, policyId },
    author: keys.deviceId,
    parents: [],
    ...draft,
  });
}

/** Applications hear of what is new, and of what is no longer: by refusal, or because another command comes first now. */
function tell(command: Command, before: Applied | undefined, now: Applied, events: TeamEvent[]): void {
  const { id: commandId, author, kind } = command;
  const told = before?.effects ?? [];
  const undone = told.filter((effect) => !now.effects.some((other) => isSame(effect, other)));
  const isRecalled = before !== undefined && before.rejection === undefined && now.rejection !== undefined;
  if (isRecalled || undone.length > 0) {
    const { code, rule } = now.rejection ?? OVERTAKEN;
    events.push({ type: "commandRecalled", commandId, author, kind, code, rule, undone });
  }
  for (const effect of now.effects) {
    if (!told.some((other) => isSame(effect, other))) events.push({ ...effect, commandId, author });
  }
}

const OVERTAKEN: Rejection = {
  code: "NotAuthorised",
  rule: "a command that now comes before it leaves nothing, or something else, to change",
};

function isSame(a: Effect, b: Effect): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Once for each new command that is concurrent with another one of its author. */
function tellForks(
  commands: readonly Command[],
  piece: Piece,
  ancestry: Ancestry,
  firstNew: number,
  events: TeamEvent[],
): void {
  // Of each author, those that nothing later of its own follows: what is concurrent with an earlier one is with one of these.
  const tips = new Map<DeviceId, readonly number[]>();
  const told = new Set<number>();
  const isNew = (place: number): boolean => piece[place]! >= firstNew;
  for (const [at, { author }] of commands.entries()) {
    const beside = (tips.get(author) ?? []).filter((place) => !ancestry.isAncestor(place, at));
    tips.set(author, [...beside, at]);
    const fork = isNew(at) ? at : beside.find((place) => isNew(place) && !told.has(place));
    const other = fork === at ? beside[0] : at;
    if (fork === undefined || other === undefined) continue;
    told.add(fork);
    const [commandId, otherCommandId] = [commands[fork]!.id, commands[other]!.id];
    events.push({ type: "forked", commandId, otherCommandId, author });
  }
}
