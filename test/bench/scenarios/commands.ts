import { createPrivateKey, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { defaultPolicy } from "../../../src/policy/default/policy.ts";
import { NodeFiles } from "../../../src/io/node-files.ts";
import { AppendLog } from "../../../src/store/append-log.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { Team } from "../../../src/team/team.ts";
import { teamOf } from "../../support/world.ts";
import type { World, WorldDevice } from "../../support/world.ts";
import type { Bench, Scenario } from "../lib/bench.ts";
import { act, bytesOf, hashAll, pages, signedBy, timed, verifyAll } from "../lib/chains.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";

const LONG = 10_000;
const SHORT = 10;
const ADMITTED = 2000;
const ACTIONS = 400;
const LABEL = "label";

/** What a command costs: from a peer, from the log, and to make. One author, one command on top of the other. */
export const commands: Scenario = {
  id: "commands",
  async run(bench) {
    bench.say("commands: making 10,000");
    const long = teamWith(LONG);
    return [
      ...(await admit(bench, long)),
      ...(await open(bench, long)),
      ...(await author(bench, long)), // last: it makes the long team longer
    ];
  },
};

interface Author {
  readonly world: World;
  readonly device: WorldDevice;
  more(count: number): void;
}

/** A team of that many commands, as its owner holds it. */
function teamWith(count: number): Author {
  const world = teamOf(["owner", "user"]);
  const [device, target] = [world.devices[0]!, world.devices[1]!];
  device.actions.createLabel(LABEL);
  const more = (n: number): void => act(device.actions, n, target.id, LABEL);
  more(count - device.team.commandCount);
  return { world, device, more };
}

async function admit(bench: Bench, { world, device }: Author): Promise<Figure[]> {
  if (!bench.wants("commands/admit")) return [];
  bench.say("commands/admit");
  const batches = pages(bytesOf(device).slice(0, ADMITTED));
  const signed = signedBy(device, batches.flat());
  const { suite, teamId, policies } = world;
  const samples = await inTurns(
    new Map([
      ["floor", async () => perSecond(ADMITTED, await timed(() => verifyAll(signed)))],
      [
        "admit",
        async () => {
          const team = new Team({ suite, teamId, storage: new MemoryStorage(), policies });
          const ms = await timed(() => {
            for (const batch of batches) team.admit(batch);
          });
          expectCount(team, ADMITTED);
          return perSecond(ADMITTED, ms);
        },
      ],
    ]),
    bench.budget,
  );
  const what = `verified, judged and applied, ${ADMITTED} in batches as sync brings them; floor: crypto.verify, key kept`;
  return [
    figure({ id: "commands/admit", unit: "commands/s", what }, samples.get("admit")!, samples.get("floor")),
  ];
}

async function open(bench: Bench, { world, device }: Author): Promise<Figure[]> {
  if (!bench.wants("commands/open")) return [];
  bench.say("commands/open");
  const records = bytesOf(device).slice(0, LONG);
  const { suite, teamId } = world;
  const files = new NodeFiles();
  const path = `${bench.directory()}/${teamId}`;
  AppendLog.create(files, path, teamId, records).close();
  const samples = await inTurns(
    new Map([
      ["floor", async () => perSecond(LONG, await timed(() => hashAll(records)))],
      [
        "open",
        async () => {
          let team: Team | undefined;
          const ms = await timed(() => {
            const storage = AppendLog.open(files, path, teamId);
            team = new Team({ suite, teamId, storage, policies: [defaultPolicy] });
          });
          expectCount(team!, LONG);
          team!.close();
          return perSecond(LONG, ms);
        },
      ],
    ]),
    bench.budget,
  );
  const what = "read from a log of 10,000 and applied, no signatures; floor: SHA-256 of each";
  return [
    figure({ id: "commands/open", unit: "commands/s", what }, samples.get("open")!, samples.get("floor")),
  ];
}

async function author(bench: Bench, long: Author): Promise<Figure[]> {
  const ids = ["commands/act-10", "commands/act-10000", "commands/act-10000-to-10"];
  if (!ids.some((id) => bench.wants(id))) return [];
  bench.say("commands/act");
  const key = signingKey(long.device);
  const message = Buffer.alloc(300, 1);
  const samples = await inTurns(
    new Map([
      [
        "floor",
        async () =>
          perSecond(
            ACTIONS,
            await timed(() => {
              for (let i = 0; i < ACTIONS; i++) sign(null, message, key);
            }),
          ),
      ],
      [
        "short",
        async () => {
          const short = teamWith(SHORT);
          return perSecond(ACTIONS, await timed(() => short.more(ACTIONS)));
        },
      ],
      ["long", async () => perSecond(ACTIONS, await timed(() => long.more(ACTIONS)))],
    ]),
    bench.budget,
  );
  const [floor, short, longer] = [samples.get("floor"), samples.get("short")!, samples.get("long")!];
  const unit = "actions/s";
  const made = (n: string): string =>
    `judged, signed, stored in memory, applied, on top of ${n} commands; floor: crypto.sign, key kept`;
  return [
    figure({ id: ids[0]!, unit, what: made("10") }, short, floor),
    figure({ id: ids[1]!, unit, what: made("10,000") }, longer, floor),
    figure(
      { id: ids[2]!, unit, what: "the second against the first: 1 when size does not matter" },
      longer,
      short,
    ),
  ];
}

function perSecond(count: number, ms: number): number {
  return (count * 1000) / ms;
}

function expectCount(team: Team, count: number): void {
  if (team.commandCount !== count) throw new Error(`${team.commandCount} commands instead of ${count}`);
}

function signingKey(device: WorldDevice): KeyObject {
  const [x, d] = [device.bundle.signingKey, device.keys.signingSecret].map((b) =>
    Buffer.from(b).toString("base64url"),
  );
  return createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", x, d }, format: "jwk" });
}
