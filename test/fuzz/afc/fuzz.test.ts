import { describe, expect, test } from "vitest";
import { fuzzDaemon } from "./daemon.ts";
import { fuzzEndpoint } from "./endpoint.ts";
import { runLiars } from "./liar.ts";
import { withPlant } from "./plants.ts";
import { runWorlds } from "./worlds.ts";

const endpoint = (plant?: string, datagrams = 6000): string[] =>
  withPlant(plant, (planted) => fuzzEndpoint({ seed: 1, datagrams }, planted)).findings;
const worlds = (plant?: string, count = 20): ReturnType<typeof runWorlds> =>
  withPlant(plant, (planted) => runWorlds(1, count, (peers) => peers.forEach((peer) => planted?.(peer))));

describe("[AFC-12] hostile datagrams", () => {
  test("fifty thousand at an endpoint", () => {
    const { findings, dropped, delivered, answers } = fuzzEndpoint({ seed: 4, datagrams: 50_000 });
    expect(findings).toEqual([]);
    // Each way of being dropped was met, and there was something to disturb.
    for (const count of Object.values(dropped)) expect(count).toBeGreaterThan(100);
    expect(delivered).toBe(1000);
    expect(answers).toBeGreaterThan(1000);
  });

  test("fifty thousand at a daemon", async () => {
    const { findings, sent, lost, answered, messages } = await fuzzDaemon({ seed: 4, datagrams: 50_000 });
    expect(findings).toEqual([]);
    expect(sent - lost).toBeGreaterThan(25_000);
    expect(messages).toBeGreaterThan(40);
    expect(answered.key).toBeGreaterThan(0); // cookies
  });

  test.each([
    ["answers", /bytes to a stranger/],
    ["keeps", /grown by/],
    ["throws", /thrown by 02/],
    ["twice", /thrown|twice/],
  ])("planted, and seen: %s", (plant, seen) => {
    const findings = endpoint(plant, plant === "keeps" ? 12_000 : 2000);
    expect(findings.join("\n")).toMatch(seen);
  });
});

describe("[AFC-7, AFC-12] pairs on a hostile network", () => {
  test("everything once, in order, whatever moves, jumps or is lost", () => {
    const { findings, channels, messages, moves, jumps, rekeys } = worlds(undefined, 40);
    expect(findings).toEqual([]);
    for (const count of [channels, messages, moves, jumps, rekeys]) expect(count).toBeGreaterThan(40);
  });

  test.each([
    ["twice", /thrown|twice/],
    ["stays", /closed|of \d+ messages arrived/],
    ["reuses", /under a number used before/],
    ["hoards", /left after the close|not erased/],
  ])("planted, and seen: %s", (plant, seen) => {
    expect(worlds(plant, 8).findings.join("\n")).toMatch(seen);
  });

  test("and without a plant the small runs find nothing", () => {
    expect(endpoint()).toEqual([]);
    expect(worlds(undefined, 8).findings).toEqual([]);
  });
});

describe("[AFC-12] members that lie inside the encryption", () => {
  const liars = (plant?: string, count = 12): ReturnType<typeof runLiars> =>
    withPlant(plant, (planted) => runLiars(1, count, planted));

  test("spoil nothing but their own channels", () => {
    const { findings, lies, messages, rekeys, closed } = liars(undefined, 30);
    expect(findings).toEqual([]);
    expect(lies).toBeGreaterThan(1000);
    expect(messages).toBeGreaterThan(500);
    expect(rekeys).toBeGreaterThan(20);
    expect(closed).toBeGreaterThan(0);
  });

  test.each([
    ["throws", /thrown/],
    ["twice", /thrown|twice/],
    ["hoards", /left after the close|not erased/],
  ])("planted, and seen: %s", (plant, seen) => {
    expect(liars(plant).findings.join("\n")).toMatch(seen);
  });
});
