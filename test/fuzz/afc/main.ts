/**
 * npm run fuzz:afc: hostile datagrams at a live endpoint and at a live daemon, endpoint pairs on a hostile network, members
 * with the right keys that lie, and the replay window against a set.
 *
 *   node test/fuzz/afc/main.ts [--seed N] [--datagrams N] [--worlds N] [--liars N] [--orders N] [--only PART]… [--plant NAME]
 *
 *   --datagrams N  at the endpoint, and as many at the daemon (default 1000000)
 *   --worlds N     pairs on a virtual network (default 3000)
 *   --liars N      each with a channel to an endpoint that has an honest one as well (default 1000)
 *   --orders N     random orders for the replay window (default 1000000)
 *   --only PART    endpoint, daemon, worlds, liars or orders; may be repeated
 *   --plant NAME   with an endpoint that breaks its promise, which has to be noticed: answers, keeps, throws and twice by
 *                  endpoint; twice, stays, reuses and hoards by worlds; throws, twice and hoards by liars
 *
 * Prints seed, commit and totals, and each finding. Ends with 1 if there is one.
 */
import { Progress } from "../../bench/lib/progress.ts";
import { playOrders } from "../../property/model/replay-orders.ts";
import { commit } from "../../support/commit.ts";
import { fuzzDaemon } from "./daemon.ts";
import { fuzzEndpoint } from "./endpoint.ts";
import { runLiars } from "./liar.ts";
import { PLANT_NAMES, withPlant } from "./plants.ts";
import { runWorlds } from "./worlds.ts";
import { commandLine } from "../../../cross/command-line.ts";

const values = commandLine(import.meta.filename, {
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
  datagrams: { type: "string", default: "1000000" },
  worlds: { type: "string", default: "3000" },
  liars: { type: "string", default: "1000" },
  orders: { type: "string", default: "1000000" },
  only: { type: "string", multiple: true, default: [] },
  plant: { type: "string" },
});
const [seed, datagrams, worlds, liars, orders] = [
  values.seed,
  values.datagrams,
  values.worlds,
  values.liars,
  values.orders,
].map(Number) as [number, number, number, number, number];
const { plant } = values;
const PARTS = ["endpoint", "daemon", "worlds", "liars", "orders"];
const wanted = values.only.length > 0 ? values.only : PARTS;
const isUsage =
  [seed, datagrams, worlds, liars, orders].some((n) => !Number.isSafeInteger(n) || n < 0) ||
  wanted.some((part) => !PARTS.includes(part)) ||
  (plant !== undefined && !PLANT_NAMES.includes(plant));
if (isUsage) {
  console.error(
    "usage: npm run fuzz:afc -- [--seed N] [--datagrams N] [--worlds N] [--liars N] [--orders N] [--only PART]… [--plant NAME]",
  );
  process.exit(64);
}

console.log(`seed ${seed}, commit ${commit()}`);
const progress = new Progress();
const findings: string[] = [];
const report = (part: string, { findings: found, ...totals }: { findings: string[] }): void => {
  console.log(`${part}: ${JSON.stringify(totals)}`);
  for (const finding of found) console.log(`${part}: FOUND ${finding}`);
  findings.push(...found);
};

if (wanted.includes("endpoint")) {
  progress.show("endpoint");
  report(
    "endpoint",
    withPlant(plant, (planted) => fuzzEndpoint({ seed, datagrams }, planted)),
  );
}
if (wanted.includes("worlds")) {
  progress.show("worlds");
  report(
    "worlds",
    withPlant(plant, (planted) =>
      runWorlds(seed, worlds, (peers) => peers.forEach((peer) => planted?.(peer))),
    ),
  );
}
if (wanted.includes("liars")) {
  progress.show("liars");
  report(
    "liars",
    withPlant(plant, (planted) => runLiars(seed, liars, planted)),
  );
}
if (wanted.includes("orders")) {
  progress.show("orders");
  const { difference, ...totals } = playOrders(seed, orders);
  report("orders", { ...totals, findings: difference === undefined ? [] : [difference] });
}
if (wanted.includes("daemon")) {
  progress.show("daemon");
  report("daemon", await fuzzDaemon({ seed, datagrams, say: (text) => progress.show(text) }));
}
progress.end();
console.log(`${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
