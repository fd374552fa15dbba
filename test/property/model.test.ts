/**
 * The model of order, authority and policy held against what must be true of every graph, and against the cases the
 * design names. `MODEL_GRAPHS=20000 npx vitest run test/property/model.test.ts` searches longer.
 */
import { expect, test } from "vitest";
import {
  CHECKS,
  effectiveIsAccepted,
  idsDoNotMatter,
  lowerNeverMatters,
  pieces,
  refusedChangesNothing,
  settled,
  show,
  shrink,
  strangersAddNobody,
} from "./model/attack.ts";
import type { Check } from "./model/attack.ts";
import { AMENDED, AS_WRITTEN, evaluate } from "./model/authority.ts";
import type { Rules } from "./model/authority.ts";
import { ADMIN, braid, OPERATOR, OWNER, SYNC, USER } from "./model/braid.ts";
import type { Kind, ModelCommand, Rank } from "./model/braid.ts";
import { generateGraph, keysOf } from "./model/generate.ts";
import { matrixAllows, NO_MEMBER } from "./model/policy.ts";

const GRAPHS = Number(process.env["MODEL_GRAPHS"] ?? "60");

test("[IDAM-7] [IDAM-12] [IDAM-13] no hostile graph breaks a property of authority", () => {
  for (let seed = 0; seed < GRAPHS; seed++) {
    const small = seed % 2 === 0;
    const graph = generateGraph(seed, small ? { commandsMax: 16, devicesMax: 4, names: false } : {});
    for (const check of [...CHECKS, idsDoNotMatter]) expectHolds(check, graph, seed);
  }
});

test("the seed decides the graph", () => {
  expect(generateGraph(7)).toEqual(generateGraph(7));
  expect(generateGraph(7)).not.toEqual(generateGraph(8));
});

test("generated graphs reach what they are for", () => {
  const reached = new Set<string>();
  for (let seed = 0; seed < 150; seed++) {
    const graph = generateGraph(seed);
    const { verdicts } = evaluate(graph);
    for (const c of graph) reached.add(`${c.kind} ${verdicts.get(c.id)!.accepted ? "accepted" : "refused"}`);
  }
  const kinds: Kind[] = [
    "CloseTeam",
    "AddDevice",
    "RemoveDevice",
    "AssignRole",
    "RevokeRole",
    "AssignLabel",
    "DeleteLabel",
  ];
  for (const kind of [...kinds, "AssignNetworkName", "RevokeNetworkName", "CreateLabel", "RevokeLabel"]) {
    expect(reached).toContain(`${kind} accepted`);
    expect(reached).toContain(`${kind} refused`);
  }
});

test("braid: ancestors first, then of what is concurrent high priority, then high ids", () => {
  const g = team({ a: USER, p: OPERATOR });
  const base = g.head;
  const low = g.on([base], "o", OWNER, "CreateLabel", { label: "x" }, 1);
  const high = g.on([base], "o", OWNER, "CreateLabel", { label: "y" }, 9);
  const removal = g.on([low], "o", OWNER, "RemoveDevice", { target: "a" }, 5);
  expect(braid(g.commands).slice(-3)).toEqual([low, removal, high]);
  // `low` comes early only because the removal pulls it.
  const beside = g.on([base], "p", OPERATOR, "RemoveDevice", { target: "a" }, 0);
  expect(braid(g.commands).slice(-4)).toEqual([low, removal, beside, high]);
});

