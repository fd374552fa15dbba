/**
 * What the commands of a graph come to: which are heard, in which order they are judged, and the facts they leave. New
 * commands that come before others in the braid make it undo those, judge, and apply them again.
 */
import { assert } from "../base/assert.ts";
import type { DeviceId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { Ancestry } from "../graph/ancestry.ts";
import type { Command } from "../graph/command.ts";
import type { Graph } from "../graph/graph.ts";
import { Hearing } from "../graph/hearing.ts";
import type { Allowance } from "../graph/hearing.ts";
import { Order } from "../graph/order.ts";
import type { Piece } from "../graph/order.ts";
import { Facts } from "../policy/facts.ts";
import type { FactReader, UndoRecord } from "../policy/facts.ts";
import type { Policy, Rejection } from "../policy/policy.ts";
import type { TeamEvent } from "./events.ts";
import { Telling } from "./telling.ts";
import type { Former, Outcome } from "./telling.ts";

interface Applied extends Outcome {
  readonly index: number;
  /** Undefined for one that can be taken back only with all that is before it. */
  undo: UndoRecord | undefined;
}

/** Of what would be ordered anew, so large a part at least has to be new: a sixteenth. */
const UNORDERED_PART = 16;

export const UNHEARD: Rejection = {
  code: "LimitReached",
  rule: "its author forked itself, or wrote, more than a device may, and nobody builds on it",
};

export class TeamState {
  readonly hearing: Hearing;
  readonly order: Order;
  readonly #graph: Graph;
  readonly #policy: () => Policy;
  readonly #facts = new Facts();
  readonly #undoMax: number;
  /** One entry a position of the order. */
  readonly #applied: Applied[] = [];
  /** The first position from which on commands can be taken back one by one. */
  #undoableFrom = 0;
  /** How many commands of the graph have been judged. */
  #judged = 0;
  /** How many were added since the last time any were put in order, and how many were ordered anew then. */
  #unordered = 0;
  #reordered = 0;
  /** What was put in order since: from this position on; the pieces there, where it was one step. */
  #unjudged: { readonly kept: number; readonly pieces?: readonly Piece[] } | undefined;
  #digest: Uint8Array | undefined;

  /**
   * `policy`: of the team, once there is a command. `undoMax`: so many commands can be taken back one by one; what disturbs
   * more makes everything be judged anew.
   */
  constructor(
    graph: Graph,
    policy: () => Policy,
    allowance?: Allowance,
    undoMax: number = LIMITS.undoRecordsMax,
  ) {
    this.#undoMax = undoMax;
    this.#graph = graph;
    this.#policy = policy;
    this.order = new Order(graph, (command) => policy().priority(command));
    this.hearing = new Hearing(graph, this.order, allowance);
  }

  get facts(): FactReader {
    return this.#facts;
  }

  /** SHA-256 over the facts: equal on two devices exactly when their facts are. */
  digest(suite: CipherSuite): Uint8Array {
    return (this.#digest ??= this.#facts.digest(suite));
  }

  /** After each command of a graph that is being loaded, once a part of it is new: what is in order need not be walked over. */
  loading(): void {
    if (++this.#unordered * UNORDERED_PART >= this.#graph.size) this.#orderLoaded();
  }

  /** Brings order and facts up to a graph that was just loaded: nobody is told of what they were told of before. */
  load(): void {
    this.#orderLoaded();
    this.#judged = this.#graph.size;
    this.#apply(this.order.piecesFrom(0));
  }

  #orderLoaded(): void {
    this.#unordered = 0;
    const { heard, silenced } = this.hearing.update();
    this.order.update(heard, silenced);
  }

  /**
   * After so many were added to the graph; the facts stay as they were until `judge`. What is in order can be looked for below
   * others in less time. But one command may make all be ordered anew, a member may send such ones one by one, and ordering
   * does not wait as judging does: so first there have to be as many as are worth it.
   */
  added(count: number): void {
    this.#unordered += count;
    if (this.#unordered * UNORDERED_PART >= this.#reordered) this.#putInOrder();
  }

  #putInOrder(): void {
    this.#unordered = 0;
    const { heard, silenced } = this.hearing.update();
    if (heard.length === 0 && silenced.size === 0) return;
    const length = this.order.sequence().length;
    const { undo, pieces } = this.order.update(heard, silenced);
    const kept = length - undo;
    this.#reordered = this.order.sequence().length - kept;
    this.#unjudged =
      this.#unjudged === undefined ? { kept, pieces } : { kept: Math.min(kept, this.#unjudged.kept) };
  }

  /** Brings order and facts up to the graph. */
  judge(): TeamEvent[] {
    this.#putInOrder();
    const firstNew = this.#judged;
    this.#judged = this.#graph.size;
    if (this.#unjudged === undefined) return [];
    const { kept, pieces = this.order.piecesFrom(kept) } = this.#unjudged;
    this.#unjudged = undefined;
    this.#digest = undefined;
    const undo = this.#applied.length - kept;
    const former = this.#takeBack(undo);
    const telling = new Telling(undo > 0);
    for (const index of [...former.keys()].reverse()) {
      if (this.hearing.isHeard(index)) continue;
      telling.tell(this.#graph.at(index), former.get(index), { effects: [], rejection: UNHEARD });
    }
    this.#apply(former.size > undo ? this.order.piecesFrom(0) : pieces, { telling, former, firstNew });
    return telling.events();
  }

  get isJudged(): boolean {
    return this.#unjudged === undefined && this.#unordered === 0;
  }

  /** The last `count` of the former order, or all of it; what each was, by its graph index, the latest first. */
  #takeBack(count: number): Map<number, Former> {
    const former = new Map<number, Former>();
    const isWithinReach = this.#applied.length - count >= this.#undoableFrom;
    if (!isWithinReach) {
      this.#facts.clear();
      this.#undoableFrom = 0;
    }
    for (let left = isWithinReach ? count : this.#applied.length; left > 0; left--) {
      const applied = this.#applied.pop();
      assert(applied !== undefined, "what is undone was applied");
      if (isWithinReach) this.#facts.undo(applied.undo!);
      const { effects, rejection } = applied;
      former.set(applied.index, { effects, rejection, at: this.#applied.length });
    }
    return former;
  }

  /** Why the command at a graph index changes nothing; undefined for one that counts. */
  rejectionAt(index: number): Rejection | undefined {
    assert(this.isJudged, "what is asked about was judged");
    if (!this.hearing.isHeard(index)) return UNHEARD;
    return this.#applied[this.order.positionOf(index)]?.rejection;
  }

  #apply(pieces: readonly Piece[], audience?: Audience): void {
    const policy = this.#policy();
    this.#forgetUndo(pieces.reduce((sum, piece) => sum + piece.length, this.#applied.length) - this.#undoMax);
    for (const piece of pieces) {
      const commands = piece.map((index) => this.#graph.at(index));
      const ancestry = piece.length > 1 ? new Ancestry(this.#graph, piece) : undefined;
      const rulings = ancestry && policy.rule?.({ commands, ancestry }, this.#facts);
      for (const [i, command] of commands.entries()) {
        const verdict = policy.evaluate(this.#facts, command, rulings?.[i]);
        const changes = verdict.changes ?? [];
        const isUndoable = this.#applied.length >= this.#undoableFrom;
        if (!isUndoable) this.#facts.applyForGood(changes);
        const applied: Applied = {
          index: piece[i]!,
          undo: isUndoable ? this.#facts.apply(changes) : undefined,
          effects: verdict.accepted ? verdict.effects : [],
          rejection: verdict.accepted ? undefined : verdict.rejection,
        };
        this.#applied.push(applied);
        audience?.telling.tell(command, audience.former.get(applied.index), applied);
      }
      if (ancestry !== undefined && audience !== undefined)
        tellForks(commands, piece, ancestry, audience.firstNew, audience.telling);
    }
  }

  /** What is before `position`, and what is yet to be applied there, will not be taken back one by one. */
  #forgetUndo(position: number): void {
    if (position <= this.#undoableFrom) return;
    for (const applied of this.#applied.slice(this.#undoableFrom, position)) applied.undo = undefined;
    this.#undoableFrom = position;
  }
}

/** Whom `update` tells, and what is news to them. */
interface Audience {
  readonly telling: Telling;
  /** What each command was before, by its graph index. */
  readonly former: ReadonlyMap<number, Former>;
  /** Graph index of the first that is new. */
  readonly firstNew: number;
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
