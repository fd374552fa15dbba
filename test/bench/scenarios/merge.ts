import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { Team } from "../../../src/team/team.ts";
import { teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";
import type { Scenario } from "../lib/bench.ts";
import { act, bytesOf, pages, signedBy, timed, verifyAll } from "../lib/chains.ts";
import { figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

const EACH = 1000;

/** Two owners, apart for a thousand commands each, and a third device that gets both. */
export const merge: Scenario = {
  id: "merge",
  async run(bench) {
    bench.say("merge: making 2 × 1,000");
    const world = teamOf(["owner", "owner"]);
    const [first, second] = [world.devices[0]!, world.devices[1]!];
    first.actions.createLabel("one");
    first.actions.createLabel("two");
    world.level(first, second);
    const base = bytesOf(first);
    const branch = (device: WorldDevice, label: string): Uint8Array[] => {
      act(device.actions, EACH, device.id, label);
      return bytesOf(device, base.length);
    };
    const branches = [branch(first, "one"), branch(second, "two")];
    const signed = [...signedBy(first, branches[0]!), ...signedBy(second, branches[1]!)];
    const batches = branches.flatMap(pages);
    const { suite, teamId, policies } = world;
    bench.say("merge");
    const samples = await inTurns(
      new Map([
        ["floor", () => timed(() => verifyAll(signed))],
        [
          "merge",
          async () => {
            const team = new Team({ suite, teamId, storage: new MemoryStorage(), policies });
            team.admit(base);
            const ms = await timed(() => {
              for (const batch of batches) team.admit(batch);
            });
            if (team.commandCount !== base.length + 2 * EACH) throw new Error("not all were admitted");
            return ms;
          },
        ],
      ]),
      bench.budget,
    );
    const what = "admitting 1,000 commands, then 1,000 concurrent with them; floor: crypto.verify, keys kept";
    return [figure({ id: "merge", unit: "ms", what }, samples.get("merge")!, samples.get("floor"))];
  },
};
