import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { toJson } from "../../src/measure/report.ts";
import { checkHtml } from "../support/html.ts";
import { sampleReport } from "../unit/measure/sample.ts";

const SCRIPT = resolve("deploy/fleet.sh");

let [root, directory] = ["", ""];

/** What ssh does for the script, on this machine: runs what it was given in the home of that host. */
const SSH = `#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
host=$1; shift
case $host in
  dead) echo "ssh: connect to host dead port 22: No route to host" >&2; exit 255;;
  liar) cat >/dev/null; echo '<html>'; exit 0;;
  slow) echo $$ >"$HOMES/slow.pid"; exec sleep 300;;
esac
echo "$host $*" >>"$HOMES/calls"
mkdir -p "$HOMES/$host"; cd "$HOMES/$host"
TMPDIR=$HOMES/$host exec sh -c "$*"
`;

/** The aranya-edge of this machine and of every host: it compares truly, and has measured before. */
const EDGE = `#!/bin/sh
case "$*" in
  *--compare*) exec "${process.execPath}" "${resolve("src/cli/main.ts")}" "$@";;
esac
[ "\${PWD##*/}" != partial ] || { sed "s/board-7/\${PWD##*/}/" "$SAMPLE"; exit 1; }
[ "\${PWD##*/}" != broken ] || { echo "aranya-edge measure: the disk is full" >&2; exit 75; }
echo "args: $*" >&2
exec sed "s/board-7/\${PWD##*/}/" "$SAMPLE"
`;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "fleet-script-"));
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin/ssh"), SSH, { mode: 0o755 });
  writeFileSync(join(root, "bin/aranya-edge"), EDGE, { mode: 0o755 });
  writeFileSync(join(root, "sample.json"), toJson(sampleReport()));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => (directory = mkdtempSync(join(root, "run-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${join(root, "bin")}:${process.env["PATH"]!}`,
    HOMES: join(directory, "homes"),
    SAMPLE: join(root, "sample.json"),
  };
}

function fleet(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  mkdirSync(join(directory, "homes"), { recursive: true });
  return spawnSync(SCRIPT, ["--out", join(directory, "out"), ...args], {
    env: environment(),
    encoding: "utf8",
    cwd: directory,
  });
}

const out = (name: string): string => join(directory, "out", name);

test("reports of all hosts come together on one page", () => {
  writeFileSync(join(directory, "hosts"), "# a fleet\nnorth\n  south # by the river\n\nnorth\n");
  const { status, stdout, stderr } = fleet("--hosts", "hosts", "admin@east", "--jobs", "2", "--", "--quick");
  expect(status, stderr).toBe(0);
  const page = readFileSync(out("fleet.html"), "utf8");
  expect(checkHtml(page)).toEqual([]);
  for (const host of ["north", "south", "admin@east"]) {
    expect(page).toContain(host);
    expect(stdout).toContain(host);
    expect(existsSync(out(`${host}.json`))).toBe(true);
  }
  expect(stderr).toContain("3 hosts, 2 at a time");
});

test("one unreachable host, a liar and one that fails do not stop the others, and each is told of", () => {
  const { status, stderr } = fleet("dead", "north", "liar", "broken", "partial", "--timeout", "60");
  expect(status).toBe(1);
  expect(stderr).toContain("dead: FAILED: ssh: connect to host dead port 22: No route to host");
  expect(stderr).toContain("is not JSON");
  expect(stderr).toContain("broken: FAILED: aranya-edge measure: the disk is full ended with 75");
  expect(stderr).toContain("partial: not all of it could be measured");
  expect(stderr).toContain("north: done");
  expect(stderr).toContain("2 of 5 hosts on");
  expect(
    readdirSync(join(directory, "out"))
      .filter((name) => name.endsWith(".json"))
      .sort(),
  ).toEqual(["north.json", "partial.json"]);
});

test("a host that hangs is given up", () => {
  const { status, stderr } = fleet("slow", "north", "--timeout", "3");
  expect(status).toBe(1);
  expect(stderr).toContain("slow: FAILED: no report within 3 s");
  expect(stderr).toContain("1 of 2 hosts on");
});

test("an executable is copied, run and removed again; arguments arrive as they were given", () => {
  const executable = join(directory, "an executable");
  writeFileSync(executable, readFileSync(join(root, "bin/aranya-edge")));
  const { status, stderr } = fleet(
    "--executable",
    executable,
    "north",
    "--",
    "--work-dir",
    "/a b/it's $HOME",
  );
  expect(status, stderr).toBe(0);
  expect(readFileSync(out("north.log"), "utf8")).toContain(
    "args: measure --json --work-dir /a b/it's $HOME --time-max 1740",
  );
  expect(readdirSync(join(directory, "homes/north"))).toEqual([]);
});

test("of many executables the one for the host's processor is taken", () => {
  const machine = spawnSync("uname", ["-m"], { encoding: "utf8" }).stdout.trim();
  const name = { x86_64: "x64", aarch64: "arm64", armv7l: "armv7" }[machine]!;
  const dist = join(directory, "dist");
  mkdirSync(dist);
  for (const target of ["x64", "arm64", "armv7"]) {
    const text = readFileSync(join(root, "bin/aranya-edge"), "utf8").replace("args:", `${target}:`);
    writeFileSync(join(dist, `aranya-edge-0.1.0-linux-${target}`), text);
    writeFileSync(join(dist, `aranya-edge-0.1.0-linux-${target}.cdx.json`), "{}");
  }
  const { status, stderr } = fleet("--dist", dist, "north");
  expect(status, stderr).toBe(0);
  expect(readFileSync(out("north.log"), "utf8")).toContain(`${name}: measure --json`);
});

test("interrupted, it ends what it began", async () => {
  mkdirSync(join(directory, "homes"));
  const child = spawn(SCRIPT, ["--out", join(directory, "out"), "slow"], {
    env: environment(),
    stdio: "ignore",
  });
  const pidFile = join(directory, "homes/slow.pid");
  await expect
    .poll(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").trim(), { timeout: 20_000 })
    .toMatch(/\d/);
  const pid = Number(readFileSync(pidFile, "utf8"));
  child.kill("SIGINT");
  expect(await new Promise((done) => child.once("exit", done))).toBe(130);
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 20_000 }).toBe(false);
});

test.each([
  [[], "give a host"],
  [["-oProxyCommand=touch evil"], "there is no option"],
  [["--", "x"], "give a host"],
  [["north;reboot"], "not a host"],
  [["north", "--jobs", "0"], "--jobs takes"],
  [["north", "--timeout"], "--timeout needs a value"],
  [["--hosts", "gone"], "cannot read gone"],
  [["--executable", "a", "--dist", "b", "north"], "not both"],
])("refused: %j", (args, problem) => {
  const { status, stderr } = fleet(...args);
  expect(status).toBe(64);
  expect(stderr).toContain(problem);
});

test("without an aranya-edge here it says so before any host is asked", () => {
  const { status, stderr } = fleet("--local", "/nowhere/aranya-edge", "north");
  expect(status).toBe(69);
  expect(stderr).toContain("--local");
  expect(existsSync(join(directory, "homes/calls"))).toBe(false);
});
