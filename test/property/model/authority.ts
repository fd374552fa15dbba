/**
 * The model's authority: docs/decisions/0010-authority.md written down word by word. Every set is computed from the
 * definition, every run starts anew, nothing is kept between evaluations.
 */
import { ancestors, braid, OWNER, SYNC } from "./braid.ts";
import type { ModelCommand, Rank } from "./braid.ts";
import { matrixAllows, NamesAndLabels, NO_MEMBER } from "./policy.ts";
import type { TargetRole } from "./policy.ts";

export interface Verdict {
  readonly accepted: boolean;
  readonly why?: string;
}

export interface DeviceFacts {
  readonly role: Rank;
  readonly commonName?: string;
  readonly netIdentifier?: string;
  /** Sorted. */
  readonly labels: readonly string[];
}

export interface Facts {
  readonly closed: boolean;
  /** Sorted. */
  readonly labels: readonly string[];
  readonly devices: ReadonlyMap<string, DeviceFacts>;
}

export interface Outcome {
  readonly order: readonly string[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly facts: Facts;
  /** D: the revocations that count. */
  readonly effective: ReadonlySet<string>;
  /** by(c) and about(c) in the end. */
  readonly blocks: Blocks;
}

export interface Options {
  /** False: decide the whole graph as one piece. The outcome must be the same. */
  readonly pieces?: boolean;
  /** `AMENDED` unless told. */
  readonly rules?: Rules;
}

/** Where 0010 as first written breaks a property; model.test.ts has the smallest graph for each. */
export interface Rules {
  /** RevokeRole gives sync whatever role it names: else the braid decides between it and a lowering beside it. */
  readonly revokeRoleOfAnyRole: boolean;
  /** An AssignRole about somebody who is gone is accepted and changes nothing, as RemoveDevice and RevokeRole are. */
  readonly assignRoleNeedsNoStanding: boolean;
  /** Of an owner's AssignRoles only a raise adds the device: a lowering is decided too late to give a role. */
  readonly onlyRaiseAdds: boolean;
  /** An owner's revocation of itself is spared by an accepted CloseTeam before it, as by one beside it. */
  readonly closeSparesBoth: boolean;
  /** An owner's raise that a revocation blocks for one membership does not stand in for another either. */
  readonly blockedAddsNothing: boolean;
  /** Nor does one of a device that stands already bring in another membership of it. */
  readonly standingAddsNothing: boolean;
  /** Only memberships that stand where a piece begins are remembered in it: else every one ever made. */
  readonly cutsForget: boolean;
  /** Whatever was decided last: what is in D and no longer accepted, of any step, leaves it for F. */
  readonly unseatAlways: boolean;
  /** A revocation that is not accepted at its turn gets another one: after all the others, until nothing changes. */
  readonly sweepAgain: boolean;
}

export const AS_WRITTEN: Rules = {
  revokeRoleOfAnyRole: false,
  assignRoleNeedsNoStanding: false,
  onlyRaiseAdds: false,
  closeSparesBoth: false,
  blockedAddsNothing: false,
  standingAddsNothing: false,
  cutsForget: true,
  unseatAlways: false,
  sweepAgain: false,
};

export const AMENDED: Rules = {
  revokeRoleOfAnyRole: true,
  assignRoleNeedsNoStanding: true,
  onlyRaiseAdds: true,
  closeSparesBoth: true,
  blockedAddsNothing: true,
  standingAddsNothing: true,
  cutsForget: false,
  unseatAlways: true,
  sweepAgain: true,
};

/** What a membership is at some point: never accepted, ended for good, or standing with a role. */
export type Standing = "absent" | "ended" | Rank;

export interface Blocks {
  readonly by: ReadonlyMap<string, ReadonlySet<string>>;
  readonly about: ReadonlyMap<string, ReadonlySet<string>>;
}

export function evaluate(commands: readonly ModelCommand[], options: Options = {}): Outcome {
  const graph = new Graph(commands);
  const decided = new Decided(options.rules ?? AMENDED);
  const pieces = options.pieces === false ? [graph.order] : graph.pieces();
  for (const piece of pieces) {
    forgetBelow(graph, decided, piece);
    decidePiece(graph, decided, piece);
  }
  return applyFacts(graph, decided);
}

/** Under `cutsForget`: from here on the piece knows, of the memberships before it, those that stand. */
export function forgetBelow(graph: Graph, decided: Decided, piece: readonly ModelCommand[]): void {
  if (!decided.rules.cutsForget) return;
  const before = graph.order.slice(0, graph.order.indexOf(piece[0]!));
  const forgotten = before
    .filter((m) => isMembership(m) && typeof standingIn(graph, decided, m.id, before) !== "number")
    .map((m) => m.id);
  for (const c of piece) graph.forget(c, forgotten);
}

/** The role of `device` in the past of `c`, given verdicts; `NO_MEMBER` when it has none. */
export function roleInPast(graph: Graph, decided: Decided, device: string, c: ModelCommand): TargetRole {
  const blocked = device === c.author ? decided.by(c.id) : NONE;
  let role: TargetRole = NO_MEMBER;
  for (const m of graph.memberships(device, c)) {
    const standing = standingIn(graph, decided, m, graph.past(c));
    if (!blocked.has(m) && typeof standing === "number" && standing > role) role = standing;
  }
  return role;
}

/** What the rules say of one command from what lies in its own past. */
export function judge(graph: Graph, decided: Decided, c: ModelCommand): Verdict {
  if (c.kind === "Init") return { accepted: true };
  if (decided.refused.has(c.id)) return refused("decided");
  const past = graph.past(c);
  const closed = past.some((e) => e.kind === "CloseTeam" && decided.accepted(e.id));
  const spared = decided.rules.closeSparesBoth && isOfOneself(c) && c.role === OWNER;
  if (closed && !spared) return refused("TeamClosed");
  const author = roleInPast(graph, decided, c.author, c);
  if (author === NO_MEMBER) return refused("author is no member");
  if (author !== c.role) return refused(`author has role ${author}`);
  const target = c.target === undefined ? NO_MEMBER : roleInPast(graph, decided, c.target, c);
  if (!matrixAllows(c, author, target)) return refused("matrix");
  if (c.kind === "AddDevice") {
    if (target !== NO_MEMBER) return refused("DeviceExists");
    const taken = past.some(
      (e) =>
        isMembership(e) &&
        decided.accepted(e.id) &&
        added(e) !== c.target &&
        e.keys?.some((key) => c.keys?.includes(key)) === true,
    );
    if (taken) return refused("key in use");
  } else if (c.target !== undefined) {
    const memberships = graph.memberships(c.target, c);
    if (memberships.length === 0) return refused("UnknownDevice");
    if (c.kind === "AssignRole") {
      const outside = memberships.filter((m) => !decided.about(c.id).has(m));
      if (outside.length === 0) return refused("blocked");
      const states = outside.map((m) => standingIn(graph, decided, m, past));
      const stands = states.some((s) => typeof s === "number");
      const byItself = author === OWNER && states.some((s) => s !== "ended");
      if (!decided.rules.assignRoleNeedsNoStanding && !stands && !byItself)
        return refused("target does not stand");
    }
  }
  return { accepted: true };
}

/** The fold: membership `m` after the commands `events`, which come in braid order. */
export function standingIn(
  graph: Graph,
  decided: Decided,
  m: string,
  events: readonly ModelCommand[],
): Standing {
  let standing: Standing = "absent";
  for (const e of events) {
    if (!decided.accepted(e.id)) continue;
    if (e.id === m) {
      standing = e.kind === "Init" ? OWNER : SYNC;
      continue;
    }
    if (e.kind !== "RemoveDevice" && e.kind !== "AssignRole" && e.kind !== "RevokeRole") continue;
    if (!graph.memberships(e.target!, e).includes(m) || decided.about(e.id).has(m)) continue;
    if (isRevocation(e) && !decided.effective.has(e.id)) continue;
    if (e.kind === "RemoveDevice") return "ended";
    if (e.kind === "RevokeRole") {
      if (decided.rules.revokeRoleOfAnyRole ? typeof standing === "number" : standing === e.newRole)
        standing = SYNC;
    } else if (typeof standing === "number") {
      standing = e.lowers === true ? lower(standing, e.newRole!) : higher(standing, e.newRole!);
    } else if (e.role === OWNER && addsAbsent(graph, decided, e)) {
      standing = e.newRole!;
    }
  }
  return standing;
}

function addsAbsent(graph: Graph, decided: Decided, e: ModelCommand): boolean {
  if (decided.rules.onlyRaiseAdds && e.lowers === true) return false;
  if (decided.rules.blockedAddsNothing && decided.about(e.id).size > 0) return false;
  return !decided.rules.standingAddsNothing || !decided.seesStanding(graph, e);
}

export function isMembership(c: ModelCommand): boolean {
  return c.kind === "Init" || c.kind === "AddDevice";
}

/** The device a membership is of. */
export function added(c: ModelCommand): string {
  return c.kind === "Init" ? c.author : c.target!;
}

export function isRevocation(c: ModelCommand): boolean {
  return (
    c.kind === "RemoveDevice" || c.kind === "RevokeRole" || (c.kind === "AssignRole" && c.lowers === true)
  );
}

export function isOfOneself(c: ModelCommand): boolean {
  return isRevocation(c) && c.target === c.author;
}

export function isRaise(c: ModelCommand): boolean {
  return c.kind === "AssignRole" && c.lowers !== true;
}

export class Graph {
  readonly commands: readonly ModelCommand[];
  readonly order: readonly ModelCommand[];
  readonly #anc: Map<string, Set<string>>;
  readonly #past = new Map<string, readonly ModelCommand[]>();
  readonly #memberships = new Map<string, readonly string[]>();
  readonly #forgotten = new Map<string, ReadonlySet<string>>();

