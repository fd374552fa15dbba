/** One command on an old fork makes a team judge all that came since: what that costs grows with the team, not with its square. */
import { expect, test, vi } from "vitest";
import * as bytes from "../../../src/base/bytes.ts";
import { op, World } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

vi.mock("../../../src/base/bytes.ts", async (original) => {
  const real = await original<typeof bytes>();
  return { ...real, toHex: vi.fn(real.toHex) };
});

const DEVICES = 150;

test("[SYN-8] keys of devices added since are looked up, not compared one with the other", () => {
  const { devices } = new World(DEVICES);
  const [owner, insider] = devices as [WorldDevice, WorldDevice];
  owner.actions.addDevice(insider.bundle, "insider");
  const old = owner.head();
  for (const [i, device] of devices.entries()) {
    if (i > 1) owner.actions.addDevice(device.bundle, `device ${i}`);
  }
  insider.pull(owner);
  const junk = insider.forge(op.createLabel("refused"), { parents: [old], as: "sync" });
  const toHex = vi.mocked(bytes.toHex);
  toHex.mockClear();
  owner.take(junk);
  expect(owner.counts(junk)).toBe(false);
  expect(owner.roleOf(devices.at(-1)!)).toBe("sync");
  // Three keys a device, a handful of times.
  expect(toHex.mock.calls.length).toBeGreaterThan(DEVICES);
  expect(toHex.mock.calls.length).toBeLessThan(3 * 10 * DEVICES);
});
