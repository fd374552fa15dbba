/** Folders to be packed, whose times and modes come from the commit and from us, never from the machine. */
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  lutimesSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

export class Tree {
  readonly root: string;
  readonly #epoch: number;

  /** `epoch`: seconds, the time of everything in it. */
  constructor(root: string, epoch: number) {
    this.root = root;
    this.#epoch = epoch;
    mkdirSync(root, { recursive: true });
  }

  write(path: string, text: string | Uint8Array, mode = 0o644): void {
    const target = this.#target(path);
    writeFileSync(target, text);
    chmodSync(target, mode);
  }

  copy(path: string, from: string, mode = 0o644): void {
    const target = this.#target(path);
    copyFileSync(from, target);
    chmodSync(target, mode);
  }

  /** A symbolic link, which may lead out of the tree. */
  link(path: string, to: string): void {
    symlinkSync(to, this.#target(path));
  }

  /** Of its files, from the root, sorted; no links. */
  files(): string[] {
    return this.#entries()
      .filter((path) => lstatSync(join(this.root, path)).isFile())
      .sort();
  }

  /** To be called when everything is there. */
  settle(): void {
    // From the inside out: what changes in a folder changes its time.
    for (const path of [...this.#entries().sort().reverse(), ""]) {
      const full = join(this.root, path);
      if (lstatSync(full).isDirectory()) chmodSync(full, 0o755);
      lutimesSync(full, this.#epoch, this.#epoch);
    }
  }

  #entries(): string[] {
    return readdirSync(this.root, { recursive: true, encoding: "utf8" });
  }

  #target(path: string): string {
    const target = join(this.root, path);
    mkdirSync(dirname(target), { recursive: true });
    return target;
  }
}
