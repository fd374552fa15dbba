import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TransportError } from "../../../src/base/errors.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { listenUnix } from "../../../src/io/unix-socket.ts";
import type { UnixListener } from "../../../src/io/unix-socket.ts";

let directory: string;
const listeners: UnixListener[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "aranya-edge-socket-"));
});

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  rmSync(directory, { recursive: true, force: true });
});

async function listen(
  path: string,
  onConnection: (socket: Socket) => void = () => undefined,
  onDropped?: () => void,
): Promise<UnixListener> {
  const listener = await listenUnix(path, onConnection, onDropped);
  listeners.push(listener);
  return listener;
}

async function failure(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(TransportError);
  return (error as TransportError).code;
}

/** A socket whose process was killed: nothing unlinks it. */
function leaveStaleSocket(path: string): void {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
  expect(lstatSync(path).isSocket()).toBe(true);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

describe("[SYS-7] the daemon's Unix socket", () => {
  test("is there for owner and group only, alone in its directory, and gone when closed", async () => {
    const path = join(directory, "edge.sock");
    const before = process.umask(0o022);
    const listener = await listen(path);
    expect(process.umask(before)).toBe(0o022);
    expect(lstatSync(path).mode & 0o777).toBe(0o660);
    expect(readdirSync(directory)).toEqual(["edge.sock"]);
    expect(await answers(path)).toBe(true);
    await listener.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("its longest path works, one byte more is refused", async () => {
    const name = (length: number): string => join(directory, "x".repeat(length - directory.length - 1));
    const longest = name(LIMITS.socketPathBytesMax);
    expect(longest.length).toBe(107);
    await listen(longest);
    expect(await answers(longest)).toBe(true);
    expect(await failure(listen(name(LIMITS.socketPathBytesMax + 1)))).toBe("socket-path-too-long");
    expect(await failure(listen(join(directory, "é".repeat(50))))).toBe("socket-path-too-long");
    expect(await failure(listen(""))).toBe("socket-path-invalid");
    expect(await failure(listen(join(directory, "a\0b")))).toBe("socket-path-invalid");
  });

  test.each(["s", "~", "ends~", "socké"])("works under the name %s", async (name) => {
    await listen(join(directory, name));
    expect(await answers(join(directory, name))).toBe(true);
    expect(readdirSync(directory)).toEqual([name]);
  });

  test("[SYS-5] one left by a killed daemon is replaced, and so is one left half made", async () => {
    const path = join(directory, "edge.sock");
    leaveStaleSocket(path);
    leaveStaleSocket(join(directory, "edge.soc~"));
    await listen(path);
    expect(await answers(path)).toBe(true);
    expect(readdirSync(directory)).toEqual(["edge.sock"]);
  });

  test("one that answers is left alone", async () => {
    const path = join(directory, "edge.sock");
    await listen(path);
    expect(await failure(listen(path))).toBe("socket-in-use");
    expect(await answers(path)).toBe(true);
  });

  test("what is not a socket is left alone", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "precious");
    expect(await failure(listen(file))).toBe("not-a-socket");
    expect(existsSync(file)).toBe(true);
    const link = join(directory, "link");
    leaveStaleSocket(join(directory, "target"));
    symlinkSync(join(directory, "target"), link);
    expect(await failure(listen(link))).toBe("not-a-socket");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  test("a directory that is not there is a clear error", async () => {
    const missing = join(directory, "missing");
    expect(await failure(listen(join(missing, "s")))).toBe("socket-listen-failed");
    await expect(listen(join(missing, "s"))).rejects.toThrow(`${missing} is not there; make it`);
  });

  /** With nobody's rights to the directory; root may use anything, and is somebody else for the while. */
  async function shutOut(run: () => Promise<void>): Promise<void> {
    const isRoot = process.geteuid!() === 0;
    chmodSync(directory, 0);
    if (isRoot) process.seteuid!(65534);
    try {
      await run();
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(directory, 0o700);
    }
  }

  test("a directory that may not be used is named, with whose it is", async () => {
    const owner = process.geteuid!();
    await shutOut(() =>
      expect(listen(join(directory, "s"))).rejects.toThrow(
        `user ${process.geteuid!()} may not use ${directory}, owner ${owner}, mode 0000; chown it`,
      ),
    );
  });

  test("of a directory below one that may not be entered it is not said that it is not there", async () => {
    const inner = join(directory, "inner");
    mkdirSync(inner);
    await shutOut(() => expect(listen(join(inner, "s"))).rejects.toThrow(/EACCES/));
  });

  test("closing does not remove a socket that somebody else put there meanwhile", async () => {
    const path = join(directory, "edge.sock");
    const listener = await listen(path);
    rmSync(path);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(path, resolve));
    chmodSync(path, 0o600);
    await listener.close();
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => other.close(resolve));
  });

  test("connections beyond the maximum are closed at once, and there is room again afterwards", async () => {
    const path = join(directory, "edge.sock");
    let dropped = 0;
    const listener = await listen(
      path,
      (socket) => socket.write("hello"),
      () => dropped++,
    );
    const open = (): Promise<Socket | undefined> =>
      new Promise((resolve) => {
        const socket = connect(path);
        socket.once("data", () => resolve(socket));
        socket.once("close", () => resolve(undefined));
        socket.on("error", () => undefined);
      });
    const sockets: (Socket | undefined)[] = [];
    for (let i = 0; i < LIMITS.ipcConnectionsMax; i++) sockets.push(await open());
    expect(sockets.every((socket) => socket !== undefined)).toBe(true);
    expect(listener.connectionCount).toBe(LIMITS.ipcConnectionsMax);
    expect(dropped).toBe(0);
    expect(await open()).toBeUndefined();
    expect(dropped).toBe(1);
    sockets[0]!.destroy();
    while (listener.connectionCount === LIMITS.ipcConnectionsMax) await new Promise((r) => setTimeout(r, 2));
    expect(await open()).toBeDefined();
  });
});
