import type { Bench, Scenario } from "../lib/bench.ts";
import { describe, MESSAGES, openPaths, OVERHEAD_BYTES } from "../lib/paths.ts";
import type { Path, PathName, Throughput } from "../lib/paths.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

/**
 * As many messages one way as arrive, and the processor time each takes: the former depends on who else is at work on
 * the machine, the latter hardly.
 */
export const afcOneWay: Scenario = {
  id: "afc-one-way",
  async run(bench) {
    const paths = await openPaths(bench, (path) =>
      MESSAGES.some(({ name }) => bench.wants(`afc-one-way/${name}/${path}`)),
    );
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
              return way.throughput(size, bench.budget.sliceMs);
            },
          ];
        }),
      );
      const samples = await inTurns(arms, bench.budget);
      const floors = samples.get("floor");
      for (const [path, taken] of samples) {
        if (path === "floor") continue;
        const id = `afc-one-way/${name}/${path}`;
        const perSecond = (from: readonly Throughput[]): number[] => from.map((t) => t.perSecond);
        const cpuUs = (from: readonly Throughput[]): number[] => from.map((t) => t.cpuUs);
        const what = `${bytes} B each, ${describe(path)}`;
        const cpu = `processor time for each, all processes, ${what}`;
        figures.push(
          figure({ id: `${id}/rate`, unit: "messages/s", what }, perSecond(taken), perSecond(floors!)),
          figure({ id: `${id}/cpu`, unit: "µs", what: cpu }, cpuUs(taken), cpuUs(floors!)),
        );
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
