/**
 * A file system in memory that can fail and crash, with what is durable kept apart from what a running system sees.
 *
 * - Bytes written are volatile until `sync` or `dataSync` of that file; names made, renamed or removed are volatile until
 *   `syncDirectory` of that directory. Syncing a file does not make its name durable.
 * - `afterCrash` is the disk as the next start finds it: of what was volatile any part may be there, torn at sector
 *   bounds, out of order, and with zeros or stale bytes where a file grew before its data arrived. A rename is there or
 *   not, never half.
 */
import type { Files, FileStatus, OpenFile } from "../../src/store/files.ts";

/** The power went. Every later call throws it too. */
export class Crash extends Error {
  constructor() {
    super("crash");
  }
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Fault {
  /** Which of the calls that change something, from 0. */
  readonly at: number;
  /** `crash`, or the errno to throw. */
  readonly kind: string;
  /** How many calls in a row fail; one unless told. */
  readonly times?: number;
  /** Only these calls fail, such as `write`; all unless told. */
  readonly calls?: readonly string[];
}

/** Small, so that short records are torn too. */
const SECTOR_BYTES = 16;

type Change = { at: number; bytes: Uint8Array } | { truncateTo: number };

interface FileNode {
  kind: "file";
  mode: number;
  uid: number;
  now: Uint8Array;
  durable: Uint8Array;
  pending: Change[];
}

type NameChange = { remove: string } | { set: string; node: Node } | { from: string; to: string; node: Node };

interface DirectoryNode {
  kind: "directory";
  mode: number;
  uid: number;
  now: Map<string, Node>;
  durable: Map<string, Node>;
  pending: NameChange[];
}

type Node = FileNode | DirectoryNode | { kind: "symlink" | "other"; mode: number; uid: number };

function errno(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function newDirectory(): DirectoryNode {
  return { kind: "directory", mode: 0o700, uid: 1000, now: new Map(), durable: new Map(), pending: [] };
}

export class FaultyFiles implements Files {
  /** The calls so far that changed something, e.g. `write /a/log`. */
  readonly trace: string[] = [];
  /** Files opened and not closed. */
  openHandles = 0;
  fault: Fault | undefined;
  /** Writes take a few bytes at a time. */
  shortWrites = false;
  /** A planted bug, to see that a test notices: this call returns without having done anything. */
  skips: "sync" | "dataSync" | "syncDirectory" | undefined;
  uid = 1000;
  #root: DirectoryNode = newDirectory();
  #crashed = false;

  // Files

  open(path: string, mode: "read" | "readWrite" | "create"): OpenFile {
    this.#alive();
    const [parent, name] = this.#parentOf(path);
    let node = parent.now.get(name);
    if (mode === "create") {
      if (node !== undefined) throw errno("EEXIST", path);
      const made: FileNode = {
        kind: "file",
        mode: 0o600,
        uid: this.uid,
        now: new Uint8Array(),
        durable: new Uint8Array(),
        pending: [],
      };
      node = made;
      this.#change("create", path, () => this.#changeName(parent, { set: name, node: made }));
    }
    if (node === undefined) throw errno("ENOENT", path);
    if (node.kind === "symlink") throw errno("ELOOP", path);
    if (node.kind !== "file") throw errno("EISDIR", path);
    this.openHandles++;
    return this.#openFile(node, path);
  }

  rename(from: string, to: string): void {
    const [parent, oldName] = this.#parentOf(from);
    const [target, newName] = this.#parentOf(to);
    if (parent !== target) throw new Error("the model renames within one directory");
    const node = parent.now.get(oldName);
    if (node === undefined) throw errno("ENOENT", from);
    const replaced = parent.now.get(newName);
    if (replaced?.kind === "directory" && replaced.now.size > 0) throw errno("ENOTEMPTY", to);
    this.#change("rename", from, () => this.#changeName(parent, { from: oldName, to: newName, node }));
  }

  unlink(path: string): void {
    const [parent, name] = this.#parentOf(path);
    const node = parent.now.get(name);
    if (node === undefined) throw errno("ENOENT", path);
    if (node.kind === "directory") throw errno("EISDIR", path);
    this.#change("unlink", path, () => this.#changeName(parent, { remove: name }));
  }

  makeDirectory(path: string): void {
    const [parent, name] = this.#parentOf(path);
    if (parent.now.has(name)) throw errno("EEXIST", path);
    const node = { ...newDirectory(), uid: this.uid };
    this.#change("makeDirectory", path, () => this.#changeName(parent, { set: name, node }));
  }

  removeDirectory(path: string): void {
    const [parent, name] = this.#parentOf(path);
    const node = this.#directory(path);
    if (node.now.size > 0) throw errno("ENOTEMPTY", path);
    this.#change("removeDirectory", path, () => this.#changeName(parent, { remove: name }));
  }

  syncDirectory(path: string): void {
    const node = this.#directory(path);
    this.#sync("syncDirectory", path, () => {
      node.durable = new Map(node.now);
      node.pending = [];
    });
  }

