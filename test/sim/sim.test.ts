/** A budget of worlds for every run of the tests; `npm run sim` does the long ones (README.md). */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXPECTED } from "./expected.ts";
import { PLANTED } from "./planted.ts";
import type { Case } from "./shrink.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulation.ts";
import { Tally } from "./tally.ts";
import { CHECKERS } from "./violation.ts";

const SEEDS = 200;
const SEEDS_A_TEST = 40;
const OPERATIONS = 55;
/** A planted bug must be seen within so many worlds. */
const PLANTED_SEEDS_MAX = 60;

const tally = new Tally();
for (let first = 1; first <= SEEDS; first += SEEDS_A_TEST) {
  const last = first + SEEDS_A_TEST - 1;
  test(`worlds ${first} to ${last}, with faults and liars in them, stay sound and end level`, () => {
    for (let seed = first; seed <= last; seed++) {
      const devices = 3 + (seed % 4);
      const outcome = simulate({ seed, devices, operations: OPERATIONS });
      expect(outcome.violation, `seed ${seed}, ${devices} devices, ${OPERATIONS} operations`).toBeUndefined();
      tally.add(outcome.tally);
    }
  });
}

test("every fault and every kind of malice was among them", () => {
  expect(tally.missing(EXPECTED)).toEqual([]);
});

const cases = new URL("cases/", import.meta.url);
for (const file of readdirSync(cases).filter((name) => name.endsWith(".json"))) {
  const named = JSON.parse(readFileSync(new URL(file, cases), "utf8")) as Case;
  test(`once failed: ${named.name}`, () => {
    expect(simulate(named).violation).toBeUndefined();
  });
}

test("a seed decides everything", () => {
  const options = { seed: 7, devices: 5, operations: OPERATIONS };
  const [once, again] = [simulate(options), simulate(options)];
  expect(again).toEqual(once);
  expect(simulate({ ...options, seed: 8 }).fingerprint).not.toBe(once.fingerprint);
});

test("whether clocks begin in 1970 or anywhere else makes no difference", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const options = { seed, devices: 4, operations: OPERATIONS };
    expect(simulate({ ...options, clockScale: 0 })).toEqual(simulate({ ...options, clockScale: 1 }));
  }
});

for (const planted of PLANTED) {
  const { bug, seenBy, options } = planted;
  test(`planted: ${bug}: the checker of ${seenBy} sees it`, () => {
    const mend = planted.plant?.();
    try {
      const seen = () => {
        for (let seed = 1; seed <= PLANTED_SEEDS_MAX; seed++) {
          const outcome = simulate({ seed, devices: 5, operations: OPERATIONS, only: seenBy, ...options });
          if (outcome.violation !== undefined) return outcome.violation.checker;
        }
        return undefined;
      };
      expect(seen()).toBe(seenBy);
    } finally {
      mend?.();
    }
  });
}

test("every checker has a planted bug", () => {
  const planted = new Set(PLANTED.map(({ seenBy }) => seenBy));
  expect(CHECKERS.filter((checker) => !planted.has(checker))).toEqual([]);
});

test("a failing world is shrunk to what fails still", () => {
  const planted = PLANTED.find(({ seenBy }) => seenBy === "forks")!;
  const { seenBy } = planted;
  const mend = planted.plant!();
  try {
    let seed = 1;
    const options = { devices: 4, operations: OPERATIONS, only: seenBy };
    while (simulate({ ...options, seed }).violation === undefined) seed++;
    const found = shrink({ ...options, seed }, seenBy, simulate);
    expect(found.operations).toBeLessThan(OPERATIONS);
    expect(found.without.length).toBeGreaterThan(10);
    expect(simulate({ ...found, only: seenBy }).violation?.checker).toBe(seenBy);
  } finally {
    mend();
  }
});
