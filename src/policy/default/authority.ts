/**
 * Authority among concurrent commands: docs/decisions/0010-authority.md as code. Given one piece of the graph in braid
 * order and the facts below it, says of each command whether it is refused, and which memberships it moves.
 *
 *   decide()          the steps, owner to sync: oneself, closing, others; then labels
 *     Verdicts        a verdict for each command from its own past, kept up to date as revocations come to count
 *     Items           what the commands of the piece are about, and what lies in whose past
 *
 * Time is about (commands) x (commands about one device), however many revocations come to count.
 */
import type { CommandId } from "../../base/ids.ts";
import { rank } from "../../base/roles.ts";
import type { FactReader } from "../facts.ts";
import type { ConcurrentPiece, Rejection } from "../policy.ts";
import type { Transition } from "./memberships.ts";
import { Items, push } from "./piece.ts";
import type { Item } from "./piece.ts";
import { DEFAULT_RANK, isRaise, isRevocation, OWNER_RANK } from "./standing.ts";
import type { Standing } from "./standing.ts";
import { Verdicts } from "./verdicts.ts";

/** What `evaluate` is told about a command that had concurrent ones. */
export type AuthorityRuling =
  | { readonly rejection: Rejection }
  | { readonly targets: readonly CommandId[]; readonly transitions: readonly Transition[] };

export function decide(piece: ConcurrentPiece, facts: FactReader): readonly AuthorityRuling[] {
  const items = new Items(piece);
  return new Decision(items, new Verdicts(items, facts)).decide();
}

const OVERRULED: Rejection = { code: "NotAuthorised", rule: "overruled by a concurrent command" };
const CLOSED_BESIDE: Rejection = { code: "TeamClosed", rule: "a concurrent command closed the team" };

class Decision {
  readonly #items: Items;
  readonly #verdicts: Verdicts;

  constructor(items: Items, verdicts: Verdicts) {
    this.#items = items;
    this.#verdicts = verdicts;
  }

  decide(): readonly AuthorityRuling[] {
    // A revocation not accepted at its turn may be accepted once others in its past count, perhaps of lower roles.
    while (this.#sweep());
    this.#refuseLabels();
    return this.#rulings();
  }

  /** True where it decided anything. */
  #sweep(): boolean {
    const before = this.#verdicts.decided;
    for (let role = OWNER_RANK; role >= 0; role--) {
      this.#decideOfOneself(role);
      if (role === OWNER_RANK) this.#decideClosing();
      this.#decideOfOthers(role);
    }
    return this.#verdicts.decided > before;
  }

