import { expect, test } from "vitest";
import { runShard } from "./shard.ts";

test("[IDAM-13] a small part of the long run finds nothing, and looks at something", () => {
  for (const kind of ["small", "large"] as const) {
    const { graphs, commands, accepted, findings } = runShard({ kind, first: 1_000_000, count: 40 });
    expect(findings).toEqual([]);
    expect(graphs).toBe(40);
    expect(commands).toBeGreaterThan(4 * 40);
    expect(accepted).toBeGreaterThan(commands / 10);
    expect(accepted).toBeLessThan(commands);
  }
});
