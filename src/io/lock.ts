/**
 * One daemon per work directory, without a lock file that could go stale: an abstract Unix socket (unix(7)) named by the directory's device
 * and inode, so that two paths to one directory are one lock. The kernel drops it with the process, however it ends.
 * Abstract names are seen within one network namespace only.
 */
import { statSync } from "node:fs";
import { createServer } from "node:net";
import { StoreError } from "../base/errors.ts";

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Throws `StoreError` `locked` where another daemon has the directory. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const { dev, ino } = statSync(directory, { bigint: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === "EADDRINUSE";
      const message = inUse
        ? `another daemon uses ${directory}: stop it, or give this one a work directory of its own`
        : `cannot lock ${directory}: ${cause.message}`;
      reject(new StoreError(inUse ? "locked" : "lock-failed", message, { cause }));
    });
    server.listen(`\0aranya-edge/${dev}/${ino}`, resolve);
  });
  server.on("error", () => undefined);
  return {
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