test("[IDAM-7] the matrix, cell by cell", () => {
  const cells = (kind: Kind, self: boolean, newRole?: Rank): string[] =>
    ([4, 3, 2, 1, 0] as const).flatMap((author) =>
      ([4, 3, 2, 1, 0, NO_MEMBER] as const)
        .filter((target) => !self || target === author)
        .filter((target) =>
          matrixAllows(command({ kind, newRole, target: self ? "a" : "t" }), author, target),
        )
        .map((target) => `${author}>${target}`),
    );
  const ownerOnBelow = ["4>3", "4>2", "4>1", "4>0", "4>-1"];
  const adminOnBelow = ["3>2", "3>1", "3>0", "3>-1"];
  const operatorOnBelow = ["2>1", "2>0", "2>-1"];
  expect(cells("RemoveDevice", false)).toEqual([...ownerOnBelow, ...operatorOnBelow]);
  expect(cells("RemoveDevice", true)).toEqual(["4>4", "3>3", "2>2", "1>1", "0>0"]);
  expect(cells("AssignRole", false, OWNER)).toEqual(ownerOnBelow);
  expect(cells("AssignRole", true, OWNER)).toEqual([]);
  expect(cells("AssignRole", false, ADMIN)).toEqual(ownerOnBelow);
  expect(cells("AssignRole", true, ADMIN)).toEqual(["4>4"]);
  expect(cells("AssignRole", false, OPERATOR)).toEqual([...ownerOnBelow, ...adminOnBelow]);
  expect(cells("AssignRole", true, OPERATOR)).toEqual(["4>4", "3>3"]);
  expect(cells("AssignRole", false, USER)).toEqual([...ownerOnBelow, ...adminOnBelow, ...operatorOnBelow]);
  expect(cells("AssignRole", true, USER)).toEqual(["4>4", "3>3", "2>2"]);
  expect(cells("AssignRole", false, SYNC)).toEqual([]);
  expect(cells("AssignRole", true, SYNC)).toEqual([]);
  expect(cells("RevokeRole", false, OWNER)).toEqual([]);
  expect(cells("RevokeRole", false, ADMIN)).toEqual(ownerOnBelow);
  expect(cells("RevokeRole", false, OPERATOR)).toEqual([...ownerOnBelow, ...adminOnBelow]);
  expect(cells("RevokeRole", false, USER)).toEqual([...ownerOnBelow, ...adminOnBelow, ...operatorOnBelow]);
  expect(cells("RevokeRole", false, SYNC)).toEqual([]);
  expect(cells("RevokeRole", true, USER)).toEqual(["4>4", "3>3", "2>2", "1>1"]);
  const holders = (kind: Kind): string[] => cells(kind, true).map((cell) => cell[0]!);
  expect(holders("CloseTeam")).toEqual(["4"]);
  expect(holders("AddDevice")).toEqual(["4", "2"]);
  expect(holders("AssignNetworkName")).toEqual(["4", "3", "2"]);
  expect(holders("CreateLabel")).toEqual(["4", "3"]);
  expect(holders("AssignLabel")).toEqual(["4", "2"]);
});

test("[IDAM-13] an operator forks to before an owner's promotion: its removal is refused", () => {
  const g = team({ x: USER, p: OPERATOR });
  const base = g.head;
  const raise = g.on([base], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER });
  const removal = g.on([base], "p", OPERATOR, "RemoveDevice", { target: "x" });
  g.expect({ [raise]: true, [removal]: false }, { o: OWNER, x: OWNER, p: OPERATOR });
});

test("[IDAM-13] an admin backdates a revocation: work not seen by it is lost, a promotion stands", () => {
  const g = team({ x: OPERATOR, a: ADMIN });
  const base = g.head;
  const add = g.on([base], "x", OPERATOR, "AddDevice", { target: "y" });
  const backdated = g.on([base], "a", ADMIN, "RevokeRole", { target: "x", newRole: OPERATOR });
  g.expect({ [add]: false, [backdated]: true }, { o: OWNER, x: SYNC, a: ADMIN });
  const raise = g.on([base], "o", OWNER, "AssignRole", { target: "x", newRole: ADMIN });
  g.expect({ [add]: true, [backdated]: false, [raise]: true }, { o: OWNER, x: ADMIN, a: ADMIN, y: SYNC });
});

test("[IDAM-13] a removed pawn revokes nobody from a fork", () => {
  const g = team({ u: USER, p: OPERATOR });
  const base = g.head;
  const removal = g.on([base], "o", OWNER, "RemoveDevice", { target: "p" });
  const pawn = g.on([base], "p", OPERATOR, "RemoveDevice", { target: "u" });
  g.expect({ [removal]: true, [pawn]: false }, { o: OWNER, u: USER });
});

