/**
 * Packages from Debian's archive, unpacked into a directory of our own: with lists of our own, so that neither root nor a
 * foreign architecture in the system's dpkg is needed, and nothing on the machine changes.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { persistently, run, which } from "./process.ts";
import { CACHE } from "./targets.ts";

const TIMEOUT_MS = 600_000;

/** Asks a mirror again, gives up one that has gone silent, and waits for whoever else installs something. */
export const APT_GET = [
  "apt-get",
  "--quiet",
  ...["Acquire::Retries=3", "Acquire::http::Timeout=30", "Acquire::https::Timeout=30"].flatMap(option),
  ...option("DPkg::Lock::Timeout=300"),
];

function option(setting: string): [string, string] {
  return ["-o", setting];
}

/** Throws when this is no Debian, or its archive has not got them. */
export function unpackDebian(architecture: string, packages: readonly string[], into: string): void {
  if (existsSync(into)) return;
  if (which("apt-get") === undefined || which("dpkg-deb") === undefined)
    throw new Error("apt-get is not there");
  const home = join(CACHE, "apt", architecture);
  const downloads = join(home, "downloads");
  rmSync(downloads, { recursive: true, force: true });
  for (const part of ["lists/partial", "cache/archives/partial", "downloads"]) {
    mkdirSync(join(home, part), { recursive: true });
  }
  writeFileSync(join(home, "status"), "");
  const settings = {
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Dir::State::Lists": join(home, "lists"),
    "Dir::State::status": join(home, "status"),
    "Dir::Cache": join(home, "cache"),
  };
  const apt = [...APT_GET, ...Object.entries(settings).flatMap(([key, value]) => option(`${key}=${value}`))];
  // A mirror that is being updated gives lists that do not fit each other, for a moment.
  persistently(() => download(apt, packages, downloads));
  const scratch = `${into}.part`;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  for (const file of readdirSync(downloads).filter((name) => name.endsWith(".deb"))) {
    run(["dpkg-deb", "--extract", join(downloads, file), scratch]);
  }
  renameSync(scratch, into);
}

function download(apt: readonly string[], packages: readonly string[], into: string): void {
  try {
    run([...apt, "update"], { timeoutMs: TIMEOUT_MS });
  } catch {
    // Other sources of the machine may be out of reach, and are not needed.
  }
  run([...apt, "download", ...packages], { cwd: into, timeoutMs: TIMEOUT_MS });
}
