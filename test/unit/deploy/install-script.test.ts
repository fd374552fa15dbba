/** What install.sh would do, which it says; what it does is test/system/'s to say. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../../deploy/packages/install.sh");
const directory = mkdtempSync(join(tmpdir(), "install-script-"));
afterAll(() => rmSync(directory, { recursive: true }));

function dry(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("sh", [SCRIPT, "--dry-run", ...args], { encoding: "utf8" });
}

function file(path: string, text = ""): void {
  mkdirSync(join(directory, path, ".."), { recursive: true });
  writeFileSync(join(directory, path), text);
}

test("[SYS-1] a directory that is everybody's, by an empty variable or dots, is refused, above all to be purged", () => {
  for (const [option, path] of [
    ["--within", "/"],
    ["--within", "//"],
    ["--within", "/data/.."],
    ["--within", "/data/../etc"],
    ["--within", "data"],
    ["--within", "/da ta"],
    ["--root", "/"],
    ["--root", "///"],
    ["--root", "/mnt/.."],
    ["--prefix", "/usr/./.."],
    ["--group", ".*"],
    ["--group", "a\nUser=root"],
  ] as const) {
    for (const action of [[], ["--uninstall"], ["--uninstall", "--purge"]]) {
      const { status, stdout, stderr } = dry(...action, option, path);
      expect([status, stdout], `${action.join(" ")} ${option} ${path}: ${stderr}`).toEqual([64, ""]);
    }
  }
});

test("[SYS-1] a purge takes keys, teams and configuration from a directory that others use too, and nothing of theirs", () => {
  file("data/etc/config.json");
  file("data/etc/of-others");
  file("data/state/keystore/device.keys");
  file("data/state/teams/log");
  file("data/state/audit/audit-1.jsonl");
  file("data/state/of-others");
  file("data/units/aranya-edge.service");
  file("data/units/of-others.service");
  file("data/at-boot.sh", "of others");
  file("data/bin/aranya-edge");
  const { status, stdout, stderr } = dry("--uninstall", "--purge", "--within", `${directory}/data`);
  expect(status, stderr).toBe(0);
  const removed = [...stdout.matchAll(/^would: rm -rf (.*)$/gm)].map((match) => match[1]);
  expect(removed.filter((path) => path!.startsWith(directory))).toEqual(
    [
      "bin/aranya-edge",
      "units/aranya-edge.service",
      "state/keystore",
      "state/teams",
      "state/audit",
      "etc/config.json",
    ].map((path) => `${directory}/data/${path}`),
  );
  expect(removed.every((path) => path!.startsWith(directory) || path!.includes("aranya-edge"))).toBe(true);
});

test("[SYS-1] an image's purge takes the state of instances, and leaves what only has a name like theirs", () => {
  const lib = "image/var/lib/private";
  file(`${lib}/aranya-edge-hub/keystore/device.keys`);
  file(`${lib}/aranya-edge-hub/teams/log`);
  file(`${lib}/aranya-edge-failed/of-systemd`);
  file("image/etc/aranya-edge/failed.json");
  file(`${lib}/aranya-edge-exporter/metrics`);
  const { stdout } = dry("--uninstall", "--purge", "--root", `${directory}/image`);
  const removed = [...stdout.matchAll(/^would: rm -rf (.*)$/gm)].map((match) => match[1]!);
  expect(removed.map((path) => path.slice(directory.length + 1))).toEqual([
    `${lib}/aranya-edge-failed`,
    `${lib}/aranya-edge-hub`,
    "image/etc/aranya-edge",
  ]);
});

test("manual pages and completions of the archive go below the prefix, and no others are taken away", () => {
  const page = "share/man/man1/aranya-edge.1.gz";
  file("archive/install.sh", readFileSync(SCRIPT, "utf8"));
  file(`archive/${page}`);
  file(`prefix/${page}`);
  file("prefix/share/man/man1/aranya-edge-of-others.1.gz");
  const args = ["--dry-run", "--uninstall", "--prefix", `${directory}/prefix`];
  const { stdout } = spawnSync("sh", [`${directory}/archive/install.sh`, ...args], { encoding: "utf8" });
  const removed = [...stdout.matchAll(/^would: rm -rf (.*)$/gm)].map((match) => match[1]!);
  expect(removed.filter((path) => path.startsWith(directory))).toEqual([`${directory}/prefix/${page}`]);
});

test("root changes the owner of what the daemon's user made without following its links", () => {
  const script = readFileSync(SCRIPT, "utf8");
  expect(script.match(/chown -\w*R\w*/g)).toEqual(["chown -hR"]);
});
