/**
 * The daemon's Unix socket: made under another name with its final mode and renamed into place, so that nobody ever
 * finds it half made or too open. Whoever may open it is the device: access is the file's mode, 0660.
 */
import { lstatSync, renameSync, statSync, unlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { basename, dirname, join, resolve as absolute } from "node:path";
import { utf8 } from "../base/bytes.ts";
import { TransportError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

export type UnixConnection = Socket;

export interface UnixListener {
  readonly path: string;
  /** Connections open now. */
  readonly connectionCount: number;
  /** Stops listening, ends every connection and removes the socket. */
  close(): Promise<void>;
}

/**
 * Throws `TransportError`: `socket-path-too-long`, `socket-path-invalid`, `socket-in-use` (somebody answers there, or it
 * cannot be told), `not-a-socket`, `socket-listen-failed`. A socket left by a daemon that was killed is replaced.
 * Connections beyond `LIMITS.ipcConnectionsMax` are closed at once, and told of. Changes the process's umask while it binds, within
 * one tick.
 */
export async function listenUnix(
  path: string,
  onConnection: (socket: Socket) => void,
  onDropped: () => void = () => undefined,
): Promise<UnixListener> {
  checkSocketPath(path);
  const temporary = temporaryPath(path);
  await removeStaleSocket(path);
  await removeStaleSocket(temporary);

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined); // "close" follows and says all there is to say
    onConnection(socket);
  });
  server.maxConnections = LIMITS.ipcConnectionsMax;
  server.on("drop", onDropped);
  let own: Stats;
  try {
    await bind(server, temporary);
    own = lstatSync(temporary);
    renameSync(temporary, path);
  } catch (cause) {
    server.close();
    throw new TransportError("socket-listen-failed", `cannot listen on ${path}: ${whyNot(path, cause)}`, {
      cause,
    });
  }
  // What fails from here on are single connections (too many open files): the socket itself stays.
  server.on("error", () => undefined);

  return {
    path,
    get connectionCount() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        if (isSameFile(path, own)) unlinkSync(path);
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Of a connection that is open; for who asks the kernel who is at its other end. */
export function descriptorOf(socket: Socket): number | undefined {
  return (socket as { _handle?: { readonly fd?: number } | null })._handle?.fd;
}

/** Node cuts a longer path silently, and listens somewhere else. Throws `TransportError`. */
export function checkSocketPath(path: string): void {
  if (path === "" || path.includes("\0")) {
    throw new TransportError("socket-path-invalid", "a socket path is not empty and has no NUL in it");
  }
  if (utf8(path).length > LIMITS.socketPathBytesMax) {
    throw new TransportError(
      "socket-path-too-long",
      `${path} is longer than ${LIMITS.socketPathBytesMax} bytes: choose a shorter path for the socket`,
    );
  }
}

/** In the same directory and no longer, so that it fits wherever the path itself does. */
function temporaryPath(path: string): string {
  const name = basename(path);
  return join(dirname(path), name.replace(/.$/su, name.endsWith("~") ? "-" : "~"));
}

/** The mask is back before anything else of this process runs: Node binds Unix sockets within `listen`. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    const before = process.umask(0o117);
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
  });
}

/** Only what is a socket, and refuses connections, was left behind by a daemon that is gone. */
async function removeStaleSocket(path: string): Promise<void> {
  let found: Stats;
  try {
    found = lstatSync(path);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return;
    throw new TransportError("socket-listen-failed", `cannot look at ${path}: ${whyNot(path, cause)}`, {
      cause,
    });
  }
  if (!found.isSocket()) {
    throw new TransportError(
      "not-a-socket",
      `${path} exists and is not a socket: remove it or choose another path`,
    );
  }
  const refusal = await connectError(path);
  if (codeOf(refusal) === "ENOENT") return;
  if (codeOf(refusal) !== "ECONNREFUSED") {
    const why = refusal === undefined ? "somebody answers there" : reasonOf(refusal);
    throw new TransportError(
      "socket-in-use",
      `${path} is in use (${why}): stop the other daemon or choose another path`,
    );
  }
  if (!isSameFile(path, found))
    throw new TransportError("socket-in-use", `${path} was just taken by another daemon`);
  try {
    unlinkSync(path);
  } catch (cause) {
    throw new TransportError("socket-listen-failed", `cannot remove the stale ${path}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** Undefined when somebody answers. */
function connectError(path: string): Promise<unknown> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.once("error", resolve);
  });
}

function isSameFile(path: string, other: Stats): boolean {
  try {
    const found = lstatSync(path);
    return found.ino === other.ino && found.dev === other.dev;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** What is wrong with the directory, and what to do. Asked of it: libuv says EACCES of one that is not there, too. */
function whyNot(path: string, cause: unknown): string {
  const directory = dirname(absolute(path));
  let found: Stats | undefined;
  try {
    found = statSync(directory, { throwIfNoEntry: false });
  } catch (error) {
    // Below a directory that may not be entered nothing is known of it.
    return reasonOf(error);
  }
  if (found === undefined) return `${directory} is not there; make it for the user of the daemon`;
  if (codeOf(cause) !== "EACCES") return reasonOf(cause);
  const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
  const user = process.geteuid!();
  return `user ${user} may not use ${directory}, owner ${found.uid}, mode ${mode}; chown it to the user of the daemon`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
