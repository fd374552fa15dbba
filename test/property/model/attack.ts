/**
 * What must hold of the model's outcome for every graph, however hostile; and a shrinker that makes a small example of
 * a graph for which something does not.
 */
import { admissible, sayTheSame } from "./admission.ts";
import {
  AMENDED,
  Decided,
  evaluate,
  forgetBelow,
  Graph,
  isOfOneself,
  isRaise,
  isRevocation,
  judge,
  roleInPast,
} from "./authority.ts";
import type { Outcome, Rules } from "./authority.ts";
import { ADMIN, OPERATOR, OWNER } from "./braid.ts";
import type { ModelCommand } from "./braid.ts";
import { Prng } from "./generate.ts";

export interface Finding {
  readonly property: string;
  readonly detail: string;
}

export type Check = (commands: readonly ModelCommand[], rules?: Rules) => Finding[];

/** The outcome is a function of the set of commands. */
export const listing: Check = (commands, rules = AMENDED) => {
  const expected = summary(evaluate(commands, { rules }));
  const rng = new Prng(commands.length);
  return [rng.shuffle(commands), [...commands].reverse()]
    .filter((listed) => summary(evaluate(listed, { rules })) !== expected)
    .map((listed) => found("listing", listed.map((c) => c.id).join(" ")));
};

/** Cutting the graph into pieces only saves work. */
export const pieces: Check = (commands, rules = AMENDED) =>
  differing(evaluate(commands, { rules }), evaluate(commands, { pieces: false, rules })).map((id) =>
    found("pieces", id),
  );

/** A revocation that is accepted counts, and the reverse. */
export const effectiveIsAccepted: Check = (commands, rules = AMENDED) => {
  const outcome = evaluate(commands, { rules });
  return commands
    .filter((c) => isRevocation(c) && outcome.effective.has(c.id) !== accepted(outcome, c))
    .map((c) => found("effective is accepted", c.id));
};

/**
 * Deciding in steps reaches verdicts that explain themselves: judged again from the accepted set alone, with every
 * accepted revocation in force, each command meets the fate it met.
 */
export const settled: Check = (commands, rules = AMENDED) => {
  const outcome = evaluate(commands, { rules });
  const graph = new Graph(commands);
  const decided = fromVerdicts(graph, outcome, rules);
  const findings: Finding[] = [];
  for (const c of commands) {
    const verdict = judge(graph, decided, c);
    const closedOver = commands.some(
      (close) =>
        close.kind === "CloseTeam" &&
        accepted(outcome, close) &&
        graph.concurrent(close, c) &&
        !(isOfOneself(c) && c.role === OWNER),
    );
    const by = isRevocation(c) ? outweighedBy(graph, outcome, c) : undefined;
    if (accepted(outcome, c)) {
      if (!verdict.accepted)
        findings.push(found("settled", `${c.id} is accepted though ${verdict.why ?? ""}`));
      if (closedOver) findings.push(found("settled", `${c.id} is accepted beside CloseTeam`));
      if (by !== undefined)
        findings.push(found("settled", `${c.id} is accepted though outweighed by ${by.id}`));
    } else if (verdict.accepted && !closedOver && by === undefined && !touchesNamesOrLabels(c)) {
      findings.push(found("settled", `${c.id} is refused for no reason that lasts`));
    }
  }
  return findings;
};

/** Nobody is demoted or removed by an equal or a lower role. */
export const onlyFromAbove: Check = (commands, rules = AMENDED) => {
  const outcome = evaluate(commands, { rules });
  const graph = new Graph(commands);
  const decided = fromVerdicts(graph, outcome, rules);
  const findings: Finding[] = [];
  for (const r of commands) {
    if (!isRevocation(r) || isOfOneself(r) || !accepted(outcome, r)) continue;
    if (roleInPast(graph, decided, r.author, r) !== r.role)
      findings.push(found("only from above", `claim of ${r.id}`));
    const target = roleInPast(graph, decided, r.target!, r);
    if (target >= r.role)
      findings.push(found("only from above", `${r.id} of role ${r.role} on role ${target}`));
  }
  return findings;
};

/**
 * A command of a lower role beside a revocation of a higher one never undoes it. (Left out: which of two leaves of one device
 * stands is for the braid to say, and what is built on either moves the braid.)
 */
