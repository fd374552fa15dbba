/**
 * A run of docs/decisions/0010-authority.md over one piece: the verdict of each command from what lies in its own past, given
 * which commands are refused (F), which revocations count (D) and what those block. Kept up to date: a change of F or D judges
 * again only what it may touch.
 */
import type { CommandId, DeviceId } from "../../base/ids.ts";
import { rank } from "../../base/roles.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { FactReader } from "../facts.ts";
import type { Rejection } from "../policy.ts";
import { judge } from "./judge.ts";
import type { Past } from "./judge.ts";
import type { Item, Items, Lineage } from "./piece.ts";
import { DEFAULT_RANK, isRaise, isRevocation, OWNER_RANK, stand } from "./standing.ts";
import type { Standing } from "./standing.ts";
import { isClosed, KEYS, keysOf, standingsOf } from "./tables.ts";

/** Of the memberships of one device, those that fare otherwise than at their start. */
type Standings = ReadonlyMap<CommandId, Standing>;

const AS_AT_START: Standings = new Map();

export class Verdicts {
  readonly #facts: FactReader;
  readonly #items: Items;
  readonly #isClosedBelow: boolean;

  /** F and D. */
  readonly #refused = new Map<Item, Rejection>();
  readonly #counting = new Set<Item>();
  /**
   * Blocks: memberships under which a command was not made (`by`), and which it does not reach (`about`), each with how many
   * revocations that count block it.
   */
  readonly #by = new Map<Item, Map<CommandId, number>>();
  readonly #about = new Map<Item, Map<CommandId, number>>();

  readonly #rejections: (Rejection | undefined)[] = [];
  /** Owners' raises that stand by themselves. */
  readonly #addingRefused = new Set<Item>();
  /** Places to be judged, or judged again, and the first of them. */
  readonly #stale: Uint8Array;
  #firstStale = 0;

  readonly #below = new Map<DeviceId, ReadonlyMap<CommandId, Standing>>();
  /** Of those, the ones that stand. */
  readonly #standBelow = new Map<DeviceId, ReadonlyMap<CommandId, number>>();
  /** AddDevices of this piece that are accepted, as far as they have been judged. */
  readonly #acceptedAdds = new Map<DeviceId, Set<Item>>();
  /** How the memberships of its target fare after a command and all that lies in its past. */
  readonly #after = new Map<Item, Standings>();

  constructor(items: Items, facts: FactReader) {
    this.#items = items;
    this.#facts = facts;
    this.#isClosedBelow = isClosed(facts);
    this.#stale = new Uint8Array(items.all.length).fill(1);
  }

  rejectionOf(item: Item): Rejection | undefined {
    this.#bringUpToDate(item.at);
    return this.#rejections[item.at];
  }

  isAccepted(item: Item): boolean {
    return this.rejectionOf(item) === undefined;
  }

  /** The revocations that count. */
  counting(): ReadonlySet<Item> {
    return this.#counting;
  }

  /** Whether the command is neither in F nor in D. */
  isUndecided(item: Item): boolean {
    return !this.#refused.has(item) && !this.#counting.has(item);
  }

  /** Grows with each that enters F or D, and with each that leaves D for F. */
  get decided(): number {
    return this.#counting.size + 2 * this.#refused.size;
  }

  /** Puts a command into F. What is there stays there. */
  refuse(item: Item, rejection: Rejection): void {
    this.#refused.set(item, rejection);
    this.#mark(item);
  }

  /** Puts a revocation into D, with what it blocks. */
  count(revocation: Item): void {
    this.#counting.add(revocation);
    this.#markMoved(revocation);
    this.#block(revocation, 1);
  }

  /** Takes a revocation out of D, with what it blocks. */
  uncount(revocation: Item): void {
    this.#counting.delete(revocation);
    this.#markMoved(revocation);
    this.#block(revocation, -1);
  }

