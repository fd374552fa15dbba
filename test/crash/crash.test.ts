/** `npm run crash` in small, and that it sees what it looks for. */
import { afterEach, expect, test } from "vitest";
import type { DeviceId, TeamId } from "../../src/base/ids.ts";
import { fullDisk } from "./full-disk.ts";
import { idle } from "./idle.ts";
import { kills } from "./kills.ts";
import type { Kept, KeptTeam } from "./lib/kept.ts";
import { Ledger } from "./lib/ledger.ts";
import { whyNoMounts } from "./lib/mounts.ts";
import { CrashWorld } from "./lib/world.ts";
import type { Plant } from "./lib/world.ts";
import { powerCuts } from "./power-cuts.ts";

const SEED = 20_261_122;
const whyNot = whyNoMounts();

/** A test that needs file systems of its own, or one that says why there is none of it on this machine. */
function mountingTest(title: string, run: () => Promise<void>): void {
  if (whyNot === undefined) test(title, run);
  else test(`not possible on this machine: ${title} (${whyNot})`, () => undefined);
}

let world: CrashWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

function start(plant?: Plant): CrashWorld {
  return (world = new CrashWorld({ seed: SEED, plant }));
}

test("[SYS-5] a daemon killed under load has all it acknowledged, and is who it was", async () => {
  const { totals, faults } = await kills(start(), 6);
  expect(faults).toEqual([]);
  expect(totals["kills"]).toBe(6);
  expect(totals["acknowledged"]).toBeGreaterThan(0);
});

test("a daemon that acknowledges what it has yet to write is noticed when it is killed", async () => {
  const { faults } = await kills(start("late"), 25);
  expect(faults.some((fault) => fault.includes("acknowledged and is gone"))).toBe(true);
});

mountingTest("[SYS-5] what was acknowledged before the power went is there after it", async () => {
  const { totals, faults } = await powerCuts(start(), 8);
  expect(faults).toEqual([]);
  expect(totals["power cuts"]).toBe(8);
  expect(totals["acknowledged"]).toBeGreaterThan(0);
});

mountingTest("a daemon that does not wait for its disk is noticed when the power goes", async () => {
  const { faults } = await powerCuts(start("unsynced"), 8);
  expect(faults.some((fault) => fault.includes("acknowledged and is gone"))).toBe(true);
});

mountingTest("[SYS-5] [SYS-8] a full disk refuses what it has no room for and loses nothing", async () => {
  expect((await fullDisk(start())).faults).toEqual([]);
});

mountingTest("an idle daemon that polls its peers writes nothing", async () => {
  expect((await idle(start(), 2000)).faults).toEqual([]);
});

mountingTest("a daemon that writes now and then is noticed", async () => {
  const { faults } = await idle(start("restless"), 1000);
  for (const what of ["bytes written", "files", "image"]) expect(faults.join()).toContain(what);
});

const DEVICE = "device" as DeviceId;
const TEAM = "team" as TeamId;
const done = Promise.resolve(true);
const unanswered = new Promise<never>(() => undefined);

async function ledger(): Promise<Ledger> {
  const made = new Ledger();
  made.deviceId = DEVICE;
  await made.newTeam(Promise.resolve(TEAM));
  await made.command(`${TEAM} CreateLabel a`, done);
  void made.command(`${TEAM} CreateLabel b`, unanswered);
  return made;
}

function kept(about: Partial<KeptTeam> = {}, deviceId: DeviceId | undefined = DEVICE): Kept {
  const team = { commands: [`${TEAM} CreateLabel a`], tornBytes: 0, damage: undefined, fork: undefined };
  return { deviceId, teams: new Map([[TEAM, { ...team, ...about }]]), auditFaults: [] };
}

test("with or without what nobody was told, all is well", async () => {
  const l = await ledger();
  expect(l.faults(kept())).toEqual([]);
  expect(l.faults(kept({ commands: [`${TEAM} CreateLabel a`, `${TEAM} CreateLabel b`] }))).toEqual([]);
});

test.each([
  ["a command is gone", kept({ commands: [] }), "acknowledged and is gone"],
  [
    "one was done twice",
    kept({ commands: Array(2).fill(`${TEAM} CreateLabel a`) as string[] }),
    "done twice",
  ],
  ["one comes from nowhere", kept({ commands: [`${TEAM} CreateLabel a`, "x"] }), "never asked for"],
  ["the log is damaged", kept({ damage: "1 bytes from 48" }), "is damaged"],
  ["the device forked", kept({ fork: "command" }), "forks at command"],
  ["the device is another", kept({}, "other" as DeviceId), "and is other"],
  ["the team is gone", { deviceId: DEVICE, teams: new Map(), auditFaults: [] }, "team team is gone"],
  ["the audit log was changed", { ...kept(), auditFaults: ["audit log: bad"] }, "audit log: bad"],
] as const)("it is noticed that %s", async (_what, found, fault) => {
  const l = await ledger();
  expect(l.faults(found).join()).toContain(fault);
});

test("a refused command that is there all the same is noticed, and a removed team that is back", async () => {
  const l = await ledger();
  const gone = "gone" as TeamId;
  await l.removeTeam(await l.newTeam(Promise.resolve(gone)), done);
  const back = { ...kept(), teams: new Map([...kept().teams, [gone, kept().teams.get(TEAM)!]]) };
  expect(l.faults(back).join()).toContain("team gone is back");
  l.settle(kept());
  expect(l.faults(kept({ commands: [`${TEAM} CreateLabel a`, `${TEAM} CreateLabel b`] })).join()).toContain(
    "never asked for",
  );
});
