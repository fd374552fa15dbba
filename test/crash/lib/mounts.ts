/** File systems of the test's own: an ext4 image on a loop device, a small tmpfs. Needs root, and cleans up whatever happens. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const IMAGE_BYTES = 16 * 1024 * 1024;

export class Mounts {
  readonly #root = mkdtempSync(join(tmpdir(), "aranya-edge-mnt-"));
  readonly #mounted = new Set<string>();
  #names = 0;
  readonly #onExit = (): void => this.close();

  constructor() {
    process.once("exit", this.#onExit);
  }

  /** New and empty, on the disk there is. */
  directory(): string {
    const path = this.path();
    mkdirSync(path);
    return path;
  }

  /** Nothing is there yet. */
  path(): string {
    return join(this.#root, String(this.#names++));
  }

  /** An empty file system in a file. Nothing of it is left to be written in the background. */
  newImage(): string {
    const image = this.path();
    const fd = openSync(image, "wx");
    ftruncateSync(fd, IMAGE_BYTES);
    closeSync(fd);
    run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image);
    return image;
  }

  mountImage(image: string): string {
    return this.#mount("-t", "ext4", "-o", "loop,noatime", image);
  }

  mountTmpfs(size: string): string {
    return this.#mount("-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs");
  }

  unmount(directory: string): void {
    run("umount", directory);
    this.#mounted.delete(directory);
  }

  close(): void {
    process.off("exit", this.#onExit);
    for (const directory of this.#mounted) {
      // Whoever still has it open keeps it until then; its name and loop device go.
      run("umount", "--lazy", directory);
    }
    this.#mounted.clear();
    rmSync(this.#root, { recursive: true, force: true });
  }

  #mount(...args: readonly string[]): string {
    const directory = this.directory();
    run("mount", ...args, directory);
    this.#mounted.add(directory);
    return directory;
  }
}

/** Why this machine cannot do it; undefined where it can. */
export function whyNoMounts(): string | undefined {
  const mounts = new Mounts();
  try {
    mounts.unmount(mounts.mountImage(mounts.newImage()));
    mounts.unmount(mounts.mountTmpfs("1m"));
    return undefined;
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? "").trim();
    return said === "" ? (error as Error).message : said;
  } finally {
    mounts.close();
  }
}

function run(program: string, ...args: readonly string[]): void {
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, PATH: path } });
}
