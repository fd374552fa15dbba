import type { Bench, Scenario } from "../lib/bench.ts";
import { describe, MESSAGES, openPaths, OVERHEAD_BYTES } from "../lib/paths.ts";
import type { Path, PathName } from "../lib/paths.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

/** As many messages one way as arrive. */
export const afcOneWay: Scenario = {
  id: "afc-one-way",
  async run(bench) {
    const paths = await openPaths(bench);
    const figures: Figure[] = [];
    for (const { name, bytes } of MESSAGES) {
      const wanted = wantedPaths(bench, paths, `afc-one-way/${name}`);
      const arms = new Map(
        wanted.map(([path, way]) => {
          // The floor sends datagrams as long as ours with one message in each.
          const size = path === "floor" ? bytes + OVERHEAD_BYTES : bytes;
          return [
            path,
            () => {
              bench.say(`afc-one-way/${name}/${path}`);
              return way.rate(size, bench.budget.sliceMs);
            },
          ];
        }),
      );
      const samples = await inTurns(arms, bench.budget);
      for (const [path, rates] of samples) {
        if (path === "floor") continue;
        const what = `${bytes} B each, ${describe(path)}`;
        const about = { id: `afc-one-way/${name}/${path}`, unit: "messages/s", what };
        figures.push(figure(about, rates, samples.get("floor")));
      }
    }
    return figures;
  },
};

/** The floor, and what was asked for; nothing at all when nothing was. */
export function wantedPaths(
  bench: Bench,
  paths: ReadonlyMap<PathName, Path>,
  id: string,
): [PathName, Path][] {
  const wanted = [...paths].filter(([name]) => name === "floor" || bench.wants(`${id}/${name}`));
  return wanted.length > 1 ? wanted : [];
}
