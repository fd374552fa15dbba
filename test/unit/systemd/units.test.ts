/** What the unit files promise, as far as it can be told without starting them: test/system/ does that. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readText } from "../../support/source-tree.ts";

const SCORE_MAX = 1.5;
const SERVICE = readText("systemd/aranya-edge.service");
const TEMPLATE = readText("systemd/aranya-edge@.service");
const DROP_IN = readText("systemd/without-ffi.conf");

const directory = mkdtempSync(join(tmpdir(), "units-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** 0 is nothing to complain about, 10 everything. */
function score(name: string, unit: string): number {
  const file = join(directory, name);
  writeFileSync(file, unit);
  const { stdout, stderr } = spawnSync(
    "systemd-analyze",
    ["security", "--offline=true", "--no-pager", file],
    {
      encoding: "utf8",
    },
  );
  const found = /exposure level for \S+ ([\d.]+) /.exec(stdout);
  if (found === null) throw new Error(`${stdout}${stderr}`);
  return Number(found[1]);
}

const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

/** Where there is no systemd-analyze, npm run test:system asks the one of the system it boots. */
function analyzeTest(title: string, run: () => void): void {
  if (hasAnalyze) test(title, run);
  else test(`not possible on this machine: ${title} (no systemd-analyze)`, () => undefined);
}

analyzeTest(
  "[SEC-9] systemd-analyze security finds the units at most 1.5 exposed, with the drop-in too",
  () => {
    expect(score("aranya-edge.service", SERVICE)).toBeLessThanOrEqual(SCORE_MAX);
    expect(score("aranya-edge@.service", TEMPLATE)).toBeLessThanOrEqual(SCORE_MAX);
    expect(score("with-drop-in.service", `${SERVICE}\n${DROP_IN}`)).toBeLessThanOrEqual(SCORE_MAX);
  },
);

analyzeTest("a unit that lost a part of its hardening is noticed", () => {
  expect(score("without-filter.service", SERVICE.replace(/^SystemCallFilter=.*$/gm, ""))).toBeGreaterThan(
    SCORE_MAX,
  );
  expect(score("capable.service", SERVICE.replace(/^CapabilityBoundingSet=$/m, ""))).toBeGreaterThan(
    SCORE_MAX,
  );
});

test("an instance is held as the service is: the two differ in names and in whose user it is", () => {
  const settings = (unit: string): string[] =>
    unit
      .replaceAll("aranya-edge-%i", "aranya-edge")
      .replaceAll("/%i.json", "/config.json")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#") && !/^(Description|DynamicUser)=/.test(line));
  expect(settings(TEMPLATE)).toEqual(
    settings(SERVICE).filter((line) => !line.startsWith("RuntimeDirectoryPreserve=")),
  );
  // With it the directory of a dynamic user is made where nobody else can enter.
  expect(TEMPLATE).not.toContain("RuntimeDirectoryPreserve");
});

test("by no variable of Node, OpenSSL or the dynamic linker does the environment reach the daemon", () => {
  const unset = [...SERVICE.matchAll(/^UnsetEnvironment=(.*)$/gm)].flatMap((match) => match[1]!.split(" "));
  const dangerous =
    "NODE_OPTIONS NODE_PATH NODE_V8_COVERAGE NODE_COMPILE_CACHE NODE_DEBUG NODE_EXTRA_CA_CERTS NODE_REPL_EXTERNAL_MODULE " +
    "NODE_TLS_REJECT_UNAUTHORIZED OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES SSLKEYLOGFILE LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT";
  expect(unset).toEqual(expect.arrayContaining(dangerous.split(" ")));
  expect(new Set(unset).size).toBe(unset.length);
});

test("what trying again does not change is not tried again: the exit codes are those of the command", () => {
  const codes = /^RestartPreventExitStatus=(.*)$/m.exec(SERVICE)![1]!.split(" ");
  const source = readText("src/cli/exit-codes.ts");
  for (const name of ["usage", "config"])
    expect(codes).toContain(new RegExp(`${name}: (\\d+)`).exec(source)![1]);
  expect(codes).toHaveLength(2);
});
