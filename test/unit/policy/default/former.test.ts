/** Memberships that do not stand are kept as long as anybody adds a device again and again; what that costs must not grow. */
import { expect, test } from "vitest";
import { FORMER } from "../../../../src/policy/default/tables.ts";
import type { FormerMembership } from "../../../../src/policy/default/tables.ts";
import { FakeSuite } from "../../../support/fake-suite.ts";
import { op, teamOf } from "../../../support/world.ts";
import type { WorldDevice } from "../../../support/world.ts";

function cast(): { owner: WorldDevice; user: WorldDevice; former: () => FormerMembership | undefined } {
  const { devices } = teamOf(["owner", "user"], 0, { suite: new FakeSuite() });
  const [owner, user] = devices as [WorldDevice, WorldDevice];
  return { owner, user, former: () => owner.team.facts.get(FORMER, user.id) };
}

test("a refused AddDevice adds a row to those that are there, and copies none", () => {
  const { owner, user, former } = cast();
  for (let i = 0; i < 5; i++) {
    const before = former();
    const again = owner.insist(op.add(user, `again ${i}`));
    expect(owner.counts(again)).toBe(false);
    expect(former()).toMatchObject({ membership: again.id, refused: { commonName: `again ${i}` } });
    expect(former()!.earlier).toBe(before);
  }
});

test("ending the latest keeps what came before it as it is", () => {
  const { owner, user, former } = cast();
  owner.insist(op.remove(user));
  const removed = former();
  expect(removed).toMatchObject({ earlier: undefined });
  expect(removed).not.toHaveProperty("refused");
  // Whose author has no right to: refused, though the device is gone.
  const planted = user.insist(op.add(user, "planted"), { as: "user" });
  owner.pull(user);
  owner.insist(op.remove(user));
  expect(former()!.membership).toBe(planted.id);
  expect(former()).not.toHaveProperty("refused");
  expect(former()!.earlier!.membership).toBe(removed!.membership);
});