  list(path: string): string[] {
    this.#alive();
    return [...this.#directory(path).now.keys()];
  }

  status(path: string): FileStatus | undefined {
    this.#alive();
    let node: Node | undefined;
    try {
      node = this.#find(path);
    } catch {
      return undefined;
    }
    if (node === undefined) return undefined;
    return {
      type: node.kind,
      mode: node.mode,
      uid: node.uid,
      size: node.kind === "file" ? node.now.length : 0,
    };
  }

  checkWritable(directory: string): void {
    if ((this.#directory(directory).mode & 0o300) !== 0o300) throw errno("EACCES", directory);
  }

  userId(): number {
    return this.uid;
  }

  // what tests do to it

  contents(path: string): Uint8Array {
    const node = this.#find(path);
    if (node?.kind !== "file") throw errno("ENOENT", path);
    return node.now.slice();
  }

  /** Durable at once, as if it had always been there. */
  put(path: string, contents: Uint8Array): void {
    const [parent, name] = this.#parentOf(path);
    const node: FileNode = {
      kind: "file",
      mode: 0o600,
      uid: this.uid,
      now: contents.slice(),
      durable: contents.slice(),
      pending: [],
    };
    parent.now.set(name, node);
    parent.durable.set(name, node);
  }

  putSpecial(path: string, kind: "symlink" | "other"): void {
    const [parent, name] = this.#parentOf(path);
    const node: Node = { kind, mode: 0o777, uid: this.uid };
    parent.now.set(name, node);
    parent.durable.set(name, node);
  }

  alter(path: string, change: { mode?: number; uid?: number }): void {
    const node = this.#find(path);
    if (node === undefined) throw errno("ENOENT", path);
    Object.assign(node, change);
  }

  /** Everything there is, as `path → contents`, directories as `path/`. */
  snapshot(): Map<string, string> {
    const out = new Map<string, string>();
    const walk = (node: DirectoryNode, at: string): void => {
      for (const [name, child] of node.now) {
        const path = `${at}/${name}`;
        if (child.kind === "directory") {
          out.set(`${path}/`, "");
          walk(child, path);
        } else {
          out.set(path, child.kind === "file" ? Buffer.from(child.now).toString("hex") : child.kind);
        }
      }
    };
    walk(this.#root, "");
    return out;
  }

  /** The disk as the next start finds it; this object is of no more use to what was running. */
  afterCrash(random: () => number): FaultyFiles {
    const next = new FaultyFiles();
    next.uid = this.uid;
    // How much of what was volatile is lost: all, none, a part, or everything from some point on.
    const style = Math.floor(random() * 4);
    const loss = style === 0 ? 1 : style === 1 ? 0 : random();
    const stale = random() < 0.3;
    const isLost = (): boolean => random() < loss;
    next.#root = this.#survivor(this.#root, new Map(), isLost, stale, random) as DirectoryNode;
    return next;
  }

  // below

  #survivor(
    node: Node,
    made: Map<Node, Node>,
    isLost: () => boolean,
    stale: boolean,
    random: () => number,
  ): Node {
    const known = made.get(node);
    if (known !== undefined) return known;
    if (node.kind === "file") {
      const bytes = survivingBytes(node, isLost, stale, random);
      const copy: FileNode = { ...node, now: bytes, durable: bytes.slice(), pending: [] };
      made.set(node, copy);
      return copy;
    }
    if (node.kind !== "directory") return node;
    const names = new Map(node.durable);
    for (const change of node.pending) if (!isLost()) applyName(names, change);
    const copy: DirectoryNode = { ...node, now: new Map(), durable: new Map(), pending: [] };
    made.set(node, copy);
    for (const [name, child] of names) {
      const survivor = this.#survivor(child, made, isLost, stale, random);
      copy.now.set(name, survivor);
      copy.durable.set(name, survivor);
    }
    return copy;
  }

  #alive(): void {
    if (this.#crashed) throw new Crash();
  }

  /** Counts a call that changes something, and lets it fail. True: the power goes once it has had its effect. */
  #step(call: string, path: string): boolean {
    this.#alive();
    const n = this.trace.length;
    this.trace.push(`${call} ${path}`);
    const fault = this.fault;
    if (fault === undefined || n < fault.at || n >= fault.at + (fault.times ?? 1)) return false;
    if (fault.calls !== undefined && !fault.calls.includes(call)) return false;
    if (fault.kind === "crash") return true;
    throw errno(fault.kind, path);
  }

  #change(call: string, path: string, effect: () => void): void {
    const crashes = this.#step(call, path);
    effect();
    if (crashes) this.#crash();
  }

  /** A crash during a sync leaves all volatile: any part of it may have arrived. */
  #sync(call: string, path: string, effect: () => void): void {
    if (this.#step(call, path)) this.#crash();
    if (this.skips !== call) effect();
  }

  #crash(): never {
    this.#crashed = true;
    throw new Crash();
  }