test("[IDAM-11] [IDAM-13] a retired owner does not return on a fork", () => {
  const g = team({ r: OWNER, x: ADMIN });
  const base = g.head;
  const retires = g.on([base], "r", OWNER, "AssignRole", { target: "r", newRole: USER, lowers: true });
  const returns = g.on([base], "r", OWNER, "RemoveDevice", { target: "x" });
  const closes = g.on([base], "r", OWNER, "CloseTeam", {});
  g.expect({ [retires]: true, [returns]: false, [closes]: false }, { o: OWNER, r: USER, x: ADMIN });
});

test("[IDAM-13] demotion beside promotion: to the revoker's role it is outweighed, to less it is refused", () => {
  const g = team({ r: OWNER, x: OPERATOR, y: OPERATOR });
  const base = g.head;
  const demotesX = g.on([base], "o", OWNER, "RevokeRole", { target: "x", newRole: OPERATOR });
  const raisesX = g.on([base], "r", OWNER, "AssignRole", { target: "x", newRole: OWNER });
  const demotesY = g.on([base], "o", OWNER, "RevokeRole", { target: "y", newRole: OPERATOR });
  const raisesY = g.on([base], "r", OWNER, "AssignRole", { target: "y", newRole: ADMIN });
  g.expect(
    { [demotesX]: false, [raisesX]: true, [demotesY]: true, [raisesY]: false },
    { o: OWNER, r: OWNER, x: OWNER, y: SYNC },
  );
});

test("[IDAM-13] the adder of an owner is revoked from before: the owner stays", () => {
  const g = team({ r: OWNER, p: OPERATOR });
  const base = g.head;
  const add = g.on([base], "p", OPERATOR, "AddDevice", { target: "x" });
  const raise = g.on([add], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER });
  const removal = g.on([base], "r", OWNER, "RemoveDevice", { target: "p" });
  g.expect({ [add]: false, [raise]: true, [removal]: true }, { o: OWNER, r: OWNER, x: OWNER });
});

test("[IDAM-12] two devices raised on two forks do not remove each other", () => {
  const g = team({ a: ADMIN, x: USER, y: USER });
  const base = g.head;
  const raisesX = g.on([base], "a", ADMIN, "AssignRole", { target: "x", newRole: OPERATOR });
  const removesY = g.on([raisesX], "x", OPERATOR, "RemoveDevice", { target: "y" });
  const raisesY = g.on([base], "a", ADMIN, "AssignRole", { target: "y", newRole: OPERATOR });
  const removesX = g.on([raisesY], "y", OPERATOR, "RemoveDevice", { target: "x" });
  g.expect({ [removesX]: false, [removesY]: false }, { o: OWNER, a: ADMIN, x: OPERATOR, y: OPERATOR });
});

test("[IDAM-13] an honest command on top of a pawn's saves itself and not the pawn", () => {
  const g = team({ p: OPERATOR, a: ADMIN });
  const base = g.head;
  const removal = g.on([base], "o", OWNER, "RemoveDevice", { target: "p" });
  const pawn = g.on([base], "p", OPERATOR, "AddDevice", { target: "evil" });
  const honest = g.on([pawn], "a", ADMIN, "CreateLabel", { label: "work" });
  const outcome = g.expect({ [removal]: true, [pawn]: false, [honest]: true }, { o: OWNER, a: ADMIN });
  expect(outcome.facts.labels).toEqual(["work"]);
});

test("[IDAM-4] what a device had does not come back when it is added again, nor is it removed twice", () => {
  const g = team({ x: USER, p: OPERATOR });
  g.on([g.head], "o", OWNER, "CreateLabel", { label: "work" });
  g.on([g.head], "o", OWNER, "AssignLabel", { target: "x", label: "work" });
  const named = g.on([g.head], "o", OWNER, "AssignNetworkName", { target: "x", netIdentifier: "x.example" });
  const removed = g.on([named], "o", OWNER, "RemoveDevice", { target: "x" });
  g.on([removed], "o", OWNER, "AddDevice", { target: "x", commonName: "x again" });
  g.on([named], "p", OPERATOR, "RemoveDevice", { target: "x" });
  const outcome = g.expect({}, { o: OWNER, p: OPERATOR, x: SYNC });
  expect(outcome.facts.devices.get("x")).toEqual({
    role: SYNC,
    commonName: "x again",
    netIdentifier: undefined,
    labels: [],
  });
});