  /** M(device, item) of the decision: memberships of a device in the past of `item`. */
  *memberships(device: DeviceId, item: Item): Generator<CommandId> {
    yield* this.#standingsBelow(device).keys();
    for (const add of this.#items.addsAbove(device, item)) yield add.command.id;
  }

  hasMembershipsBelow(device: DeviceId): boolean {
    return this.#standingsBelow(device).size > 0;
  }

  /** A membership of a device before any command of this piece about it. */
  start(device: DeviceId, membership: CommandId): Standing {
    const below = this.#standingsBelow(device).get(membership);
    if (below !== undefined) return below;
    const add = this.#items.addOf(membership);
    return add !== undefined && this.#rejections[add.at] === undefined ? DEFAULT_RANK : "refused";
  }

  /** The standing, after an accepted command about it, of a membership in that command's past. */
  moved(item: Item, membership: CommandId, before: Standing): Standing {
    if (isRevocation(item.op) && !this.#counting.has(item)) return before;
    if (this.#about.get(item)?.has(membership) === true) return before;
    return stand(before, item.op, this.#addingRefused.has(item));
  }

  /** Judges what is stale up to a place, and no further: what is decided there often makes later places stale again. */
  #bringUpToDate(last: number): void {
    const { all } = this.#items;
    // What depends on a command comes after it, so one pass is enough.
    for (; this.#firstStale <= last; this.#firstStale++) {
      if (this.#stale[this.#firstStale] === 0) continue;
      this.#stale[this.#firstStale] = 0;
      this.#judge(all[this.#firstStale]!);
    }
  }

  #judge(item: Item): void {
    const before = this.#rejections[item.at];
    const isFirst = item.at >= this.#rejections.length;
    const past = this.#ownPast(item);
    const rejection = this.#refused.get(item) ?? judge(item.op, item.command, past);
    this.#rejections[item.at] = rejection;
    if (item.op.kind === "AddDevice") this.#noteAdd(item, item.op.target, rejection === undefined);
    const addsRefused =
      rejection === undefined &&
      isRaise(item.op) &&
      item.command.role === OWNER_RANK &&
      // A raise that a removal keeps from one membership does not bring back another: it was never meant.
      !this.#about.has(item) &&
      // Nor one beside a membership that stands: anybody may plant an AddDevice, to be refused.
      past.rankOf(item.op.target) === undefined;
    const didAddRefused = this.#addingRefused.has(item);
    if (addsRefused) this.#addingRefused.add(item);
    else this.#addingRefused.delete(item);
    if (isFirst) return;
    if ((before === undefined) !== (rejection === undefined) || didAddRefused !== addsRefused)
      this.#markMoved(item);
  }

  #noteAdd(item: Item, device: DeviceId, isAccepted: boolean): void {
    let accepted = this.#acceptedAdds.get(device);
    if (accepted === undefined) this.#acceptedAdds.set(device, (accepted = new Set()));
    if (isAccepted) accepted.add(item);
    else accepted.delete(item);
  }

  #mark(item: Item): void {
    this.#stale[item.at] = 1;
    if (item.at < this.#firstStale) this.#firstStale = item.at;
  }

  /** Everything whose verdict may turn on what a command does: of what has it in its past. */
  #markMoved(item: Item): void {
    const { op, target } = item;
    const markThose = (others: readonly Item[]): void => {
      for (const other of others) {
        if (other.at > item.at && this.#items.isAncestor(item, other)) this.#mark(other);
      }
    };
    if (op.kind === "CloseTeam") markThose(this.#items.all);
    if (op.kind === "AddDevice") {
      for (const key of keysOf(op.bundle))
        for (const adds of this.#items.addsOfKey(key).values()) markThose(adds);
    }
    if (target === undefined) return;
    markThose(this.#items.concernedWith(target));
    const about = this.#items.about(target);
    for (let i = about.length - 1; i >= 0 && about[i]!.at >= item.at; i--) this.#after.delete(about[i]!);
  }

  /** Adds the blocks of a revocation that counts to the commands concurrent with it; with -1 takes them away again. */
  #block(revocation: Item, by: 1 | -1): void {
    const target = revocation.target!;
    const limit = revocation.ofOneself ? revocation.command.role : revocation.command.role - 1;
    const memberships = [...this.memberships(target, revocation)];
    for (const item of this.#items.by(target)) {
      if (item.command.role > limit || item.ofOneself || !this.#items.isConcurrent(item, revocation))
        continue;
      if (add(this.#by, item, memberships, by)) this.#mark(item);
    }
    for (const item of this.#items.raisesOf(target)) {
      if (!isRaise(item.op) || rank(item.op.role) > limit || !this.#items.isConcurrent(item, revocation))
        continue;
      if (!add(this.#about, item, memberships, by)) continue;
      this.#mark(item);
      this.#markMoved(item);
    }
  }

  #ownPast(item: Item): Past {
    const { author } = item.command;
    const accepted = (other: Item): boolean =>
      this.#rejections[other.at] === undefined && this.#items.isAncestor(other, item);
    return {
      closed:
        this.#isClosedBelow || this.#items.closes.some((close) => close.at < item.at && accepted(close)),
      authorRank: () => this.#highest(author, item, this.#by.get(item)),
      rankOf: (device) => this.#highest(device, item, undefined),
      knows: (device) => {
        const blocked = this.#about.get(item);
        for (const m of this.memberships(device, item)) if (blocked?.has(m) !== true) return true;
        return false;
      },
      keyIsTaken: (bundle, by) => this.#keyIsTaken(bundle, by, accepted),
    };
  }

  /**
   * The highest role among the memberships of a device in the past of `item`, leaving out those `without`. Looks at those
   * that can stand, which are few: those that were refused and not raised are left out.
   */
  #highest(
    device: DeviceId,
    item: Item,
    without: ReadonlyMap<CommandId, number> | undefined,
  ): number | undefined {
    const standings = this.#standingsAt(device, item);
    let highest: number | undefined;
    const consider = (membership: CommandId, standing: Standing): void => {
      if (typeof standing !== "number" || without?.has(membership) === true) return;
      if (highest === undefined || standing > highest) highest = standing;
    };
    for (const [membership, standing] of standings) consider(membership, standing);
    for (const [membership, standing] of this.#standingAtStart(device)) {
      if (!standings.has(membership)) consider(membership, standing);
    }
    for (const add of this.#acceptedAdds.get(device) ?? []) {
      if (add.at >= item.at || standings.has(add.command.id) || !this.#items.isAncestor(add, item)) continue;
      consider(add.command.id, DEFAULT_RANK);
    }
    return highest;
  }

  /** Folds what is about a device in the past of `item`, in braid order. */
  #standingsAt(device: DeviceId, item: Item): Standings {
    const { last, isStraight } = this.#items.lineage(device, item);
    if (last === undefined) return AS_AT_START;
    if (isStraight) return this.#standingsAfter(last);
    let standings = AS_AT_START;
    for (const other of this.#items.about(device)) {
      if (other.at > last.at) break;
      if (this.#items.isAncestor(other, item)) standings = this.#fold(standings, other);
    }
    return standings;
  }

  #standingsAfter(item: Item): Standings {
    // Along the line as far back as nothing is known, and forward again.
    const line: Item[] = [];
    let standings = AS_AT_START;
    for (let at: Item | undefined = item; at !== undefined;) {
      const known = this.#after.get(at);
      if (known !== undefined) {
        standings = known;
        break;
      }
      line.push(at);
      const { last, isStraight }: Lineage = this.#items.lineage(at.target!, at);
      if (!isStraight) {
        standings = this.#standingsAt(at.target!, at);
        break;
      }
      at = last;
    }
    for (let at = line.pop(); at !== undefined; at = line.pop()) {
      standings = this.#fold(standings, at);
      this.#after.set(at, standings);
    }
    return standings;
  }

  #fold(standings: Standings, item: Item): Standings {
    if (this.#rejections[item.at] !== undefined) return standings;
    const device = item.target!;
    let next: Map<CommandId, Standing> | undefined;
    for (const membership of this.memberships(device, item)) {
      const before = standings.get(membership) ?? this.start(device, membership);
      const after = this.moved(item, membership, before);
      if (after !== before) (next ??= new Map(standings)).set(membership, after);
    }
    return next ?? standings;
  }

  #standingsBelow(device: DeviceId): ReadonlyMap<CommandId, Standing> {
    let below = this.#below.get(device);
    if (below === undefined) {
      below = new Map(standingsOf(this.#facts, device));
      this.#below.set(device, below);
    }
    return below;
  }

  #standingAtStart(device: DeviceId): ReadonlyMap<CommandId, number> {
    let standing = this.#standBelow.get(device);
    if (standing === undefined) {
      const ranks = [...this.#standingsBelow(device)].filter((entry): entry is [CommandId, number] => {
        return typeof entry[1] === "number";
      });
      this.#standBelow.set(device, (standing = new Map(ranks)));
    }
    return standing;
  }

  #keyIsTaken(bundle: KeyBundle, by: DeviceId, accepted: (item: Item) => boolean): boolean {
    return keysOf(bundle).some(
      (key) =>
        this.#facts.get(KEYS, key)?.some((device) => device !== by) === true ||
        [...this.#items.addsOfKey(key)].some(([device, adds]) => device !== by && adds.some(accepted)),
    );
  }
}

/** Whether that changes which memberships are counted at all. */
function add(
  map: Map<Item, Map<CommandId, number>>,
  item: Item,
  memberships: readonly CommandId[],
  by: 1 | -1,
): boolean {
  let counts = map.get(item);
  if (counts === undefined) map.set(item, (counts = new Map<CommandId, number>()));
  const before = counts.size;
  for (const membership of memberships) {
    const count = (counts.get(membership) ?? 0) + by;
    if (count === 0) counts.delete(membership);
    else counts.set(membership, count);
  }
  if (counts.size === 0) map.delete(item);
  return counts.size !== before;
}