export const lowerNeverUndoes: Check = (commands, rules = AMENDED) => {
  if (leavesRace(commands)) return [];
  return withoutEachLeaf(commands, rules).flatMap(({ leaf, before, after }) =>
    commands
      .filter(
        (c) =>
          c !== leaf && isRevocation(c) && c.role > leaf.role && accepted(before, c) && !accepted(after, c),
      )
      .map((c) => found("lower never undoes", `${leaf.id} undoes ${c.id}`)),
  );
};

/**
 * A refused command that nothing is built on changes nothing about authority. (It moves the braid, which settles who
 * gets a name or a label first.)
 */
export const refusedChangesNothing: Check = (commands, rules = AMENDED) => {
  if (closesRace(commands) || leavesRace(commands)) return [];
  return withoutEachLeaf(commands, rules)
    .filter(({ leaf, after }) => !accepted(after, leaf))
    .flatMap(({ leaf, before, after }) => {
      const rest = commands.filter((c) => c !== leaf && !touchesNamesOrLabels(c));
      const changed = rest.filter((c) => accepted(before, c) !== accepted(after, c)).map((c) => c.id);
      if (roles(before) !== roles(after)) changed.push("roles");
      return changed.map((what) => found("refused changes nothing", `${leaf.id} changes ${what}`));
    });
};

/**
 * Authority flows downwards only: put strangers in the place of the authors of everything done below a role, and what
 * was revoked and closed at that role and above stays the same. (Left out: graphs in which a device is raised after a
 * lower role removed it. No daemon authors that; the removal rightly stands, and what the device did then falls.)
 */
export const lowerNeverMatters: Check = (commands, rules = AMENDED) => {
  const outcome = evaluate(commands, { rules });
  if (raisesTheRemoved(commands)) return [];
  return ([OPERATOR, ADMIN, OWNER] as const).flatMap((role) => {
    const without = evaluate(
      commands.map((c) => (c.role < role ? { ...c, author: `stranger ${c.id}` } : c)),
      { rules },
    );
    return commands
      .filter((c) => c.role >= role && (isRevocation(c) || c.kind === "CloseTeam"))
      .filter((c) => accepted(outcome, c) !== accepted(without, c))
      .map((c) => found("lower never matters", `${c.id} at ${role}`));
  });
};

/** A refused command has no effect of any kind, whatever is built on it. (AddDevice apart: an owner may stand in.) */
export const refusedIsInert: Check = (commands, rules = AMENDED) => {
  const outcome = evaluate(commands, { rules });
  const inert = commands.map((c) => {
    if (accepted(outcome, c) || c.kind === "AddDevice" || touchesNamesOrLabels(c)) return c;
    return { ...c, author: `stranger ${c.id}` };
  });
  return changedAuthority(commands, outcome, evaluate(inert, { rules })).map((what) =>
    found("refused is inert", what),
  );
};

/**
 * An AddDevice by somebody who was no member changes nobody's role. (Left out: graphs in which an owner raises somebody
 * it sees is no member. No daemon authors that.)
 */
export const strangersAddNobody: Check = (commands, rules = AMENDED) => {
  const outcome = evaluate(commands, { rules });
  const graph = new Graph(commands);
  const seenBy = (c: ModelCommand): Outcome => evaluate(graph.past(c), { rules });
  if (raisesNobody(commands, outcome, rules)) return [];
  const without = commands.map((c) => {
    if (c.kind !== "AddDevice" || seenBy(c).facts.devices.has(c.author)) return c;
    return { ...c, author: `stranger ${c.id}`, target: `nobody ${c.id}` };
  });
  const expected = roles(evaluate(without, { rules }));
  return roles(outcome) === expected
    ? []
    : [found("strangers add nobody", `${roles(outcome)} | ${expected}`)];
};

/** Nothing is kept out of the graph that would be accepted in it. (Left out: the same graphs.) */
export const keptOutIsRefused: Check = (commands, rules = AMENDED) => {
  const inside = admissible(commands);
  const ids = new Set(inside.map((c) => c.id));
  const isRepeated = (c: ModelCommand): boolean => inside.some((other) => sayTheSame(other, c));
  return commands
    .filter((c) => !ids.has(c.id) && c.parents.every((p) => ids.has(p)) && !isRepeated(c))
    .filter((c) => {
      const outcome = evaluate([...inside, c], { rules });
      return accepted(outcome, c) && !raisesNobody(inside, outcome, rules);
    })
    .map((c) => found("kept out is refused", c.id));
};

