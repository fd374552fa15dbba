/** Before the tests: the site, by the command that people use. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../support/source-tree.ts";

export const SITE = join(ROOT, "docs/site");

export default function build(): void {
  buildInto(SITE);
}

export function buildInto(out: string): void {
  const { status } = spawnSync(process.execPath, [join(ROOT, "cross/site/main.ts"), "--out", out], {
    stdio: "inherit",
    timeout: 200_000,
  });
  if (status !== 0) throw new Error(`npm run docs ended with ${String(status)}`);
}
