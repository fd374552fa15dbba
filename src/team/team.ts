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
import { compareIds } from "../base/ids.ts";
import type { CommandId, DeviceId, TeamId } from "../base/ids.ts";
import type { Cbor } from "../codec/cbor.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { Ancestry } from "../graph/ancestry.ts";
import { decodeCommand, INIT_NONCE_BYTES, parentsThatFit, signCommand } from "../graph/command.ts";
import type { Command } from "../graph/command.ts";
import { Graph } from "../graph/graph.ts";
import { Hearing } from "../graph/hearing.ts";
import type { Allowance } from "../graph/hearing.ts";
import { Order } from "../graph/order.ts";
import type { Piece } from "../graph/order.ts";
import type { CommandSource } from "../graph/source.ts";
import type { Storage } from "../graph/storage.ts";
import { Facts } from "../policy/facts.ts";
import type { FactReader, UndoRecord } from "../policy/facts.ts";
import type { Policy, Rejection, Verdict } from "../policy/policy.ts";
import { checkBatch } from "./admission.ts";
import { NOTHING_ADMITTED, sumAdmitted } from "./admitted.ts";
import type { Admitted } from "./admitted.ts";
import type { Introduction } from "./checked.ts";
import type { TeamEvent } from "./events.ts";
import { Telling } from "./telling.ts";
import type { Former, Outcome } from "./telling.ts";
import { Pool } from "./pool.ts";

export interface TeamOptions {
  readonly suite: CipherSuite;
  readonly teamId: TeamId;
  readonly storage: Storage;
  /** Every policy this daemon can run. */
  readonly policies: readonly Policy[];
  /** All devices of a team have to use the same: other than the standard one in tests only. */
  readonly allowance?: Allowance;
}

export interface Draft {
  readonly kind: string;
  /** Rank of the role to act in. */
  readonly role: number;
  readonly fields: readonly Cbor[];
}

interface Applied extends Outcome {
  readonly index: number;
  readonly undo: UndoRecord;
}

const UNHEARD: Rejection = {
  code: "LimitReached",
  rule: "its author forked itself, or wrote, more than a device may, and nobody builds on it",
};

export class Team {
  readonly teamId: TeamId;
  readonly #suite: CipherSuite;
  readonly #storage: Storage;
  readonly #policies: readonly Policy[];
  readonly #pool = new Pool();
  readonly #graph = new Graph(this.#pool);
  readonly #hearing: Hearing;
  readonly #order: Order;
  readonly #facts = new Facts();
  /** One entry a position of the order. */
  readonly #applied: Applied[] = [];
  readonly #introductions = new Map<DeviceId, Introduction[]>();
  /** How many commands of the graph have been through `#reorder`. */
  #judged = 0;
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
    this.#hearing = new Hearing(this.#graph, options.allowance);
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
    if (this.#pool.has(id)) return UNHEARD;
    const index = this.#graph.indexOf(id);
    return index === undefined ? undefined : this.#rejectionAt(index);
  }

  /**
   * Devices whose further commands count only where another device builds on them: they forked themselves, or wrote, more
   * than they may. A thief or a clone has the keys; the remedy is to remove the device and add it with new ones.
   */
  unheardDevices(): ReadonlySet<DeviceId> {
    return this.#hearing.beyond();
  }

  /** How many commands are kept aside, in memory only. */
  get pooledCount(): number {
    return this.#pool.size;
  }

  /** `admitInSteps`, for who need not know of the steps before one that throws. */
  admit(batch: readonly Uint8Array[]): Admitted {
    let all = NOTHING_ADMITTED;
    for (const step of this.admitInSteps(batch)) all = sumAdmitted(all, step);
    return all;
  }