/** An owner raises somebody it sees is no member. */
function raisesNobody(commands: readonly ModelCommand[], outcome: Outcome, rules: Rules): boolean {
  const graph = new Graph(commands);
  return commands.some(
    (c) =>
      isRaise(c) &&
      c.role === OWNER &&
      accepted(outcome, c) &&
      !evaluate(graph.past(c), { rules }).facts.devices.has(c.target!),
  );
}

/** Ids settle no question of authority but which of several CloseTeams, or of revocations of oneself, comes first. */
export const idsDoNotMatter: Check = (commands, rules = AMENDED) => {
  if (closesRace(commands) || leavesRace(commands)) return [];
  const outcome = evaluate(commands, { rules });
  const rng = new Prng(commands.length + 1);
  const redrawn = evaluate(
    commands.map((c) => ({ ...c, idBytes: rng.bytes32() })),
    { rules },
  );
  const verdicts = commands
    .filter((c) => !touchesNamesOrLabels(c) && accepted(outcome, c) !== accepted(redrawn, c))
    .map((c) =>
      found(
        "ids do not matter",
        `${c.id} ${outcome.verdicts.get(c.id)!.why} ${redrawn.verdicts.get(c.id)!.why}`,
      ),
    );
  if (roles(outcome) !== roles(redrawn))
    verdicts.push(found("ids do not matter", `${roles(outcome)} | ${roles(redrawn)}`));
  return verdicts;
};

export const CHECKS: readonly Check[] = [
  listing,
  pieces,
  effectiveIsAccepted,
  settled,
  onlyFromAbove,
  lowerNeverUndoes,
  refusedChangesNothing,
  lowerNeverMatters,
  refusedIsInert,
  strangersAddNobody,
  keptOutIsRefused,
];

