/**
 * A run that was killed outright, by the kernel for want of memory perhaps, cannot clean up: the next one in the same
 * directory does. Only what is this user's own, was made by such a run, and whose maker is gone.
 */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { readOrEmpty } from "./process-files.ts";

export const DIRECTORY_PREFIX = "aranya-edge-measure-";
export const OWNER_FILE = "owner";

/** Process id and the time that process began, so that a number used again is not taken for it. */
export function ownerMark(pid: number = process.pid): string {
  return `${pid} ${startTime(pid) ?? "?"}\n`;
}

function startTime(pid: number): string | undefined {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  return text === "" ? undefined : text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

/** Returns the directories it removed. */
export function removeLeftovers(parent: string): string[] {
  const removed: string[] = [];
  for (const name of readdirSync(parent)) {
    const path = `${parent}/${name}`;
    if (!name.startsWith(DIRECTORY_PREFIX) || !isAbandoned(path)) continue;
    for (const pid of daemonsIn(path)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    removed.push(path);
  }
  return removed;
}

function isAbandoned(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const mark = lstatSync(`${path}/${OWNER_FILE}`, { throwIfNoEntry: false });
  if (stat === undefined || mark === undefined || !stat.isDirectory() || !mark.isFile()) return false;
  if (stat.uid !== process.geteuid?.() || mark.uid !== stat.uid) return false;
  const owner = /^(\d{1,10}) \d+\n$/.exec(readOrEmpty(`${path}/${OWNER_FILE}`));
  return owner !== null && ownerMark(Number(owner[1])) !== owner[0];
}

/** Whose work directory lies below. */
function daemonsIn(path: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    const args = readOrEmpty(`/proc/${name}/cmdline`).split("\0");
    const workDir = args[args.indexOf("--work-dir") + 1];
    const isOurs = args.includes("daemon") && workDir?.startsWith(`${path}/`) === true;
    return isOurs && lstatSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid === process.geteuid?.()
      ? [pid]
      : [];
  });
}
