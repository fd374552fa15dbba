/** `npm run fleet` in small, and that it sees a label that does not arrive. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { DaemonProcess } from "../support/daemon-process.ts";
import { until } from "../support/until.ts";
import { DaemonFleet } from "./daemon-fleet.ts";
import type { FleetOptions } from "./daemon-fleet.ts";
import { CONFIGURATIONS } from "./measure.ts";

const root = mkdtempSync(join(tmpdir(), "aranya-edge-fleet-test-"));
const quiet = (): void => undefined;
/** So rare that it brings no label. */
const RARELY_MS = 60_000;
/** Long for somebody who waits for a label that cannot come. */
const CUT_OFF_MS = 2000;

function newDaemon(): DaemonProcess {
  return new DaemonProcess(mkdtempSync(join(root, "daemon-")));
}

let fleet: DaemonFleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function started(options: Partial<FleetOptions>): Promise<DaemonFleet> {
  const common = { shape: "ring", members: 6, asides: 0, hello: true, rateMs: RARELY_MS } as const;
  fleet = new DaemonFleet({ ...common, newDaemon, say: quiet, ...options });
  await fleet.start();
  return fleet;
}

test("[SYN-6, SYN-8] in a ring a label goes round a dead daemon, past dead peers, and to who comes back", async () => {
  const ring = await started({ asides: 1 });
  expect([...(await ring.label("all")).keys()]).toEqual([1, 2, 3, 4, 5]);
  await ring.befriend();
  const [aside] = ring.asides;
  for (const place of [2, aside!]) ring.freeze(place);
  for (const label of ["one", "two"]) {
    expect([...(await ring.label(label)).keys()]).toEqual([1, 3, 4, 5]);
    expect(ring.has(2, label)).toBe(false);
    expect(ring.has(aside!, label)).toBe(false);
  }
  ring.thaw(2);
  await ring.arrived("two");
  expect(ring.has(2, "two")).toBe(true);
});

test("a label that does not arrive at somebody who is cut off is noticed", async () => {
  const ring = await started({});
  for (const place of [2, 4]) ring.freeze(place);
  await expect(ring.label("unheard", 0)).rejects.toThrow("unheard has not arrived");
  await until(() => [0, 1, 5].every((place) => ring.has(place, "unheard")));
  await expect(ring.arrived("unheard", CUT_OFF_MS)).rejects.toThrow("unheard has not arrived at 1 daemons");
  expect(ring.has(3, "unheard")).toBe(false);
});

test("[SYN-6, SYN-8] in a star a label reaches all but the dead by hello, again and again", async () => {
  const star = await started({ shape: "star" });
  star.freeze(3);
  for (const label of ["one", "two", "three"]) {
    expect([...(await star.label(label)).keys()]).toEqual([1, 2, 4, 5]);
  }
});

test("[SYN-1] a fleet without hello has the label by polling", async () => {
  const ring = await started({ members: 4, hello: false, rateMs: 200 });
  expect((await ring.label("polled")).size).toBe(3);
});

test("each configuration gives what its name says, for every daemon and label", async () => {
  const say = quiet;
  const run = async (id: string): Promise<unknown> =>
    (await CONFIGURATIONS.find((each) => each.id === id)!.run({ members: 4, labels: 2, newDaemon, say })).map(
      (series) => [series.id, series.labels.map((times) => times.length)],
    );
  expect(await run("star-hello")).toEqual([["star-hello", [3, 3]]]);
  expect(await run("dead-peer")).toEqual([
    ["dead-peer/none", [3, 3]],
    ["dead-peer/one-in-eight", [3, 3]],
  ]);
});
