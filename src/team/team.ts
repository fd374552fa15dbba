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
import { limitReached } from "../base/limit-reached.ts";
import { LIMITS } from "../base/limits.ts";
import type { Cbor } from "../codec/cbor.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { decodeCommand, INIT_NONCE_BYTES, parentsThatFit, signCommand } from "../graph/command.ts";
import type { Command } from "../graph/command.ts";
import { Graph } from "../graph/graph.ts";
import type { Allowance } from "../graph/hearing.ts";
import type { CommandSource } from "../graph/source.ts";
import type { Storage } from "../graph/storage.ts";
import type { FactReader } from "../policy/facts.ts";
import type { Policy, Rejection, Verdict } from "../policy/policy.ts";
import { checkBatch } from "./admission.ts";
import type { AdmissionContext } from "./admission.ts";
import { NOTHING_ADMITTED } from "./admitted.ts";
import type { Admitted, Refused } from "./admitted.ts";
import type { Checked } from "./checked.ts";
import { Introductions } from "./introductions.ts";
import { Pool } from "./pool.ts";
import { Powers } from "./powers.ts";
import { TeamState, UNHEARD } from "./state.ts";

export interface TeamOptions {
  readonly suite: CipherSuite;
  readonly teamId: TeamId;
  readonly storage: Storage;
  /** Every policy this daemon can run. */
  readonly policies: readonly Policy[];
  /** All devices of a team have to use the same: other than the standard one in tests only. */
  readonly allowance?: Allowance;
  /** How many commands are taken back one by one, for tests; it changes no outcome. */
  readonly undoMax?: number;
}

export interface Draft {
  readonly kind: string;
  /** Rank of the role to act in. */
  readonly role: number;
  readonly fields: readonly Cbor[];
}

/** Of one batch: more at once only where somebody makes them up. */
const REFUSED_NAMED_MAX = 16;

export class Team {
  readonly teamId: TeamId;
  readonly #suite: CipherSuite;
  readonly #storage: Storage;
  readonly #policies: readonly Policy[];
  readonly #pool = new Pool();
  readonly #graph = new Graph(this.#pool);
  readonly #state: TeamState;
  readonly #powers: Powers;
  /** Of what is in the pool, too. */
  #pooledPowers: Powers;
  readonly #introductions: Introductions;
  #policy: Policy | undefined;
  /** How many commands have been judged. */
  #judged = 0;
  /** What new commands came to since the team was opened. */
  readonly verdicts = { accepted: 0, refused: 0, recalled: 0 };