test("[IDAM-13] promotion of an honest device keeps its work in flight", () => {
  const g = team({ x: OPERATOR });
  const base = g.head;
  const add = g.on([base], "x", OPERATOR, "AddDevice", { target: "y" });
  const raise = g.on([base], "o", OWNER, "AssignRole", { target: "x", newRole: ADMIN });
  g.expect({ [add]: true, [raise]: true }, { o: OWNER, x: ADMIN, y: SYNC });
});

test("[IDAM-8] [IDAM-10] names and labels go by the braid, revocations of labels beside it", () => {
  const g = team({ x: USER, y: USER });
  const label = g.on([g.head], "o", OWNER, "CreateLabel", { label: "work" });
  const late = g.on([label], "o", OWNER, "AssignNetworkName", { target: "x", netIdentifier: "n" }, 1);
  const first = g.on([label], "o", OWNER, "AssignNetworkName", { target: "y", netIdentifier: "n" }, 9);
  const assign = g.on([label], "o", OWNER, "AssignLabel", { target: "x", label: "work" });
  const other = g.on([label], "o", OWNER, "AssignLabel", { target: "y", label: "work" });
  const revoke = g.on([label], "o", OWNER, "RevokeLabel", { target: "x", label: "work" });
  const twice = g.on([label], "o", OWNER, "CreateLabel", { label: "work" });
  const outcome = g.expect(
    { [late]: false, [first]: true, [assign]: false, [other]: true, [revoke]: true, [twice]: false },
    { o: OWNER, x: USER, y: USER },
  );
  expect(outcome.verdicts.get(late)!.why).toBe("NameInUse");
  expect(outcome.facts.devices.get("y")).toMatchObject({ netIdentifier: "n", labels: ["work"] });
  expect(outcome.facts.devices.get("x")).toMatchObject({ netIdentifier: undefined, labels: [] });
});

test("[IDAM-2] CloseTeam refuses what is beside and after it, but owners may always step down", () => {
  const g = team({ r: OWNER, x: USER });
  const base = g.head;
  const close = g.on([base], "o", OWNER, "CloseTeam", {});
  const beside = g.on([base], "r", OWNER, "RemoveDevice", { target: "x" });
  const down = g.on([base], "r", OWNER, "RevokeRole", { target: "r", newRole: OWNER });
  const after = g.on([close], "o", OWNER, "AddDevice", { target: "z" });
  const outcome = g.expect(
    { [close]: true, [beside]: false, [down]: true, [after]: false },
    { o: OWNER, r: SYNC, x: USER },
  );
  expect(outcome.facts.closed).toBe(true);
});

test("two owners who each unmake the other's owner on a fork: the braid decides, and only one of them", () => {
  // The one question of authority besides several CloseTeams that the order of ids may settle.
  const outcomes = (
    [
      [1, 9],
      [9, 1],
    ] as const
  ).map(([first, second]) => {
    const g = team({ x: USER, y: USER });
    const base = g.head;
    const x = g.on([base], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER });
    const xRaises = g.on([x], "x", OWNER, "AssignRole", { target: "y", newRole: OWNER });
    const yLeaves = g.on([xRaises], "y", OWNER, "RevokeRole", { target: "y", newRole: OWNER }, first);
    const y = g.on([base], "o", OWNER, "AssignRole", { target: "y", newRole: OWNER });
    const yRaises = g.on([y], "y", OWNER, "AssignRole", { target: "x", newRole: OWNER });
    const xLeaves = g.on([yRaises], "x", OWNER, "RevokeRole", { target: "x", newRole: OWNER }, second);
    for (const check of CHECKS) expectHolds(check, g.commands);
    const { verdicts } = evaluate(g.commands);
    return [verdicts.get(xLeaves)!.accepted, verdicts.get(yLeaves)!.accepted];
  });
  for (const outcome of outcomes) expect(outcome.filter(Boolean)).toHaveLength(1);
  expect(outcomes[0]).not.toEqual(outcomes[1]);
});

