/** What a service manager hears. It is a Unix datagram socket here as there, of which Node knows only by `node:ffi`. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { loadFfi, PinnedMemory } from "../../../platform/ffi.ts";
import { PLAIN_PLATFORM, probePlatform } from "../../../platform/platform.ts";
import { serviceNotification } from "../../../platform/service-notification.ts";
import { until } from "../../support/until.ts";

const directory = mkdtempSync(join(tmpdir(), "notify-"));
afterAll(() => rmSync(directory, { recursive: true }));

const HELPER_SOURCE = join(import.meta.dirname, "../../../platform/notify-helper.c");

/** A manager's end. */
class Manager {
  readonly address: string;
  readonly #functions;
  readonly #memory: PinnedMemory;
  readonly #fd: number;

  constructor(address: string) {
    this.address = address;
    const ffi = loadFfi()!;
    this.#memory = new PinnedMemory(ffi, 8192);
    const { functions } = ffi.dlopen(null, {
      socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
      bind: { arguments: ["i32", "pointer", "u32"], return: "i32" },
      recv: { arguments: ["i32", "pointer", "u64", "i32"], return: "i64" },
      close: { arguments: ["i32"], return: "i32" },
    });
    this.#functions = functions;
    this.#fd = functions.socket(1, 2 | 0o4000 | 0o2000000, 0);
    this.#memory.view.setUint16(0, 1, true);
    const path = Buffer.from(address.replace(/^@/, "\0"));
    this.#memory.bytes.set(path, 2);
    expect(functions.bind(this.#fd, this.#memory.pointer(0), 2 + path.length)).toBe(0);
  }

  /** The next message, waited for; undefined where none is there and `now`. */
  async hears(now = false): Promise<string[] | undefined> {
    for (let i = 0; i < 3000; i++) {
      const got = Number(this.#functions.recv(this.#fd, this.#memory.pointer(256), 4096n, 0));
      if (got >= 0)
        return Buffer.from(this.#memory.bytes.slice(256, 256 + got))
          .toString()
          .split("\n");
      if (now) return undefined;
      await sleep(5);
    }
    throw new Error("nothing was heard");
  }

  close(): void {
    this.#functions.close(this.#fd);
  }
}

const managers: Manager[] = [];
function listen(address: string): Manager {
  const manager = new Manager(address);
  managers.push(manager);
  return manager;
}
afterEach(() => {
  vi.unstubAllEnvs();
  for (const manager of managers.splice(0)) manager.close();
});

const fail = (reason: string): void => expect.unreachable(reason);

test("by a path and by an abstract address: ready, beats with what changed, reload, stop", async () => {
  for (const address of [join(directory, "notify"), `@notify-${randomUUID()}`]) {
    const manager = listen(address);
    let status = "2 teams";
    const environment = {
      NOTIFY_SOCKET: address,
      WATCHDOG_USEC: "100000",
      WATCHDOG_PID: String(process.pid),
    };
    const told = serviceNotification(probePlatform({}), () => status, fail, environment)!;
    expect(await told.ready()).toBe(true);
    expect(await manager.hears()).toEqual(["READY=1", "STATUS=2 teams"]);
    expect(await manager.hears()).toEqual(["WATCHDOG=1"]);
    status = "3 teams\nREADY=0";
    const saysMore = async (): Promise<string[]> => {
      for (;;) {
        const lines = (await manager.hears())!;
        if (lines.length > 1) return lines;
      }
    };
    expect(await saysMore()).toEqual(["WATCHDOG=1", "STATUS=3 teams READY=0"]);
    told.reloading();
    expect(await saysMore()).toEqual(["RELOADING=1", expect.stringMatching(/^MONOTONIC_USEC=\d+$/)]);
    await told.ready("configuration not taken over: x");
    expect(await saysMore()).toEqual(["READY=1", "STATUS=3 teams READY=0; configuration not taken over: x"]);
    told.stopping();
    expect(await saysMore()).toEqual(["STOPPING=1", "STATUS=stopping"]);
    await sleep(200);
    expect(await manager.hears(true), "who stops beats no more").toBeUndefined();
  }
});

test("no manager, or one of a kind that is not known: nobody is told; one that does not watch: no beats", async () => {
  const platform = probePlatform({});
  for (const address of [undefined, "", "vsock:2:1", "relative", "/", "@"]) {
    expect(serviceNotification(platform, () => "", fail, { NOTIFY_SOCKET: address })).toBeUndefined();
  }
  const manager = listen(`@notify-${randomUUID()}`);
  const others = [
    {},
    { WATCHDOG_USEC: "0" },
    { WATCHDOG_USEC: "x" },
    { WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" },
  ];
  for (const environment of others) {
    const all = { NOTIFY_SOCKET: manager.address, ...environment };
    const told = serviceNotification(platform, () => "", fail, all)!;
    await told.ready();
    expect(await manager.hears()).toEqual(["READY=1", "STATUS="]);
    await sleep(50);
    expect(await manager.hears(true)).toBeUndefined();
    told.stopping();
    await manager.hears();
  }
});

test("a manager whose queue is full is asked again until it takes READY", async () => {
  const manager = listen(`@notify-${randomUUID()}`);
  const environment = { NOTIFY_SOCKET: manager.address };
  const told = serviceNotification(probePlatform({}), () => "", fail, environment)!;
  const notify = probePlatform({}).notifySockets!(manager.address)!;
  let filled = 0;
  while (notify(["WATCHDOG=1"])) filled++;
  const ready = told.ready();
  await sleep(150);
  for (let i = 0; i < filled; i++) expect(await manager.hears()).toEqual(["WATCHDOG=1"]);
  expect(await ready).toBe(true);
  expect(await manager.hears()).toEqual(["READY=1", "STATUS="]);
});

test("a loop that hangs does not beat", async () => {
  const manager = listen(join(directory, "hanging"));
  const platform = join(import.meta.dirname, "../../../platform");
  const script = join(directory, "hang.ts");
  writeFileSync(
    script,
    `import { writeSync } from "node:fs";
     import { probePlatform } from ${JSON.stringify(join(platform, "platform.ts"))};
     import { serviceNotification } from ${JSON.stringify(join(platform, "service-notification.ts"))};
     const told = serviceNotification(probePlatform({}), () => "", () => undefined);
     setTimeout(() => undefined, 60_000);
     void told.ready();
     process.stdin.once("data", () => { writeSync(1, "hangs"); for (;;); });`,
  );
  const env = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "40000" };
  const child = spawn(process.execPath, [script], { env, stdio: ["pipe", "pipe", "inherit"] });
  try {
    expect(await manager.hears()).toEqual(["READY=1", "STATUS="]);
    for (let i = 0; i < 3; i++) expect(await manager.hears()).toEqual(["WATCHDOG=1"]);
    child.stdin.write("hang\n");
    await once(child.stdout, "data");
    while ((await manager.hears(true)) !== undefined); // what was said before
    await sleep(300);
    expect(await manager.hears(true)).toBeUndefined();
  } finally {
    child.kill("SIGKILL");
  }
});

const COMPILE = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o"] as const;
const hasCompiler = spawnSync("cc", ["--version"]).status === 0;
const SENDERS = hasCompiler
  ? "the helper sends, and systemd-notify"
  : "(no cc here, so no helper) systemd-notify sends";

test(`without node:ffi ${SENDERS} where there is none or it is gone`, async () => {
  const helper = join(directory, "notify-helper");
  if (hasCompiler) execFileSync("cc", [...COMPILE, helper, HELPER_SOURCE]);
  // Stands for the program of systemd: sends what it is given, its options as the lines they mean.
  const module = (name: string): string =>
    JSON.stringify(join(import.meta.dirname, "../../../platform", name));
  writeFileSync(
    join(directory, "systemd-notify.mjs"),
    `import { loadFfi } from ${module("ffi.ts")};
import { notifySockets } from ${module("notify-socket.ts")};
const given = process.argv.slice(2).filter((word) => !word.startsWith("--pid="));
const lines = given.map((word) => word.replace(/^--ready$/, "READY=1").replace(/^--status=/, "STATUS="));
notifySockets(loadFfi())(process.env.NOTIFY_SOCKET)(lines);
`,
  );
  writeFileSync(
    join(directory, "systemd-notify"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(directory, "systemd-notify.mjs")}" "$@"\n`,
    { mode: 0o755 },
  );
  const reasons: string[] = [];
  const base = {
    PATH: `${directory}:/usr/bin:/bin`,
    WATCHDOG_USEC: "2000000", // a beat each second: each message is a program that has to start
  };
  for (const path of [...(hasCompiler ? [helper] : []), undefined, join(directory, "missing")]) {
    // Its own, as the last of the one before may come late.
    const manager = listen(`@notify-${randomUUID()}`);
    const environment = {
      ...base,
      NOTIFY_SOCKET: manager.address,
      ...(path !== undefined && { ARANYA_EDGE_NOTIFY_HELPER: path }),
    };
    // The package starts its program in the environment of this process.
    vi.stubEnv("NOTIFY_SOCKET", manager.address).stubEnv("PATH", base.PATH);
    const told = serviceNotification(
      PLAIN_PLATFORM,
      () => "2 teams",
      (reason) => reasons.push(reason),
      environment,
    )!;
    if (path !== undefined && !existsSync(path)) await until(() => reasons.join().includes(path));
    expect(await told.ready()).toBe(true);
    const heard = async (): Promise<string> => (await manager.hears())!.join("|").replace(/\|$/, "");
    // Each is sent by a program of its own: one may overtake another.
    const first = new Set<string>();
    while (!first.has("READY=1|STATUS=2 teams") || !first.has("WATCHDOG=1")) first.add(await heard());
    expect(first.size).toBe(2);
    told.stopping();
    let last = "";
    while (last !== "STOPPING=1|STATUS=stopping") last = await heard();
  }
});
