/** A member that writes without end: what it costs the others is bounded, and nothing of theirs is lost by it. */
import { describe, expect, test, vi } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import type { Command } from "../../../src/graph/command.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { Pool } from "../../../src/team/pool.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice, WorldOptions } from "../../support/world.ts";

interface Cast {
  readonly owner: WorldDevice;
  readonly admin: WorldDevice;
  readonly insider: WorldDevice;
  readonly root: Command;
}

function cast(options: WorldOptions = {}): Cast {
  const { devices } = teamOf(["owner", "admin", "admin"], 0, { suite: new FakeSuite(), ...options });
  const [owner, admin, insider] = devices as [WorldDevice, WorldDevice, WorldDevice];
  return { owner, admin, insider, root: owner.commands().at(-1)! };
}

/** Commands of the insider, all concurrent. */
function forks({ insider, root }: Cast, count: number, first = 0): Command[] {
  return Array.from({ length: count }, (_, i) =>
    insider.forge(op.createLabel(`fork ${first + i}`), { parents: [root], as: "admin" }),
  );
}

const MAX = LIMITS.forkedCommandsMax;

describe("[SYN-8] a device that forks on and on", () => {
  test("is heard until it is beyond its allowance, and then not at all by itself", () => {
    const c = cast();
    const commands = forks(c, MAX + 2);
    // One on the longest chain, the others beside it.
    c.owner.take(...commands.slice(0, MAX + 1));
    expect(commands.slice(0, MAX + 1).every((f) => c.owner.counts(f))).toBe(true);
    expect(c.owner.team.unheardDevices().size).toBe(0);
    const { recalled, accepted, events } = c.owner.take(commands.at(-1)!);
    expect([...c.owner.team.unheardDevices()]).toEqual([c.insider.id]);
    expect(commands.some((f) => c.owner.counts(f))).toBe(false);
    expect({ recalled, accepted }).toEqual({ recalled: MAX + 1, accepted: 0 });
    expect(events.every((e) => e.type === "commandRecalled" && e.code === "LimitReached")).toBe(true);
  });

  test("reaches neither storage nor order with more than twice that", () => {
    const c = cast();
    const before = c.owner.team.commandCount;
    c.owner.take(...forks(c, 2000));
    expect(c.owner.team.commandCount - before).toBeLessThanOrEqual(2 * MAX + 1);
    expect(c.owner.storage.load()).toHaveLength(c.owner.team.commandCount);
    const after = c.owner.team.commandCount;
    c.owner.take(...forks(c, 2000, 2000));
    expect(c.owner.team.commandCount).toBe(after);
    expect(c.owner.team.pooledCount).toBeGreaterThan(3000);
    // What is kept aside is known, and shown as far as there is room.
    const held = forks(c, 4000);
    expect(held.every((f) => c.owner.team.source.isKnown(f.id))).toBe(true);
    expect(c.owner.team.source.asideTips(100)).toHaveLength(100);
    expect(c.owner.team.rejectionOf(held.at(-1)!.id)).toMatchObject({ code: "LimitReached" });
  });

  test("keeps nobody from acting on a single head, nor in constant time", () => {
    const c = cast();
    c.owner.take(...forks(c, 1000));
    c.owner.actions.createLabel("mine");
    const [own] = c.owner.commands().slice(-1);
    expect(own!.parents).toEqual([c.root.id]);
    c.owner.actions.removeDevice(c.insider.id);
    expect(c.owner.commands().at(-1)!.parents).toEqual([own!.id]);
    expect(c.owner.roleOf(c.insider)).toBeUndefined();
  });

  test("hears of it itself", () => {
    const c = cast();
    c.insider.take(...forks(c, MAX + 2));
    const refused = expect.objectContaining({ code: "LimitReached" }) as Error;
    expect(() => c.insider.actions.createLabel("x")).toThrow(refused);
  });

  test("keeps what others have built on", () => {
    const c = cast();
    const [first] = forks(c, 1);
    c.owner.take(first!);
    c.owner.actions.createLabel("on top");
    c.owner.take(...forks(c, 100, 1));
    expect(c.owner.counts(first!)).toBe(true);
    expect(c.owner.team.unheardDevices().size).toBe(1);
  });

  test("what another device builds on is taken up with it, whether kept aside or refused before", () => {
    const c = cast();
    const flood = forks(c, 600);
    c.owner.take(...flood);
    // The admin's replica got one branch only, and knows nothing of the others.
    const branch = fork(c.insider, c.root, "admin", op.createLabel("b1"), op.createLabel("b2"));
    c.admin.take(...branch, flood[0]!);
    c.admin.actions.createLabel("on top");
    c.owner.take(...branch);
    expect(c.owner.team.source.indexOf(branch[1]!.id)).toBeUndefined();
    c.owner.pull(c.admin);
    for (const command of [...branch, flood[0]!, c.admin.commands().at(-1)!])
      expect(c.owner.counts(command)).toBe(true);
    expect(flood.slice(1).some((f) => c.owner.team.rejectionOf(f.id) === undefined)).toBe(false);
    c.admin.take(...flood);
    expect(c.admin.digest).toBe(c.owner.digest);
    expect(Buffer.from(c.owner.reopened().stateDigest()).toString("hex")).toBe(c.owner.digest);
  });

  test("two of them do not lend each other a voice", () => {
    const { devices } = teamOf(["owner", "admin", "admin"], 0, { suite: new FakeSuite() });
    const [owner, x, y] = devices as [WorldDevice, WorldDevice, WorldDevice];
    const root = owner.commands().at(-1)!;
    const by = (who: WorldDevice, n: number, parents: Command[]): Command =>
      who.forge(op.createLabel(`${who.id} ${n}`), { parents, as: "admin" });
    for (const who of [x, y]) owner.take(...Array.from({ length: MAX + 2 }, (_, i) => by(who, i, [root])));
    const a = by(x, 1000, [root]);
    const b = by(y, 1000, [a]);
    const again = by(x, 1001, [b]);
    owner.take(a, b, again);
    expect([a, b, again].some((command) => owner.team.rejectionOf(command.id) === undefined)).toBe(false);
    expect(owner.team.source.indexOf(a.id)).toBeUndefined();
  });
});