// Where 0010 as first written breaks: each the smallest graph found, with that one rule as it was.

test("a RevokeRole that minds the role held lets ids decide a role", () => {
  const g = new Team();
  g.on([g.head], "o", OWNER, "AssignRole", { target: "o", newRole: ADMIN, lowers: true }, 1);
  g.on(["init"], "o", OWNER, "RevokeRole", { target: "o", newRole: OWNER }, 9);
  const redrawn = g.commands.map((c) => ({ ...c, idBytes: c.idBytes.map((b) => 255 - b) }));
  const role = (commands: readonly ModelCommand[], rules: Rules): Rank =>
    evaluate(commands, { rules }).facts.devices.get("o")!.role;
  const asWritten = { ...AMENDED, revokeRoleOfAnyRole: false };
  expect(role(g.commands, asWritten)).not.toBe(role(redrawn, asWritten));
  expect(role(g.commands, AMENDED)).toBe(role(redrawn, AMENDED));
});

test("a lowering that needs its target to stand can count and be refused", () => {
  const g = new Team();
  const add = g.on([g.head], "o", OWNER, "AddDevice", { target: "x" });
  const leaves = g.on([add], "x", SYNC, "RemoveDevice", { target: "x" });
  g.on([leaves], "o", OWNER, "AssignRole", { target: "x", newRole: ADMIN, lowers: true });
  g.on([add], "o", OWNER, "CreateLabel", { label: "beside" });
  const unfixed = { assignRoleNeedsNoStanding: false, unseatAlways: false };
  expectNeeded(g.commands, effectiveIsAccepted, unfixed);
  expectNeeded(g.commands, lowerNeverMatters, { assignRoleNeedsNoStanding: false });
});

test("a raise that needs its target to stand can outweigh and be refused", () => {
  const g = new Team();
  const add = g.on([g.head], "o", OWNER, "AddDevice", { target: "x" });
  g.on([add], "x", SYNC, "RemoveDevice", { target: "x" }, 9);
  const leaves = g.on([add], "x", SYNC, "RemoveDevice", { target: "x" }, 1);
  g.on([leaves], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER });
  expectNeeded(g.commands, settled, { assignRoleNeedsNoStanding: false });
});

test("an owner's lowering that adds a device gives a role after it was needed", () => {
  const g = new Team();
  const add = g.on([g.head], "nobody", OWNER, "AddDevice", { target: "x" });
  const lowers = g.on([add], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER, lowers: true });
  g.on([lowers], "x", OWNER, "RemoveDevice", { target: "x" });
  expectNeeded(g.commands, pieces, { onlyRaiseAdds: false, sweepAgain: false });
});

test("an owner's revocation of itself refused for a CloseTeam that is refused itself", () => {
  const g = new Team();
  const close = g.on([g.head], "o", OWNER, "CloseTeam", {}, 9);
  g.on([close], "o", OWNER, "AssignRole", { target: "o", newRole: USER, lowers: true }, 9);
  g.on(["init"], "o", OWNER, "RevokeRole", { target: "o", newRole: OWNER }, 1);
  expectNeeded(g.commands, settled, { closeSparesBoth: false, sweepAgain: false });
});

test("what a device does that left in a lower role and was added again is refused before it left", () => {
  const g = team({ x: OPERATOR });
  const from = g.head;
  const leaves = g.on([from], "x", OPERATOR, "RemoveDevice", { target: "x" });
  const lower = g.on([from], "x", OPERATOR, "AssignRole", { target: "x", newRole: USER, lowers: true });
  const down = g.on([lower], "x", USER, "RevokeRole", { target: "x", newRole: USER });
  const out = g.on([down], "x", SYNC, "RemoveDevice", { target: "x" });
  const again = g.on([out], "o", OWNER, "AddDevice", { target: "x" });
  const raise = g.on([again], "o", OWNER, "AssignRole", { target: "x", newRole: OPERATOR });
  g.on([leaves, raise], "x", OPERATOR, "AssignRole", { target: "x", newRole: USER, lowers: true });
  expectNeeded(g.commands, pieces, { sweepAgain: false });
});

