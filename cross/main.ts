import { mkdirSync } from "node:fs";
import { readTargets, DIST, executableName } from "./targets.ts";
import { fetchNode } from "./fetch-node.ts";
import { launcherFor } from "./emulate.ts";
import { makeExecutable } from "./executable.ts";
import { run } from "./process.ts";
import { join } from "node:path";
mkdirSync(DIST, {recursive: true});
for (const target of readTargets()) {
  if (process.argv[2] && process.argv[2] !== target.name) continue;
  console.time(target.name);
  const files = fetchNode(target.node);
  console.timeLog(target.name, "fetched");
  const launcher = launcherFor(target);
  console.timeLog(target.name, launcher);
  const output = join(DIST, executableName("0.1.0", target));
  await makeExecutable({target, nodeProgram: files.program, launcher, nodeVersion: target.node.version, bundle: join(DIST, "aranya-edge.cjs"), output});
  console.timeLog(target.name, "made");
  console.log(run([...launcher, output, "version"]));
}
