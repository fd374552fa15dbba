/**
 * Loaded into a daemon before anything else: at SIGUSR2 it collects its garbage and logs what is left, and how many timers run. What the kernel says
 * of a process tells how lazily its garbage is collected, not what it keeps.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as (how: object) => void;
// As when memory runs out: what is free goes back to the system, and what is kept moves together.
const collect = (): void => gc({ type: "major", execution: "sync", flavor: "last-resort" });

process.on("SIGUSR2", () => {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  process.stderr.write(`${JSON.stringify({ msg: "memory", liveBytes: heapUsed + external, timers })}\n`);
});
