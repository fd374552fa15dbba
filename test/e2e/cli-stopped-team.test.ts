/** A team the daemon cannot open, and what the command line says of it and of the others. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { crc32c } from "../../src/base/crc32c.ts";
import { commandsOf } from "./cli-support.ts";
import { Fleet } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

/** As docs/wire.md has the header of a log; what a later version writes after it is its own affair. */
const VERSION_AT = 8;
const CRC_AT = 44;

test("a log of a later version stops its team, and hides no other", async () => {
  const [device] = await fleet.started("owner");
  const cli = commandsOf(device.daemon.socketPath);
  const stopped = await cli.ok("team", "create");
  const sound = await cli.ok("team", "create");
  await device.daemon.stop();
  const path = join(device.daemon.workDir, "teams", stopped, "log");
  const log = readFileSync(path);
  log.writeUInt32BE(2, VERSION_AT);
  log.writeUInt32BE(crc32c(log.subarray(0, CRC_AT)), CRC_AT);
  writeFileSync(path, log);
  await device.start();

  const teams = {
    [sound]: { state: "open", role: "owner" },
    [stopped]: { state: "stopped", stoppedBy: { code: "StorageFailed" } },
  };
  const byId = (list: unknown): object =>
    Object.fromEntries((list as { teamId: string }[]).map((team) => [team.teamId, team]));
  expect(byId((await cli.json("team", "list"))["teams"])).toMatchObject(teams);
  const status = await cli.json("status");
  expect(byId(status["teams"])).toMatchObject(teams);
  expect(status["attention"]).toMatchObject([{ what: "teamStopped" }]);
  expect(JSON.stringify(status["attention"])).toContain("format version 2, this program knows 1");
  expect(await cli.ok("status")).toContain("is not followed");
  await cli.refused(108, "StorageFailed", "team", "show", "--team", stopped);
  // What it cannot read it has not touched.
  expect(readFileSync(path).equals(log)).toBe(true);
});