test("an owner cannot step down for what a CloseTeam refused that came to be decided later", () => {
  const g = new Team();
  const add = g.on([g.head], "o", OWNER, "AddDevice", { target: "x" });
  const here = g.on([add], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER }, 9);
  const close = g.on([here], "o", OWNER, "CloseTeam", {});
  const there = g.on([add], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER }, 1);
  g.on([there], "x", OWNER, "AssignRole", { target: "x", newRole: OPERATOR, lowers: true }, 9);
  g.on([close], "x", OWNER, "AssignRole", { target: "x", newRole: ADMIN, lowers: true }, 1);
  expectNeeded(g.commands, settled, { sweepAgain: false });
});

test("a revocation that rests on what CloseTeam refused counts and is refused", () => {
  const g = new Team();
  const add = g.on([g.head], "o", OWNER, "AddDevice", { target: "x" });
  const raise = g.on([add], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER });
  g.on([raise], "x", OWNER, "RemoveDevice", { target: "x" });
  g.on(["init"], "o", OWNER, "CloseTeam", {});
  expectNeeded(g.commands, effectiveIsAccepted, { unseatAlways: false });
});

test("a device raised after a lower role removed it counts at the higher role and is refused", () => {
  const g = team({ a: ADMIN, x: SYNC });
  const base = g.head;
  const leaves = g.on([base], "x", SYNC, "RemoveDevice", { target: "x" });
  const raise = g.on([leaves], "a", ADMIN, "AssignRole", { target: "x", newRole: OPERATOR });
  g.on([raise], "x", OPERATOR, "RemoveDevice", { target: "x" });
  g.on([base], "o", OWNER, "CreateLabel", { label: "beside" });
  expectNeeded(g.commands, effectiveIsAccepted, { unseatAlways: false });
});

test("an AddDevice by a stranger carries an owner's raise past another owner's removal", () => {
  const g = team({ r: OWNER, x: USER });
  const base = g.head;
  const bogus = g.on([base], "stranger", OWNER, "AddDevice", { target: "x" });
  g.on([bogus], "o", OWNER, "AssignRole", { target: "x", newRole: ADMIN });
  g.on([base], "r", OWNER, "RemoveDevice", { target: "x" });
  expectNeeded(g.commands, strangersAddNobody, { blockedAddsNothing: false, standingAddsNothing: false });
  g.expect({}, { o: OWNER, r: OWNER });
});

test("and does so for a device that stands no more, its adder being removed as well", () => {
  const g = team({ p: OPERATOR, r: OWNER });
  const base = g.head;
  const add = g.on([base], "p", OPERATOR, "AddDevice", { target: "x" });
  const bogus = g.on([add], "stranger", OWNER, "AddDevice", { target: "x" });
  g.on([bogus], "o", OWNER, "AssignRole", { target: "x", newRole: ADMIN });
  g.on([base], "r", OWNER, "RemoveDevice", { target: "p" });
  g.on([add], "r", OWNER, "RemoveDevice", { target: "x" });
  expectNeeded(g.commands, strangersAddNobody, { blockedAddsNothing: false });
  g.expect({}, { o: OWNER, r: OWNER });
});

test("memberships that a cut forgets let a refused command elsewhere change a verdict", () => {
  const g = team({ x: USER });
  const base = g.head;
  const leaves = g.on([base], "x", USER, "RemoveDevice", { target: "x" });
  g.on([leaves], "o", OWNER, "AssignRole", { target: "x", newRole: OPERATOR });
  g.on([base], "stranger", OWNER, "RemoveDevice", { target: "x" });
  expectNeeded(g.commands, refusedChangesNothing, { cutsForget: true });
});

