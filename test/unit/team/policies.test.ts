/**
 * The engine knows nothing of roles, labels or names: here it runs a policy that counts to ten, which docs/policy.md quotes.
 */
import { expect, test } from "vitest";
import type { Command } from "../../../src/graph/command.ts";
import { encodeKeyBundle } from "../../../src/codec/key-bundle.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { signCommand } from "../../../src/graph/command.ts";
import { defaultPolicy } from "../../../src/policy/default/policy.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { foundingCommand, Team } from "../../../src/team/team.ts";
import type { Draft } from "../../../src/team/team.ts";
import { counterPolicy, STOPPED, TOTAL } from "../../support/counter-policy.ts";
import { readText } from "../../support/source-tree.ts";
import { foundedBy, keysFromSeed } from "../../support/world.ts";

const suite = nodeSuite();
const keys = keysFromSeed(suite, "counter");
const policies = [defaultPolicy, counterPolicy];

function found(storage = new MemoryStorage()): Team {
  const founding = { kind: "Found", role: 0, fields: [encodeKeyBundle(keys.bundle)] };
  const init = foundingCommand(suite, keys, counterPolicy.id, new Uint8Array(32), founding);
  return foundedBy({ suite, storage, policies }, init);
}

function draft(kind: "Count" | "Stop", ...fields: number[]): Draft {
  return { kind, role: 0, fields };
}

/** On top of all heads. */
function signed(team: Team, what: Draft): Command {
  return signCommand(suite, keys.signingSecret, {
    ...{ scope: team.teamId, author: keys.deviceId, parents: team.heads() },
    ...what,
  });
}

test("[SYS-9] the engine runs whatever policy the first command names", () => {
  const team = found();
  expect(team.policyId).toBe("example/counter/1");
  expect(team.act(keys, draft("Count", 4))).toMatchObject({ added: 1, accepted: 1 });
  expect(team.facts.get(TOTAL, "")).toBe(4);
  // Ephemeral commands are judged and leave nothing.
  for (const [by, accepted] of [
    [6, true],
    [7, false],
  ] as const) {
    expect(team.evaluate(keys.deviceId, { kind: "Ask", role: 0, fields: [by] }).accepted).toBe(accepted);
  }
  expect(team.commandCount).toBe(2);
  for (const [what, code] of [
    [{ kind: "CloseTeam", role: 0, fields: [] }, "unknown-kind"],
    [{ kind: "Ask", role: 0, fields: [1] }, "unknown-kind"],
    [{ kind: "Count", role: 0, fields: [11] }, "bad-fields"],
    [{ kind: "Count", role: 4, fields: [1] }, "bad-role"],
  ] as const) {
    expect(() => team.admit([signed(team, what).bytes])).toThrow(expect.objectContaining({ code }));
  }
});

test("[SYS-9] order, undoing and recall are the engine's, for any policy", () => {
  // Which of the two comes first is up to their ids: neither way are both counted.
  const team = found();
  const one = signed(team, draft("Count", 8));
  const other = signed(team, draft("Count", 3));
  team.admit([one.bytes]);
  const { accepted, recalled, events } = team.admit([other.bytes]);
  expect([accepted, recalled, team.facts.get(TOTAL, "")]).toEqual(accepted === 1 ? [1, 1, 3] : [0, 0, 8]);
  const loser = accepted === 1 ? one : other;
  expect(team.rejectionOf(loser.id)).toEqual({ code: "LimitReached", rule: "a team counts to ten" });
  expect(events.filter((e) => e.type === "commandRecalled").map((e) => e.commandId)).toEqual(
    accepted === 1 ? [loser.id] : [],
  );
  const reversed = found();
  reversed.admit([other.bytes, one.bytes]);
  expect(reversed.stateDigest()).toEqual(team.stateDigest());
});

test("[SYS-9] what concurrent commands do to each other is the policy's", () => {
  const team = found();
  team.act(keys, draft("Count", 1));
  const before = signed(team, draft("Count", 2));
  const stop = signed(team, draft("Stop"));
  team.admit([before.bytes]);
  // On top of the count that is beside the Stop, and so beside it as well.
  const onTop = signed(team, draft("Count", 3));
  team.admit([onTop.bytes]);
  expect(team.facts.get(TOTAL, "")).toBe(6);
  const { recalled, events } = team.admit([stop.bytes]);
  expect(recalled).toBe(2);
  expect(events).toContainEqual(
    expect.objectContaining({ type: "commandRecalled", commandId: onTop.id, code: "TeamClosed" }),
  );
  expect([team.facts.get(TOTAL, ""), team.facts.get(STOPPED, "")]).toEqual([1, 1]);
  expect(team.evaluate(keys.deviceId, draft("Count", 1)).accepted).toBe(false);
  const atOnce = found();
  atOnce.admit(Array.from({ length: team.source.size }, (_, i) => team.source.bytesAt(i)).slice(1));
  expect(atOnce.stateDigest()).toEqual(team.stateDigest());
});

test("docs/policy.md quotes the policy that is tested here, to the letter", () => {
  const code = readText("test/support/counter-policy.ts");
  const quoted = [...readText("docs/policy.md").matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => text!);
  expect(quoted.join("\n")).toBe(code.slice(code.indexOf("/** One row")));
});

test("[SYS-9] a daemon that lacks the policy refuses the team and names it, when it arrives and when it is opened", () => {
  const storage = new MemoryStorage();
  const team = found(storage);
  const unknown = expect.objectContaining({
    code: "UnknownPolicy",
    fields: { teamId: team.teamId, policyId: "example/counter/1" },
    message: expect.stringContaining("example/counter/1") as unknown,
  }) as unknown;
  expect(() => new Team({ suite, storage, policies: [defaultPolicy], teamId: team.teamId })).toThrow(unknown);

  const fresh = new MemoryStorage();
  const waiting = new Team({ suite, storage: fresh, policies: [defaultPolicy], teamId: team.teamId });
  expect(() => waiting.admit([team.source.bytesAt(0)])).toThrow(unknown);
  expect(waiting.isSynced).toBe(false);
  expect([...fresh.load()]).toEqual([]);
});

test("[SYS-9] a policy's name is shown, not believed", () => {
  const founding = { kind: "Found", role: 0, fields: [encodeKeyBundle(keys.bundle)] };
  const id = `${"x".repeat(500)}\n\u001b[31m`;
  const init = foundingCommand(suite, keys, id, new Uint8Array(32), founding);
  const create = (): unknown => foundedBy({ suite, storage: new MemoryStorage(), policies }, init);
  expect(create).toThrow(expect.objectContaining({ code: "UnknownPolicy" }));
  try {
    create();
  } catch (error) {
    expect((error as Error).message.length).toBeLessThan(200);
    expect((error as Error).message).not.toMatch(/[\n\u001b]/);
  }
});
