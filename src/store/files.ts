/**
 * The few file-system calls the store makes, all synchronous, so that tests can put a failing or a crashing file system
 * underneath. Implementations throw what the system said, as errors with an errno name in `code`; the store turns those
 * into `StoreError`s that name the path and the remedy.
 */
import { StoreError } from "../base/errors.ts";

export interface FileStatus {
  readonly type: "file" | "directory" | "symlink" | "other";
  /** Permission bits, `0o7777` at most. */
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
}

/** Reads and writes may be short, as the system's are: see `readUpTo` and `writeAll`. */
export interface OpenFile {
  read(into: Uint8Array, position: number): number;
  write(bytes: Uint8Array, position: number): number;
  truncate(size: number): void;
  size(): number;
  /** fsync. */
  sync(): void;
  /** fdatasync: the bytes, and of the metadata what is needed to read them. */
  dataSync(): void;
  close(): void;
}

export interface Files {
  /** `create` refuses what exists and makes the file 0600. No mode follows a symbolic link. */
  open(path: string, mode: "read" | "readWrite" | "create"): OpenFile;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** 0700; the parent must be there. */
  makeDirectory(path: string): void;
  removeDirectory(path: string): void;
  /** fsync of a directory: what was made, renamed or removed in it. */
  syncDirectory(path: string): void;
  /** Names, in no order. Follows a symbolic link. */
  list(path: string): string[];
  /** Of the path itself, not of what a symbolic link points to; undefined where there is nothing. */
  status(path: string): FileStatus | undefined;
  /** Throws unless this process may make files in the directory. Writes nothing. */
  checkWritable(directory: string): void;
  /** The user this process acts as. */
  userId(): number;
}

export function join(directory: string, name: string): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

/** Short writes are how a full disk announces itself: go on until all is written or the system says why not. */
export function writeAll(file: OpenFile, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const written = file.write(bytes.subarray(done), position + done);
    if (written <= 0) throw Object.assign(new Error("a write wrote nothing"), { code: "EIO" });
    done += written;
  }
}

/** How many bytes were there: fewer than asked for only at the end of the file. */
export function readUpTo(file: OpenFile, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const read = file.read(into.subarray(done), position + done);
    if (read <= 0) break;
    done += read;
  }
  return done;
}

const CODES: Readonly<Record<string, readonly [code: string, remedy: string]>> = {
  ENOSPC: ["disk-full", "free some space"],
  EDQUOT: ["disk-full", "raise the quota or free some space"],
  EROFS: ["read-only", "mount the file system writable or choose another work directory"],
  EACCES: ["permission-denied", "give the user the daemon runs as access to it"],
  EPERM: ["permission-denied", "give the user the daemon runs as access to it"],
  ENOENT: ["not-found", "check that it exists"],
  ENOTDIR: ["not-a-directory", "move away what is in the way or choose another path"],
  ELOOP: ["symbolic-link", "replace the symbolic link by what it points to"],
  EMFILE: ["too-many-files", "raise the limit of open files"],
  ENFILE: ["too-many-files", "raise the limit of open files"],
};

/** Runs one step; what the system throws comes out as a `StoreError` that says what was being done to which path. */
export function attempt<T>(action: string, path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw toStoreError(action, path, error);
  }
}

/** Errors that are not the system's, such as our own, stay what they are. */
export function toStoreError(action: string, path: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const [code, remedy] = CODES[errno] ?? ["io-failed", "check the medium and the system's log"];
  return new StoreError(code, `cannot ${action} ${path}: ${errno}; ${remedy}`, { cause: error });
}

function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** For what is on its way out anyway: the first error is the one to report. */
export function ignoreErrors(step: () => void): void {
  try {
    step();
  } catch {
    // Left as it is; the next start cleans up.
  }
}

/**
 * A new file with these contents, durable, under a name that nobody reads yet; a leftover of that name is replaced. On
 * failure nothing is left. `contents` may be many chunks.
 */
export function writeNewFile(files: Files, path: string, contents: Iterable<Uint8Array>): void {
  if (files.status(path) !== undefined) files.unlink(path);
  const file = files.open(path, "create");
  try {
    let position = 0;
    for (const chunk of contents) {
      writeAll(file, chunk, position);
      position += chunk.length;
    }
    file.sync();
  } catch (error) {
    ignoreErrors(() => file.close());
    ignoreErrors(() => files.unlink(path));
    throw error;
  }
  file.close();
}

/** Makes what is missing of the path, 0700, each made durable in its parent. */
export function ensureDirectory(files: Files, path: string): void {
  const slash = path.lastIndexOf("/");
  const parent = slash > 0 ? path.slice(0, slash) : slash === 0 ? "/" : ".";
  if (path === "" || path === "/" || path === "." || files.status(path) !== undefined) return;
  ensureDirectory(files, parent);
  files.makeDirectory(path);
  files.syncDirectory(parent);
}

/** A directory with files in it and nothing deeper. */
export function removeFlatDirectory(files: Files, path: string): void {
  for (const name of files.list(path)) files.unlink(join(path, name));
  files.removeDirectory(path);
}
