/**
 * The executables of dist/, each run, emulated where its processor is another: what is in them, and that nobody gets in by
 * the environment or by a signal. What is closed is shown to be open in the Node each was made of.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { VERSION } from "../../cross/bundle.ts";
import { machineOf, needsOf, parseElf } from "../../cross/elf.ts";
import { commandOf, isNative, launcherFor } from "../../cross/emulate.ts";
import { fetchNode } from "../../cross/fetch-node.ts";
import { releasedIn } from "../../cross/released.ts";
import { DIST, executableName, readTargets } from "../../cross/targets.ts";
import type { Target } from "../../cross/targets.ts";
import { endOfLifeOf } from "../../src/cli/node-release.ts";
import { NO_CLI } from "../../src/cli/command.ts";
import { SHELLS } from "../../src/cli/commands/completion.ts";
import { compareVersions } from "../../src/cli/doctor/libraries.ts";
import { makeProgram } from "../../src/cli/program.ts";
import { treeOf } from "../../src/cli/tree.ts";
import { DaemonProcess, eventually } from "../support/daemon-process.ts";
import type { DaemonCommand } from "../support/daemon-process.ts";

const MEGABYTE = 1e6;
const BYTES_MAX: Readonly<Record<string, number>> = { x64: 125, arm64: 125, armv7: 90 };
const GLIBC_MAX = "2.28";
const TCP_LISTENS = "0A";

const scratch = mkdtempSync(join(tmpdir(), "aranya-edge-executables-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let count = 0;
function fresh(): string {
  const directory = join(scratch, String(count++));
  mkdirSync(directory);
  return directory;
}

const built = readTargets().filter((target) => existsSync(join(DIST, executableName(VERSION, target))));

test("there are executables to be tested", () => {
  expect(built.length, "npm run build comes first").toBeGreaterThan(0);
});

test("[SYS-1] the sums in SHA256SUMS are those of the files", () => {
  const lines = readFileSync(join(DIST, "SHA256SUMS"), "utf8").trim().split("\n");
  const named = lines.map((line) => line.split("  ") as [string, string]);
  expect(named.map(([, name]) => name)).toEqual(releasedIn(DIST, VERSION));
  for (const [sum, name] of named) {
    expect(
      createHash("sha256")
        .update(readFileSync(join(DIST, name)))
        .digest("hex"),
      name,
    ).toBe(sum);
  }
});

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With nothing of our own environment. */
function answerOf(command: DaemonCommand, args: readonly string[], env: NodeJS.ProcessEnv = {}): Answer {
  const [program, ...before] = command;
  const { status, stdout, stderr } = spawnSync(program, [...before, ...args], {
    encoding: "utf8",
    cwd: scratch,
    env,
  });
  return { status, stdout, stderr };
}

