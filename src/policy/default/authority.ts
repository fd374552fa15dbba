/**
 * Authority among concurrent commands: docs/decisions/0010-authority.md as code. Given one piece of the graph in braid
 * order and the facts below it, says of each command whether it is refused, and which memberships it moves.
 *
 *   decide()          the steps, owner to sync: oneself, closing, others; then labels
 *     run()           one pass in braid order: a verdict for each command from its own past
 *       OwnPast       what lies in the past of one command, folded from the facts and the piece
 *     block()         what a revocation that counts refuses of what is concurrent with it
 *
 * Time is (number of runs) x (commands) x (what concerns one device in the piece); runs are one per revocation of oneself
 * that counts and one or two per role that revokes anything.
 */
import type { CommandId, DeviceId } from "../../base/ids.ts";
import { rank } from "../../base/roles.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { Ancestry } from "../../graph/ancestry.ts";
import type { Command } from "../../graph/command.ts";
import type { FactReader } from "../facts.ts";
import type { ConcurrentPiece, Rejection } from "../policy.ts";
import type { Transition } from "./memberships.ts";
import { judge } from "./judge.ts";
import type { Past } from "./judge.ts";
import { decodeOperation } from "./operation.ts";
import type { Operation } from "./operation.ts";
import { DEFAULT_RANK, isRaise, isRevocation, OWNER_RANK, stand } from "./standing.ts";
import type { Standing } from "./standing.ts";
import { allMembershipsOf, isClosed, KEYS, keysOf, standingOf } from "./tables.ts";

/** What `evaluate` is told about a command that had concurrent ones. */
export type AuthorityRuling =
  | { readonly rejection: Rejection }
  | { readonly targets: readonly CommandId[]; readonly transitions: readonly Transition[] };

export function decide(piece: ConcurrentPiece, facts: FactReader): readonly AuthorityRuling[] {
  return new Decision(piece, facts).decide();
}

interface Item {
  /** Place in the piece, which is in braid order. */
  readonly at: number;
  readonly command: Command;
  readonly op: Operation;
  readonly target: DeviceId | undefined;
  /** Places of AddDevices of the target (of the author) among the ancestors. */
  readonly targetAdds: readonly Item[];
  readonly authorAdds: readonly Item[];
  readonly ofOneself: boolean;
}

const OVERRULED: Rejection = { code: "NotAuthorised", rule: "overruled by a concurrent command" };
const CLOSED_BESIDE: Rejection = { code: "TeamClosed", rule: "a concurrent command closed the team" };

class Decision {
  readonly #facts: FactReader;
  readonly #ancestry: Ancestry;
  readonly #items: readonly Item[];
  /** Commands that may move the memberships of a device, in braid order. */
  readonly #about = new Map<DeviceId, Item[]>();
  readonly #adds: Item[] = [];
  readonly #addByMembership = new Map<CommandId, Item>();
  /** AddDevices by each key they bring. */
  readonly #addsByKey = new Map<string, Item[]>();
  readonly #closes: Item[] = [];

  /** F, D and the blocks of the decision record. */
  readonly #refused = new Map<Item, Rejection>();
  readonly #counting = new Map<Item, Blocks>();
  /** The last run, until one of the two above says something new. */
  #latest: Run | undefined;

