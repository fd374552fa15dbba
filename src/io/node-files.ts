import {
  accessSync,
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { Files, FileStatus, OpenFile } from "../store/files.ts";

const OPEN_FLAGS = {
  // Whoever put a pipe in a file's place would have the daemon wait for a writer for ever.
  read: constants.O_RDONLY | constants.O_NONBLOCK,
  readWrite: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;

export interface FileCounts {
  writtenBytes: number;
  /** fsync and fdatasync, of files and directories. */
  syncs: number;
}

/** Synchronous calls only: on Node 20.11 `fs.promises` goes through io_uring. */
export class NodeFiles implements Files {
  /** What was asked of the disk, by all that goes through here. */
  readonly counts: FileCounts = { writtenBytes: 0, syncs: 0 };

  open(path: string, mode: keyof typeof OPEN_FLAGS): OpenFile {
    return new NodeFile(openSync(path, OPEN_FLAGS[mode] | constants.O_NOFOLLOW, 0o600), this.counts);
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  unlink(path: string): void {
    unlinkSync(path);
  }

  makeDirectory(path: string): void {
    mkdirSync(path, { mode: 0o700 });
  }

  removeDirectory(path: string): void {
    rmdirSync(path);
  }

  syncDirectory(path: string): void {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      this.counts.syncs++;
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  list(path: string): string[] {
    return readdirSync(path);
  }

  status(path: string): FileStatus | undefined {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const type = stat.isFile()
      ? "file"
      : stat.isDirectory()
        ? "directory"
        : stat.isSymbolicLink()
          ? "symlink"
          : "other";
    return { type, mode: stat.mode & 0o7777, uid: stat.uid, size: stat.size };
  }

  checkWritable(directory: string): void {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  }

  userId(): number {
    const uid = process.geteuid?.();
    if (uid === undefined) throw new Error("this system has no user ids");
    return uid;
  }
}

class NodeFile implements OpenFile {
  readonly #fd: number;
  readonly #counts: FileCounts;

  constructor(fd: number, counts: FileCounts) {
    this.#fd = fd;
    this.#counts = counts;
  }

  read(into: Uint8Array, position: number): number {
    return readSync(this.#fd, into, 0, into.length, position);
  }

  write(bytes: Uint8Array, position: number): number {
    const written = writeSync(this.#fd, bytes, 0, bytes.length, position);
    this.#counts.writtenBytes += written;
    return written;
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size);
  }

  size(): number {
    return fstatSync(this.#fd).size;
  }

  sync(): void {
    this.#counts.syncs++;
    fsyncSync(this.#fd);
  }

  dataSync(): void {
    this.#counts.syncs++;
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
