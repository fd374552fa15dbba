/** How a daemon starts, and how it says that it cannot. Exit codes are those of sysexits(3). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { COMMAND, Fleet, run } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const USAGE = 64;
const OS_FILE = 71;
const CONFIG = 78;

let count = 0;
const fresh = (): string => fleet.directory(`start-${count++}`);

interface Failure {
  code: number | null;
  /** From its one line of log that says so. */
  reason: string;
  errorCode: string;
}

/** A daemon that is expected not to start. */
async function failure(workDir: string, socket: string, ...more: string[]): Promise<Failure> {
  const { code, stdout, stderr } = await run("daemon", "--work-dir", workDir, "--socket", socket, ...more);
  expect(stdout).toBe("");
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
  const said = lines.filter((line) => line["msg"] === "cannot start");
  expect(said).toHaveLength(1);
  return { code, reason: said[0]!["reason"]!, errorCode: said[0]!["code"]! };
}

test("a command given together with the daemon's start waits for it, and --daemon-wait 0s does not", async () => {
  const workDir = fresh();
  const socket = join(workDir, "..", "together.sock");
  const ask = (...more: string[]): ReturnType<typeof run> =>
    run("status", "--json", "--socket", socket, ...more);
  const refused = await ask("--daemon-wait", "0s");
  expect(refused).toMatchObject({ code: 69, stdout: "" });
  const asking = ask("--daemon-wait", "60s");
  const daemon = spawn(
    COMMAND[0],
    [...COMMAND.slice(1), "daemon", "--work-dir", workDir, "--socket", socket],
    {
      stdio: "ignore",
    },
  );
  const answered = await asking;
  daemon.kill();
  await once(daemon, "exit");
  expect(answered).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(answered.stdout)).toMatchObject({ schema: "status/1" });
});

test("--help and --version answer on stdout and exit with 0", async () => {
  const [help, version, ofDaemon] = await Promise.all([
    run("--help"),
    run("--version"),
    run("daemon", "--help"),
  ]);
  for (const answer of [help, version, ofDaemon]) expect(answer).toMatchObject({ code: 0, stderr: "" });
  expect(version.stdout).toMatch(/^\S+\n$/);
  for (const command of ["daemon", "doctor", "version"]) expect(help.stdout).toContain(command);
  for (const option of ["--work-dir", "--socket", "--config"]) expect(ofDaemon.stdout).toContain(option);
});

test("[SYS-3] the daemon takes a work directory and a socket path, and says which one is missing", async () => {
  const directory = fresh();
  const cases: [args: string[], names: RegExp][] = [
    [[], /give a command/],
    [["frobnicate"], /unknown command 'frobnicate'/],
    [["daemon"], /--work-dir/],
    [["daemon", "--work-dir", directory], /--socket/],
    [["daemon", "--socket", join(directory, "socket")], /--work-dir/],
    [["daemon", "--work-dir", directory, "--socket", join(directory, "socket"), "--frob"], /--frob/],
    [
      ["daemon", "--work-dir", directory, "--socket", join(directory, "socket"), "extra"],
      /too many arguments/,
    ],
  ];
  const answers = await Promise.all(cases.map(([args]) => run(...args)));
  answers.forEach((answer, i) => {
    expect(answer, cases[i]![0].join(" ")).toMatchObject({ code: USAGE, stdout: "" });
    expect(answer.stderr).toMatch(cases[i]![1]);
    expect(answer.stderr).toContain("--help");
  });
  expect(readdirSync(directory)).toEqual([]);
});

