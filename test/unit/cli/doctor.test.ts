import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Check } from "../../../src/cli/doctor/check.ts";
import { checkConfig } from "../../../src/cli/doctor/config.ts";
import { checkEnvironment } from "../../../src/cli/doctor/environment.ts";
import { checkSocketPath, checkWorkDirectory } from "../../../src/cli/doctor/files.ts";
import { checkLibraries, compareVersions } from "../../../src/cli/doctor/libraries.ts";
import { checkListening } from "../../../src/cli/doctor/listening.ts";
import {
  checkClock,
  checkEntropy,
  checkKernel,
  checkLimits,
  checkMemory,
  checkNode,
} from "../../../src/cli/doctor/system.ts";

const root = mkdtempSync(join(tmpdir(), "aranya-edge-doctor-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const statuses = (checks: readonly Check[]): string[] =>
  checks.map((check) => `${check.name} ${check.status}`);

function limits(changes: Readonly<Record<string, string>> = {}): string {
  const soft = {
    "Max open files": "4096",
    "Max address space": "unlimited",
    "Max file size": "unlimited",
    ...changes,
  };
  const lines = Object.entries(soft).map(
    ([name, value]) => `${name.padEnd(26)}${value.padEnd(21)}unlimited  units`,
  );
  return ["Limit                     Soft Limit           Hard Limit           Units", ...lines].join("\n");
}

test("whatever is not ok comes with a remedy", () => {
  const bad = [
    checkKernel("3.10.0-1160.el7.x86_64"),
    checkNode("20.11.0", Date.UTC(2026, 4, 2)),
    checkNode("25.1.0", 0),
    checkClock(0),
    checkClock(Date.UTC(2106, 1, 7)),
    checkClock(Number.MAX_VALUE),
    checkEntropy("12\n"),
    ...checkLimits(
      limits({ "Max open files": "64", "Max address space": "1073741824", "Max file size": "1024" }),
    ),
    checkMemory(2 ** 20, 0),
    checkMemory(2 ** 30, 2 ** 25),
    ...checkEnvironment({ NODE_OPTIONS: "--require secret" }),
  ];
  expect(statuses(bad)).toEqual([
    "kernel warn",
    "node warn",
    "node warn",
    "clock warn",
    "clock warn",
    "clock warn",
    "entropy warn",
    "open-files warn",
    "memory-limit fail",
    "file-size warn",
    "memory warn",
    "memory warn",
    "environment warn",
  ]);
  for (const check of bad) expect(check.remedy, check.name).toBeTruthy();
});

test("what is good is said to be", () => {
  const good = [
    checkKernel("4.18.0"),
    checkKernel("6.1.0-9-armmp"),
    checkNode("26.10.0", Date.UTC(2026, 10, 27)),
    checkNode("20.11.0", Date.UTC(2026, 3, 30, 12)),
    checkClock(Date.UTC(2027, 0, 1)),
    checkEntropy("256\n"),
    ...checkLimits(limits()),
    checkMemory(2 ** 30, 0),
    checkMemory(2 ** 30, 2 ** 28),
    checkMemory(2 ** 30, 2 ** 63),
    ...checkEnvironment({ PATH: "/bin", HOME: "/", LANG: "C", ANODE_OPTIONS: "" }),
    ...checkLibraries(),
  ];
  expect(good.filter((check) => check.status !== "ok")).toEqual([]);
});

test("a variable is named, and what is in it is not", () => {
  const [check] = checkEnvironment({ NODE_OPTIONS: "secret", LD_PRELOAD: "secret", OPENSSL_CONF: "secret" });
  expect(check!.found).toContain("LD_PRELOAD, NODE_OPTIONS, OPENSSL_CONF");
  expect(JSON.stringify(check)).not.toContain("secret");
});

test.each([
  ["2.28", "2.36", -1],
  ["2.28", "2.28", 0],
  ["3.4.26", "3.4.9", 1],
  ["2.28", "2.28.1", -1],
])("version %s against %s", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});

test("a work directory: good, missing, missing with its parent, a file, open to others", () => {
  const work = join(root, "work");
  mkdirSync(work, { mode: 0o700 });
  expect(statuses(checkWorkDirectory(work))).toEqual(["work-dir ok", "writable ok", "space ok"]);
  expect(readdirSync(work), "nothing is left there").toEqual([]);
  expect(statuses(checkWorkDirectory(join(root, "later")))).toEqual(["work-dir ok", "space ok"]);
  expect(readdirSync(root), "nothing is made").toEqual(["work"]);
  expect(statuses(checkWorkDirectory(join(root, "no", "where")))).toEqual(["work-dir fail"]);

  const file = join(root, "file");
  writeFileSync(file, "");
  expect(statuses(checkWorkDirectory(file))).toEqual(["work-dir fail"]);
  expect(statuses(checkWorkDirectory(join(file, "work")))).toEqual(["work-dir fail"]);

  chmodSync(work, 0o750);
  const [open] = checkWorkDirectory(work);
  expect(open).toMatchObject({ status: "warn", remedy: `chmod 700 ${work}` });
});

test("a work directory of somebody else, and one that cannot be written to", () => {
  // /proc is nobody's to write to, not even root's.
  const checks = checkWorkDirectory("/proc/sys");
  expect(statuses(checks)).toContain("writable fail");
  expect(checks.find((check) => check.name === "writable")!.remedy).toBeTruthy();
  if (process.geteuid!() !== 0) expect(statuses(checks)).toContain("work-dir warn");
});

test("a socket's place: good, missing, too long, taken by a file, open to all", () => {
  const run = join(root, "run");
  mkdirSync(run, { mode: 0o750 });
  expect(statuses(checkSocketPath(join(run, "socket")))).toEqual(["socket ok"]);
  const cases = [join(root, "gone", "socket"), join(run, "s".repeat(108)), join(root, "work")];
  for (const path of cases) {
    const [check] = checkSocketPath(path);
    expect(check, path).toMatchObject({ status: "fail" });
    expect(check!.remedy).toBeTruthy();
  }
  chmodSync(run, 0o777);
  expect(statuses(checkSocketPath(join(run, "socket")))).toEqual(["socket warn"]);
  chmodSync(run, 0o1777);
  expect(statuses(checkSocketPath(join(run, "socket")))).toEqual(["socket ok"]);
});

test("the port for metrics is tried where the configuration has one", async () => {
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-doctor-"));
  const path = join(directory, "config.json");
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
  const { port } = taken.address() as { port: number };
  writeFileSync(path, JSON.stringify({ metrics: { listen: `127.0.0.1:${port}` } }));
  expect(await checkListening(checkConfig(path).listen)).toMatchObject([
    { name: "tcp", status: "ok" },
    { name: "udp", status: "ok" },
    { name: "metrics", status: "warn" },
  ]);
  await new Promise((done) => taken.close(done));
  expect((await checkListening(checkConfig(path).listen)).map(({ status }) => status)).toEqual([
    "ok",
    "ok",
    "ok",
  ]);
  expect(await checkListening(checkConfig(undefined).listen)).toHaveLength(2);
  rmSync(directory, { recursive: true });
});
