import { deadPeer } from "../../fleet/measure.ts";
import { perLabel } from "../../fleet/series.ts";
import type { Scenario } from "../lib/bench.ts";
import { figure } from "../lib/report.ts";

/** Of each kind, in a round: a label in a ring takes less than a second. */
const LABELS_PER_ROUND = 2;

/** How long a new label takes to all daemons of a ring, and whether peers that are dead keep the others waiting. */
export const fleet: Scenario = {
  id: "fleet",
  async run(bench) {
    const { daemons: members, rounds } = bench.budget;
    const [alive, dead] = await deadPeer({
      members,
      labels: rounds * LABELS_PER_ROUND,
      newDaemon: () => bench.daemon(),
      say: (text) => bench.say(`fleet: ${text}`),
    });
    const what = `a new label in a ring of ${members} daemons, by hello`;
    const p95 = perLabel(alive!.labels, 0.95);
    return [
      figure({ id: "fleet/ring-hello/p95", unit: "ms", what: `${what}, until 95 % have it` }, p95),
      figure(
        { id: "fleet/ring-hello/max", unit: "ms", what: `${what}, until all have it` },
        perLabel(alive!.labels, 1),
      ),
      figure(
        { id: "fleet/dead-peer/p95", unit: "ms", what: `${what}, one peer in eight dead; floor: none dead` },
        perLabel(dead!.labels, 0.95),
        p95,
      ),
    ];
  },
};
