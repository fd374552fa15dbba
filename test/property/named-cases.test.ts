/**
 * The cases a newcomer asks about, one test each, titled with the outcome and in the order of docs/graph.md, which explains
 * them. Product and model agree on each, in every order of arrival (`model/named-case.ts`).
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { expect, test } from "vitest";
import { concat, utf8 } from "../../src/base/bytes.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { DOMAIN } from "../../src/crypto/domain.ts";
import { nobleSuite } from "../../src/crypto/noble.ts";
import { nodeSuite } from "../../src/crypto/node.ts";
import { defaultPolicy } from "../../src/policy/default/policy.ts";
import { MemoryStorage } from "../../src/store/memory-storage.ts";
import { Team } from "../../src/team/team.ts";
import { readText } from "../support/source-tree.ts";
import { craft } from "../support/edwards.ts";
import { op, teamOf } from "../support/world.ts";
import type { WorldDevice } from "../support/world.ts";
import {
  add,
  close,
  createLabel,
  deleteLabel,
  label,
  lower,
  name,
  NamedCase,
  raise,
  remove,
  revoke,
  unlabel,
} from "./model/named-case.ts";
import type { Outcome } from "./model/named-case.ts";

const O = { o: "owner" };

// Devices

test("[IDAM-4, IDAM-13] A removes C while B removes and re-adds C: C is there, as one just added", () => {
  const t = new NamedCase({ a: "operator", b: "operator", c: "user" }, createLabel("x"), label("c", "x"));
  t.by("a", remove("c"));
  t.chain("b", [remove("c"), add("c", "again")]);
  expect(t.outcome()).toEqual({
    refused: [],
    members: { ...O, a: "operator", b: "operator", c: "sync called again" },
  });
});

test("[IDAM-4] A removes C, re-adds and removes it while B adds it: B's membership stands", () => {
  const t = new NamedCase({ a: "operator", b: "operator", c: "user" });
  const gone = t.by("a", remove("c"));
  t.chain("a", [add("c", "by a"), remove("c")], { on: [gone] });
  t.by("b", add("c", "by b"), { on: [gone] });
  expect(t.outcome()).toEqual({
    refused: [],
    members: { ...O, a: "operator", b: "operator", c: "sync called by b" },
  });
});

test("[IDAM-4] add, remove, add: role, labels and name do not come back, not even from a fork", () => {
  const t = new NamedCase(
    { a: "operator", c: "user" },
    createLabel("x"),
    label("c", "x"),
    name("c", "c.example"),
  );
  t.chain("o", [remove("c"), add("c", "again")]);
  t.chain("a", [label("c", "x"), name("c", "new.example")]);
  const { refused, members } = t.outcome();
  expect(members).toEqual({ ...O, a: "operator", c: "sync called again" });
  expect(refused).toEqual(["a gives c the label x", "a names c new.example"]);
});

test("[IDAM-3] a device is added twice at once under different names: one device, the higher role", () => {
  const t = new NamedCase({ a: "operator", b: "operator" }, createLabel("x"));
  const [, up] = t.chain("a", [add("c", "pump"), raise("c", "user")]);
  t.by("a", label("c", "x"), { on: [up!] });
  t.by("b", add("c", "valve"));
  const rest = { ...O, a: "operator", b: "operator" };
  // Which of the names it goes by is up to ids.
  expect(t.outcomes()).toEqual([
    { refused: [], members: { ...rest, c: "user x called pump" } },
    { refused: [], members: { ...rest, c: "user x called valve" } },
  ]);
});

test("[IDAM-4] and removed by somebody who knows one of the two: it stays by the other, with nothing of the first", () => {
  const t = new NamedCase({ a: "operator", b: "operator" }, createLabel("x"));
  const [, , labelled] = t.chain("a", [add("c", "pump"), raise("c", "user"), label("c", "x")]);
  t.by("b", add("c", "valve"));
  t.by("o", remove("c"), { on: [labelled!] });
  expect(t.outcome().members).toEqual({ ...O, a: "operator", b: "operator", c: "sync called valve" });
});

// Roles

test("[IDAM-13] a member is demoted while it adds another: the other is not there", () => {
  const t = new NamedCase({ p: "operator" });
  t.by("o", revoke("p", "operator"));
  const [added] = t.chain("p", [add("c"), raise("c", "user")]);
  t.by("c", name("c", "c.example"), { on: [added!], as: "sync" });
  expect(t.outcome()).toEqual({
    refused: ['p adds c as "c"', "p makes c user", "c names c c.example"],
    members: { ...O, p: "sync" },
  });
});

test("[IDAM-13] a member is demoted by somebody who had seen it add another: the other stays", () => {
  const t = new NamedCase({ p: "operator" });
  const added = t.by("p", add("c"));
  t.by("o", revoke("p", "operator"), { on: [added] });
  t.by("p", remove("c"), { on: [added] });
  expect(t.outcome()).toEqual({ refused: ["p removes c"], members: { ...O, p: "sync", c: "sync" } });
});

test("[IDAM-12, IDAM-13] an operator and an admin revoke each other's pawns: both revocations count, both stay", () => {
  const t = new NamedCase({ a: "admin", p: "operator", pawnOfA: "user", pawnOfP: "user" });
  t.by("a", revoke("pawnOfP", "user"));
  t.by("p", remove("pawnOfA"));
  t.by("pawnOfA", remove("p"));
  t.by("pawnOfP", revoke("a", "admin"));
  expect(t.outcome()).toEqual({
    refused: ["pawnOfA removes p", "pawnOfP revokes admin of a"],
    members: { ...O, a: "admin", p: "operator", pawnOfP: "sync" },
  });
});

test("[IDAM-12, IDAM-13] an admin revokes an operator that removes the admin's pawn: the pawn stays", () => {
  const t = new NamedCase({ a: "admin", p: "operator", pawn: "user" });
  t.by("a", revoke("p", "operator"));
  t.by("p", remove("pawn"));
  expect(t.outcome()).toEqual({
    refused: ["p removes pawn"],
    members: { ...O, a: "admin", p: "sync", pawn: "user" },
  });
});

test("[IDAM-13] an operator forks to before an owner's promotion: its removal is refused", () => {
  const t = new NamedCase({ p: "operator", x: "user" });
  const up = t.by("o", raise("x", "owner"));
  t.by("x", createLabel("x"), { on: [up], as: "owner" });
  t.chain("p", [remove("x"), add("c")]);
  expect(t.outcome()).toEqual({
    refused: ["p removes x"],
    members: { ...O, p: "operator", x: "owner", c: "sync" },
  });
});

test("[IDAM-13] an admin backdates a revocation: an operator's work since is lost, an owner's stands", () => {
  const t = new NamedCase({ a: "admin", p: "operator", x: "sync" });
  const [, up] = t.chain("p", [add("c"), raise("x", "user")]);
  t.chain("o", [createLabel("x"), raise("c", "user")], { on: [up!] });
  t.by("a", revoke("p", "operator"));
  expect(t.outcome()).toEqual({
    refused: ['p adds c as "c"', "p makes x user"],
    members: { ...O, a: "admin", p: "sync", x: "sync", c: "user" },
  });
});

test("[IDAM-13] a pawn's revocation is refused, and refuses nothing beside it", () => {
  const t = new NamedCase({ p: "operator", pawn: "user", x: "sync" });
  t.by("pawn", remove("p"));
  t.by("pawn", remove("p"), { as: "owner" });
  t.chain("p", [raise("x", "user"), remove("x")]);
  expect(t.outcome()).toEqual({
    refused: ["pawn removes p", "pawn removes p, again"],
    members: { ...O, p: "operator", pawn: "user" },
  });
});

test("[IDAM-13] an honest command on top of a pawn's saves itself, and not the pawn's", () => {
  const t = new NamedCase({ p: "operator", x: "user" });
  t.by("o", remove("p"));
  const fork = t.chain("p", [remove("x"), add("c")]);
  t.by("x", revoke("x", "user"), { on: [fork[1]!] });
  expect(t.outcome()).toEqual({
    refused: ["p removes x", 'p adds c as "c"'],
    members: { ...O, x: "sync" },
  });
});

test("[IDAM-11, IDAM-13] a retired owner returns on a fork: nothing it does there counts", () => {
  const t = new NamedCase({ r: "owner", u: "user" });
  t.by("r", revoke("r", "owner"));
  t.chain("r", [add("c"), raise("c", "owner"), remove("u"), close]);
  expect(t.outcome()).toEqual({
    refused: ['r adds c as "c"', "r makes c owner", "r removes u", "r closes the team"],
    members: { ...O, r: "sync", u: "user" },
  });
});

test("[IDAM-13] demote versus promote, in one role: the demotion wins below that role, the raise at it", () => {
  const below = new NamedCase({ a: "admin", b: "admin", x: "user" });
  below.by("a", revoke("x", "user"));
  below.by("b", raise("x", "operator"));
  expect(below.outcome()).toEqual({
    refused: ["b makes x operator"],
    members: { ...O, a: "admin", b: "admin", x: "sync" },
  });
  const at = new NamedCase({ q: "owner", x: "admin" });
  at.by("o", remove("x"));
  at.by("q", raise("x", "owner"));
  expect(at.outcome()).toEqual({ refused: ["o removes x"], members: { ...O, q: "owner", x: "owner" } });
});

test("[IDAM-13] a lowering versus a raise by a lower role: the lowering wins", () => {
  const t = new NamedCase({ p: "operator", x: "admin" });
  t.by("o", lower("x", "user"));
  t.by("p", raise("x", "user"));
  expect(t.outcome()).toEqual({ refused: ["p makes x user"], members: { ...O, p: "operator", x: "user" } });
});

test("[IDAM-13] the adder of an owner is removed: the owner stays, and what it did", () => {
  const t = new NamedCase({ q: "owner", p: "operator" });
  const added = t.by("p", add("x"));
  const up = t.by("o", raise("x", "owner"), { on: [added] });
  t.by("x", add("c"), { on: [up], as: "owner" });
  t.by("q", remove("p"));
  expect(t.outcome()).toEqual({
    refused: ['p adds x as "x"'],
    members: { ...O, q: "owner", x: "owner", c: "sync" },
  });
});

test("[IDAM-13] a planted AddDevice comes in with an honest one that an owner's raise stands in for: it gives nothing but a name", () => {
  for (const plantedFirst of [true, false]) {
    const t = new NamedCase({ q: "owner", p: "operator", pawn: "user" });
    const first = plantedFirst ? t.by("pawn", add("x", "planted")) : t.by("p", add("x", "honest"));
    const then = { on: [first] };
    const both = plantedFirst ? t.by("p", add("x", "honest"), then) : t.by("pawn", add("x", "planted"), then);
    const up = t.by("o", raise("x", "user"), { on: [both] });
    const gone = t.by("q", remove("p"));
    const rest = { ...O, q: "owner", pawn: "user" };
    const name = plantedFirst ? "honest" : "planted";
    expect(t.outcome()).toEqual({ refused: [first, both], members: { ...rest, x: `user called ${name}` } });
    // It is no way around a removal.
    t.by("q", remove("x"), { on: [up, gone] });
    expect(t.outcome()).toEqual({ refused: [first, both], members: rest });
  }
});

test("[IDAM-13] an operator made by an admin falls with whoever added it", () => {
  const t = new NamedCase({ a: "admin", p: "operator" });
  const added = t.by("p", add("x"));
  const up = t.by("a", raise("x", "operator"), { on: [added] });
  t.by("x", add("c"), { on: [up], as: "operator" });
  t.by("o", remove("p"));
  expect(t.outcome()).toEqual({
    refused: ['p adds x as "x"', 'x adds c as "c"'],
    members: { ...O, a: "admin" },
  });
});

test("[IDAM-12, IDAM-13] removal cycles across forks: those from above count, the one that closes the circle does not", () => {
  const t = new NamedCase({ q: "owner", p: "operator", u: "user" });
  t.by("q", remove("p"));
  t.by("p", remove("u"));
  t.by("u", remove("q"));
  expect(t.outcome()).toEqual({
    refused: ["p removes u", "u removes q"],
    members: { ...O, q: "owner", u: "user" },
  });
});

test("[IDAM-13] an honest device is promoted with work in flight: it loses nothing", () => {
  const t = new NamedCase({ p: "operator", x: "sync" });
  t.by("o", raise("p", "admin"));
  t.chain("p", [add("c"), raise("x", "user"), name("x", "x.example")]);
  expect(t.outcome()).toEqual({
    refused: [],
    members: { ...O, p: "admin", x: "user x.example", c: "sync" },
  });
});

// The team

test("[IDAM-11] all owners leave: the team goes on, and nobody becomes its owner", () => {
  const t = new NamedCase({ q: "owner", a: "admin", p: "operator" });
  const one = t.by("o", remove("o"));
  const other = t.by("q", revoke("q", "owner"));
  const later = { on: [one, other] };
  t.by("a", raise("a", "owner"), later);
  t.by("p", add("c"), later);
  t.by("a", createLabel("x"), later);
  expect(t.outcome()).toEqual({
    refused: ["a makes a owner"],
    members: { q: "sync", a: "admin", p: "operator", c: "sync" },
  });
});

test("[IDAM-12, IDAM-13] an owner leaves while the other makes a third: the third is an owner", () => {
  const t = new NamedCase({ q: "owner", x: "user" });
  t.by("o", revoke("o", "owner"));
  t.by("q", raise("x", "owner"));
  expect(t.outcome()).toEqual({ refused: [], members: { o: "sync", q: "owner", x: "owner" } });
});

test("[IDAM-2] the team is closed while commands fly: those are refused, but an owner may step down", () => {
  const t = new NamedCase({ q: "owner", p: "operator", u: "user" });
  const closed = t.by("o", close);
  t.by("p", add("c"));
  t.by("u", revoke("u", "user"));
  t.by("q", remove("p"));
  t.by("q", createLabel("late"), { on: [closed] });
  t.by("q", revoke("q", "owner"));
  expect(t.outcome()).toEqual({
    refused: ['p adds c as "c"', "u revokes user of u", "q removes p", "q creates the label late"],
    members: { ...O, q: "sync", p: "operator", u: "user" },
    closed: true,
  });
});

test("[IDAM-2] two owners close at once: one of the two counts, the team is closed", () => {
  const t = new NamedCase({ q: "owner" });
  t.by("o", close);
  t.by("q", close);
  const members = { ...O, q: "owner" };
  expect(t.outcomes()).toEqual([
    { refused: ["o closes the team"], members, closed: true },
    { refused: ["q closes the team"], members, closed: true },
  ]);
});

// Labels and names

test("[IDAM-10] a label is deleted while it is assigned: the assignment is refused", () => {
  const t = new NamedCase({ p: "operator", u: "user" }, createLabel("x"));
  t.by("o", deleteLabel("x"));
  t.by("p", label("u", "x"));
  expect(t.outcome()).toEqual({
    refused: ["p gives u the label x"],
    members: { ...O, p: "operator", u: "user" },
  });
});

test("[IDAM-10] it is deleted and made again while it is assigned: nobody has the new one", () => {
  const t = new NamedCase({ p: "operator", u: "user", v: "user" }, createLabel("x"), label("v", "x"));
  t.chain("o", [deleteLabel("x"), createLabel("x")]);
  t.by("p", label("u", "x"));
  expect(t.outcome().members).toEqual({ ...O, p: "operator", u: "user", v: "user" });
});

test("[IDAM-10] it is deleted twice at once, made again on one side and assigned there: the new one is assigned", () => {
  const t = new NamedCase({ a: "admin", p: "operator", u: "user" }, createLabel("x"));
  const [, again] = t.chain("o", [deleteLabel("x"), createLabel("x")]);
  t.by("p", label("u", "x"), { on: [again!] });
  t.by("a", deleteLabel("x"));
  const members = { ...O, a: "admin", p: "operator", u: "user x" };
  // One of the deletions finds nothing to delete: which, is up to ids.
  expect(t.outcomes()).toEqual([
    { refused: ["a deletes the label x"], members },
    { refused: ["o deletes the label x"], members },
  ]);
});

test("[IDAM-10] a label is taken from one device while it is given to two: the other one has it", () => {
  const t = new NamedCase({ p: "operator", u: "user", v: "user" }, createLabel("x"));
  t.by("o", unlabel("u", "x"));
  t.chain("p", [label("u", "x"), label("v", "x")]);
  expect(t.outcome()).toEqual({
    refused: ["p gives u the label x"],
    members: { ...O, p: "operator", u: "user", v: "user x" },
  });
});

test("[IDAM-10] two admins make one label at once: there is one, and each one's assignment of it counts", () => {
  const t = new NamedCase({ a: "admin", b: "owner", u: "user", v: "user" });
  const [one] = t.chain("a", [createLabel("x")]);
  const [other] = t.chain("b", [createLabel("x")]);
  t.by("o", label("u", "x"), { on: [one!] });
  t.by("b", label("v", "x"), { on: [other!] });
  const outcomes = t.outcomes();
  for (const { refused, members } of outcomes) {
    expect(refused).toHaveLength(1);
    expect(members).toEqual({ ...O, a: "admin", b: "owner", u: "user x", v: "user x" });
  }
  expect(outcomes.map(({ refused }) => refused[0])).toEqual([
    "a creates the label x",
    "b creates the label x",
  ]);
});

test("[IDAM-8] a network name is taken by two devices at once: one has it, the other none", () => {
  const t = new NamedCase({ p: "operator", q: "operator", u: "user", v: "user" });
  t.by("p", name("u", "pump.example"));
  t.by("q", name("v", "pump.example"));
  const rest = { ...O, p: "operator", q: "operator" };
  expect(t.outcomes()).toEqual<Outcome[]>([
    { refused: ["p names u pump.example"], members: { ...rest, u: "user", v: "user pump.example" } },
    { refused: ["q names v pump.example"], members: { ...rest, u: "user pump.example", v: "user" } },
  ]);
});

test("[IDAM-8] a device gets two network names at once: it has one of them, and both commands count", () => {
  const t = new NamedCase({ p: "operator", q: "operator", u: "user" });
  t.by("p", name("u", "one.example"));
  t.by("q", name("u", "other.example"));
  const rest = { ...O, p: "operator", q: "operator" };
  expect(t.outcomes()).toEqual<Outcome[]>([
    { refused: [], members: { ...rest, u: "user one.example" } },
    { refused: [], members: { ...rest, u: "user other.example" } },
  ]);
});

// Size and hostile keys

test("[IDAM-13] a command on top of 55 heads joins them all, and a removal above it takes nothing of them", () => {
  const t = new NamedCase({ p: "operator", u: "user" });
  const heads = Array.from({ length: LIMITS.parentsMax }, (_, i) => t.by("p", name("u", `n${i}.example`)));
  expect(heads).toHaveLength(55);
  const joined = t.by("o", createLabel("x"), { on: heads });
  t.by("o", remove("p"), { on: [joined] });
  t.by("p", name("p", "late.example"), { on: [heads[0]!] });
  const { refused, members } = t.outcomeOfLarge();
  expect(refused).toEqual(["p names p late.example"]);
  expect(members["p"]).toBeUndefined();
  expect(members["u"]).toMatch(/^user n\d+\.example$/);
});

test("[IDAM-13] 200 heads by four operators, and a removal of one beside them: its 50 are refused, the others' stand", () => {
  const operators = ["p1", "p2", "p3", "p4"];
  const t = new NamedCase(Object.fromEntries(operators.map((p) => [p, "operator" as const])));
  const heads = operators.map((p) =>
    Array.from({ length: 50 }, (_, i) => t.by(p, name(p, `n${i}.${p}.example`))),
  );
  t.by("o", remove("p1"));
  const { refused, members } = t.outcomeOfLarge();
  expect(refused).toEqual(heads[0]);
  expect(Object.keys(members)).toEqual(["o", "p2", "p3", "p4"]);
  for (const p of operators.slice(1)) expect(members[p]).toMatch(new RegExp(`^operator n\\d+\\.${p}`));
});

test("[SYN-4] a mixed-order key or signature: refused by each implementation of Ed25519 alike", () => {
  const suites = [nodeSuite(), nobleSuite()];
  const [owner, stranger] = teamOf(["owner"], 1, { suite: suites[0]! }).devices as [WorldDevice, WorldDevice];
  /** What a replica over each suite says of it. */
  const said = (bytes: Uint8Array): string[] =>
    suites.map((suite) => {
      const { teamId } = owner.team;
      const team = new Team({ suite, teamId, storage: new MemoryStorage(), policies: [defaultPolicy] });
      team.admit(owner.commands().map((c) => c.bytes));
      try {
        return `accepted: ${team.admit([bytes]).accepted}`;
      } catch (error) {
        return (error as { code: string }).code;
      }
    });

  // A sound key, whose holder leaves something of order 8, 4 or 2 in R: with the cofactor each of these verifies.
  const good = owner.forge(op.createLabel("x"), { as: "owner" });
  expect(said(good.bytes)).toEqual(["accepted: 1", "accepted: 1"]);
  const payload = good.bytes.subarray(64);
  const a = ed25519.utils.getExtendedPublicKey(owner.keys.signingSecret).scalar;
  for (const rTorsion of [0, 1, 2, 4]) {
    const { signature } = craft({
      ...{ a, aTorsion: 0, r: 77n, rTorsion },
      message: concat(DOMAIN.commandSignature, payload),
    });
    const verdict = rTorsion === 0 ? "accepted: 1" : "bad-signature";
    expect(said(concat(signature, payload))).toEqual([verdict, verdict]);
  }

  // A key with such a part, for which whether a signature holds would depend on who asks: no AddDevice brings it.
  for (let aTorsion = 1; aTorsion < 8; aTorsion++) {
    const signingKey = craft({ a: 99n, aTorsion, r: 1n, rTorsion: 0, message: utf8("") }).publicKey;
    const { identityKey, encryptionKey } = stranger.bundle;
    const part = concat(DOMAIN.keyBundle, identityKey, signingKey, encryptionKey);
    const bundle = {
      ...stranger.bundle,
      signingKey,
      signature: suites[0]!.ed25519Sign(stranger.keys.identitySecret, part),
    };
    const adding = owner.forge({ kind: "AddDevice", target: stranger.id, bundle, commonName: "mixed" });
    expect(said(adding.bytes)).toEqual(["bad-key-bundle", "bad-key-bundle"]);
  }
});

test("docs/graph.md explains each of these cases, under its title and in this order", () => {
  const titles = [...readText("test/property/named-cases.test.ts").matchAll(/^test\("\[[^\]]+\] ([^"]+)"/gm)];
  const [, section] = readText("docs/graph.md").split("\n## Named cases\n");
  const rows = section!.split("\n## ")[0]!.matchAll(/^\| (?!case|---)(.+?) \|/gm);
  expect([...rows].map(([, title]) => title)).toEqual(titles.map(([, title]) => title));
});
