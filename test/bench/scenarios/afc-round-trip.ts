import type { Scenario } from "../lib/bench.ts";
import { describe, MESSAGES, openPaths, OVERHEAD_BYTES } from "../lib/paths.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";
import { wantedPaths } from "./afc-one-way.ts";

/** One message there and, as soon as it has been read, back; one at a time. */
export const afcRoundTrip: Scenario = {
  id: "afc-round-trip",
  async run(bench) {
    const paths = await openPaths(bench, (path) =>
      MESSAGES.some(({ name }) => bench.wants(`afc-round-trip/${name}/${path}`)),
    );
    const figures: Figure[] = [];
    for (const { name, bytes } of MESSAGES) {
      const wanted = wantedPaths(bench, paths, `afc-round-trip/${name}`);
      const arms = new Map(
        wanted.map(([path, way]) => {
          const size = path === "floor" ? bytes + OVERHEAD_BYTES : bytes;
          return [
            path,
            () => {
              bench.say(`afc-round-trip/${name}/${path}`);
              return way.latency(size, bench.budget.sliceMs);
            },
          ];
        }),
      );
      const samples = await inTurns(arms, bench.budget);
      for (const [path, latencies] of samples) {
        if (path === "floor") continue;
        for (const part of ["p50", "p99"] as const) {
          const what = `${part} there and back, ${bytes} B, ${describe(path)}`;
          const about = { id: `afc-round-trip/${name}/${path}/${part}`, unit: "µs", what };
          const floors = samples.get("floor")!.map((latency) => latency[part]);
          figures.push(
            figure(
              about,
              latencies.map((latency) => latency[part]),
              floors,
            ),
          );
        }
      }
    }
    return figures;
  },
};
