/** The two places the daemon writes to: its work directory and the directory of its socket. */
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  statfsSync,
  unlinkSync,
  writeSync,
  accessSync,
} from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LIMITS } from "../../base/limits.ts";
import type { Check } from "./check.ts";
import { fail, ok, reasonOf, warn } from "./check.ts";

/** A team of some thousand commands and its copy while it is rewritten. */
const FREE_BYTES_COMFORTABLE = 16 * 2 ** 20;
const FREE_BYTES_MIN = 2 ** 20;
const PROBE_BYTES = 4096;

export function checkWorkDirectory(path: string): Check[] {
  const status = statusOf(path);
  if (status === undefined) {
    const parent = dirname(resolve(path));
    if (statusOf(parent)?.isDirectory() !== true) {
      return [
        fail(
          "work-dir",
          `${path} is missing, and ${parent} too`,
          `mkdir -p ${parent}, or StateDirectory= in the unit`,
        ),
      ];
    }
    if (mayWrite(parent))
      return [ok("work-dir", `${path} is not there yet; the daemon makes it`), checkSpace(parent)];
    return [
      fail(
        "work-dir",
        `${path} is missing, and cannot be made in ${parent}`,
        `install -d -m 700 -o USER ${path}, USER being whom the daemon runs as`,
      ),
    ];
  }
  if (!status.isDirectory())
    return [fail("work-dir", `${path} is no directory`, "name another, or move it away")];
  return [checkOwner(path, status), checkWritable(path), checkSpace(path)];
}

function checkOwner(path: string, status: Stats): Check {
  const user = process.geteuid!();
  const found = `${path}, owner ${status.uid}, mode ${modeOf(status)}`;
  if (status.uid !== user) {
    // Root may use what is anybody's, and is hardly the daemon: taking the directory from its owner would stop that one.
    const owner = userName(status.uid) ?? `#${status.uid}`;
    return warn(
      "work-dir",
      `${found}; this is user ${user}`,
      user === 0
        ? `run doctor as the user of the daemon: sudo -u '${owner}' aranya-edge doctor, or runuser -u USER -- aranya-edge doctor`
        : `run doctor as the user of the daemon; if that is ${user}, as root: chown -R ${user} ${path}`,
    );
  }
  if ((status.mode & 0o077) !== 0) {
    return warn("work-dir", `${found}: others can look at it`, `chmod 700 ${path}`);
  }
  return ok("work-dir", found);
}

/** By the system's file of accounts; a service manager may have made up others. */
function userName(uid: number): string | undefined {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    return lines.map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0];
  } catch {
    return undefined;
  }
}

function checkWritable(path: string): Check {
  const probe = join(path, `.doctor-${process.pid}`);
  try {
    const file = openSync(
      probe,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      let written = 0;
      while (written < PROBE_BYTES) written += writeSync(file, Buffer.alloc(PROBE_BYTES - written));
      fsyncSync(file);
    } finally {
      closeSync(file);
      unlinkSync(probe);
    }
    return ok("writable", `${PROBE_BYTES} bytes written, synced and removed`);
  } catch (error) {
    const remedies: Record<string, string> = {
      EROFS: "mount the file system of the work directory writable; the rest may stay read-only",
      ENOSPC: "free space, or move the work directory",
      EDQUOT: "raise the quota",
      EACCES: `chown it to the user the daemon runs as, chmod 700 ${path}; in the unit: StateDirectory=`,
    };
    const reason = reasonOf(error);
    return fail(
      "writable",
      `cannot write to ${path}: ${reason}`,
      remedies[reason] ?? "look at the kernel's log: dmesg",
    );
  }
}

function checkSpace(path: string): Check {
  const { bavail, bsize, files, ffree } = statfsSync(path);
  const free = bavail * bsize;
  const found =
    free < 2 ** 30 ? `${(free / 2 ** 20).toFixed(1)} MiB free` : `${(free / 2 ** 30).toFixed(1)} GiB free`;
  const remedy = "free space, or move the work directory to a larger partition";
  // Some file systems count no files.
  if (files > 0 && ffree === 0)
    return fail("space", `${found}, but no file can be made: no inodes left`, remedy);
  if (free < FREE_BYTES_MIN) return fail("space", found, remedy);
  if (free < FREE_BYTES_COMFORTABLE) return warn("space", found, remedy);
  return ok("space", found);
}

export function checkSocketPath(path: string): Check[] {
  const bytes = Buffer.byteLength(path);
  if (bytes > LIMITS.socketPathBytesMax) {
    return [
      fail(
        "socket",
        `the path has ${bytes} bytes, ${LIMITS.socketPathBytesMax} are possible`,
        "choose a shorter one",
      ),
    ];
  }
  const directory = dirname(resolve(path));
  const status = statusOf(directory);
  if (status === undefined) {
    return [
      fail(
        "socket",
        `${directory} is missing`,
        `RuntimeDirectory= in the unit, or install -d -m 750 -o USER -g GROUP ${directory}`,
      ),
    ];
  }
  if (!status.isDirectory()) return [fail("socket", `${directory} is no directory`, "choose another path")];
  if (!mayWrite(directory)) {
    return [
      fail(
        "socket",
        `no socket can be made in ${directory}, owner ${status.uid}, mode ${modeOf(status)}; this is user ${process.geteuid!()}`,
        `chown it to the user of the daemon; in the unit: RuntimeDirectory=`,
      ),
    ];
  }
  const here = statusOf(path);
  if (here !== undefined && !here.isSocket()) {
    return [fail("socket", `${path} is there and no socket`, "move it away, or choose another path")];
  }
  if ((status.mode & 0o002) !== 0 && (status.mode & 0o1000) === 0) {
    return [warn("socket", `anybody may put another socket into ${directory}`, `chmod o-w ${directory}`)];
  }
  return [
    ok(
      "socket",
      here === undefined ? `${path} can be made` : `${path} is there: a daemon runs, or was killed`,
    ),
  ];
}

function modeOf(status: Stats): string {
  return (status.mode & 0o777).toString(8).padStart(4, "0");
}

function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (["ENOTDIR", "EACCES"].includes(reasonOf(error))) return undefined;
    throw error;
  }
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
