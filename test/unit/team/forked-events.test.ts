/** What is told of a device that forks: each new command once, whatever was there before. */
import { describe, expect, test } from "vitest";
import type { CommandId } from "../../../src/base/ids.ts";
import type { Command } from "../../../src/graph/command.ts";
import type { Admitted } from "../../../src/team/admitted.ts";
import { fork, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const FORKS = 40;

function forker(): { owner: WorldDevice; forks: Command[] } {
  const { devices } = teamOf(["owner", "admin"]);
  const [owner, admin] = devices as [WorldDevice, WorldDevice];
  const root = owner.head();
  const forks = Array.from(
    { length: FORKS },
    (_, i) => fork(admin, root, "admin", op.createLabel(`fork ${i}`))[0]!,
  );
  return { owner, forks };
}

function told({ events }: Admitted): CommandId[] {
  return events.flatMap((event) => (event.type === "forked" ? [event.commandId] : []));
}

describe("[CLI-9] forked", () => {
  test("is told of every new command but the first, once, wherever in the braid it comes", () => {
    const { owner, forks } = forker();
    const [first, ...more] = forks;
    expect(told(owner.take(first!))).toEqual([]);
    for (const command of more) expect(told(owner.take(command))).toEqual([command.id]);
  });

  test("is told of a batch as a whole", () => {
    const { owner, forks } = forker();
    owner.take(forks[0]!);
    const ids = told(owner.take(...forks.slice(1)));
    expect(new Set(ids)).toEqual(new Set(forks.slice(1).map(({ id }) => id)));
    expect(ids).toHaveLength(FORKS - 1);
  });

  test("is not told of a device whose commands follow one another, beside another that does the same", () => {
    const { devices } = teamOf(["owner", "admin"]);
    const [owner, admin] = devices as [WorldDevice, WorldDevice];
    const root = owner.head();
    const labels = (of: string): ReturnType<typeof op.createLabel>[] =>
      Array.from({ length: 20 }, (_, i) => op.createLabel(`${of} ${i}`));
    owner.take(...fork(owner, root, "owner", ...labels("owner")));
    expect(told(owner.take(...fork(admin, root, "admin", ...labels("admin"))))).toEqual([]);
  });

  test("names two commands neither of which knows the other", () => {
    const { owner, forks } = forker();
    owner.take(...forks.slice(0, 3));
    const tail = forks[2]!;
    const follow = owner.forge(op.createLabel("follow"), { parents: [tail], as: "owner" });
    owner.take(follow);
    const { events } = owner.take(...forks.slice(3));
    for (const event of events) {
      if (event.type !== "forked") continue;
      expect(event.commandId).not.toBe(event.otherCommandId);
      expect(forks.map(({ id }) => id)).toEqual(
        expect.arrayContaining([event.commandId, event.otherCommandId]),
      );
    }
  });
});