const FEW = { allowance: { commandsPerAuthorMax: 20, forkedCommandsMax: 4 } };

test("[SYN-8] a device that writes more than it may is heard no more, as far as nobody builds on it", () => {
  const c = cast(FEW);
  const wanted = Array.from({ length: 22 }, (_, i) => op.createLabel(`label ${i}`));
  const written = fork(c.insider, c.root, "admin", ...wanted);
  c.owner.take(...written.slice(0, 20));
  expect(c.owner.counts(written[19]!)).toBe(true);
  const [on] = fork(c.owner, written[9]!, "owner", op.createLabel("on top"));
  c.owner.take(on!, ...written.slice(20));
  expect(written.filter((k) => c.owner.team.rejectionOf(k.id) === undefined)).toEqual(written.slice(0, 10));
});

test("[SYN-8] an honest device stops before that: what it was told is done stays done", () => {
  const c = cast(FEW);
  for (let i = 0; i < 20; i++) c.insider.actions.createLabel(`label ${i}`);
  const refused = expect.objectContaining({ code: "LimitReached" }) as Error;
  expect(() => c.insider.actions.createLabel("one more")).toThrow(refused);
  c.owner.pull(c.insider);
  expect(c.owner.commands().filter((k) => k.author === c.insider.id && c.owner.counts(k))).toHaveLength(20);
  expect(c.owner.team.unheardDevices().size).toBe(0);
});

test("[SYN-8] nor does it begin an action of several commands that it cannot end", () => {
  const c = cast({ allowance: { commandsPerAuthorMax: 100, forkedCommandsMax: 100 } });
  for (let i = 0; i < 99; i++) c.insider.actions.createLabel(`label ${i}`);
  const heads = Array.from({ length: 60 }, (_, i) =>
    c.admin.forge(op.createLabel(`head ${i}`), { parents: [c.root], as: "admin" }),
  );
  c.insider.take(...heads);
  const before = c.insider.team.commandCount;
  const refused = expect.objectContaining({ code: "LimitReached" }) as Error;
  expect(() => c.insider.actions.createLabel("needs two")).toThrow(refused);
  expect(c.insider.team.commandCount).toBe(before);
});

/** Steps from a command to its parents, while forks on top of a chain come in by a device that is heard no more. */
function stepsFor(length: number): number {
  const c = cast();
  const labels = Array.from({ length }, (_, i) => op.createLabel(`label ${i}`));
  const chain = fork(c.admin, c.root, "admin", ...labels);
  // Beside it, so that none of the chain is a cut.
  c.owner.actions.createLabel("own");
  c.owner.take(...chain, ...forks(c, MAX + 2));
  const late = Array.from({ length: 100 }, (_, i) =>
    c.insider.forge(op.createLabel(`late ${i}`), { parents: [chain.at(-1)!], as: "admin" }),
  );
  const steps = vi.spyOn(Graph.prototype, "parentsAt");
  try {
    c.owner.team.take(late.map(({ bytes }) => bytes));
    expect(c.owner.team.pooledCount).toBe(late.length);
    return steps.mock.calls.length;
  } finally {
    steps.mockRestore();
  }
}

test("[SYN-8] forks of a device that is heard no more are not looked for below each of them", () => {
  expect(stepsFor(400)).toBeLessThan(2 * stepsFor(20) + 100);
});

test("a command that is none of this team takes nothing of its step, and what came before it stays", () => {
  const c = cast();
  const flood = forks(c, 3 * MAX);
  const junk = c.insider.forge(op.createLabel("orphan"), {
    parents: [forks(c, 1, 9999)[0]!],
    as: "admin",
  });
  const before = c.owner.team.commandCount;
  expect(() => c.owner.take(...flood, junk)).toThrow("unknown-parent");
  expect(c.owner.team.commandCount).toBeGreaterThan(before);
  expect(() => c.owner.take(...flood.slice(0, 3), junk)).toThrow("unknown-parent");
  c.owner.take(...flood);
  expect(c.owner.storage).toBeInstanceOf(MemoryStorage);
});

test("a full pool is emptied, so that nothing is ever in it without its ancestors", () => {
  const c = cast();
  const chain = fork(
    c.insider,
    c.root,
    "operator",
    op.createLabel("a"),
    op.createLabel("b"),
    op.createLabel("c"),
  );
  const pool = new Pool(2);
  const add = (command: Command): void => {
    pool.makeRoom();
    pool.add({ command, signers: [] });
  };
  for (const command of chain.slice(0, 2)) add(command);
  expect(pool.newestTips(5)).toEqual([chain[1]!.id]);
  add(forks(c, 1)[0]!);
  expect(pool.size).toBe(1);
  expect(pool.has(chain[1]!.id)).toBe(false);
});
