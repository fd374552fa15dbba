/** `sendData` keeps its deadline, measured against the timers of the same process, whoever is silent and however much waits. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChannelId, TeamId } from "../../src/client/index.ts";
import { median } from "../bench/lib/statistics.ts";
import { Fleet, foundTeam, openChannel } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const WITHIN_MS = 20;
const SENDS = 60;
/** A busy machine lets either side of the comparison wait; what is late by itself is late each time. */
const ATTEMPTS = 3;

let left: Device;
let right: Device;
let teamId: TeamId;
beforeAll(async () => {
  let owner: Device;
  [owner, left, right] = await fleet.started("owner", "left", "right");
  teamId = await foundTeam(owner, { users: [left, right] });
});

/** How much later than told each one came. */
async function overshoots(wait: (ms: number) => Promise<unknown>): Promise<number[]> {
  return await Promise.all(
    Array.from({ length: SENDS }, async (_, i) => {
      const ms = 50 + 5 * i;
      const startedAt = performance.now();
      await wait(ms);
      return performance.now() - startedAt - ms;
    }),
  );
}

async function expectInTime(channel: ChannelId, bytes: number): Promise<void> {
  const message = new Uint8Array(bytes);
  const lateness: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [sends, timers] = await Promise.all([
      overshoots(async (ms) => {
        expect(await left.client.sendData(message, channel, ms), "nobody acknowledges").toBe(false);
      }),
      overshoots((ms) => new Promise((done) => setTimeout(done, ms))),
    ]);
    // A timer may come a fraction of a millisecond early: it counts in whole ones.
    expect(Math.min(...sends), "not before its time").toBeGreaterThan(-2);
    lateness.push(median(sends) - median(timers));
    if (lateness.at(-1)! < WITHIN_MS) return;
  }
  expect(Math.min(...lateness), `later than a timer, each time: ${lateness.join(", ")} ms`).toBeLessThan(
    WITHIN_MS,
  );
}

test("[AFC-5] to a peer that is silent, false comes within 20 ms of the time-out, also where AFC's queue is full", async () => {
  const { near } = await openChannel(left, right, teamId);
  right.signal("SIGSTOP");
  try {
    await expectInTime(near, 100);
    await expectInTime(near, 64 * 1024); // more than a channel takes at once
  } finally {
    right.signal("SIGCONT");
  }
  await left.client.deleteChannel(teamId, near);
});

test("[AFC-5] and also where the daemon itself is", async () => {
  const { near } = await openChannel(left, right, teamId);
  left.signal("SIGSTOP");
  try {
    await expectInTime(near, 100);
  } finally {
    left.signal("SIGCONT");
  }
});