test("what a cut forgets is what an owner's raise stands on", () => {
  const g = team({ p: OPERATOR, r: OWNER });
  const base = g.head;
  const add = g.on([base], "p", OPERATOR, "AddDevice", { target: "x" });
  const removal = g.on([base], "r", OWNER, "RemoveDevice", { target: "p" });
  const joined = g.on([add, removal], "o", OWNER, "CreateLabel", { label: "cut" });
  const raise = g.on([joined], "o", OWNER, "AssignRole", { target: "x", newRole: OWNER });
  const asWritten = { ...AMENDED, cutsForget: true };
  const owners = (commands: readonly ModelCommand[]): boolean =>
    evaluate(commands, { rules: asWritten }).facts.devices.has("x");
  expect(owners(g.commands)).toBe(false);
  // A command that anybody at all may send, and that is refused, makes an owner of `x`.
  g.on([base], "stranger", SYNC, "CreateLabel", { label: "no cut" });
  expect(owners(g.commands)).toBe(true);
  g.expect({ [raise]: true }, { o: OWNER, r: OWNER, x: OWNER });
});

test("as first written, generated graphs break some property: the checks can fail", () => {
  const broken = Array.from({ length: 100 }, (_, seed) => generateGraph(seed)).some((graph) =>
    CHECKS.some((check) => check(graph, AS_WRITTEN).length > 0),
  );
  expect(broken).toBe(true);
});

function expectHolds(check: Check, graph: readonly ModelCommand[], seed?: number): void {
  if (check(graph).length === 0) return;
  const smallest = shrink(graph, (commands) => check(commands).length > 0);
  expect.fail(`seed ${seed ?? "none"}: ${JSON.stringify(check(smallest))}\n${show(smallest)}`);
}

/** With these rules as first written the check fails; with all amended every check holds. */
function expectNeeded(graph: readonly ModelCommand[], check: Check, asWritten: Partial<Rules>): void {
  expect(check(graph, { ...AMENDED, ...asWritten })).not.toEqual([]);
  for (const each of CHECKS) expectHolds(each, graph);
}

type Fields = Partial<
  Pick<ModelCommand, "target" | "newRole" | "lowers" | "label" | "netIdentifier" | "commonName">
>;

class Team {
  readonly commands: ModelCommand[] = [
    command({ id: "init", author: "o", kind: "Init", commonName: "o", keys: keysOf("o") }),
  ];

  get head(): string {
    return this.commands.at(-1)!.id;
  }

  /** `order` is the first byte of the id: of equals the higher comes earlier. */
  on(parents: string[], author: string, role: Rank, kind: Kind, fields: Fields, order = 5): string {
    const id = `${this.commands.length} ${author} ${kind} ${fields.target ?? ""}`;
    const idBytes = new Uint8Array(32);
    idBytes.set([order, this.commands.length]);
    const keys = kind === "AddDevice" ? { commonName: fields.target!, keys: keysOf(fields.target!) } : {};
    this.commands.push({ id, idBytes, author, parents, kind, role, ...keys, ...fields });
    return id;
  }

  /** Verdicts of some commands and the role of every member. */
  expect(verdicts: Record<string, boolean>, roles: Record<string, Rank>): ReturnType<typeof evaluate> {
    const outcome = evaluate(this.commands);
    for (const [id, accepted] of Object.entries(verdicts)) {
      expect(outcome.verdicts.get(id)!.accepted, `${id}\n${show(this.commands)}`).toBe(accepted);
    }
    expect(Object.fromEntries([...outcome.facts.devices].map(([d, f]) => [d, f.role]))).toEqual(roles);
    for (const check of CHECKS) expectHolds(check, this.commands);
    return outcome;
  }
}

/** A team of owner `o` and these devices, all on one line. */
function team(roles: Record<string, Rank>): Team {
  const g = new Team();
  for (const [device, role] of Object.entries(roles)) {
    g.on([g.head], "o", OWNER, "AddDevice", { target: device });
    if (role !== SYNC) g.on([g.head], "o", OWNER, "AssignRole", { target: device, newRole: role });
  }
  return g;
}

function command(c: Partial<ModelCommand> & Pick<ModelCommand, "kind">): ModelCommand {
  return { id: "c", idBytes: new Uint8Array(32), author: "a", parents: [], role: OWNER, ...c };
}
