/** Makes a smaller world in which the same checker still sees something: fewer operations, then fewer kinds of them. */
import { FAULTS } from "./faults.ts";
import type { Outcome, SimulationOptions } from "./simulation.ts";
import type { Checker } from "./violation.ts";
import { MALICE } from "./workload.ts";

/** What a file in cases/ holds. Rename it after its cause once that is known. */
export interface Case {
  readonly name: string;
  readonly checker: Checker;
  readonly seed: number;
  readonly devices: number;
  readonly operations: number;
  readonly without: readonly string[];
}

const KINDS = ["act", "pull", "pull twice", "start", "pester", "learn", "hello"];

export function shrink(
  options: SimulationOptions,
  checker: Checker,
  run: (options: SimulationOptions) => Outcome,
): Case {
  let { operations } = options;
  let without: readonly string[] = [];
  const fails = (fewer: number, kinds: readonly string[]): boolean =>
    run({ ...options, operations: fewer, without: kinds }).violation?.checker === checker;
  const fewer = (): void => {
    for (let step = operations >> 1; step > 0; step >>= 1) {
      while (operations - step >= 0 && fails(operations - step, without)) operations -= step;
    }
  };
  fewer();
  for (const kind of [...Object.keys(FAULTS), ...Object.keys(MALICE), ...KINDS]) {
    if (fails(operations, [...without, kind])) without = [...without, kind];
  }
  fewer();
  const { seed, devices } = options;
  return { name: `${checker}, found by seed ${seed}`, checker, seed, devices, operations, without };
}