  constructor(commands: readonly ModelCommand[]) {
    const byId = new Map(commands.map((c) => [c.id, c]));
    if (byId.size !== commands.length) throw new Error("an id occurs twice");
    this.commands = commands;
    this.#anc = ancestors(commands);
    this.order = braid(commands).map((id) => byId.get(id)!);
  }

  isAncestor(a: ModelCommand, of: ModelCommand): boolean {
    return this.#anc.get(of.id)!.has(a.id);
  }

  concurrent(a: ModelCommand, b: ModelCommand): boolean {
    return a !== b && !this.isAncestor(a, b) && !this.isAncestor(b, a);
  }

  /** anc(c), in braid order. */
  past(c: ModelCommand): readonly ModelCommand[] {
    let past = this.#past.get(c.id);
    if (past === undefined) {
      past = this.order.filter((e) => this.isAncestor(e, c));
      this.#past.set(c.id, past);
    }
    return past;
  }

  /** Takes memberships out of M(…, c). */
  forget(c: ModelCommand, memberships: readonly string[]): void {
    this.#forgotten.set(c.id, new Set(memberships));
  }

  /** M(device, c). */
  memberships(device: string, c: ModelCommand): readonly string[] {
    const key = `${c.id} ${device}`;
    let found = this.#memberships.get(key);
    if (found === undefined) {
      found = this.past(c)
        .filter((e) => isMembership(e) && added(e) === device)
        .map((e) => e.id)
        .filter((m) => this.#forgotten.get(c.id)?.has(m) !== true);
      this.#memberships.set(key, found);
    }
    return found;
  }

  /** Each command comparable with all others by itself, and what lies between two of them together. */
  pieces(): ModelCommand[][] {
    const pieces: ModelCommand[][] = [];
    let open: ModelCommand[] | undefined;
    for (const c of this.order) {
      if (!this.commands.some((other) => this.concurrent(c, other))) {
        pieces.push([c]);
        open = undefined;
      } else if (open === undefined) {
        open = [c];
        pieces.push(open);
      } else {
        open.push(c);
      }
    }
    return pieces;
  }
}

/** What has been decided so far: verdicts, F, D and the blocks of what is in D. */
export class Decided {
  readonly rules: Rules;
  verdicts = new Map<string, Verdict>();
  readonly refused = new Set<string>();
  readonly effective = new Set<string>();
  /** Only to be quick: forgotten at the beginning of every run. */
  readonly #seesStanding = new Map<string, boolean>();
  blocks: { by: Map<string, Set<string>>; about: Map<string, Set<string>> } = {
    by: new Map(),
    about: new Map(),
  };

