import { execFileSync, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Scenario } from "../lib/bench.ts";
import { startPair } from "../lib/pair.ts";
import { figure } from "../lib/report.ts";
import type { Figure } from "../lib/report.ts";
import { inTurns } from "../lib/statistics.ts";
import { which } from "../../../cross/process.ts";
import { ROOT } from "../../support/source-tree.ts";

const SIZES = [64, 1200, 16 * 1024] as const;
/** Messages a second that may be expected at most, for how many to send in a slice. */
const RATE = 40_000;

interface Sample {
  readonly perSecond: number;
  readonly senderUs: number;
  readonly receiverUs: number;
}

/** Client to client through two daemons: the C client beside the TypeScript client, which is the floor here. */
export const cClient: Scenario = {
  id: "c-client",
  async run(bench) {
    if (which("gcc") === undefined) {
      bench.say("c-client: no gcc here");
      return [];
    }
    const pair = await startPair(bench, 0);
    // Incoming channels go to whoever registered first, and nobody has.
    const programs = {
      c: [compile(bench.directory())],
      typescript: [process.execPath, join(import.meta.dirname, "../peers/one-way.ts")],
    } as const;
    const figures: Figure[] = [];
    for (const bytes of SIZES) {
      const count = Math.max(
        200,
        Math.round((RATE * bench.budget.sliceMs) / 1000 / Math.max(1, bytes / 1200)),
      );
      const arms = new Map(
        Object.entries(programs).map(([name, program]) => [
          name,
          async (): Promise<Sample> => {
            bench.say(`c-client/${bytes}/${name}`);
            const receiver = started([...program, "receive", pair.callee.socketPath, String(count)]);
            await receiver.next("listening");
            const sender = started([
              ...program,
              ...[
                "send",
                pair.caller.socketPath,
                pair.teamId,
                pair.calleeName,
                pair.label,
                String(count),
                String(bytes),
              ],
            ]);
            const [[, receiverUs], [perSecond, senderUs]] = await Promise.all([
              receiver.numbers(),
              sender.numbers(),
            ]);
            await Promise.all([receiver.end(), sender.end()]);
            return { perSecond, senderUs, receiverUs };
          },
        ]),
      );
      const samples = await inTurns(arms, bench.budget);
      const [c, typescript] = [samples.get("c")!, samples.get("typescript")!];
      const of = (taken: readonly Sample[], key: keyof Sample): number[] =>
        taken.map((sample) => sample[key]);
      const what = `${bytes} B each, C client to C client through two daemons`;
      figures.push(
        figure(
          { id: `c-client/${bytes}/rate`, unit: "messages/s", what },
          of(c, "perSecond"),
          of(typescript, "perSecond"),
        ),
        figure(
          {
            id: `c-client/${bytes}/sender-cpu`,
            unit: "µs",
            what: `processor time of the sender's process for each, ${what}`,
          },
          of(c, "senderUs"),
          of(typescript, "senderUs"),
        ),
        figure(
          {
            id: `c-client/${bytes}/receiver-cpu`,
            unit: "µs",
            what: `processor time of the receiver's process for each, ${what}`,
          },
          of(c, "receiverUs"),
          of(typescript, "receiverUs"),
        ),
      );
    }
    return figures;
  },
};

function compile(directory: string): string {
  const library = join(ROOT, "src/client-c");
  const out = join(directory, "one-way");
  const sources = readdirSync(join(library, "src"))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(library, "src", name));
  const flags = ["-std=c11", "-O2", "-D_GNU_SOURCE", `-I${join(library, "include")}`];
  execFileSync("gcc", [...flags, ...sources, join(ROOT, "test/client-c/one-way.c"), "-o", out], {
    stdio: "inherit",
  });
  return out;
}

interface Started {
  next(expected: string): Promise<void>;
  numbers(): Promise<[number, number]>;
  end(): Promise<void>;
}

function started([program, ...args]: readonly string[]): Started {
  const child = spawn(program!, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise<void>((done) => child.once("close", () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${program!} ${args.join(" ")} ended early`);
    return value;
  };
  return {
    next: async (expected) => {
      const said = await line();
      if (said !== expected) throw new Error(`${program!} said ${said}`);
    },
    numbers: async () => {
      const [first, second] = (await line()).split(" ").map(Number) as [number, number];
      return [first, second];
    },
    end: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