  /**
   * Commands from a peer, parents first; each step is durable and counts. Nearly always there is one: only where an author
   * forks on and on a batch is taken in parts. Throws if a command is none of this team, and takes nothing of that step.
   */
  *admitInSteps(batch: readonly Uint8Array[]): Generator<Admitted> {
    const context = {
      suite: this.#suite,
      teamId: this.teamId,
      graph: this.#graph,
      order: this.#order,
      hearing: this.#hearing,
      pool: this.#pool,
      introductions: this.#introductions,
      policyFor: (init: Command) => this.#policyFor(init),
    };
    for (let rest = batch; rest.length > 0;) {
      const { commands, aside, taken } = checkBatch(context, rest);
      const admitted = this.#commit(commands);
      for (const checked of aside) {
        if (checked.command.parents.every((id) => this.#graph.isKnown(id))) this.#pool.add(checked);
      }
      rest = rest.slice(taken);
      yield admitted;
    }
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
   * was refused, which need not be named. Within each by id. What nobody hears is not named: that would make it heard.
   */
  #headsToName(author: DeviceId, target: DeviceId | undefined): { id: CommandId; counts: boolean }[] {
    const heads = [...this.#order.heads()].map((index) => {
      const { id, author: by } = this.#graph.at(index);
      const counts = this.#rejectionAt(index) === undefined;
      return { id, counts, weight: by === author ? 0 : !counts ? 3 : by === target ? 1 : 2 };
    });
    return heads.sort((a, b) => a.weight - b.weight || compareIds(a.id, b.id));
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
    if (commands.length === 0) return NOTHING_ADMITTED;
    this.#storage.append(commands.map((command) => command.bytes));
    const firstNew = this.#graph.size;
    for (const command of commands) {
      this.#add(command);
      this.#pool.delete(command.id);
    }
    const events = this.#reorder();
    let accepted = 0;
    for (let index = firstNew; index < this.#graph.size; index++) {
      if (this.#rejectionAt(index) === undefined) accepted++;
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
    this.#hearing.add(index);
    const introduced = this.#running().introduces(command);
    if (introduced === undefined) return;
    const introduction = { id: command.id, signingKey: introduced.bundle.signingKey };
    const known = this.#introductions.get(introduced.deviceId);
    if (known === undefined) this.#introductions.set(introduced.deviceId, [introduction]);
    else known.push(introduction);
  }

  /** Brings order and facts up to the graph. */
  #reorder(): TeamEvent[] {
    const firstNew = this.#judged;
    this.#judged = this.#graph.size;
    const { heard, silenced } = this.#hearing.update();
    if (heard.length === 0 && silenced.size === 0) return [];
    this.#digest = undefined;
    const { undo, pieces } = this.#order.update(heard, silenced);
    const former = new Map<number, Former>();
    for (let i = 0; i < undo; i++) {
      const applied = this.#applied.pop();
      assert(applied !== undefined, "what is undone was applied");
      this.#facts.undo(applied.undo);
      const { effects, rejection } = applied;
      former.set(applied.index, { effects, rejection, at: this.#applied.length });
    }
    const telling = new Telling(undo > 0);
    for (const index of silenced) {
      telling.tell(this.#graph.at(index), former.get(index), { effects: [], rejection: UNHEARD });
    }
    for (const piece of pieces) this.#applyPiece(piece, former, firstNew, telling);
    return telling.events();
  }

  #rejectionAt(index: number): Rejection | undefined {
    if (!this.#hearing.isHeard(index)) return UNHEARD;
    return this.#applied[this.#order.positionOf(index)]?.rejection;
  }

  #applyPiece(piece: Piece, former: ReadonlyMap<number, Former>, firstNew: number, telling: Telling): void {
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
      telling.tell(command, former.get(applied.index), applied);
    }
    if (ancestry !== undefined) tellForks(commands, piece, ancestry, firstNew, telling);
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

/** Once for each new command that is concurrent with another one of its author. */
function tellForks(
  commands: readonly Command[],
  piece: Piece,
  ancestry: Ancestry,
  firstNew: number,
  telling: Telling,
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
    telling.add({ type: "forked", commandId, otherCommandId, author });
  }
}
