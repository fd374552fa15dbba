import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

function run(file: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(root, file), ...args], { encoding: "utf8" });
}

test.each([
  "deploy/packages",
  ...["bench", "crash", "fleet", "fuzz/afc", "prove", "sim", "system"].map((name) => `test/${name}`),
])("%s/main.ts says what it does at --help, and 64 at an option it does not have", (name) => {
  const file = `${name}/main.ts`;
  const help = run(file, "--help");
  expect(help.status).toBe(0);
  expect(help.stdout).toMatch(/^npm run .*:/);
  expect(help.stdout).toContain(`node ${file} [--`);
  const wrong = run(file, "--no-such-option");
  expect(wrong.status).toBe(64);
  expect(wrong.stderr).toContain("--no-such-option");
  expect(wrong.stdout).toBe("");
});
