/** What a team costs, counted in calls, not in seconds. */
import { expect, test } from "vitest";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { defaultPolicy } from "../../../src/policy/default/policy.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { Team } from "../../../src/team/team.ts";
import { FakeSuite } from "../../support/fake-suite.ts";
import { countVerifications, fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const COMMANDS = 10_000;

interface Counts {
  readonly policy: Policy;
  readonly counted: { evaluations: number; decided: number };
}

function counting(): Counts {
  const counted = { evaluations: 0, decided: 0 };
  const policy: Policy = {
    ...defaultPolicy,
    evaluate(...args) {
      counted.evaluations++;
      return defaultPolicy.evaluate(...args);
    },
    rule(piece, facts) {
      counted.decided += piece.commands.length;
      return defaultPolicy.rule!(piece, facts);
    },
  };
  return { policy, counted };
}

test("a command on top of all heads costs one evaluation and one signature check, the 10,000th as the 10th; opening checks none", () => {
  const suite = new FakeSuite();
  const { policy, counted } = counting();
  const world = teamOf(["owner", "operator", "user"], 0, { suite, policies: [policy] });
  const [owner, operator, user] = world.devices as [WorldDevice, WorldDevice, WorldDevice];
  const replica = owner.copy();

  let top = replica.head();
  const costs = new Set<string>();
  for (let i = replica.team.commandCount; i < COMMANDS; i++) {
    const author = i % 2 === 0 ? owner : operator;
    const [command] = fork(
      author,
      top,
      i % 2 === 0 ? "owner" : "operator",
      op.name(user, `name-${i}.example`),
    );
    top = command!.id;
    counted.evaluations = 0;
    suite.verifications = 0;
    expect(replica.take(command!).accepted).toBe(1);
    costs.add(
      `${counted.evaluations} evaluations, ${counted.decided} decided, ${suite.verifications} checked`,
    );
  }
  expect([...costs]).toEqual(["1 evaluations, 0 decided, 1 checked"]);

  suite.verifications = 0;
  counted.evaluations = 0;
  const opened = replica.reopened();
  expect(opened.commandCount).toBe(COMMANDS);
  expect(suite.verifications).toBe(0);
  expect(counted.evaluations).toBe(COMMANDS);

  // One of our own: judged before it is signed, and when it is applied; not checked.
  counted.evaluations = 0;
  const before = replica.team.commandCount;
  replica.actions.createLabel("telemetry");
  expect([replica.team.commandCount - before, counted.evaluations, suite.verifications]).toEqual([1, 2, 0]);
});

test("merging costs what was concurrent, from the last command that everything passes through", () => {
  const suite = new FakeSuite();
  const { policy, counted } = counting();
  const world = teamOf(["owner", "operator", "user"], 0, { suite, policies: [policy] });
  const [owner, operator, user] = world.devices as [WorldDevice, WorldDevice, WorldDevice];
  for (let i = 0; i < 200; i++) owner.actions.createLabel(`label ${i}`);
  const root = owner.head();
  const left = fork(
    owner,
    root,
    "owner",
    ...Array.from({ length: 30 }, (_, i) => op.createLabel(`left ${i}`)),
  );
  const right = fork(
    operator,
    root,
    "operator",
    ...Array.from({ length: 20 }, (_, i) => op.name(user, `r${i}.example`)),
  );
  const replica = owner.copy();
  replica.take(...left);
  counted.evaluations = 0;
  replica.take(...right);
  expect(counted).toEqual({ evaluations: 50, decided: 50 });
  // Whoever names both heads ends it.
  const [tie] = [owner.forge(op.createLabel("tie"), { parents: [left.at(-1)!, right.at(-1)!], as: "owner" })];
  replica.take(tie);
  counted.evaluations = 0;
  counted.decided = 0;
  replica.take(...fork(owner, tie, "owner", op.createLabel("after")));
  expect(counted).toEqual({ evaluations: 1, decided: 0 });
});

test("with real signatures: opening a log checks none", () => {
  const suite = nodeSuite();
  const world = teamOf(["owner", "user"], 0, { suite });
  const [owner] = world.devices as [WorldDevice];
  for (let i = 0; i < 20; i++) owner.actions.createLabel(`label ${i}`);
  const checked = countVerifications(suite);
  const opened = owner.reopened();
  expect(opened.commandCount).toBe(owner.team.commandCount);
  expect(checked()).toBe(0);
  const storage = new MemoryStorage();
  const other = new Team({ suite, storage, policies: [defaultPolicy], teamId: world.teamId });
  other.admit(owner.commands().map((c) => c.bytes));
  // Each command's, and the bundles' in CreateTeam and AddDevice.
  expect(checked()).toBe(owner.team.commandCount + 2);
});
