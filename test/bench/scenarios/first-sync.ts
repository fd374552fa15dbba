import { readFileSync } from "node:fs";
import { teamOf } from "../../support/world.ts";
import { freePort } from "../../support/daemon-process.ts";
import type { Scenario } from "../lib/bench.ts";
import { bytesOf, signedBy, verifyAll } from "../lib/chains.ts";
import { figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

const COMMANDS = 10_000;
const MEBIBYTE = 2 ** 20;

/** A device that was just added gets a team of 10,000 commands from the daemon of its owner, over TLS on loopback. */
export const firstSync: Scenario = {
  id: "first-sync",
  async run(bench) {
    const commands = bench.budget.rounds > 1 ? COMMANDS : COMMANDS / 10;
    const rounds = Math.min(3, bench.budget.rounds);
    bench.say(`first-sync: making ${commands}`);
    const address = `127.0.0.1:${await freePort()}`;
    const owner = bench.daemon();
    owner.start();
    const client = await owner.connect({ sync: { listen: address } });
    await client.initDevice();
    const teamId = await client.createTeam();
    for (let i = 0; i < commands - 1; i++) {
      if (i % 2 === 0) await client.createLabel(teamId, "spare");
      else await client.deleteLabel(teamId, "spare");
    }
    const bytes: number[] = [];
    const floor = floorOf(commands);
    const samples = await inTurns(
      new Map([
        ["floor", () => Promise.resolve(floor())],
        [
          "sync",
          async () => {
            bench.say("first-sync");
            const newcomer = bench.daemon();
            newcomer.start();
            const its = await newcomer.connect({});
            await its.initDevice();
            const id = await client.addDevice(teamId, await its.getKeyBundle(), `newcomer ${bytes.length}`);
            await its.addTeam(teamId);
            const before = loopbackBytes();
            const start = performance.now();
            const { received } = await its.syncNow(address, teamId);
            const seconds = (performance.now() - start) / 1000;
            bytes.push((loopbackBytes() - before) / MEBIBYTE);
            if (received < commands) throw new Error(`${received} of ${commands} arrived at ${id}`);
            await its.close();
            await newcomer.stop();
            return seconds;
          },
        ],
      ]),
      { rounds, warmUps: 0 },
    );
    await client.close();
    const what = `${commands} commands from an owner's daemon over TLS, each verified, judged and stored`;
    return [
      figure(
        { id: "first-sync/time", unit: "s", what: `${what}; floor: crypto.verify, key kept` },
        samples.get("sync")!,
        samples.get("floor"),
      ),
      figure(
        { id: "first-sync/bytes", unit: "MiB", what: "on the loopback interface, both ways, meanwhile" },
        bytes,
      ),
    ];
  },
};

/** By the clock, as what it stands beside. */
function floorOf(commands: number): () => number {
  const [device] = teamOf(["owner"]).devices;
  for (let i = 0; i < 100; i++) device!.actions.createLabel(`label ${i}`);
  const some = signedBy(device!, bytesOf(device!).slice(0, 100));
  return () => {
    const start = performance.now();
    for (let i = 0; i < commands; i += some.length) verifyAll(some);
    return (performance.now() - start) / 1000;
  };
}

/** Received on loopback since the machine started: what one end sends, the other receives. */
function loopbackBytes(): number {
  const line = readFileSync("/proc/net/dev", "latin1")
    .split("\n")
    .find((each) => each.trim().startsWith("lo:"));
  return Number(line!.split(":")[1]!.trim().split(/\s+/)[0]);
}
