/**
 * The engine knows nothing of roles, labels or names: here it runs a policy of one kind, "Count", whose members are
 * whoever the founder is, and which keeps one number.
 */
import { expect, test } from "vitest";
import { DecodeError } from "../../../src/base/errors.ts";
import type { Command } from "../../../src/graph/command.ts";
import { decodeKeyBundle, encodeKeyBundle } from "../../../src/codec/key-bundle.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { signCommand } from "../../../src/graph/command.ts";
import { change } from "../../../src/policy/facts.ts";
import type { FactTable } from "../../../src/policy/facts.ts";
import { defaultPolicy } from "../../../src/policy/default/policy.ts";
import { reject } from "../../../src/policy/policy.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { foundingCommand, Team } from "../../../src/team/team.ts";
import { foundedBy, keysFromSeed } from "../../support/world.ts";

const TOTAL: FactTable<number> = { name: "total", encode: (n) => n };

/** Counts up to ten; later counts of the same number are refused. */
const counterPolicy: Policy = {
  id: "test/counter/1",
  check(_suite, command) {
    const isInit = command.init !== undefined;
    if (command.kind !== (isInit ? "Found" : "Count")) throw new DecodeError("unknown-kind");
    if (command.fields.length !== 1) throw new DecodeError("bad-fields");
  },
  introduces(command) {
    if (command.init === undefined) return undefined;
    return { deviceId: command.author, bundle: decodeKeyBundle(command.fields[0] as Uint8Array) };
  },
  priority(command) {
    return command.kind === "Count" ? (command.fields[0] as number) : 0;
  },
  evaluate(facts, action) {
    if (action.kind === "Found") return { accepted: true, changes: [change(TOTAL, "", 0)], effects: [] };
    const by = action.fields[0] as number;
    const total = facts.get(TOTAL, "") ?? 0;
    if (total + by > 10) return reject("LimitReached", "at most ten");
    return { accepted: true, changes: [change(TOTAL, "", total + by)], effects: [] };
  },
};

const suite = nodeSuite();
const keys = keysFromSeed(suite, "counter");
const policies = [defaultPolicy, counterPolicy];

function found(storage = new MemoryStorage()): Team {
  const draft = { kind: "Found", role: 0, fields: [encodeKeyBundle(keys.bundle)] };
  const init = foundingCommand(suite, keys, counterPolicy.id, new Uint8Array(32), draft);
  return foundedBy({ suite, storage, policies }, init);
}

function count(team: Team, by: number, parents: Command[] = []): Command {
  const ids = parents.length === 0 ? team.heads() : parents.map((p) => p.id);
  const body = { scope: team.teamId, author: keys.deviceId, kind: "Count", role: 0, fields: [by] };
  return signCommand(suite, keys.signingSecret, { ...body, parents: ids });
}

test("[SYS-9] the engine runs whatever policy the first command names", () => {
  const team = found();
  expect(team.policyId).toBe("test/counter/1");
  expect(team.act(keys, { kind: "Count", role: 0, fields: [4] })).toMatchObject({ added: 1, accepted: 1 });
  expect(team.facts.get(TOTAL, "")).toBe(4);
  expect(team.evaluate(keys.deviceId, { kind: "Count", role: 0, fields: [7] }).accepted).toBe(false);
  expect(() =>
    team.admit([
      signCommand(suite, keys.signingSecret, {
        scope: team.teamId,
        author: keys.deviceId,
        parents: team.heads(),
        kind: "CloseTeam",
        role: 4,
        fields: [],
      }).bytes,
    ]),
  ).toThrow(expect.objectContaining({ code: "unknown-kind" }));
});

test("[SYS-9] priorities, undoing and recall are the engine's, for any policy", () => {
  const team = found();
  const [small, large] = [count(team, 3), count(team, 8)];
  expect(team.admit([small.bytes])).toMatchObject({ accepted: 1, recalled: 0 });
  // The larger one comes first in the braid: the smaller no longer fits.
  const { accepted, recalled, events } = team.admit([large.bytes]);
  expect({ accepted, recalled, total: team.facts.get(TOTAL, "") }).toEqual({
    accepted: 1,
    recalled: 1,
    total: 8,
  });
  expect(events).toContainEqual(
    expect.objectContaining({
      type: "commandRecalled",
      commandId: small.id,
      code: "LimitReached",
      rule: "at most ten",
    }),
  );
  const other = found();
  other.admit([large.bytes, small.bytes]);
  expect(other.stateDigest()).toEqual(team.stateDigest());
});

test("[SYS-9] a daemon that lacks the policy refuses the team and names it, when it arrives and when it is opened", () => {
  const storage = new MemoryStorage();
  const team = found(storage);
  const unknown = expect.objectContaining({
    code: "UnknownPolicy",
    fields: { teamId: team.teamId, policyId: "test/counter/1" },
    message: expect.stringContaining("test/counter/1") as unknown,
  }) as unknown;
  expect(() => new Team({ suite, storage, policies: [defaultPolicy], teamId: team.teamId })).toThrow(unknown);

  const fresh = new MemoryStorage();
  const waiting = new Team({ suite, storage: fresh, policies: [defaultPolicy], teamId: team.teamId });
  expect(() => waiting.admit([team.source.bytesAt(0)])).toThrow(unknown);
  expect(waiting.isSynced).toBe(false);
  expect([...fresh.load()]).toEqual([]);
});

test("[SYS-9] a policy's name is shown, not believed", () => {
  const draft = { kind: "Found", role: 0, fields: [encodeKeyBundle(keys.bundle)] };
  const id = `${"x".repeat(500)}\n\u001b[31m`;
  const init = foundingCommand(suite, keys, id, new Uint8Array(32), draft);
  const create = (): unknown => foundedBy({ suite, storage: new MemoryStorage(), policies }, init);
  expect(create).toThrow(expect.objectContaining({ code: "UnknownPolicy" }));
  try {
    create();
  } catch (error) {
    expect((error as Error).message.length).toBeLessThan(200);
    expect((error as Error).message).not.toMatch(/[\n\u001b]/);
  }
});