describe.each(built.map((target) => [target.name, target] as const))("%s", (_, target: Target) => {
  const file = join(DIST, executableName(VERSION, target));
  const launcher = launcherFor(target);
  const executable = commandOf(launcher, file);
  const plainNode = commandOf(launcher, fetchNode(target.node).program);
  const answer = (args: readonly string[], env?: NodeJS.ProcessEnv): Answer =>
    answerOf(executable, args, env);

  test("[SYS-1] it is for its processor, without symbols, and needs no newer libraries than are promised", () => {
    const image = readFileSync(file);
    expect(machineOf(image)).toBe(target.machine);
    expect(image.length).toBeLessThan(BYTES_MAX[target.name]! * MEGABYTE);
    expect(parseElf(image).sections.map((section) => section.name)).not.toContain(".symtab");
    const { versions } = needsOf(image);
    expect(compareVersions(versions["GLIBC"]!, GLIBC_MAX)).toBeLessThanOrEqual(0);
  });

  test("docs/integrators.md says which Node it has and what it needs", () => {
    const row = readFileSync("docs/integrators.md", "utf8")
      .split("\n")
      .find((line) => line.startsWith(`| \`linux-${target.name}\``));
    const image = readFileSync(file);
    const { libraries, versions } = needsOf(image);
    expect(libraries).toContain("libatomic.so.1");
    expect(row).toContain(target.node.version);
    expect(row).toContain(endOfLifeOf(target.node.version)!);
    expect(row).toContain(`| ${versions["GLIBC"]} | GLIBCXX_${versions["GLIBCXX"]} | libatomic.so.1 |`);
  });

  test("[SYS-1] it runs: version and doctor know what is inside", () => {
    const version = JSON.parse(answer(["version", "--json"]).stdout) as Record<string, string>;
    expect(version).toMatchObject({
      version: VERSION,
      node: target.node.version,
      architecture: target.machine,
    });
    const directory = fresh();
    const paths = ["--work-dir", join(directory, "work"), "--socket", join(directory, "socket")];
    const { status, stdout, stderr } = answer(["doctor", "--json", ...paths]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; found: string }[] };
    const found = (name: string): string => checks.find((check) => check.name === name)!.found;
    expect(found("libstdc++")).toContain(`needed ${needsOf(readFileSync(file)).versions["GLIBCXX"]}`);
    expect(found("libatomic")).toContain("libatomic.so.1");
    // An emulator may lack what the fast path needs of the kernel.
    if (isNative(target)) expect(found("fast-path")).toBe("udp segments, aead evp");
  });

  // The rest of the command line is tried with this machine's own executable: vitest.executables.config.ts.
  test("what shells complete is what the source says, and a daemon that is not there ends a command with 69", () => {
    const tree = treeOf(makeProgram(NO_CLI));
    for (const [shell, make] of Object.entries(SHELLS)) {
      expect(answer(["completion", shell])).toEqual({ status: 0, stdout: make(tree), stderr: "" });
    }
    const { status, stdout, stderr } = answer([
      "status",
      "--socket",
      join(scratch, "nobody.sock"),
      "--daemon-wait",
      "0s",
    ]);
    expect({ status, stdout }).toEqual({ status: 69, stdout: "" });
    expect(stderr).toContain("DaemonUnavailable");
  });

  test("NODE_OPTIONS runs nothing of others", () => {
    const marker = join(fresh(), "marker");
    const foreign = join(scratch, "foreign.cjs");
    writeFileSync(foreign, 'require("node:fs").writeFileSync(process.env.MARKER, "");');
    const env = { MARKER: marker, NODE_OPTIONS: `--require ${foreign}` };
    expect(answerOf(plainNode, ["-p", "1"], env).status).toBe(0);
    expect(existsSync(marker), "plain Node runs it").toBe(true);
    rmSync(marker);

    expect(answer(["--version"], env)).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
    // Under the name that is in the binary instead.
    expect(answer(["--version"], { MARKER: marker, "": `--require ${foreign}` }).status).toBe(0);
    expect(answer(["--require", foreign, "--version"], { MARKER: marker }).stderr).not.toContain("foreign");
    expect(answer(["--version"], { MARKER: marker, NODE_REPL_EXTERNAL_MODULE: foreign }).status).toBe(0);
    expect(existsSync(marker)).toBe(false);
  });

  test("OPENSSL_CONF is not read, and no file is written for NODE_COMPILE_CACHE or NODE_V8_COVERAGE", () => {
    const configuration = join(scratch, "openssl.cnf");
    writeFileSync(configuration, "[unclosed");
    expect(answerOf(plainNode, ["-p", "1"], { OPENSSL_CONF: configuration }).status).not.toBe(0);
    expect(answer(["--version"], { OPENSSL_CONF: configuration }).status).toBe(0);

    const coverage = join(scratch, "coverage");
    expect(answerOf(plainNode, ["-p", "1"], { NODE_V8_COVERAGE: coverage }).status).toBe(0);
    expect(existsSync(coverage)).toBe(true);
    rmSync(coverage, { recursive: true });
    const cache = join(scratch, "cache");
    expect(answer(["--version"], { NODE_V8_COVERAGE: coverage, NODE_COMPILE_CACHE: cache }).status).toBe(0);
    expect([existsSync(coverage), existsSync(cache)]).toEqual([false, false]);
  });

  test("SIGUSR1 opens no debugger", async () => {
    const daemon = new DaemonProcess(fresh(), { command: executable, env: {} });
    try {
      daemon.start();
      const client = await daemon.connect({}, 60_000);
      process.kill(daemon.pid!, "SIGUSR1");
      // The debugger's thread would have had all this time to open its port.
      for (let i = 0; i < 3; i++) await client.initDevice();
      process.kill(daemon.pid!, "SIGUSR1");
      await client.createTeam();
      expect(listeningPorts(daemon.pid!)).toEqual([]);
      await client.close();
      expect(await daemon.stop()).toBe(0);
      expect(daemon.stderr).toBe("");
    } finally {
      await daemon.stop("SIGKILL");
    }

    const idle = new DaemonProcess(fresh(), {
      // Takes the arguments of a daemon and does nothing.
      command: [
        ...plainNode,
        "-e",
        "setInterval(() => {}, 1000); console.error('{}')",
        "--",
      ] as DaemonCommand,
      env: {},
    });
    try {
      idle.start();
      await eventually(
        "plain Node runs",
        () => Promise.resolve(idle.log.length),
        (lines) => lines > 0,
      );
      process.kill(idle.pid!, "SIGUSR1");
      await eventually(
        "plain Node opens its debugger's port",
        () => Promise.resolve(listeningPorts(idle.pid!)),
        (ports) => ports.length === 1,
      );
    } finally {
      await idle.stop("SIGKILL");
    }
  });

  test("[SYS-2] its daemon speaks with a client, logs JSON lines, and stops", async () => {
    const daemon = new DaemonProcess(fresh(), { command: executable, env: {} });
    try {
      daemon.start();
      const client = await daemon.connect({ logLevel: "debug" }, 60_000);
      const id = await client.initDevice();
      const team = await client.createTeam();
      await client.createLabel(team, "telemetry");
      expect((await client.devices(team)).map((device) => device.deviceId)).toEqual([id]);
      const status = answer(["status", "--json", "--socket", daemon.socketPath]);
      expect({ code: status.status, stderr: status.stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(status.stdout)).toMatchObject({
        daemon: { deviceId: id },
        teams: [{ teamId: team }],
      });
      await client.close();
      expect(await daemon.stop()).toBe(0);
      expect(daemon.log.length).toBeGreaterThan(0);
      expect(daemon.stderr).toBe("");
    } finally {
      await daemon.stop("SIGKILL");
    }
  });

  test("what is in it is named: SBOM and licences", () => {
    const sbom = JSON.parse(readFileSync(`${file}.cdx.json`, "utf8")) as {
      bomFormat: string;
      metadata: { component: { hashes: { content: string }[] } };
      components: { name: string; version: string; components?: { name: string; version: string }[] }[];
    };
    expect(sbom.bomFormat).toBe("CycloneDX");
    const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(sbom.metadata.component.hashes).toEqual([{ alg: "SHA-256", content: sum }]);
    const names = sbom.components.map((component) => component.name);
    for (const name of ["pino", "cbor-x", "commander", "@noble/curves", "node"])
      expect(names).toContain(name);
    const node = sbom.components.find((component) => component.name === "node")!;
    expect(node.version).toBe(target.node.version);
    const { openssl } = JSON.parse(answer(["version", "--json"]).stdout) as { openssl: string };
    expect(node.components!.find(({ name }) => name === "openssl")!.version).toBe(openssl);
    const licences = readFileSync(`${file}.licences.txt`, "utf8");
    for (const { name, version } of sbom.components) {
      expect(licences).toContain(name === "node" ? `Node.js ${version}` : `${name} ${version}`);
    }
    // From Node's own file, which names its parts.
    expect(licences).toContain("OpenSSL");
  });
});

/** TCP ports on which this process listens. */
function listeningPorts(pid: number): number[] {
  const sockets = new Set<string>();
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined) sockets.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return ["tcp", "tcp6"].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === TCP_LISTENS && sockets.has(fields[9]!))
      .map((fields) => Number.parseInt(fields[1]!.split(":")[1]!, 16)),
  );
}
