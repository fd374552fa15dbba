/** `aranya-edge doctor` and `version` as they are used: exit codes, JSON, a daemon beside it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Fleet, run } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

interface Report {
  version: number;
  worst: string;
  executable: { node: string };
  checks: { name: string; status: string; found: string; remedy?: string }[];
}

let count = 0;
function place(): { directory: string; args: string[] } {
  const directory = fleet.directory(`doctor-${count++}`);
  mkdirSync(join(directory, "work"), { mode: 0o700 });
  return { directory, args: ["--work-dir", join(directory, "work"), "--socket", join(directory, "socket")] };
}

async function examine(...args: string[]): Promise<{ code: number | null; report: Report }> {
  const { code, stdout } = await run("doctor", "--json", ...args);
  return { code, report: JSON.parse(stdout) as Report };
}

const statusOf = (report: Report, name: string): string | undefined =>
  report.checks.find((check) => check.name === name)?.status;

test("where all is well it exits with 0, and JSON and text say the same", async () => {
  const { args } = place();
  const { code, report } = await examine(...args);
  expect(code).toBe(0);
  expect(report.version).toBe(1);
  expect(report.executable.node).toBe(process.versions.node);
  expect(report.checks.filter((check) => check.status === "fail")).toEqual([]);
  const text = await run("doctor", ...args);
  expect(text).toMatchObject({ code: 0, stderr: "" });
  for (const { name, status } of report.checks) {
    expect(text.stdout).toMatch(new RegExp(`^${status} +${name.replaceAll("+", "\\+")} `, "m"));
  }
});

test("what fails makes it exit with 1, named and with a remedy", async () => {
  const { directory } = place();
  const config = join(directory, "config.json");
  writeFileSync(config, '{ "sync": { "listen": "nonsense" } }');
  const { code, report } = await examine(
    ...["--work-dir", config],
    ...["--socket", join(directory, "missing", "socket")],
    ...["--config", config],
  );
  expect(code).toBe(1);
  expect(report.worst).toBe("fail");
  for (const name of ["work-dir", "socket", "config"]) expect(statusOf(report, name), name).toBe("fail");
  for (const check of report.checks)
    expect(check.remedy === undefined, check.name).toBe(check.status === "ok");
  expect(report.checks.find((check) => check.name === "config")!.found).toContain("sync.listen");
});

test("beside a running daemon it disturbs nothing, and says that the ports are taken", async () => {
  const device = await fleet.device("running");
  await device.start();
  const config = join(device.directory, "config.json");
  writeFileSync(
    config,
    JSON.stringify({ sync: { listen: device.address }, afc: { listen: device.address } }),
  );
  const { workDir, socketPath } = device.daemon;
  const { code, report } = await examine("--work-dir", workDir, "--socket", socketPath, "--config", config);
  expect(code).toBe(0);
  for (const name of ["tcp", "udp"]) expect(statusOf(report, name), name).toBe("warn");
  expect(statusOf(report, "socket")).toBe("ok");
  expect(await device.client.initDevice()).toBe(device.id);
});

test("an address this device does not have fails", async () => {
  const { directory, args } = place();
  const config = join(directory, "config.json");
  writeFileSync(config, '{ "afc": { "listen": "192.0.2.1:4321" } }');
  const { code, report } = await examine(...args, "--config", config);
  expect(code).toBe(1);
  expect(statusOf(report, "tcp")).toBe("ok");
  expect(statusOf(report, "udp")).toBe("fail");
});

test("bad usage is none of its findings", async () => {
  expect(await run("doctor", "--frob")).toMatchObject({ code: 64, stdout: "" });
  expect(await run("version", "extra")).toMatchObject({ code: 64, stdout: "" });
});

test("version says what is inside and until when it is maintained", async () => {
  const { stdout } = await run("version");
  expect(stdout).toContain(process.versions.node);
  expect(stdout).toMatch(/end of life \d{4}-\d\d-\d\d/);
  expect(JSON.parse((await run("version", "--json")).stdout)).toMatchObject({ architecture: process.arch });
});