  /** Revocations that neither count nor were refused, in braid order. */
  #candidates(role: number, ofOneself: boolean): Item[] {
    return this.#items.all.filter(
      (item) =>
        item.command.role === role &&
        isRevocation(item.op) &&
        item.ofOneself === ofOneself &&
        this.#verdicts.isUndecided(item),
    );
  }

  #decideOfOneself(role: number): void {
    for (const candidate of this.#candidates(role, true)) {
      if (!this.#verdicts.isAccepted(candidate)) continue;
      if (this.#isOutweighed(candidate)) {
        this.#verdicts.refuse(candidate, OVERRULED);
      } else {
        this.#verdicts.count(candidate);
        this.#dropUnseated();
      }
    }
  }

  #decideClosing(): void {
    const closing = this.#items.closes.find((item) => this.#verdicts.isAccepted(item));
    if (closing === undefined) return;
    for (const item of this.#items.all) {
      if (!this.#items.isConcurrent(item, closing)) continue;
      if (item.ofOneself && item.command.role === OWNER_RANK) continue;
      this.#verdicts.refuse(item, CLOSED_BESIDE);
    }
    this.#dropUnseated();
  }

  #decideOfOthers(role: number): void {
    // All are decided on the same run: what one of them does once it counts does not hold yet for the next.
    const decided = this.#candidates(role, false)
      .filter((item) => this.#verdicts.isAccepted(item))
      .map((item) => ({ item, isOutweighed: this.#isOutweighed(item) }));
    if (decided.length === 0) return;
    for (const { item, isOutweighed } of decided) {
      if (isOutweighed) this.#verdicts.refuse(item, OVERRULED);
      else this.#verdicts.count(item);
    }
    this.#dropUnseated();
  }

  /** A revocation that is no longer accepted, after what was decided last, counts as never made. */
  #dropUnseated(): void {
    for (;;) {
      const unseated: { item: Item; rejection: Rejection }[] = [];
      for (const item of this.#verdicts.counting()) {
        const rejection = this.#verdicts.rejectionOf(item);
        if (rejection !== undefined) unseated.push({ item, rejection });
      }
      if (unseated.length === 0) return;
      for (const { item, rejection } of unseated) {
        this.#verdicts.uncount(item);
        this.#verdicts.refuse(item, rejection);
      }
    }
  }

  /** A raise outweighs: made in the revocation's role or above, to that role or higher (for oneself: higher). */
  #isOutweighed(revocation: Item): boolean {
    const { role } = revocation.command;
    const least = revocation.ofOneself ? role + 1 : role;
    return this.#items
      .raisesOf(revocation.target!)
      .some(
        (item) =>
          isRaise(item.op) &&
          rank(item.op.role) >= least &&
          item.command.role >= role &&
          this.#items.isConcurrent(item, revocation) &&
          this.#verdicts.isAccepted(item) &&
          this.#shareMembership(item, revocation),
      );
  }

  /** Whether two commands about one device have a membership of it in the past of both. Those below the cut are. */
  #shareMembership(a: Item, b: Item): boolean {
    if (this.#verdicts.hasMembershipsBelow(a.target!)) return true;
    for (const add of this.#items.addsAbove(a.target!, a)) if (this.#items.isAncestor(add, b)) return true;
    return false;
  }

  /**
   * DeleteLabel and RevokeLabel refuse concurrent AssignLabels of that label (of that device). A label that was created
   * concurrently with a DeleteLabel is not the one it deletes: an AssignLabel that has the new one in its past assigns that.
   */
  #refuseLabels(): void {
    const assigned = new Map<string, Item[]>();
    const created = new Map<string, Item[]>();
    for (const item of this.#items.all) {
      const { op } = item;
      if (op.kind === "AssignLabel") push(assigned, op.label, item);
      if (op.kind === "CreateLabel" && this.#verdicts.isAccepted(item)) push(created, op.label, item);
    }
    const overruled = new Set<Item>();
    for (const taking of this.#items.all) {
      const { op } = taking;
      if (op.kind !== "DeleteLabel" && op.kind !== "RevokeLabel") continue;
      if (!this.#verdicts.isAccepted(taking)) continue;
      const others = op.kind === "DeleteLabel" ? this.#firstBeside(created.get(op.label) ?? [], taking) : [];
      for (const item of assigned.get(op.label) ?? []) {
        if (op.kind === "RevokeLabel" && taking.target !== item.target) continue;
        if (!this.#items.isConcurrent(item, taking)) continue;
        if (!others.some((other) => this.#items.isAncestor(other, item))) overruled.add(item);
      }
    }
    for (const item of overruled) this.#verdicts.refuse(item, OVERRULED);
  }

  /** Of `items`, in braid order: those concurrent with `item` that have none of the others as an ancestor. They are few. */
  #firstBeside(items: readonly Item[], item: Item): readonly Item[] {
    const first: Item[] = [];
    for (const other of items) {
      if (!this.#items.isConcurrent(other, item)) continue;
      if (!first.some((earlier) => this.#items.isAncestor(earlier, other))) first.push(other);
    }
    return first;
  }

  /** The final verdicts, and how each command moves memberships, in braid order. */
  #rulings(): AuthorityRuling[] {
    const standings = new Map<CommandId, Standing>();
    return this.#items.all.map((item): AuthorityRuling => {
      const { op, command, target } = item;
      const rejection = this.#verdicts.rejectionOf(item);
      if (rejection !== undefined) return { rejection };
      if (op.kind === "AddDevice") {
        standings.set(command.id, DEFAULT_RANK);
        return { targets: [], transitions: [] };
      }
      if (target === undefined) return { targets: [], transitions: [] };
      const targets = [...this.#verdicts.memberships(target, item)];
      const transitions: Transition[] = [];
      for (const membership of targets) {
        const before = standings.get(membership) ?? this.#verdicts.start(target, membership);
        const to = this.#verdicts.moved(item, membership, before);
        standings.set(membership, to);
        if (to !== before) transitions.push({ membership, to });
      }
      return { targets, transitions };
    });
  }
}
