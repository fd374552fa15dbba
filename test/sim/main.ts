/**
 * npm run sim: simulated worlds of devices, one a seed. Says the seeds first, then what was
 * reached; a seed that fails is shrunk and written to test/sim/cases/. Exits 1 if any failed, 2 if something that can happen
 * never did.
 *
 *   node test/sim/main.ts [--seeds N] [--from N | --seed N] [--devices N] [--operations N]
 *
 *   --seeds N       so many worlds (default 200; the long run is 2000)
 *   --from N        the first seed (default 1); --seed N: that one alone
 *   --devices N     in each, at least two (default 5)
 *   --operations N  in each (default 200)
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { EXPECTED } from "./expected.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulation.ts";
import { Tally } from "./tally.ts";
import { commandLine } from "../../cross/command-line.ts";

const values = commandLine(import.meta.filename, {
  seeds: { type: "string", default: "200" },
  from: { type: "string", default: "1" },
  seed: { type: "string" },
  devices: { type: "string", default: "5" },
  operations: { type: "string", default: "200" },
});
const first = Number(values.seed ?? values.from);
const seeds = values.seed === undefined ? Number(values.seeds) : 1;
const devices = Number(values.devices);
const operations = Number(values.operations);
if (![first, seeds, devices, operations].every((n) => Number.isSafeInteger(n) && n > 0) || devices < 2) {
  console.error("usage: npm run sim -- [--seeds N] [--from N | --seed N] [--devices 2…] [--operations N]");
  process.exit(64);
}

console.log(
  `seeds ${first} to ${first + seeds - 1}, ${devices} devices, ${operations} operations, ${commit()}`,
);
const tally = new Tally();
const totals = { worlds: 0, operations: 0, commands: 0 };
const failed: number[] = [];
const startedAt = performance.now();
for (let seed = first; seed < first + seeds; seed++) {
  const outcome = simulate({ seed, devices, operations });
  totals.worlds++;
  totals.operations += outcome.operations;
  totals.commands += outcome.commands;
  tally.add(outcome.tally);
  if (outcome.violation !== undefined) {
    failed.push(seed);
    console.log(`seed ${seed} FAILED: ${outcome.violation.detail}`);
    const found = shrink({ seed, devices, operations }, outcome.violation.checker, simulate);
    const file = new URL(`cases/${found.checker}-${seed}.json`, import.meta.url);
    writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`);
    console.log(
      `  ${found.operations} operations do, without ${found.without.length} kinds: ${file.pathname}`,
    );
  }
  if (seeds > 1 && totals.worlds % 100 === 0) console.log(`${totals.worlds} worlds, ${failed.length} failed`);
}

for (const [what, count] of [...tally.counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${String(count).padStart(9)}  ${what}`);
}
const missing = seeds >= 100 ? tally.missing(EXPECTED) : [];
for (const what of missing) console.log(`never happened: ${what}`);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const { worlds, commands } = totals;
console.log(
  `${worlds} worlds, ${totals.operations} operations, ${commands} commands, ${failed.length} failed, ${seconds} s`,
);
process.exitCode = failed.length > 0 ? 1 : missing.length > 0 ? 2 : 0;

function commit(): string {
  try {
    return `commit ${execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim()}`;
  } catch {
    return "commit unknown";
  }
}