/** Deletes commands, handing their parents to their children, and then parents, as long as `fails` still holds. */
export function shrink(
  commands: readonly ModelCommand[],
  fails: (commands: readonly ModelCommand[]) => boolean,
): readonly ModelCommand[] {
  let smallest = commands;
  for (let again = true; again;) {
    again = false;
    for (const candidate of smaller(smallest)) {
      if (!fails(candidate)) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

export function show(commands: readonly ModelCommand[], rules: Rules = AMENDED): string {
  const outcome = evaluate(commands, { rules });
  const order = [...outcome.order];
  return order
    .map((id) => {
      const c = commands.find((o) => o.id === id)!;
      const what = [
        c.target,
        c.kind === "AssignRole" ? (c.lowers === true ? "lower" : "raise") : undefined,
        c.newRole,
      ];
      const more = [...what, c.label, c.netIdentifier].filter((x) => x !== undefined).join(" ");
      const verdict = outcome.verdicts.get(id)!;
      const fate = verdict.accepted ? "accepted" : `refused: ${verdict.why ?? ""}`;
      return `${id} [${c.parents.join(" ")}] ${c.author} as ${c.role}: ${c.kind} ${more} -> ${fate}`;
    })
    .join("\n");
}

function* smaller(commands: readonly ModelCommand[]): Generator<readonly ModelCommand[]> {
  for (const gone of [...commands].reverse()) {
    if (gone.kind === "Init") continue;
    yield commands
      .filter((c) => c !== gone)
      .map((c) => {
        if (!c.parents.includes(gone.id)) return c;
        return {
          ...c,
          parents: [...new Set(c.parents.flatMap((p) => (p === gone.id ? gone.parents : [p])))],
        };
      });
  }
  for (const c of commands) {
    for (const parent of c.parents) {
      if (c.parents.length === 1) break;
      yield commands.map((o) => (o === c ? { ...c, parents: c.parents.filter((p) => p !== parent) } : o));
    }
  }
}

function withoutEachLeaf(
  commands: readonly ModelCommand[],
  rules: Rules,
): { leaf: ModelCommand; before: Outcome; after: Outcome }[] {
  const after = evaluate(commands, { rules });
  return commands
    .filter((c) => c.kind !== "Init" && !commands.some((o) => o.parents.includes(c.id)))
    .map((leaf) => ({
      leaf,
      after,
      before: evaluate(
        commands.filter((c) => c !== leaf),
        { rules },
      ),
    }));
}

function raisesTheRemoved(commands: readonly ModelCommand[]): boolean {
  const graph = new Graph(commands);
  return commands.some(
    (c) =>
      isRaise(c) &&
      graph.past(c).some((e) => e.kind === "RemoveDevice" && e.target === c.target && e.role < c.role),
  );
}

/** Which of several CloseTeams is first is the braid's to say; the team is closed either way. */
function closesRace(commands: readonly ModelCommand[]): boolean {
  const graph = new Graph(commands);
  const closes = commands.filter((c) => c.kind === "CloseTeam");
  return closes.some((a) => closes.some((b) => graph.concurrent(a, b)));
}

/** Who was raised on two forks and leaves on each takes the ground from the other leaving, whichever comes first. */
function leavesRace(commands: readonly ModelCommand[]): boolean {
  const graph = new Graph(commands);
  const leaves = commands.filter(isOfOneself);
  const raisedOnlyThere = (device: string, there: ModelCommand, other: ModelCommand): boolean =>
    graph.past(there).some((c) => isRaise(c) && c.target === device && graph.concurrent(c, other));
  return leaves.some((a) =>
    leaves.some(
      (b) =>
        a.author === b.author &&
        graph.concurrent(a, b) &&
        raisedOnlyThere(a.author, a, b) &&
        raisedOnlyThere(a.author, b, a),
    ),
  );
}

/** Forgets how it was decided: only the verdicts, every accepted revocation in force, nothing refused beforehand. */
function fromVerdicts(graph: Graph, outcome: Outcome, rules: Rules): Decided {
  const decided = new Decided(rules);
  decided.verdicts = new Map(outcome.verdicts);
  for (const c of graph.commands) if (isRevocation(c) && accepted(outcome, c)) decided.effective.add(c.id);
  for (const piece of graph.pieces()) forgetBelow(graph, decided, piece);
  decided.block(graph);
  return decided;
}

function outweighedBy(graph: Graph, outcome: Outcome, r: ModelCommand): ModelCommand | undefined {
  return graph.commands.find(
    (a) =>
      isRaise(a) &&
      a.target === r.target &&
      accepted(outcome, a) &&
      graph.concurrent(a, r) &&
      a.role >= r.role &&
      a.newRole! >= (isOfOneself(r) ? r.role + 1 : r.role) &&
      graph.memberships(r.target!, a).some((m) => graph.memberships(r.target!, r).includes(m)),
  );
}

/** Ids whose verdicts about authority differ, and "roles". */
function changedAuthority(commands: readonly ModelCommand[], a: Outcome, b: Outcome): string[] {
  const changed = commands
    .filter((c) => !touchesNamesOrLabels(c) && accepted(a, c) !== accepted(b, c))
    .map((c) => c.id);
  return roles(a) === roles(b) ? changed : [...changed, "roles"];
}

/** Ids whose verdicts differ, and "facts". */
function differing(a: Outcome, b: Outcome): string[] {
  const ids = [...a.verdicts.keys()].filter(
    (id) => b.verdicts.has(id) && a.verdicts.get(id)!.accepted !== b.verdicts.get(id)!.accepted,
  );
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b)) ? ids : [...ids, "facts"];
}

function plain(outcome: Outcome): unknown {
  const { closed, labels, devices } = outcome.facts;
  return [closed, labels, [...devices].sort(([a], [b]) => (a < b ? -1 : 1))];
}

function roles(outcome: Outcome): string {
  return [...outcome.facts.devices]
    .map(([device, { role }]) => `${device}:${role}`)
    .sort()
    .join(" ");
}

function summary(outcome: Outcome): string {
  return JSON.stringify([
    outcome.order,
    [...outcome.verdicts].sort(([a], [b]) => (a < b ? -1 : 1)),
    plain(outcome),
  ]);
}

function accepted(outcome: Outcome, c: ModelCommand): boolean {
  return outcome.verdicts.get(c.id)!.accepted;
}

function touchesNamesOrLabels(c: ModelCommand): boolean {
  return c.kind.endsWith("Label") || c.kind.endsWith("NetworkName");
}

function found(property: string, detail: string): Finding {
  return { property, detail };
}
