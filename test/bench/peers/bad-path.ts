/** A `BadPath` in a process of its own. */
import { BadPath } from "../../support/bad-path.ts";
import type { PathConditions } from "../../support/bad-path.ts";
import { serve } from "../lib/peer.ts";

let path: BadPath;

export interface Passed {
  readonly passed: number;
  readonly dropped: number;
  readonly longestBytes: number;
}

serve({
  /** The port that leads to `to`. */
  open: async ({ to, conditions }: { to: number; conditions: PathConditions }): Promise<number> => {
    path = await BadPath.open(to, conditions);
    return path.port;
  },
  passed: (): Passed => ({
    passed: path.passed,
    dropped: path.dropped,
    longestBytes: path.longestBytes,
  }),
});
