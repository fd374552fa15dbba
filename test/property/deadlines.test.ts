/** `sendData` has its answer by its deadline, whatever the network does: not late, and not early either. */
import { expect, test } from "vitest";
import { after } from "../../src/base/time.ts";
import type { Instant } from "../../src/base/time.ts";
import { seededRandom } from "../support/hostile-bytes.ts";
import { opened } from "../unit/afc/harness.ts";

const MESSAGES = 300;
/** Shorter than the silence after which a channel is closed. */
const TIMEOUT_MS_MAX = 3000;
const SEEDS = 12;

/** How the network is for a while. */
const WEATHERS = ["clear", "lossy", "slow", "silent"] as const;

test("[AFC-5, AFC-11] in twelve storms each message has one outcome: acknowledged before its deadline, or expired at it", () => {
  let acknowledged = 0;
  let expired = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed);
    const { net, a, handle } = opened();
    let weather: (typeof WEATHERS)[number] = "clear";
    net.fate = () => {
      if (weather === "silent" || (weather === "lossy" && random(3) === 0)) return [];
      return [(weather === "slow" ? 400 : 5) + random(20)];
    };
    const deadlines = new Map<number, Instant>();
    const outcomes = new Map<number, { kind: "acknowledged" | "expired"; at: Instant }>();
    const push = a.events.push.bind(a.events);
    a.events.push = (...events) => {
      for (const event of events) {
        if (event.kind !== "acknowledged" && event.kind !== "expired") continue;
        expect(outcomes.has(event.messageId), `seed ${seed}: twice`).toBe(false);
        outcomes.set(event.messageId, { kind: event.kind, at: net.now });
      }
      return push(...events);
    };
    for (let i = 0; i < MESSAGES; i++) {
      if (i % 25 === 0) weather = WEATHERS[random(WEATHERS.length)]!;
      const deadline = after(net.now, random(TIMEOUT_MS_MAX));
      const id = a.endpoint.send(handle, new Uint8Array(random(4000)), deadline);
      if (typeof id === "number") deadlines.set(id, deadline);
      net.run(random(60));
    }
    weather = "silent";
    net.run(TIMEOUT_MS_MAX);
    expect(outcomes.size, `seed ${seed}`).toBe(deadlines.size);
    for (const [id, { kind, at }] of outcomes) {
      const deadline = deadlines.get(id)!;
      if (kind === "expired") expect(at, `seed ${seed}, message ${id}`).toBe(deadline);
      else expect(at, `seed ${seed}, message ${id}`).toBeLessThanOrEqual(deadline);
    }
    acknowledged += a.of("acknowledged").length;
    expired += a.of("expired").length;
  }
  expect(acknowledged).toBeGreaterThan(1000);
  expect(expired).toBeGreaterThan(1000);
});