test("[SYS-3] a work directory that cannot be used is named, and no socket is made", async () => {
  const directory = fresh();
  const file = join(directory, "file");
  writeFileSync(file, "");
  const socket = join(directory, "socket");
  for (const workDir of [file, join(file, "work"), "/proc/aranya-edge"]) {
    const { code, reason } = await failure(workDir, socket);
    expect(code).toBe(OS_FILE);
    expect(reason).toContain(workDir);
  }
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("[SYS-3] a socket path that is too long is refused before anything is made", async () => {
  const directory = fresh();
  const socket = join(directory, "s".repeat(108 - directory.length));
  const { code, reason } = await failure(join(directory, "work"), socket);
  expect(code).toBe(OS_FILE);
  expect(reason).toMatch(/longer than 107 bytes.*shorter/);
  expect(readdirSync(directory)).toEqual([]);
});

test("[SYS-3] what is no socket at the socket's path is left alone", async () => {
  const directory = fresh();
  const socket = join(directory, "socket");
  writeFileSync(socket, "precious");
  const { code, reason } = await failure(join(directory, "work"), socket);
  expect(code).toBe(OS_FILE);
  expect(reason).toMatch(/not a socket.*remove it/);
  expect(readdirSync(directory).sort()).toEqual(["socket", "work"]);
});

test("[SYS-3] a socket whose directory is missing is refused", async () => {
  const directory = fresh();
  const socket = join(directory, "missing", "socket");
  const { code, reason } = await failure(join(directory, "work"), socket);
  expect(code).toBe(OS_FILE);
  expect(reason).toContain(socket);
});

test("[SYS-3, SYS-5] one daemon a socket, one daemon a work directory; a killed one is in nobody's way", async () => {
  const first = await fleet.device("first");
  await first.start();
  const other = fresh();

  const sameSocket = await failure(join(other, "work"), first.daemon.socketPath);
  expect(sameSocket.code).toBe(OS_FILE);
  expect(sameSocket.reason).toMatch(/in use.*stop the other daemon/);
  const inUse = join(first.daemon.workDir, "keystore", "device.keys.new");
  writeFileSync(inUse, "being written");
  const sameWork = await failure(first.daemon.workDir, join(other, "socket"));
  expect(sameWork.code).toBe(OS_FILE);
  expect(sameWork.reason).toContain(first.daemon.workDir);
  expect(sameWork.reason).toMatch(/another daemon.*stop it/);
  expect(existsSync(join(other, "socket"))).toBe(false);
  expect(existsSync(inUse), "what the first is writing is not cleaned up").toBe(true);
  await expect(first.client.getDeviceId(), "the first is not disturbed").resolves.toBe(first.id);

  await first.daemon.stop("SIGKILL");
  expect(existsSync(first.daemon.socketPath), "a killed daemon leaves its socket").toBe(true);
  const { id } = first;
  await first.start();
  expect(first.id).toBe(id);
  expect(readdirSync(first.directory).sort()).toEqual(["socket", "work"]);

  expect(await first.daemon.stop("SIGTERM")).toBe(0);
  expect(readdirSync(first.directory), "a stopped one leaves none").toEqual(["work"]);
});

test("keys that others can read are refused, with the remedy", async () => {
  const device = await fleet.device("keys");
  await device.start();
  expect(await device.daemon.stop()).toBe(0);
  const keys = join(device.daemon.workDir, "keystore", "device.keys");
  chmodSync(keys, 0o644);
  const { code, reason } = await failure(device.daemon.workDir, device.daemon.socketPath);
  expect(code).toBe(OS_FILE);
  expect(reason).toContain(`chmod 0600 ${keys}`);
  expect(readdirSync(device.directory)).toEqual(["work"]);
  chmodSync(keys, 0o600);
  const { id } = device;
  await device.start();
  expect(device.id).toBe(id);
});

test("[SYS-3] a configuration file that cannot be taken over is refused: which setting, and what it may be", async () => {
  const directory = fresh();
  const cases: [name: string, text: string | undefined, says: RegExp][] = [
    ["missing", undefined, /missing/],
    ["json", '{"sync":', /is not JSON/],
    ["key", '{"sinc":{"listen":"127.0.0.1:1"}}', /sinc/],
    ["nested", '{"sync":{"lisen":"127.0.0.1:1"}}', /lisen/],
    ["value", '{"sync":{"listen":"nowhere"}}', /sync\.listen.*IPv4 address/],
    ["store", '{"graphStore":"tape"}', /graphStore.*disk.*memory/],
    ["peer", '{"syncPeers":[{"address":"a b","teamId":"x","rateMs":1}]}', /syncPeers/],
    ["array", "[]", /array/],
  ];
  const answers = await Promise.all(
    cases.map(([name, text]) => {
      const file = join(directory, name);
      if (text !== undefined) writeFileSync(file, text);
      return failure(join(directory, "work"), join(directory, "socket"), "--config", file);
    }),
  );
  answers.forEach(({ code, reason }, i) => {
    const [name, , says] = cases[i]!;
    expect(code, name).toBe(CONFIG);
    expect(reason).toContain(join(directory, name));
    expect(reason).toMatch(says);
  });
  expect(existsSync(join(directory, "socket"))).toBe(false);
  expect(existsSync(join(directory, "work"))).toBe(false);
});

test("[SYS-3] a configured address that is taken is refused, and named, with nothing left behind", async () => {
  const device = await fleet.device("taken");
  await device.start();
  expect(await device.daemon.stop()).toBe(0);
  const server = createServer();
  await new Promise<void>((done) => server.listen(device.port, "127.0.0.1", done));
  const file = join(device.directory, "config.json");
  writeFileSync(file, JSON.stringify(device.config));
  const { workDir, socketPath } = device.daemon;
  const { code, reason } = await failure(workDir, socketPath, "--config", file);
  expect(code, "the file is right, and the address may be free later").toBe(OS_FILE);
  expect(reason).toContain(file);
  expect(reason).toMatch(new RegExp(`sync.listen.*${device.address}`));
  expect(readdirSync(device.directory).sort()).toEqual(["config.json", "work"]);
  await new Promise((done) => server.close(done));
  await device.start();
});

test("SIGHUP without a file to read, SIGUSR1 and SIGINT do what they should: nothing, nothing, a clean stop", async () => {
  const device = await fleet.device("signals");
  await device.start();
  device.signal("SIGHUP");
  device.signal("SIGUSR1");
  await expect(device.client.getDeviceId()).resolves.toBe(device.id);
  expect(await device.daemon.stop("SIGINT")).toBe(0);
});

test("the socket is the group's, the work directory nobody else's", async () => {
  const device = await fleet.device("modes");
  mkdirSync(device.daemon.workDir, { mode: 0o755 });
  await device.start();
  expect(statSync(device.daemon.socketPath).mode & 0o777).toBe(0o660);
  expect(statSync(join(device.daemon.workDir, "keystore")).mode & 0o777).toBe(0o700);
  expect(statSync(join(device.daemon.workDir, "keystore", "device.keys")).mode & 0o777).toBe(0o600);
});