  constructor(rules: Rules) {
    this.rules = rules;
  }

  accepted(id: string): boolean {
    return this.verdicts.get(id)?.accepted === true;
  }

  by(id: string): ReadonlySet<string> {
    return this.blocks.by.get(id) ?? NONE;
  }

  about(id: string): ReadonlySet<string> {
    return this.blocks.about.get(id) ?? NONE;
  }

  /** Whether a membership of the target stands in the past of `e`, which has been judged. */
  seesStanding(graph: Graph, e: ModelCommand): boolean {
    let sees = this.#seesStanding.get(e.id);
    if (sees === undefined) {
      const past = graph.past(e);
      const standings = graph.memberships(e.target!, e).map((m) => standingIn(graph, this, m, past));
      sees = standings.some((standing) => typeof standing === "number");
      this.#seesStanding.set(e.id, sees);
    }
    return sees;
  }

  /** Computes every block again from D. */
  block(graph: Graph): void {
    this.#seesStanding.clear();
    this.blocks = { by: new Map(), about: new Map() };
    for (const revocation of graph.order) {
      if (!this.effective.has(revocation.id)) continue;
      const x = revocation.target!;
      const limit = isOfOneself(revocation) ? revocation.role : revocation.role - 1;
      for (const c of graph.order) {
        if (!graph.concurrent(c, revocation)) continue;
        const memberships = graph.memberships(x, revocation);
        if (c.author === x && c.role <= limit && !isOfOneself(c)) join(this.blocks.by, c.id, memberships);
        if (isRaise(c) && c.target === x && c.newRole! <= limit) join(this.blocks.about, c.id, memberships);
      }
    }
  }
}

const NONE: ReadonlySet<string> = new Set();

function decidePiece(graph: Graph, decided: Decided, piece: readonly ModelCommand[]): void {
  const run = (): void => {
    decided.block(graph);
    for (const c of piece) decided.verdicts.delete(c.id);
    for (const c of piece) decided.verdicts.set(c.id, judge(graph, decided, c));
  };
  const outweighed = (r: ModelCommand, atLeast: number): boolean =>
    piece.some(
      (a) =>
        isRaise(a) &&
        decided.accepted(a.id) &&
        a.target === r.target &&
        graph.concurrent(a, r) &&
        a.role >= r.role &&
        a.newRole! >= atLeast &&
        graph.memberships(r.target!, a).some((m) => graph.memberships(r.target!, r).includes(m)),
    );

  /** What is in D and no longer accepted leaves it for F, until a run finds nothing. */
  const unseat = (step: readonly ModelCommand[]): void => {
    for (;;) {
      run();
      const fallen = step.filter((c) => decided.effective.has(c.id) && !decided.accepted(c.id));
      if (fallen.length === 0) break;
      for (const c of fallen) {
        decided.effective.delete(c.id);
        decided.refused.add(c.id);
      }
    }
  };

  const { sweepAgain, unseatAlways } = decided.rules;
  const isOpen = (c: ModelCommand): boolean => !decided.effective.has(c.id) && !decided.refused.has(c.id);
  const sweep = (r: Rank): void => {
    const ofOneself = piece.filter((c) => isOfOneself(c) && c.role === r);
    const unseated = unseatAlways ? piece : ofOneself;
    for (const s of ofOneself.filter(isOpen)) {
      run();
      if (!decided.accepted(s.id)) {
        if (!sweepAgain) decided.refused.add(s.id);
      } else if (outweighed(s, r + 1)) {
        decided.refused.add(s.id);
      } else {
        decided.effective.add(s.id);
        unseat(unseated);
      }
    }

    if (r === OWNER) {
      run();
      const close = piece.find((c) => c.kind === "CloseTeam" && decided.accepted(c.id));
      if (close !== undefined) {
        for (const c of piece) {
          if (graph.concurrent(c, close) && !(isOfOneself(c) && c.role === OWNER)) decided.refused.add(c.id);
        }
      }
      if (unseatAlways) unseat(piece);
    }

    run();
    const ofOthers = piece.filter((c) => isRevocation(c) && !isOfOneself(c) && c.role === r && isOpen(c));
    const accepted = ofOthers.filter((c) => decided.accepted(c.id));
    const counts = accepted.filter((c) => !outweighed(c, r));
    for (const c of sweepAgain ? accepted : ofOthers)
      (counts.includes(c) ? decided.effective : decided.refused).add(c.id);
    if (unseatAlways) unseat(piece);
  };

  for (let before = -1; before !== decided.effective.size + 2 * decided.refused.size;) {
    before = decided.effective.size + 2 * decided.refused.size;
    for (const r of [4, 3, 2, 1, 0] as const) sweep(r);
    if (!sweepAgain) break;
  }

  run();
  const taken = piece.filter(
    (c) => (c.kind === "DeleteLabel" || c.kind === "RevokeLabel") && decided.accepted(c.id),
  );
  for (const t of taken) {
    for (const c of piece) {
      if (c.kind !== "AssignLabel" || c.label !== t.label || !graph.concurrent(c, t)) continue;
      if (t.kind === "RevokeLabel" && c.target !== t.target) continue;
      // A label made beside its deletion is another one.
      const another = piece.some(
        (n) =>
          n.kind === "CreateLabel" &&
          n.label === t.label &&
          decided.accepted(n.id) &&
          graph.isAncestor(n, c) &&
          graph.concurrent(n, t),
      );
      if (t.kind === "RevokeLabel" || !another) decided.refused.add(c.id);
    }
  }
  run();
}

/** Meets the facts in braid order; refuses what names and labels do not allow there. */
function applyFacts(graph: Graph, decided: Decided): Outcome {
  const namesAndLabels = new NamesAndLabels();
  const verdicts = new Map<string, Verdict>();
  const all = graph.order.filter(isMembership);
  const standingAfter = (
    events: readonly ModelCommand[],
  ): { membership: string; device: string; role: Rank }[] =>
    all.flatMap((m) => {
      const role = standingIn(graph, decided, m.id, events);
      return typeof role === "number" ? [{ membership: m.id, device: added(m), role }] : [];
    });

  graph.order.forEach((c, i) => {
    let verdict = decided.verdicts.get(c.id)!;
    if (verdict.accepted && touchesNamesOrLabels(c)) {
      const standing = standingAfter(graph.order.slice(0, i));
      const mine = c.target === undefined ? [] : graph.memberships(c.target, c);
      const meant = standing.map((s) => s.membership).filter((m) => mine.includes(m));
      const why = namesAndLabels.apply(c, standing, meant);
      if (why !== undefined) verdict = refused(why);
    }
    verdicts.set(c.id, verdict);
  });

  const devices = new Map<string, DeviceFacts>();
  for (const { membership, device, role } of standingAfter(graph.order)) {
    const before = devices.get(device);
    const command = all.find((m) => m.id === membership)!;
    const labels = new Set([...(before?.labels ?? []), ...namesAndLabels.labelsOf(membership)]);
    devices.set(device, {
      role: before === undefined ? role : higher(before.role, role),
      commonName: command.commonName ?? before?.commonName,
      netIdentifier: namesAndLabels.nameOf(membership) ?? before?.netIdentifier,
      labels: [...labels].sort(),
    });
  }
  const closed = graph.order.some((c) => c.kind === "CloseTeam" && decided.accepted(c.id));
  return {
    order: graph.order.map((c) => c.id),
    verdicts,
    facts: { closed, labels: [...namesAndLabels.labels].sort(), devices },
    effective: decided.effective,
    blocks: decided.blocks,
  };
}

function touchesNamesOrLabels(c: ModelCommand): boolean {
  return c.kind.endsWith("Label") || c.kind.endsWith("NetworkName");
}

function refused(why: string): Verdict {
  return { accepted: false, why };
}

function join(blocks: Map<string, Set<string>>, id: string, memberships: readonly string[]): void {
  const set = blocks.get(id) ?? new Set();
  for (const m of memberships) set.add(m);
  blocks.set(id, set);
}

function lower(a: Rank, b: Rank): Rank {
  return a < b ? a : b;
}

function higher(a: Rank, b: Rank): Rank {
  return a > b ? a : b;
}