  constructor(piece: ConcurrentPiece, facts: FactReader) {
    this.#facts = facts;
    this.#ancestry = piece.ancestry;
    const addsOf = new Map<DeviceId, Item[]>();
    this.#items = piece.commands.map((command, at): Item => {
      const op = decodeOperation(command.kind, command.fields);
      const target = "target" in op ? op.target : undefined;
      const above = (device: DeviceId | undefined): Item[] =>
        device === undefined ? [] : (addsOf.get(device) ?? []).filter((add) => this.#isAncestor(add.at, at));
      const item: Item = {
        at,
        command,
        op,
        target,
        targetAdds: above(target),
        authorAdds: above(command.author),
        ofOneself: target === command.author && isRevocation(op),
      };
      if (op.kind === "AddDevice") {
        this.#adds.push(item);
        this.#addByMembership.set(command.id, item);
        for (const key of keysOf(op.bundle)) push(this.#addsByKey, key, item);
        push(addsOf, op.target, item);
      }
      if (op.kind === "CloseTeam") this.#closes.push(item);
      if (target !== undefined && (op.kind === "AssignRole" || isRevocation(op)))
        push(this.#about, target, item);
      return item;
    });
  }

  decide(): readonly AuthorityRuling[] {
    for (let role = OWNER_RANK; role >= 0; role--) {
      this.#decideOfOneself(role);
      if (role === OWNER_RANK) this.#decideClosing();
      this.#decideOfOthers(role);
    }
    let run = this.#run();
    if (this.#refuseLabels(run)) run = this.#run();
    return this.#rulings(run);
  }

  #isAncestor(ancestor: number, of: number): boolean {
    return this.#ancestry.isAncestor(ancestor, of);
  }

  #candidates(role: number, ofOneself: boolean): Item[] {
    return this.#items.filter(
      (item) => item.command.role === role && isRevocation(item.op) && item.ofOneself === ofOneself,
    );
  }

  #decideOfOneself(role: number): void {
    for (const candidate of this.#candidates(role, true)) {
      if (this.#settle(candidate, this.#run())) this.#dropUnseated();
    }
  }

  /** A revocation that what was decided last has taken the ground from counts as never made. */
  #dropUnseated(): void {
    for (;;) {
      const run = this.#run();
      const unseated = [...this.#counting.keys()].filter((item) => run.rejections[item.at] !== undefined);
      if (unseated.length === 0) return;
      for (const item of unseated) {
        this.#counting.delete(item);
        this.#latest = undefined;
        this.#refuse(item, run.rejections[item.at]!);
      }
    }
  }

  #decideClosing(): void {
    if (this.#closes.length === 0) return;
    const run = this.#run();
    const closing = this.#closes.find((item) => run.rejections[item.at] === undefined);
    if (closing === undefined) return;
    for (const item of this.#items) {
      if (!this.#ancestry.isConcurrent(item.at, closing.at)) continue;
      if (item.ofOneself && item.command.role === OWNER_RANK) continue;
      this.#refuse(item, CLOSED_BESIDE);
    }
    this.#dropUnseated();
  }

  #decideOfOthers(role: number): void {
    const candidates = this.#candidates(role, false);
    if (candidates.length === 0) return;
    const run = this.#run();
    for (const candidate of candidates) this.#settle(candidate, run);
    this.#dropUnseated();
  }

  /** True where it comes to count. */
  #settle(candidate: Item, run: Run): boolean {
    const rejection = this.#rejectionOf(candidate, run);
    if (rejection !== undefined) {
      this.#refuse(candidate, rejection);
      return false;
    }
    this.#counting.set(candidate, this.#blocksOf(candidate));
    this.#latest = undefined;
    return true;
  }

  #refuse(item: Item, rejection: Rejection): void {
    this.#refused.set(item, rejection);
    if (this.#latest?.rejections[item.at] !== rejection) this.#latest = undefined;
  }

  /** Why a revocation does not come to count. */
  #rejectionOf(revocation: Item, run: Run): Rejection | undefined {
    return run.rejections[revocation.at] ?? (this.#isOutweighed(revocation, run) ? OVERRULED : undefined);
  }

  /** A raise outweighs: made in the revocation's role or above, to that role or higher (for oneself: higher). */
  #isOutweighed(revocation: Item, run: Run): boolean {
    const { role } = revocation.command;
    const least = revocation.ofOneself ? role + 1 : role;
    return this.#itemsAbout(revocation.target!).some(
      (item) =>
        isRaise(item.op) &&
        rank(item.op.role) >= least &&
        item.command.role >= role &&
        run.rejections[item.at] === undefined &&
        this.#ancestry.isConcurrent(item.at, revocation.at) &&
        this.#shareMembership(item, revocation),
    );
  }

  #itemsAbout(device: DeviceId): readonly Item[] {
    return this.#about.get(device) ?? [];
  }

  /** Of two commands about one device: memberships below the cut are in the past of both. */
  #shareMembership(a: Item, b: Item): boolean {
    return (
      allMembershipsOf(this.#facts, a.target!).length > 0 ||
      a.targetAdds.some((add) => b.targetAdds.includes(add))
    );
  }

  #blocksOf(revocation: Item): Blocks {
    const limit = revocation.ofOneself ? revocation.command.role : revocation.command.role - 1;
    const concurrent = (item: Item): boolean => this.#ancestry.isConcurrent(item.at, revocation.at);
    return {
      memberships: new Set(this.#memberships(revocation.target!, revocation.targetAdds)),
      by: new Set(
        this.#items.filter(
          (item) =>
            item.command.author === revocation.target &&
            item.command.role <= limit &&
            !item.ofOneself &&
            concurrent(item),
        ),
      ),
      about: new Set(
        this.#itemsAbout(revocation.target!).filter(
          (item) => isRaise(item.op) && rank(item.op.role) <= limit && concurrent(item),
        ),
      ),
    };
  }

  /** M(device, c), where `adds` are the AddDevices of the device among the ancestors of c in this piece. */
  #memberships(device: DeviceId, adds: readonly Item[]): CommandId[] {
    return [...allMembershipsOf(this.#facts, device), ...adds.map((add) => add.command.id)];
  }

  /** One pass: a rejection or none for each command, by what lies in its own past. */
  #run(): Run {
    return (this.#latest ??= this.#runAnew());
  }

  #runAnew(): Run {
    const run: Run = {
      rejections: [],
      counting: new Set(this.#counting.keys()),
      by: new Map(),
      about: new Map(),
      addingRefused: new Set(),
    };
    for (const blocks of this.#counting.values()) {
      for (const item of blocks.by) join(run.by, item, blocks.memberships);
      for (const item of blocks.about) join(run.about, item, blocks.memberships);
    }
    for (const item of this.#items) {
      const past = this.#ownPast(item, run);
      const rejection = this.#refused.get(item) ?? judge(item.op, item.command, past);
      run.rejections.push(rejection);
      if (
        rejection === undefined &&
        isRaise(item.op) &&
        item.command.role === OWNER_RANK &&
        // A raise that a removal keeps from one membership does not bring back another: it was never meant.
        !run.about.has(item) &&
        // Nor one beside a membership that stands: anybody may plant an AddDevice, to be refused.
        past.rankOf(item.op.target) === undefined
      ) {
        run.addingRefused.add(item);
      }
    }
    return run;
  }

  #ownPast(item: Item, run: Run): Past {
    const accepted = (other: Item): boolean =>
      run.rejections[other.at] === undefined && this.#isAncestor(other.at, item.at);
    const addsOf = (device: DeviceId): readonly Item[] =>
      device === item.target
        ? item.targetAdds
        : device === item.command.author
          ? item.authorAdds
          : this.#adds.filter((add) => add.target === device && this.#isAncestor(add.at, item.at));
    const highest = (device: DeviceId, without: ReadonlySet<CommandId> | undefined): number | undefined => {
      let result: number | undefined;
      for (const membership of this.#memberships(device, addsOf(device))) {
        if (without?.has(membership) === true) continue;
        const standing = this.#standing(device, membership, run, accepted);
        if (typeof standing === "number" && (result === undefined || standing > result)) result = standing;
      }
      return result;
    };
    return {
      closed: isClosed(this.#facts) || this.#closes.some(accepted),
      authorRank: () => highest(item.command.author, run.by.get(item)),
      rankOf: (device) => highest(device, undefined),
      knows: (device) => {
        const blocked = run.about.get(item);
        return this.#memberships(device, addsOf(device)).some((m) => blocked?.has(m) !== true);
      },
      keyIsTaken: (bundle, by) => this.#keyIsTaken(bundle, by, accepted),
    };
  }

  /** Folds what concerns one membership, in braid order, of the commands that `visible` lets through. */
  #standing(device: DeviceId, membership: CommandId, run: Run, visible: (item: Item) => boolean): Standing {
    let standing = this.#start(device, membership, run);
    for (const item of this.#itemsAbout(device)) {
      if (!visible(item)) continue;
      standing = this.#moved(item, membership, standing, run);
    }
    return standing;
  }

  /** A membership before any command of this piece about it. */
  #start(device: DeviceId, membership: CommandId, run: Run): Standing {
    const below = standingOf(this.#facts, device, membership);
    if (below !== undefined) return below;
    const add = this.#addByMembership.get(membership);
    return add !== undefined && run.rejections[add.at] === undefined ? DEFAULT_RANK : "refused";
  }

  /** The standing of a membership after an accepted command about its device. */
  #moved(item: Item, membership: CommandId, before: Standing, run: Run): Standing {
    if (isRevocation(item.op) && !run.counting.has(item)) return before;
    if (run.about.get(item)?.has(membership) === true) return before;
    if (!this.#concerns(item, membership)) return before;
    return stand(before, item.op, run.addingRefused.has(item));
  }

  #concerns(item: Item, membership: CommandId): boolean {
    return (
      standingOf(this.#facts, item.target!, membership) !== undefined ||
      item.targetAdds.some((add) => add.command.id === membership)
    );
  }

  #keyIsTaken(bundle: KeyBundle, by: DeviceId, accepted: (item: Item) => boolean): boolean {
    return keysOf(bundle).some(
      (key) =>
        this.#facts.get(KEYS, key)?.some((device) => device !== by) === true ||
        this.#addsByKey.get(key)?.some((add) => add.target !== by && accepted(add)) === true,
    );
  }

  /** DeleteLabel and RevokeLabel refuse concurrent AssignLabels of that label (of that device). */
  #refuseLabels(run: Run): boolean {
    let any = false;
    for (const taking of this.#items) {
      const { op } = taking;
      if (op.kind !== "DeleteLabel" && op.kind !== "RevokeLabel") continue;
      if (run.rejections[taking.at] !== undefined) continue;
      for (const item of this.#items) {
        if (
          item.op.kind === "AssignLabel" &&
          item.op.label === op.label &&
          (op.kind === "DeleteLabel" || taking.target === item.target) &&
          this.#ancestry.isConcurrent(item.at, taking.at)
        ) {
          this.#refuse(item, OVERRULED);
          any = true;
        }
      }
    }
    return any;
  }

  /** The last run's verdicts, and the moves of all memberships as the braid makes them. */
  #rulings(run: Run): AuthorityRuling[] {
    const standings = new Map<CommandId, Standing>();
    return this.#items.map((item): AuthorityRuling => {
      const { op, command, target } = item;
      const rejection = run.rejections[item.at];
      if (rejection !== undefined) return { rejection };
      if (op.kind === "AddDevice") {
        standings.set(command.id, DEFAULT_RANK);
        return { targets: [], transitions: [] };
      }
      if (target === undefined) return { targets: [], transitions: [] };
      const targets = this.#memberships(target, item.targetAdds);
      const transitions: Transition[] = [];
      for (const membership of targets) {
        const before = standings.get(membership) ?? this.#start(target, membership, run);
        const to = this.#moved(item, membership, before, run);
        standings.set(membership, to);
        if (to === before) continue;
        transitions.push({ membership, to });
      }
      return { targets, transitions };
    });
  }
}

/** One pass over the piece. */
interface Run {
  /** By place; undefined is accepted. Filled in braid order, so ancestors are there when they are asked for. */
  readonly rejections: (Rejection | undefined)[];
  /** The revocations that count. */
  readonly counting: ReadonlySet<Item>;
  /** Memberships under which a command was not made, and which it does not reach. */
  readonly by: Map<Item, Set<CommandId>>;
  readonly about: Map<Item, Set<CommandId>>;
  /** Owners' raises that stand by themselves. */
  readonly addingRefused: Set<Item>;
}

/** What one revocation that counts takes from the commands concurrent with it. */
interface Blocks {
  readonly memberships: ReadonlySet<CommandId>;
  readonly by: ReadonlySet<Item>;
  readonly about: ReadonlySet<Item>;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function join<K>(map: Map<K, Set<CommandId>>, key: K, values: ReadonlySet<CommandId>): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set(values));
  else for (const value of values) set.add(value);
}
