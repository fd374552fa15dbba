import { treeOf } from "../process-files.ts";
import { timeToExit } from "../process.ts";
import type { Command, EdgeDaemon } from "../process.ts";
import { cpuOf } from "../process-files.ts";
import type { Bench, Section } from "../section.ts";
import { median, quantiles } from "../statistics.ts";
import { bareNode } from "./bare.ts";

/** From the moment the process is made until its socket has answered a client's first request. In turns with its floors. */
export const start: Section = {
  name: "start",
  what: "start-up time",
  daemons: 1,
  async run(bench) {
    const { rig, plan, add } = bench;
    bench.say("start: making keys");
    const daemon = rig.daemon();
    daemon.start();
    const client = await rig.connect(daemon);
    await client.initDevice();
    await client.close();
    await daemon.stop();

    const bare = bareNode(rig.command);
    const nothing: Command = [...rig.command, "--version"];
    const [answers, cpus, versions, bares]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let i = 0; i <= plan.starts; i++) {
      bench.say("start");
      const { ms, cpuUs } = await timeToAnswer(bench, daemon);
      const version = await timeToExit(nothing);
      const bareMs = bare === undefined ? undefined : await timeToExit([...bare, "-e", "0"]);
      await rig.breathe();
      if (i === 0) continue; // the files were not in memory yet
      answers.push(ms);
      cpus.push(cpuUs);
      versions.push(version);
      if (bareMs !== undefined) bares.push(bareMs);
    }
    const floor = bares.length === 0 ? median(versions) : median(bares);
    add({
      id: "start/answer",
      value: median(answers),
      unit: "ms",
      what: "daemon with keys and no team: from making the process to its first answer",
      floor,
      quantiles: quantiles(answers),
      note: `floor: ${bares.length === 0 ? "the same executable, --version" : "node -e 0"}`,
    });
    add({ id: "start/cpu", value: median(cpus), unit: "us", what: "processor time of that start" });
    add({
      id: "start/version",
      value: median(versions),
      unit: "ms",
      what: "the same executable saying its version, from making the process to its end",
    });
    if (bares.length > 0) {
      add({
        id: "start/bare-node",
        value: median(bares),
        unit: "ms",
        what: `node -e 0 (${process.version}), from making the process to its end`,
      });
    }
    add({
      id: "disk/keys",
      value: treeOf(daemon.workDir).allocated,
      unit: "B",
      what: "work directory of a device without a team, in blocks of the file system",
    });
  },
};

async function timeToAnswer({ rig }: Bench, daemon: EdgeDaemon): Promise<{ ms: number; cpuUs: number }> {
  const startedAt = performance.now();
  daemon.start();
  const client = await rig.connect(daemon);
  const ms = performance.now() - startedAt;
  const cpuUs = cpuOf(daemon.pid);
  await client.close();
  await daemon.stop();
  return { ms, cpuUs };
}