  #changeName(parent: DirectoryNode, change: NameChange): void {
    applyName(parent.now, change);
    parent.pending.push(change);
  }

  #openFile(node: FileNode, path: string): OpenFile {
    const random = seeded(this.trace.length);
    let isOpen = true;
    const check = (): void => {
      this.#alive();
      if (!isOpen) throw errno("EBADF", path);
    };
    const sync = (call: string): void => {
      check();
      this.#sync(call, path, () => {
        node.durable = node.now.slice();
        node.pending = [];
      });
    };
    return {
      read: (into, position) => {
        check();
        // Reads are short too, and never at the same places.
        const length = Math.min(
          into.length,
          Math.max(0, node.now.length - position),
          1 + Math.floor(random() * 4096),
        );
        into.set(node.now.subarray(position, position + length));
        return length;
      },
      write: (bytes, position) => {
        check();
        const length = this.shortWrites ? Math.min(bytes.length, 1 + Math.floor(random() * 7)) : bytes.length;
        const part = bytes.slice(0, length);
        const apply = (written: Uint8Array): void => {
          node.now = writeInto(node.now, position, written);
          node.pending.push({ at: position, bytes: written });
        };
        try {
          this.#change("write", path, () => apply(part));
        } catch (error) {
          // A failing write may have written some of it.
          if (!(error instanceof Crash)) apply(part.slice(0, Math.floor(random() * part.length)));
          throw error;
        }
        return length;
      },
      truncate: (size) => {
        check();
        this.#change("truncate", path, () => {
          node.now = resized(node.now, size);
          node.pending.push({ truncateTo: size });
        });
      },
      size: () => {
        check();
        return node.now.length;
      },
      sync: () => sync("sync"),
      dataSync: () => sync("dataSync"),
      close: () => {
        check();
        isOpen = false;
        this.openHandles--;
      },
    };
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of path.split("/").filter((p) => p !== "")) {
      if (node.kind !== "directory") throw errno("ENOTDIR", path);
      node = node.now.get(part);
      if (node === undefined) return undefined;
    }
    return node;
  }

  #directory(path: string): DirectoryNode {
    this.#alive();
    const node = this.#find(path);
    if (node === undefined) throw errno("ENOENT", path);
    if (node.kind !== "directory") throw errno("ENOTDIR", path);
    return node;
  }

  #parentOf(path: string): [DirectoryNode, string] {
    const slash = path.lastIndexOf("/");
    return [this.#directory(path.slice(0, slash)), path.slice(slash + 1)];
  }
}

function applyName(names: Map<string, Node>, change: NameChange): void {
  if ("remove" in change) {
    names.delete(change.remove);
  } else if ("set" in change) {
    names.set(change.set, change.node);
  } else {
    names.delete(change.from);
    names.set(change.to, change.node);
  }
}

function writeInto(bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const out = resized(bytes, Math.max(bytes.length, at + part.length));
  out.set(part, at);
  return out;
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  out.set(bytes.subarray(0, size));
  return out;
}

function survivingBytes(
  node: FileNode,
  isLost: () => boolean,
  stale: boolean,
  random: () => number,
): Uint8Array {
  let bytes: Uint8Array = node.durable.slice();
  for (const change of node.pending) {
    if ("truncateTo" in change) {
      if (!isLost()) bytes = resized(bytes, change.truncateTo);
      continue;
    }
    let from = 0;
    while (from < change.bytes.length) {
      const end = Math.min(change.bytes.length, from + SECTOR_BYTES - ((change.at + from) % SECTOR_BYTES));
      if (!isLost()) bytes = writeInto(bytes, change.at + from, change.bytes.subarray(from, end));
      from = end;
    }
    // The size may have arrived without the data.
    const reach = change.at + change.bytes.length;
    if (bytes.length < reach && !isLost()) {
      const grownFrom = bytes.length;
      bytes = resized(bytes, grownFrom + Math.floor(random() * (reach - grownFrom + 1)));
      if (stale) for (let i = grownFrom; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
    }
  }
  return bytes;
}