  /**
   * Loads what the storage holds; signatures were checked before it was stored and are not checked again. Throws
   * `AranyaError` `UnknownPolicy`, `StoreError`, or `DecodeError` for records that never were commands of this team.
   */
  constructor(options: TeamOptions) {
    this.teamId = options.teamId;
    this.#suite = options.suite;
    this.#storage = options.storage;
    this.#policies = options.policies;
    this.#state = new TeamState(this.#graph, () => this.#running(), options.allowance, options.undoMax);
    this.#powers = new Powers(this.#graph, this.#state.order);
    this.#pooledPowers = this.#powersOverPool();
    this.#introductions = new Introductions(
      (id) => this.#graph.get(id),
      this.#powers,
      (id) => this.#graph.indexOf(id),
    );
    for (const bytes of this.#storage.load()) this.#addStored(decodeCommand(this.#suite, bytes));
    if (this.#graph.size > 0) this.#state.load();
    this.#judged = this.#graph.size;
  }

  /** Undefined until the first command has arrived. */
  get policyId(): string | undefined {
    return this.#policy?.id;
  }

  get isSynced(): boolean {
    return this.#graph.size > 0;
  }

  get facts(): FactReader {
    return this.#state.facts;
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
    return this.#state.digest(this.#suite);
  }

  /** Why a command changes nothing; undefined for one that counts or is not held. */
  rejectionOf(id: CommandId): Rejection | undefined {
    if (this.#pool.has(id)) return UNHEARD;
    const index = this.#graph.indexOf(id);
    return index === undefined ? undefined : this.#state.rejectionAt(index);
  }

  /**
   * Devices whose further commands count only where another device builds on them: they forked themselves, or wrote, more
   * than they may. A thief or a clone has the keys; the remedy is to remove the device and add it with new ones.
   */
  unheardDevices(): ReadonlySet<DeviceId> {
    return this.#state.hearing.beyond();
  }

  /** How many commands a device may still write before it becomes one of those; 0 for one that is. */
  roomFor(author: DeviceId): number {
    return this.#state.hearing.roomFor(author);
  }

  /** How many commands are kept aside, in memory only. */
  get pooledCount(): number {
    return this.#pool.size;
  }

  /** `take` and `judge`. */
  admit(batch: readonly Uint8Array[]): Admitted {
    const added = this.take(batch);
    return { ...this.judge(), added };
  }

  /**
   * Commands from a peer, parents first, durable when it returns; facts stay as they are until `judge`. Returns how many were
   * new. Throws if a command is none of this team; of those before it some may have been taken: where an author forks on and on
   * a batch is taken in steps.
   */
  take(batch: readonly Uint8Array[]): number {
    return this.takeSome(batch, () => false).added;
  }

  /** The same, of as many as there is time for, and of one at least; `rest` is what is left of the batch. */
  takeSome(
    batch: readonly Uint8Array[],
    isTimeUp: () => boolean,
  ): { readonly added: number; readonly rest: readonly Uint8Array[] } {
    const before = this.#graph.size;
    let rest = batch;
    while (rest.length > 0) {
      const { commands, aside, taken } = checkBatch(this.#admission(), rest, isTimeUp);
      this.#keep(commands);
      for (const checked of aside) this.#putAside(checked);
      rest = rest.slice(taken);
      if (isTimeUp()) break;
    }
    return { added: this.#graph.size - before, rest };
  }

  /** Brings the facts up to what was taken: what its commands came to, all together. */
  judge(): Admitted {
    const firstNew = this.#judged;
    this.#judged = this.#graph.size;
    if (firstNew === this.#judged) return NOTHING_ADMITTED;
    const events = this.#state.judge();
    let accepted = 0;
    const refused: Refused[] = [];
    for (let index = firstNew; index < this.#graph.size; index++) {
      const rejection = this.#state.rejectionAt(index);
      if (rejection === undefined) accepted++;
      else if (refused.length < REFUSED_NAMED_MAX) {
        const { id: commandId, author, kind } = this.#graph.at(index);
        refused.push({ commandId, author, kind, code: rejection.code, rule: rejection.rule });
      }
    }
    const recalled = events.filter((event) => event.type === "commandRecalled").length;
    const added = this.#judged - firstNew;
    this.verdicts.accepted += accepted;
    this.verdicts.refused += added - accepted;
    this.verdicts.recalled += recalled;
    return { added, accepted, recalled, events, ...(refused.length > 0 && { refused }) };
  }

  /** Whether nothing was taken since `judge`. */
  get isJudged(): boolean {
    return this.#judged === this.#graph.size;
  }

  /** Judges an action on the facts as they are: what `act` would come to. Ephemeral commands go through here too. */
  evaluate(author: DeviceId, draft: Draft): Verdict {
    return this.#running().evaluate(this.#state.facts, { author, ...draft });
  }

  /**
   * Signs and stores a command on top of all heads. The caller has evaluated it. With more heads than fit it is repeated,
   * each on top of the one before, until every head that counts is named: the last one is judged by what the caller saw,
   * those before it may change nothing. `target`: whose commands a revocation names first, so as not to undo them. Throws
   * `LimitReached`, and signs nothing that nobody would hear. Everything taken has been judged.
   */
  act(keys: DeviceKeys, draft: Draft, target?: DeviceId): Admitted {
    assert(this.isJudged, "an action stands on what was judged");
    const body = { scope: this.teamId, author: keys.deviceId, ...draft };
    const room = parentsThatFit(body);
    const heads = this.#headsToName(keys.deviceId, target);
    const ownLast = heads.length > room ? this.#lastUnlessHead(keys.deviceId) : undefined;
    const commands: Command[] = [];
    for (let next = 0; next === 0 || heads[next]?.counts === true;) {
      const before = commands.at(-1)?.id ?? ownLast;
      const parents = before === undefined ? [] : [before];
      while (parents.length < room && next < heads.length) parents.push(heads[next++]!.id);
      commands.push(signCommand(this.#suite, keys.signingSecret, { ...body, parents }));
    }
    if (commands.length > this.roomFor(keys.deviceId)) throw beyondAllowance(this.teamId, keys.deviceId);
    this.#keep(commands);
    return this.judge();
  }

  close(): void {
    this.#storage.close();
  }

  /**
   * The author's own first, else it would fork from itself; then those that count, the target's before others; then what
   * was refused, which need not be named. Within each by id. What nobody hears is not named: that would make it heard.
   */
  #headsToName(author: DeviceId, target: DeviceId | undefined): { id: CommandId; counts: boolean }[] {
    const heads = [...this.#state.order.heads()].map((index) => {
      const { id, author: by } = this.#graph.at(index);
      const counts = this.#state.rejectionAt(index) === undefined;
      return { id, counts, weight: by === author ? 0 : !counts ? 3 : by === target ? 1 : 2 };
    });
    return heads.sort((a, b) => a.weight - b.weight || compareIds(a.id, b.id));
  }

  /** What somebody has built on: only a refused head may lead to it, and that one may not be among those named. */
  #lastUnlessHead(author: DeviceId): CommandId | undefined {
    const last = this.#state.hearing.deepest(author);
    return last === undefined || this.#state.order.heads().has(last) ? undefined : this.#graph.idAt(last);
  }

  #admission(): AdmissionContext {
    return {
      suite: this.#suite,
      teamId: this.teamId,
      graph: this.#graph,
      order: this.#state.order,
      hearing: this.#state.hearing,
      pool: this.#pool,
      introductions: this.#introductions,
      powers: this.#pooledPowers,
      policyFor: (init: Command) => this.#policyFor(init),
    };
  }

  #putAside(checked: Checked): void {
    if (this.#pool.makeRoom()) this.#pooledPowers = this.#powersOverPool();
    if (!checked.command.parents.every((id) => this.#graph.isKnown(id))) return;
    this.#pool.add(checked);
    this.#pooledPowers.add(this.#running(), checked.command);
  }

  #powersOverPool(): Powers {
    return new Powers(this.#graph, this.#state.order, (id) => this.#pool.get(id)?.command, this.#powers);
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

  #keep(commands: readonly Command[]): void {
    if (commands.length === 0) return;
    this.#storage.append(commands.map((command) => command.bytes));
    for (const command of commands) {
      this.#add(command);
      this.#pool.delete(command.id);
    }
    this.#state.added(commands.length);
  }

  /** Storage may be exchanged or damaged between two runs: what makes it no graph of this team is said, not assumed away. */
  #addStored(command: Command): void {
    if (command.teamId !== this.teamId) throw new DecodeError("other-team");
    this.#add(command);
    this.#state.loading();
  }

  /** Throws `DecodeError` for one that has no place in the graph, `UnknownPolicy` for a first one of another policy. */
  #add(command: Command): void {
    const policy = command.init === undefined ? this.#policy : this.#policyFor(command);
    this.#state.hearing.add(this.#graph.add(command));
    this.#policy = policy;
    this.#introductions.add(this.#running(), command);
  }
}

/** What the device is told that would have to write more. */
export function beyondAllowance(teamId: TeamId, deviceId: DeviceId): AranyaError {
  const { commandsPerAuthorMax, forkedCommandsMax } = LIMITS;
  return limitReached(
    "forkedCommandsMax",
    `a device writes no more than ${commandsPerAuthorMax} commands, and forks in no more than ${forkedCommandsMax}: this one's` +
      " keys may be in use elsewhere; have it removed and added again with new ones",
    { teamId, deviceId },
  );
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
