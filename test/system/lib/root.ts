/** A minimal Debian, made once and kept in build/, which git ignores. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { APT_GET } from "../../../cross/debian.ts";
import { must, persistently, run } from "./run.ts";

const SUITE = "bookworm";
/** What the daemon needs, what runs it, what the tests look with; libfaketime gives it another clock, man and bash show its texts. */
const PACKAGES =
  "systemd,systemd-sysv,dbus,libatomic1,libstdc++6,procps,iproute2,libfaketime,init-system-helpers,man-db,bash-completion";
const TOOLS = { debootstrap: "debootstrap", "systemd-nspawn": "systemd-container" } as const;
const CACHE = join(import.meta.dirname, "../../../build/system");

/** Why there is nothing to test here, in words; undefined where there is. Installs what can be installed. */
export async function whyNot(): Promise<string | undefined> {
  if (process.getuid!() !== 0)
    return "it boots a system of its own, which only root can: sudo npm run test:system";
  const missing = [];
  for (const [tool, packageName] of Object.entries(TOOLS)) {
    if ((await run("sh", ["-c", `command -v ${tool}`])).code !== 0) missing.push(packageName);
  }
  if (missing.length === 0) return undefined;
  const apt = APT_GET.join(" ");
  const install = `${apt} update && ${apt} install -y --no-install-recommends ${missing.join(" ")}`;
  if ((await run("sh", ["-c", "command -v apt-get"])).code !== 0) return `${missing.join(", ")} is missing`;
  try {
    await persistently(() => must("sh", ["-c", install], 600_000));
    return undefined;
  } catch (error) {
    return `${missing.join(" and ")} cannot be installed: ${(error as Error).message}`;
  }
}

/** The folder of the pristine system. Never run in it: copy it. */
export async function pristineRoot(say: (text: string) => void): Promise<string> {
  const key = createHash("sha256").update(`${SUITE} ${PACKAGES}`).digest("hex").slice(0, 12);
  const root = join(CACHE, `root-${key}`);
  if (existsSync(root)) return root;
  mkdirSync(CACHE, { recursive: true });
  for (const other of readdirSync(CACHE))
    if (/^root-/.test(other)) rmSync(join(CACHE, other), { recursive: true });
  const making = join(CACHE, `root-${key}.making`);
  say(`making a minimal Debian ${SUITE} with debootstrap, once: a minute or two`);
  await persistently(async () => {
    rmSync(making, { recursive: true, force: true });
    await must("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, SUITE, making], 900_000);
  });
  rmSync(join(making, "var/cache/apt/archives"), { recursive: true, force: true });
  renameSync(making, root);
  return root;
}

export async function copyRoot(pristine: string, to: string): Promise<void> {
  await must("cp", ["-a", "--reflink=auto", pristine, to], 120_000);
}
